/**
 * Our DM client over the Python dm package: the stand-in before the simulated services, and packages that misbehave.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { dmOverBackend } from "../../src/assemble/dm-backend.ts";
import { systemClock } from "../../src/base/clock.ts";
import { ActionError } from "../../src/base/errors.ts";
import { createLog, silentLog } from "../../src/base/log.ts";
import { parseConfig } from "../../src/config/config.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  NotFoundError,
  UnavailableError,
} from "../../src/controller/ports/call.ts";
import type { DataManagement, NewExperiment } from "../../src/controller/ports/data-management.ts";
import { SANDBOX_DM_ROUTES } from "../../src/sandbox/dm/routes.ts";
import { PEOPLE, STATION } from "../../src/sandbox/people.ts";
import { createDmHttp } from "../../src/services/dm/over-http.ts";
import { routesWith } from "../../src/services/dm/routes.ts";
import { failureOf } from "../support/failure-of.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { ImpatientClock } from "../support/fakes/impatient-clock.ts";
import {
  bridgeProcesses,
  dmOverPython,
  folderWithDm,
  STAND_IN,
  standInSite,
  testFolder,
  withDmIn,
} from "../support/peers/dm-python-site.ts";
import { needPeers } from "../support/peers/real-peers.ts";

const { missing } = needPeers("python3");
const NAME = "2026-03-Noether-1014288";
const PI = `d${PEOPLE.pi.badge}`;
const newExperiment: NewExperiment = {
  name: NAME,
  typeName: "2BM",
  description: "Symmetry, 100 % & more: β ≠ γ",
  rootPath: "2026-03",
  start: new Date("2026-03-03T08:00:00-06:00"),
  end: new Date("2026-03-08T08:00:00-05:00"),
};

/** A package with one method of a user API, whose body is given. */
const packageWith = (body: string): string =>
  `import os, sys, time\nclass UserDsApi:\n    def getUserByUsername(self, username):\n        ${body}\n`;
const USER = `return {"username": username}`;

/** What every operation of the port gives, in an order in which each has something to do. */
async function everything(dm: DataManagement): Promise<readonly unknown[]> {
  const directory = "@pc1:/data/ä b";
  const call = {};
  await dm.checkLogin(call);
  const outcomes: unknown[] = [await dm.addExperiment(newExperiment, call)];
  await dm.addUserToExperiment(PI, NAME, call);
  outcomes.push(await dm.userByUsername(PI, call), await dm.experimentByName(NAME, call));
  await dm.removeUserFromExperiment(PI, NAME, call);
  await dm.setExperimentMetadata(NAME, "emailedUsers", "d1,d2", call);
  outcomes.push(await dm.experimentByName(NAME, call), await dm.stationExperiments(call));
  outcomes.push(await dm.startDaq(NAME, directory, { processExistingFiles: true }, call), await dm.daqs(call));
  await dm.stopDaq(NAME, directory, call);
  const { id } = await dm.startUpload(NAME, directory, { useAnalysisDirectoryAsRoot: true }, call);
  await dm.stopUpload(id, call);
  outcomes.push(await dm.upload(id, call), await dm.uploads(call), await dm.daqs(call));
  outcomes.push(await dm.esafs(2026, call));
  await dm.deleteExperiment(NAME, call);
  outcomes.push(await dm.stationExperiments(call));
  return outcomes;
}

/** Ids and numbers that the service makes anew each time, by one and the same word. */
const comparable = (outcomes: readonly unknown[]): unknown =>
  JSON.parse(JSON.stringify(outcomes), (key, value: unknown) => (key === "id" ? "made anew" : value));

describe.skipIf(missing)("over the stand-in package", () => {
  test("every operation of the port gives what it gives over HTTP, with one login a service", async () => {
    const web = await standInSite();
    const http = createDmHttp({
      urls: web.twin.urls,
      station: STATION.name,
      login: { file: web.loginFile },
      routes: routesWith(SANDBOX_DM_ROUTES, "sandbox"),
      clock: new ImpatientClock(),
      log: silentLog,
    });
    onTestFinished(() => http.close());
    const { dm, twin, count } = await standInSite();
    const outcomes = await everything(dm);
    expect(comparable(outcomes)).toEqual(comparable(await everything(http)));
    expect(outcomes[0]).toMatchObject({ name: NAME, description: newExperiment.description });
    expect(
      twin.requests.filter(({ path }) => path !== "/dm/login").map(({ method, path, query }) => [method, path, query]),
    ).toEqual(
      expect.arrayContaining([
        ["PUT", `/dm/experimentsByName/${NAME}/metadata/emailedUsers`, { value: "d1,d2" }],
        [
          "POST",
          `/dm/experimentsByName/${NAME}/startDaq/@pc1:/data/ä b`,
          { taskInfo: '{"processExistingFiles": true}' },
        ],
      ]),
    );
    // Storage for experiments, storage for users, acquisition, APS database: the package has a session for each.
    expect(count("/dm/login")).toBe(4);
  });

  test("the package's exceptions become the port's errors", async () => {
    const { dm, twin } = await standInSite();
    const unknown = await failureOf(dm.experimentByName("2026-03-Nobody-1", {}), NotFoundError);
    expect(unknown.message).toBe(
      `DM's Python package, getExperimentByName: ObjectNotFound says "Experiment 2026-03-Nobody-1 does not exist."`,
    );
    await dm.addExperiment(newExperiment, {});
    await failureOf(dm.addExperiment(newExperiment, {}), AlreadyExistsError);
    await failureOf(dm.stopDaq(NAME, "/nowhere", {}), NotFoundError);
    await twin.misbehave({ forbidden: true });
    await failureOf(dm.userByUsername(PI, {}), AccessDeniedError);
    await twin.misbehave({ on: "addExperiment", down: "reset" });
    expect((await failureOf(dm.addExperiment(newExperiment, {}), UnavailableError)).mayHaveHappened).toBe(true);
  });

  test("a check of the login is refused for a wrong password, which shows nowhere, and asks no more often than needed", async () => {
    const wrong = await standInSite({ password: "hunter2 & more" });
    const failure = await failureOf(wrong.dm.checkLogin({}), AccessDeniedError);
    expect(failure.message).toMatch(/incorrect username or password/i);
    expect([failure.message, ...wrong.dm.log].join("\n")).not.toContain("hunter2");
    const { dm, twin } = await standInSite();
    await dm.checkLogin({});
    const asked = twin.requests.length;
    await dm.checkLogin({});
    expect(twin.requests).toHaveLength(asked);
  });

  test("neither password nor login file nor address is on the command line", async () => {
    const { dm, twin, loginFile } = await standInSite();
    await dm.checkLogin({});
    const [bridge] = bridgeProcesses();
    expect(bridge?.commandLine).toContain("dm_bridge.py");
    for (const secret of [twin.login.password, twin.login.username, loginFile, twin.urls.ds]) {
      expect(bridge?.commandLine).not.toContain(secret);
    }
  });

  test("a service without a URL is not asked, so that no login goes where the package would look by itself", async () => {
    const { dm, twin, loginFile } = await standInSite();
    const alone = dmOverPython(STAND_IN, { urls: { ds: twin.urls.ds, daq: "" }, loginFile });
    const [daq, apsDb] = [
      await failureOf(alone.daqs({}), ActionError),
      await failureOf(alone.esafs(2026, {}), ActionError),
    ];
    expect(daq.message).toBe("The DM acquisition service has no URL; set [dm] daq-url (DM_DAQ_WEB_SERVICE_URL)");
    expect(apsDb.message).toBe(
      "The DM APS database service has no URL; set [dm] aps-db-url (DM_APS_DB_WEB_SERVICE_URL)",
    );
    expect(bridgeProcesses()).toEqual([]);
    expect(await dm.daqs({})).toEqual([]);
  });

  test("a process that is killed in the middle of a change may have made it, and the next call starts another", async () => {
    const { dm, twin } = await standInSite();
    await twin.misbehave({ on: "addExperiment", slowSeconds: 3600 });
    const failed = failureOf(dm.addExperiment(newExperiment, {}), UnavailableError);
    await twin.arrived("addExperiment");
    process.kill(bridgeProcesses()[0]?.pid ?? 0, "SIGKILL");
    const failure = await failed;
    expect(failure.message).toMatch(/^The Python of \[dm\] python, python3, was ended by SIGKILL/);
    expect(failure.mayHaveHappened).toBe(true);
    await twin.misbehave({});
    expect(await dm.experimentByName(NAME, {})).toMatchObject({ name: NAME });
  });

  test("a call that is aborted ends at once, and does not keep the next one waiting", async () => {
    const { dm, twin } = await standInSite();
    await twin.misbehave({ on: "usersByUsername", slowSeconds: 3600 });
    const abort = new AbortController();
    const given = failureOf(dm.userByUsername(PI, { signal: abort.signal }), ActionError);
    await twin.arrived("usersByUsername");
    const patience = new AbortController();
    const waiting = failureOf(dm.userByUsername(PI, { signal: patience.signal }), ActionError);
    patience.abort(new ActionError("no patience"));
    expect((await waiting).message).toBe("no patience");
    expect(bridgeProcesses()).toHaveLength(1);
    abort.abort(new ActionError("enough"));
    expect((await given).message).toBe("enough");
    await twin.misbehave({});
    expect(await dm.userByUsername(PI, {})).toMatchObject({ username: PI });
    expect(bridgeProcesses()).toHaveLength(1);
  });

  test("a call without an answer in time is given up and its process ended", async () => {
    const clock = new FakeClock();
    const { dm, twin } = await standInSite({ clock });
    await dm.checkLogin({});
    await twin.misbehave({ on: "usersByUsername", slowSeconds: 3600 });
    const failed = failureOf(dm.userByUsername(PI, {}), UnavailableError);
    await twin.arrived("usersByUsername", 2);
    clock.advance(60);
    expect((await failed).message).toMatch(/gave no answer within 60 s/);
    await twin.misbehave({});
    expect(await dm.userByUsername(PI, {})).toMatchObject({ username: PI });
  });
});

describe.skipIf(missing)("over a package that misbehaves", () => {
  test("what it prints, by whatever way, is logged and spoils no answer", async () => {
    const body = `print("hello"); os.write(1, b'{"id": 1, "result": 0}\\n'); print("oops", file=sys.stderr); os.system("echo from a shell"); ${USER}`;
    const dm = dmOverPython(await folderWithDm(packageWith(body)));
    expect(await dm.userByUsername("d7", {})).toMatchObject({ username: "d7", badge: "7" });
    await dm.close();
    expect(dm.log.join("\n")).toMatch(/hello/);
    expect(dm.log.join("\n")).toMatch(/from a shell/);
  });

  test("a question that it asks finds no answer instead of waiting for one", async () => {
    const dm = dmOverPython(await folderWithDm(packageWith(`return {"username": input("Username: ")}`)));
    expect((await failureOf(dm.userByUsername("d7", {}), UnavailableError)).message).toContain("EOFError");
  });

  test("one that cannot be imported is said in Python's own words, with the setting", async () => {
    const dm = dmOverPython(await folderWithDm("import numbers_of_another_world"));
    const failure = await failureOf(dm.userByUsername(PI, {}), ActionError);
    expect(failure.message).toBe(
      "The Python of [dm] python, python3, cannot import the dm package: ModuleNotFoundError: No module named 'numbers_of_another_world'; " +
        "set [dm] python to the Python that has it, or [dm] backend = http",
    );
  });

  test("a Python that is not there is said with the setting", async () => {
    const dm = dmOverPython(await testFolder(), { python: "/nowhere/python" });
    const failure = await failureOf(dm.userByUsername(PI, {}), UnavailableError);
    expect(failure.message).toMatch(
      /^The Python of \[dm\] python, \/nowhere\/python, cannot be started: there is no such file or folder \(ENOENT\)/,
    );
    expect(failure.mayHaveHappened).toBe(false);
  });

  test("one that still cannot be imported is not tried at each call, and why is said each time", async () => {
    const clock = new FakeClock();
    const dm = dmOverPython(await folderWithDm("raise RuntimeError('not on this host')"), { clock });
    for (let start = 1; start <= 2; start++) await failureOf(dm.userByUsername(PI, {}), ActionError);
    const failure = await failureOf(dm.userByUsername(PI, {}), UnavailableError);
    expect(failure.message).toMatch(/2 times in a row \(RuntimeError: not on this host\); it is started again in 2 s$/);
  });

  test("a method that this version does not have is said by its name, and nothing is called", async () => {
    const dm = dmOverPython(await folderWithDm(packageWith(USER)));
    const failure = await failureOf(dm.addUserToExperiment(PI, NAME, {}), ActionError);
    expect(failure.message).toMatch(
      /^The site's dm package has no UserDsApi\.addUserExperimentRole, so addUserExperimentRole was not done/,
    );
  });

  test("one that answers with something else than a user is said to do so", async () => {
    const dm = dmOverPython(await folderWithDm(packageWith(`return {"name": float("nan"), "made": time}`)));
    expect((await failureOf(dm.userByUsername(PI, {}), UnavailableError)).message).toMatch(
      /not what getUserByUsername gives/,
    );
  });

  test("an answer without end is given up, and the next call is served", async () => {
    const body = `return {"username": "x" * 70000000 if username == "d1" else username}`;
    const dm = dmOverPython(await folderWithDm(packageWith(body)));
    expect((await failureOf(dm.userByUsername("d1", {}), UnavailableError)).message).toMatch(
      /wrote an answer without end/,
    );
    expect(await dm.userByUsername("d2", {})).toMatchObject({ username: "d2" });
  });

  test("one that dies again and again is started again after growing waits only, with its last words", async () => {
    const clock = new FakeClock();
    const folder = await folderWithDm(packageWith(`print("no licence", file=sys.stderr, flush=True); os._exit(3)`));
    const dm = dmOverPython(folder, { clock });
    for (let death = 1; death <= 2; death++) {
      const failure = await failureOf(dm.userByUsername(PI, {}), UnavailableError);
      expect(failure.message).toMatch(/ended with status 3 \(its last words: no licence\)/);
    }
    const failure = await failureOf(dm.userByUsername(PI, {}), UnavailableError);
    expect(failure.message).toMatch(/ended 2 times in a row \(no licence\); it is started again in 2 s$/);
    clock.advance(2);
    await writeFile(join(folder, "dm.py"), packageWith(USER));
    expect(await dm.userByUsername(PI, {})).toMatchObject({ username: PI });
  });
});

describe.skipIf(missing)("[dm] backend", () => {
  async function chosen(backend: string, environment: Record<string, string>, python = "python3", more = "") {
    const { twin, loginFile } = await standInSite();
    const text = `[dm]\nstation = ${STATION.name}\nbackend = ${backend}\npython = ${python}\nds-url = ${twin.urls.ds}\nlogin-file = ${loginFile}\n${more}`;
    const settings = parseConfig(text, "/etc/globus.conf", "/");
    const log: string[] = [];
    const parts = { environment, clock: systemClock, log: createLog("dm", (line) => log.push(line)) };
    const dm = dmOverBackend(parts, settings.dm, () =>
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
    expect(await dm.userByUsername(PI, {})).toMatchObject({ username: PI });
    return { log: log.join("\n"), started: bridgeProcesses().length };
  }

  test("auto takes the package where it can be imported, and so does python", async () => {
    for (const backend of ["auto", "python"]) {
      expect(await chosen(backend, withDmIn(STAND_IN))).toEqual({
        log: expect.stringMatching(/reached through the dm package of python3/) as string,
        started: backend === "auto" ? 1 : 2,
      });
    }
  });

  test("auto goes over HTTP where it cannot be imported, or where there is no Python, and says why", async () => {
    const broken = withDmIn(await folderWithDm("raise RuntimeError('not on this host')"));
    expect(await chosen("auto", broken)).toEqual({
      log: expect.stringMatching(
        /over HTTP, since python3 has no dm package: RuntimeError: not on this host/,
      ) as string,
      started: 0,
    });
    expect((await chosen("auto", broken, "/nowhere/python")).log).toMatch(/cannot be started/);
  });

  test("auto finds the package by what the site's setup file says", async () => {
    const setupFile = join(await testFolder(), "dm.setup.sh");
    await writeFile(setupFile, `export PYTHONPATH=${STAND_IN}\n`);
    const { log } = await chosen("auto", withDmIn("/nowhere"), "python3", `setup-file = ${setupFile}\n`);
    expect(log).toMatch(/reached through the dm package of python3/);
  });

  test("python says aloud that nothing here checks the certificate of an https service, and what then does nothing", () => {
    const told = (more: string): string => {
      const text = `[dm]\nstation = 2BM\nbackend = python\n${more}`;
      const log: string[] = [];
      const parts = { environment: {}, clock: systemClock, log: createLog("dm", (line) => log.push(line)) };
      dmOverBackend(parts, parseConfig(text, "/etc/globus.conf", "/").dm, () => expect.fail("not over HTTP"));
      return log.join("\n");
    };
    expect(told("ds-url = http://127.0.0.1:9\n")).not.toMatch(/certificate/);
    expect(told("ds-url = https://127.0.0.1:9\nca-file = ca.pem\n")).toMatch(
      /warn: .* is not known to check whose certificate it is shown; ca-file and fingerprint do nothing: set \[dm\] backend = http/,
    );
  });

  test("http looks for no Python", async () => {
    expect(await chosen("http", withDmIn(STAND_IN), "/nowhere/python")).toEqual({ log: "", started: 0 });
  });
});
