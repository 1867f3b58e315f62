/** The process of the Python dm package: when it ends, and what does not keep it or its callers. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import { AccessDeniedError, UnavailableError } from "../../src/controller/ports/call.ts";
import { PEOPLE } from "../../src/sandbox/people.ts";
import { failureOf } from "../support/failure-of.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { ImpatientClock } from "../support/fakes/impatient-clock.ts";
import {
  dmOverPython,
  doorbell,
  folderWithDm,
  STAND_IN,
  standInSite,
  withDmIn,
} from "../support/peers/dm-python-site.ts";
import { needPeers, ROOT } from "../support/peers/real-peers.ts";

const { missing } = needPeers("python3");
const PI = `d${PEOPLE.pi.badge}`;

/** A package with one method of a user API, whose body is given. @param first what it does when it is imported */
const packageWith = (body: string, first = ""): string =>
  `import os, subprocess, sys, urllib.request\n${first}\nclass UserDsApi:\n    def getUserByUsername(self, username):\n        ${body}\n`;
const visit = (url: string): string => `urllib.request.urlopen("${url}")`;

/** dm_bridge.py with the package in `folder`, as its parent has it; killed when the test ends. */
function bridge(folder: string): ChildProcess {
  const script = join(ROOT, "src/services/dm/dm_bridge.py");
  const child = spawn("python3", ["-B", "-u", script], { env: withDmIn(folder), stdio: ["pipe", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

describe.skipIf(missing)("a bridge whose parent is gone", () => {
  test("ends in the middle of a call that hangs", async () => {
    const { url, rung } = await doorbell();
    const child = bridge(await folderWithDm(packageWith(visit(url))));
    child.stdin?.write('{"id": 1, "method": "getUserByUsername", "args": {"username": "d1"}}\n');
    await rung();
    child.stdin?.end();
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  test("ends while the package is being imported", async () => {
    const { url, rung } = await doorbell();
    const child = bridge(await folderWithDm(packageWith("pass", visit(url))));
    await rung();
    child.stdin?.end();
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  test("ends without a word of complaint when there was no package", async () => {
    const child = bridge(await folderWithDm("import nothing_of_the_kind"));
    const words: string[] = [];
    child.stderr?.setEncoding("utf8").on("data", (text: string) => words.push(text));
    const [greeting] = (await once(child.stdout?.setEncoding("utf8") ?? child, "data")) as [string];
    expect(greeting).toMatch(/^\{"failed": /);
    child.stdin?.end();
    expect(await once(child, "close")).toEqual([0, null]);
    expect(words).toEqual([]);
  });
});

describe.skipIf(missing)("a session that the package does not renew by itself", () => {
  const loggingInOnce = { ...withDmIn(STAND_IN), DM_STAND_IN_LOGINS: "once" };

  test.each([{ invalidSession: "once" }, { unauthorized: "once" }] as const)(
    "costs the call that finds it gone, and the next one logs in anew: %j",
    async (fault) => {
      const { dm, twin, count } = await standInSite({ environment: loggingInOnce });
      await dm.userByUsername(PI, {});
      await twin.misbehave(fault);
      await failureOf(dm.userByUsername(PI, {}), AccessDeniedError);
      expect(await dm.userByUsername(PI, {})).toMatchObject({ username: PI });
      expect(count("/dm/login")).toBe(2);
    },
  );

  test("a login file that was put right is read by the next call", async () => {
    const { dm, twin, loginFile } = await standInSite({ environment: loggingInOnce, password: "wrong" });
    await failureOf(dm.userByUsername(PI, {}), AccessDeniedError);
    await writeFile(loginFile, `${twin.login.username}|${twin.login.password}\n`);
    expect(await dm.userByUsername(PI, {})).toMatchObject({ username: PI });
  });

  test("its new password shows nowhere either", async () => {
    const { dm: _, loginFile } = await standInSite();
    const folder = await folderWithDm(packageWith(`raise RuntimeError(open(os.environ["DM_LOGIN_FILE"]).read())`));
    const dm = dmOverPython(folder, { loginFile });
    for (const password of ["first-secret", "second-secret"]) {
      await writeFile(loginFile, `dm2bm|${password}\n`);
      const { message } = await failureOf(dm.userByUsername(PI, {}), UnavailableError);
      expect(message).toContain("dm2bm|");
      expect(message).not.toContain(password);
    }
  });
});

describe.skipIf(missing)("a call behind another one", () => {
  /** A package whose user API hangs for ever, and whose experiment API, with longer time limits, does too. */
  const hanging = (url: string): string =>
    `${packageWith(visit(url))}class ExperimentDsApi:\n    def getExperimentsByStation(self, stationName=None):\n        ${visit(url)}\n`;

  test("is given up after its own time limit, and then was not sent", async () => {
    const [{ url, rung }, clock, enough] = [await doorbell(), new FakeClock(), new AbortController()];
    const dm = dmOverPython(await folderWithDm(hanging(url)), { clock });
    const first = failureOf(dm.stationExperiments({ signal: enough.signal }), ActionError);
    await rung();
    const failed = failureOf(dm.addUserToExperiment(PI, "e", {}), UnavailableError);
    clock.advance(60);
    const failure = await failed;
    expect(failure.message).toBe(
      "The Python of [dm] python, python3, was busy with other calls for 60 s, so addUserExperimentRole was not done",
    );
    expect(failure.mayHaveHappened).toBe(false);
    enough.abort(new ActionError("enough"));
    expect((await first).message).toBe("enough");
  });

  test("has what the wait left of its time", async () => {
    const [{ url, rung }, clock] = [await doorbell(), new FakeClock()];
    const dm = dmOverPython(await folderWithDm(hanging(url)), { clock });
    const first = failureOf(dm.userByUsername(PI, {}), UnavailableError);
    await rung();
    clock.advance(40);
    const second = failureOf(dm.userByUsername(PI, {}), UnavailableError);
    clock.advance(20);
    await first;
    await rung();
    clock.advance(40);
    expect((await second).message).toMatch(/gave no answer within 40 s/);
  });
});

describe.skipIf(missing)("a program that the package left behind, with its standard error open,", () => {
  /** The package starts it, tells its process number, then does `rest`. */
  const daemonThen = (rest: string): string =>
    packageWith(
      `print("daemon", subprocess.Popen(["sleep", "600"], start_new_session=True).pid, file=sys.stderr); ${rest}`,
    );
  const endDaemon = (log: readonly string[]): void => {
    const pid = /daemon (\d+)/.exec(log.join("\n"))?.[1];
    expect(pid).toBeDefined();
    process.kill(Number(pid));
  };

  test("does not keep the stop", async () => {
    const folder = await folderWithDm(daemonThen(`return {"username": username}`));
    const dm = dmOverPython(folder, { clock: new ImpatientClock() });
    onTestFinished(() => endDaemon(dm.log));
    await dm.userByUsername(PI, {});
    await dm.close();
  });

  test("does not keep a call whose process has died", async () => {
    const dm = dmOverPython(await folderWithDm(daemonThen("os._exit(3)")), { clock: new ImpatientClock() });
    onTestFinished(() => endDaemon(dm.log));
    const failure = await failureOf(dm.userByUsername(PI, {}), UnavailableError);
    expect(failure.message).toMatch(/ended with status 3/);
  });
});
