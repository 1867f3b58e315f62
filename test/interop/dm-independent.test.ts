/**
 * The simulated DM service under a client, and our DM client before a server, that were both written in Python from the
 * published facts.
 */
import { describe, expect, test } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { AlreadyExistsError, NotFoundError } from "../../src/controller/ports/call.ts";
import { SANDBOX_DM_ROUTES } from "../../src/sandbox/dm/routes.ts";
import { PEOPLE, PROPOSAL, STATION } from "../../src/sandbox/people.ts";
import { createDmHttp } from "../../src/services/dm/over-http.ts";
import { routesWith } from "../../src/services/dm/routes.ts";
import { dmSite } from "../support/dm-site.ts";
import { failureOf } from "../support/failure-of.ts";
import { ImpatientClock } from "../support/fakes/impatient-clock.ts";
import { inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { needPeers, PYTHON, ROOT } from "../support/peers/real-peers.ts";
import { runPythonJson, spawnPeer } from "../support/peers/spawn-peer.ts";

/** Any package of the peers' Python environment proves that it is there; the scripts use none. */
const { missing } = needPeers("caproto");
const NAME = `2026-03-Joliot-Curie-${"1".repeat(60)}`;
const DIRECTORY = "@pc1:/data/2026-03 ä";

interface Step {
  readonly status: number;
  readonly code: string | null;
  readonly message: string | null;
  readonly body: unknown;
}

describe.skipIf(missing)("the simulated DM service", () => {
  test("answers an independent client: both encodings, escaped quotes, either form of the cookie, errors by code", async () => {
    const { twin } = await dmSite();
    twin.filesByDirectory.set(DIRECTORY, 3);
    const { ds, daq, apsDb } = twin.urls;
    const args = [ds, daq, apsDb, twin.login.username, STATION.name, NAME, PEOPLE.pi.badge, DIRECTORY, "2026"];
    const environment = { ...inheritedEnvironment(), DM_TEST_PASSWORD: twin.login.password };
    const steps = (await runPythonJson("dm_client.py", args, environment)) as Readonly<Record<string, Step>>;
    const outcomes = Object.fromEntries(
      Object.entries(steps).map(([step, { status, code }]) => [step, [status, code]]),
    );
    expect(outcomes).toEqual({
      "no session": [401, "6"],
      "wrong password": [401, "6"],
      login: [200, "0"],
      "unknown experiment": [200, "14"],
      add: [200, "0"],
      "add again": [200, "15"],
      "add in one line": [200, "0"],
      "found, whole cookie": [200, "0"],
      "found in one line": [200, "0"],
      "found, quotes escaped": [200, "0"],
      "bad date": [200, "10"],
      user: [200, "0"],
      "unknown user": [200, "14"],
      role: [200, "0"],
      "role again": [200, "15"],
      list: [200, "0"],
      "no such route": [404, null],
      metadata: [200, "0"],
      "role off": [200, "0"],
      "role off again": [200, "14"],
      "session of another service": [401, "6"],
      "daq login": [200, "0"],
      "start daq": [200, "0"],
      "start daq without a task": [200, "0"],
      daqs: [200, "0"],
      "stop daq elsewhere": [200, "14"],
      "stop daq": [200, "0"],
      "stop daq, in one line": [200, "0"],
      "stop daq again": [200, "14"],
      "upload from nowhere": [200, "0"],
      "upload info": [200, "0"],
      "unknown upload": [200, "14"],
      "bad task": [200, "10"],
      "aps login": [200, "0"],
      esafs: [200, "0"],
      delete: [200, "0"],
      deleted: [200, "14"],
    });
    expect(steps["wrong password"]?.message).toMatch(/incorrect username or password/i);
    expect(steps["unknown experiment"]).toMatchObject({
      message: `Experiment ${NAME} does not exist.`,
      body: { errorCode: 14, exceptionType: "ObjectNotFound" },
    });
    expect(steps["found in one line"]?.body).toMatchObject({
      name: NAME,
      description: "β ≠ γ ".repeat(20),
      experimentType: { name: "2BM" },
      experimentUsernameList: [],
      dataDirectory: `/gdata/dm/2BM/2026-03/${NAME}/data`,
    });
    const list = steps["list"]?.body as readonly Readonly<Record<string, unknown>>[];
    expect(list.map(({ name }) => name)).toEqual([NAME, `${NAME}-b`]);
    for (const short of list) expect(short).not.toHaveProperty("experimentUsernameList");
    expect(steps["metadata"]?.body).toMatchObject({ emailedUsers: "a@example.org" });
    expect(steps["start daq"]?.body).toMatchObject({
      experimentName: NAME,
      experimentStationName: STATION.name,
      dataDirectory: DIRECTORY,
      status: "running",
      countFiles: 3,
      nProcessedFiles: 0,
      processExistingFiles: true,
      skipFilePathPattern: "*.tmp",
    });
    expect(steps["daqs"]?.body).toEqual([expect.anything(), expect.anything()]);
    expect(steps["upload info"]?.body).toMatchObject({ status: "done", errorMessage: "no new files for upload" });
    expect(steps["esafs"]?.body).toContainEqual(
      expect.objectContaining({ esafId: Number(PROPOSAL.esafId), esafStatus: "Approved", sector: "02" }),
    );
  });
});

describe.skipIf(missing)("our DM client", () => {
  test("is understood by an independent server that names its cookie otherwise, renews it and lets it expire", async () => {
    const login = { username: "dm2bm", password: "p|ss & wörd=+%" };
    const script = `${ROOT}/test/peers/dm_server.py`;
    await using server = await spawnPeer(PYTHON, [script, login.username, login.password], { line: /^port \d+/m });
    const port = /^port (\d+)/m.exec(server.stdout)?.[1];
    const dm = createDmHttp({
      urls: { ds: `http://127.0.0.1:${port}/dm/` },
      station: STATION.name,
      login,
      routes: routesWith(SANDBOX_DM_ROUTES, "sandbox"),
      clock: new ImpatientClock(),
      log: silentLog,
    });
    const experiment = { name: NAME, typeName: "2BM", description: "β ≠ γ & more", rootPath: "2026-03" };
    await failureOf(dm.experimentByName(NAME, {}), NotFoundError);
    await dm.addExperiment({ ...experiment, start: new Date("2026-03-03T14:00:00Z") }, {});
    await dm.addUserToExperiment("d208112", NAME, {});
    expect(await dm.experimentByName(NAME, {})).toEqual({ name: NAME, usernames: ["d208112"] });
    await failureOf(dm.addExperiment(experiment, {}), AlreadyExistsError);
    await dm.close();

    const seen = server.stdout.split("\n").filter((line) => line.startsWith("{"));
    const requests = seen.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    expect(requests.map(({ method, parts, known }) => [method, (parts as string[]).slice(2).join("/"), known])).toEqual(
      [
        ["POST", "login", false],
        ["GET", `experimentsByName/${NAME}/2BM`, true],
        ["POST", "experiments/addExperiment", true],
        ["POST", `experimentsByName/${NAME}/userRoles/d208112/User`, true],
        ["POST", "login", false],
        ["POST", `experimentsByName/${NAME}/userRoles/d208112/User`, true],
        ["GET", `experimentsByName/${NAME}/2BM`, true],
        ["POST", "experiments/addExperiment", true],
      ],
    );
    expect(requests[2]?.["query"]).toEqual({
      experimentName: NAME,
      stationName: "2BM",
      typeName: "2BM",
      description: "β ≠ γ & more",
      rootPath: "2026-03",
      startDate: "03-Mar-26",
    });
    expect(requests.filter(({ body }) => body === true)).toHaveLength(2);
  });

  test("follows DAQs, uploads and safety forms of an independent server, whose counters come late and under other names", async () => {
    const login = { username: "dm2bm", password: "secret" };
    const script = `${ROOT}/test/peers/dm_server.py`;
    await using server = await spawnPeer(PYTHON, [script, login.username, login.password], { line: /^port \d+/m });
    const url = `http://127.0.0.1:${/^port (\d+)/m.exec(server.stdout)?.[1]}`;
    const dm = createDmHttp({
      urls: { ds: url, daq: url, apsDb: url },
      station: STATION.name,
      login,
      routes: routesWith(SANDBOX_DM_ROUTES, "sandbox"),
      clock: new ImpatientClock(),
      log: silentLog,
    });
    const known = { experimentName: NAME, dataDirectory: DIRECTORY, startedAt: "2026/03/01 06:00:00 CST", errors: 0 };
    const fresh = { ...known, id: "id-0", status: "running", filesDone: 0, filesTotal: 0, percent: 0, runSeconds: 0 };
    const task = { processExistingFiles: true, useAnalysisDirectoryAsRoot: true };
    expect(await dm.startDaq(NAME, DIRECTORY, task, {})).toEqual(fresh);
    expect(await dm.daqs({})).toEqual([fresh]);
    await failureOf(dm.stopDaq(NAME, `${DIRECTORY}/`, {}), NotFoundError);
    await dm.stopDaq(NAME, DIRECTORY, {});
    const ended = { status: "done", filesDone: 7, filesTotal: 7, percent: 100, runSeconds: 12.25 };
    expect(await dm.daqs({})).toEqual([{ ...fresh, ...ended }]);
    const { id } = await dm.startUpload(NAME, DIRECTORY, {}, {});
    const counted = { status: "done", filesDone: 3, filesTotal: 4, percent: 75, runSeconds: 4.5 };
    expect(await dm.upload(id, {})).toEqual({ ...known, id, ...counted });
    const noether = { badge: "208112", firstName: "Emmy", lastName: "Noether", isPi: true };
    const days = { startDate: "2026-03-03", endDate: "2026-03-08" };
    expect(await dm.esafs(2026, {})).toEqual([
      { esafId: "302911", title: "Granular flows", status: "Pending", ...days, users: [noether] },
    ]);

    await dm.addExperiment({ name: NAME, typeName: "2BM", description: "", rootPath: "2026-03" }, {});
    expect(await dm.stationExperiments({})).toEqual([{ name: NAME, startDate: new Date("2026-03-03T14:00:00.500Z") }]);
    await dm.addUserToExperiment("d208112", NAME, {});
    await dm.removeUserFromExperiment("d208112", NAME, {});
    await failureOf(dm.removeUserFromExperiment("d208112", NAME, {}), NotFoundError);
    await dm.deleteExperiment(NAME, {});
    await failureOf(dm.deleteExperiment(NAME, {}), NotFoundError);
    await dm.close();
    const sent = server.stdout.split("\n").find((line) => line.includes("startDaq")) ?? "{}";
    const { query } = JSON.parse(sent) as { readonly query: Readonly<Record<string, string>> };
    expect(JSON.parse(query["taskInfo"] ?? "")).toEqual(task);
  });
});
