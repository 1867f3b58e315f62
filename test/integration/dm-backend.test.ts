/**
 * [dm] backend: which way to Data Management is taken, and when that is looked at again. The stand-in package, and
 * packages that a test writes.
 */
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ClosingDm, dmOverBackend } from "../../src/assemble/dm-backend.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { createLog, silentLog } from "../../src/base/log.ts";
import { parseConfig } from "../../src/config/config.ts";
import { UnavailableError } from "../../src/controller/ports/call.ts";
import { SANDBOX_DM_ROUTES } from "../../src/sandbox/dm/routes.ts";
import { PEOPLE, STATION } from "../../src/sandbox/people.ts";
import { createDmHttp } from "../../src/services/dm/over-http.ts";
import { routesWith } from "../../src/services/dm/routes.ts";
import { failureOf } from "../support/failure-of.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import {
  bridgeProcesses,
  doorbell,
  folderWithDm,
  STAND_IN,
  standInSite,
  withDmIn,
} from "../support/peers/dm-python-site.ts";
import { needPeers } from "../support/peers/real-peers.ts";

const { missing } = needPeers("python3");
const PI = `d${PEOPLE.pi.badge}`;
/** A package that answers without asking anybody; what it says shows which way was taken. */
const OWN = `class UserDsApi:\n    def getUserByUsername(self, username):\n        return {"username": "of-the-package"}\n`;

/** What `more` lines of [dm] choose where `dm` lies in `folder`; closed when the test ends. */
async function backend(
  folder: string,
  more: string,
  clock: Clock = systemClock,
): Promise<{ readonly dm: ClosingDm; readonly log: string[] }> {
  const { twin, loginFile } = await standInSite();
  const text = `[dm]\nstation = ${STATION.name}\npython = python3\nds-url = ${twin.urls.ds}\nlogin-file = ${loginFile}\n${more}`;
  const log: string[] = [];
  const parts = { environment: withDmIn(folder), clock, log: createLog("dm", (line) => log.push(line)) };
  const dm = dmOverBackend(parts, parseConfig(text, "/etc/globus.conf", "/").dm, () =>
    createDmHttp({
      urls: twin.urls,
      station: STATION.name,
      login: { file: loginFile },
      routes: routesWith(SANDBOX_DM_ROUTES, "sandbox"),
      clock: systemClock,
      log: silentLog,
    }),
  );
  onTestFinished(() => dm.close());
  return { dm, log };
}

describe.skipIf(missing)("auto", () => {
  test.each(["ca-file = /etc/ca.pem", `fingerprint = ${"ab".repeat(32)}`])(
    "goes over HTTP where %s asks for a check that the package is not known to do, and says so",
    async (line) => {
      const { dm, log } = await backend(STAND_IN, `backend = auto\n${line}\n`);
      expect(await dm.userByUsername(PI, {})).toMatchObject({ username: PI });
      expect(bridgeProcesses()).toEqual([]);
      expect(log.join("\n")).toMatch(
        /over HTTP, since \[dm\] (ca-file|fingerprint) asks to check .*; set \[dm\] backend = python to go through the package all the same$/,
      );
    },
  );

  test("runs nothing of the folder that one stands in", async () => {
    const here = await folderWithDm(`open("mark", "w").close()\n${OWN}`);
    const before = process.cwd();
    process.chdir(here);
    onTestFinished(() => process.chdir(before));
    const { dm } = await backend("/nowhere", "backend = auto\n");
    expect(await dm.userByUsername(PI, {})).toMatchObject({ username: PI });
    await expect(stat(join(here, "mark"))).rejects.toThrow("ENOENT");
  });

  test("imports the package once, and looks no more when it has found it", async () => {
    const folder = await folderWithDm("");
    const mark = join(folder, "imports");
    await writeFile(join(folder, "dm.py"), `print("once", file=open(${JSON.stringify(mark)}, "a"))\n${OWN}`);
    const { dm } = await backend(folder, "backend = auto\n");
    await Promise.all([dm.userByUsername(PI, {}), dm.userByUsername(PI, {})]);
    expect(await dm.userByUsername(PI, {})).toMatchObject({ username: "of-the-package" });
    expect(await readFile(mark, "utf8")).toBe("once\n");
  });

  /** The package may be there next time: another call finds it. */
  const findsItNow = async (dm: ClosingDm, folder: string, log: readonly string[]): Promise<void> => {
    expect(log).toEqual([expect.stringMatching(/^warn: .* over HTTP for now, .*; the next call looks again$/)]);
    await writeFile(join(folder, "dm.py"), OWN);
    expect(await dm.userByUsername(PI, {})).toMatchObject({ username: "of-the-package" });
    expect(log[1]).toMatch(/reached through the dm package/);
  };

  test("goes over HTTP when Python dies at the look, and looks again at the next call", async () => {
    const folder = await folderWithDm("import os\nos._exit(3)");
    const { dm, log } = await backend(folder, "backend = auto\n");
    expect(await dm.userByUsername(PI, {})).toMatchObject({ username: PI });
    await findsItNow(dm, folder, log);
  });

  test("goes over HTTP when the look takes too long, and looks again at the next call", async () => {
    const [{ url, rung }, clock] = [await doorbell(), new FakeClock()];
    const folder = await folderWithDm(`import urllib.request\nurllib.request.urlopen("${url}")`);
    const { dm, log } = await backend(folder, "backend = auto\n", clock);
    const given = dm.userByUsername(PI, {});
    await rung();
    clock.advance(60);
    expect(await given).toMatchObject({ username: PI });
    await findsItNow(dm, folder, log);
  });

  test("a stop ends the look and its process", async () => {
    const { url, rung } = await doorbell();
    const { dm } = await backend(await folderWithDm(`import urllib.request\nurllib.request.urlopen("${url}")`), "");
    const failed = failureOf(dm.userByUsername(PI, {}), UnavailableError);
    await rung();
    await dm.close();
    expect((await failed).message).toBe("Data Management is closed");
    expect(bridgeProcesses()).toEqual([]);
  });
});
