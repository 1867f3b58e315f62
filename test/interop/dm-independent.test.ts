/** The simulated DM service under a client, and our DM client before a server, that were both written in Python from the published facts. */
import { describe, expect, test } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { AlreadyExistsError, NotFoundError } from "../../src/controller/ports.ts";
import { SANDBOX_DM_ROUTES } from "../../src/sandbox/dm-routes.ts";
import { PEOPLE, STATION } from "../../src/sandbox/people.ts";
import { createDmHttp } from "../../src/services/dm-http.ts";
import { routesWith } from "../../src/services/dm-routes.ts";
import { dmSite } from "../support/dm-site.ts";
import { inheritedEnvironment } from "../support/epics-environment.ts";
import { failureOf } from "../support/failure-of.ts";
import { ImpatientClock } from "../support/impatient-clock.ts";
import { needPeers, PYTHON, ROOT } from "../support/real-peers.ts";
import { runPythonJson, spawnPeer } from "../support/spawn-peer.ts";

/** Any package of the peers' Python environment proves that it is there; the scripts use none. */
const { missing } = needPeers("caproto");
const NAME = `2026-03-Joliot-Curie-${"1".repeat(60)}`;

interface Step {
  readonly status: number;
  readonly code: string | null;
  readonly message: string | null;
  readonly body: unknown;
}

describe.skipIf(missing)("the simulated DM service", () => {
  test("answers an independent client: both encodings, escaped quotes, either form of the cookie, errors by code", async () => {
    const { twin } = await dmSite();
    const args = [twin.urls.ds, twin.login.username, STATION.name, NAME, PEOPLE.pi.badge];
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
});
