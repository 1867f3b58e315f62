/** [dm] backend: which way to Data Management is taken, and when that is looked at again. The stand-in package, and packages that a test writes. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ClosingDm, dmOverBackend } from "../../src/assemble/dm-backend.ts";
import { systemClock } from "../../src/base/clock.ts";
import { createLog, silentLog } from "../../src/base/log.ts";
import { parseConfig } from "../../src/config.ts";
import { SANDBOX_DM_ROUTES } from "../../src/sandbox/dm-routes.ts";
import { PEOPLE, STATION } from "../../src/sandbox/people.ts";
import { createDmHttp } from "../../src/services/dm-http.ts";
import { routesWith } from "../../src/services/dm-routes.ts";
import { bridgeProcesses, folderWithDm, STAND_IN, standInSite, withDmIn } from "../support/dm-python-site.ts";
import { needPeers } from "../support/real-peers.ts";

const { missing } = needPeers("python3");
const PI = `d${PEOPLE.pi.badge}`;
/** A package that answers without asking anybody; what it says shows which way was taken. */
const OWN = `class UserDsApi:\n    def getUserByUsername(self, username):\n        return {"username": "of-the-package"}\n`;

/** What `more` lines of [dm] choose where `dm` lies in `folder`; closed when the test ends. */
async function backend(folder: string, more: string): Promise<{ readonly dm: ClosingDm; readonly log: string[] }> {
  const { twin, loginFile } = await standInSite();
  const text = `[dm]\nstation = ${STATION.name}\npython = python3\nds-url = ${twin.urls.ds}\nlogin-file = ${loginFile}\n${more}`;
  const log: string[] = [];
  const parts = { environment: withDmIn(folder), clock: systemClock, log: createLog("dm", (line) => log.push(line)) };
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
});
