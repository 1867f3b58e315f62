/** Our DM client against the simulated DM services, on loopback: what works, and every way in which they misbehave. */
import { describe, expect, onTestFinished, test } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  NotFoundError,
  UnavailableError,
} from "../../src/controller/ports/call.ts";
import type { NewExperiment } from "../../src/controller/ports/data-management.ts";
import { SANDBOX_DM_ROUTES } from "../../src/sandbox/dm/routes.ts";
import { startHttpTwin } from "../../src/sandbox/http-twin.ts";
import { PEOPLE } from "../../src/sandbox/people.ts";
import { DM_ROUTES, type DmOperation, RouteNotVerifiedError } from "../../src/services/dm/routes.ts";
import { HttpUnavailableError } from "../../src/services/http.ts";
import { type DmSite, dmSite } from "../support/dm-site.ts";
import { failureOf } from "../support/failure-of.ts";
import { ImpatientClock } from "../support/fakes/impatient-clock.ts";

const NAME = "2026-03-Noether-1014288";
const newExperiment: NewExperiment = {
  name: NAME,
  typeName: "2BM",
  description: "Symmetry, 100 % & more: β ≠ γ",
  rootPath: "2026-03",
  start: new Date("2026-03-03T08:00:00-06:00"),
  end: new Date("2026-03-08T08:00:00-05:00"),
};
/** Something for every argument that an operation takes. */
const ARGUMENTS = {
  experimentName: NAME,
  stationName: "2BM",
  username: `d${PEOPLE.pi.badge}`,
  roleName: "User",
  key: "emailedUsers",
  value: "d1,d2",
  dataDirectory: "/data",
  taskInfo: {},
  year: 2026,
  owner: "dm2bm",
};
const PI = `d${PEOPLE.pi.badge}`;

describe("experiments, users and roles", () => {
  test("an experiment is made with everything that was given, and found again with its users", async () => {
    const { dm, twin, count } = await dmSite();
    const made = await dm.addExperiment(newExperiment, {});
    expect(made).toMatchObject({ name: NAME, usernames: [], description: newExperiment.description });
    expect(twin.experiments.get(NAME)).toMatchObject({
      typeName: "2BM",
      stationName: "2BM",
      rootPath: "2026-03",
      startDate: "03-Mar-26",
      endDate: "08-Mar-26",
      description: newExperiment.description,
    });
    await dm.addUserToExperiment(PI, NAME, {});
    const found = await dm.experimentByName(NAME, {});
    expect(found).toEqual({
      name: NAME,
      usernames: [PI],
      rootPath: "2026-03",
      startDate: new Date("2026-03-03T00:00:00-06:00"),
      endDate: new Date("2026-03-08T00:00:00-06:00"),
      storageDirectory: `/gdata/dm/2BM/2026-03/${NAME}`,
      dataDirectory: `/gdata/dm/2BM/2026-03/${NAME}/data`,
      analysisDirectory: `/gdata/dm/2BM/2026-03/${NAME}/analysis`,
      description: newExperiment.description,
    });
    expect(count("/dm/login")).toBe(1);
    expect(
      twin.requests.filter(({ path }) => path !== "/dm/login").every(({ user }) => user === twin.login.username),
    ).toBe(true);
  });

  test("an experiment that does not exist is an answer of its own, not a breakdown", async () => {
    const { dm } = await dmSite();
    const failure = await failureOf(dm.experimentByName("2026-03-Nobody-1", {}), NotFoundError);
    expect(failure.message).toMatch(
      /^DM storage service \(127\.0\.0\.1:\d+\), GET \/dm\/experimentsByName\/2026-03-Nobody-1\/2BM: /,
    );
  });

  test("a user is found by badge, and an unknown badge is said to be unknown", async () => {
    const { dm, twin } = await dmSite();
    expect(await dm.userByUsername(PI, {})).toEqual({
      username: PI,
      badge: PEOPLE.pi.badge,
      firstName: "Emmy",
      lastName: "Noether",
      email: "emmy.noether@example.org",
    });
    await failureOf(dm.userByUsername("d1", {}), NotFoundError);
    await twin.misbehave({ unknownBadges: [PEOPLE.pi.badge] });
    await failureOf(dm.userByUsername(PI, {}), NotFoundError);
  });

  test("a person without an address has none, rather than an empty one", async () => {
    const { dm } = await dmSite();
    const lonely = PEOPLE.experimenters.find(({ email }) => email === undefined);
    expect(await dm.userByUsername(`d${lonely?.badge}`, {})).not.toHaveProperty("email");
  });

  test("a role that somebody has already, and an experiment that exists already, are answers of their own", async () => {
    const { dm } = await dmSite();
    await dm.addExperiment(newExperiment, {});
    await failureOf(dm.addExperiment(newExperiment, {}), AlreadyExistsError);
    await dm.addUserToExperiment(PI, NAME, {});
    await failureOf(dm.addUserToExperiment(PI, NAME, {}), AlreadyExistsError);
    await failureOf(dm.addUserToExperiment("d1", NAME, {}), NotFoundError);
    await failureOf(dm.addUserToExperiment(PI, "2026-03-Nobody-1", {}), NotFoundError);
  });

  test("an experiment that somebody makes between our look-up and our making it is said to exist", async () => {
    const { dm, twin, count } = await dmSite();
    await failureOf(dm.experimentByName(NAME, {}), NotFoundError);
    await twin.misbehave({ experimentAppears: true });
    await failureOf(dm.addExperiment(newExperiment, {}), AlreadyExistsError);
    expect(count("addExperiment")).toBe(1);
    expect(await dm.experimentByName(NAME, {})).toMatchObject({ name: NAME });
  });

  test("an operation whose route is not verified is refused and nothing is sent, not even a login", async () => {
    const { dm, twin } = await dmSite({ routes: DM_ROUTES });
    const failure = await failureOf(dm.addExperiment(newExperiment, {}), RouteNotVerifiedError);
    expect(failure.operation).toBe("addExperiment");
    expect(twin.requests).toEqual([]);
  });
});

describe("operations beyond the port", () => {
  test("the simulated services answer every route of the sandbox's file, and every one that is known of experiments and the APS database", async () => {
    const { dm } = await dmSite();
    const given = { ...ARGUMENTS, typeName: "2BM" };
    const { id } = (await dm.way.ask("addExperiment", given, {})).json as { readonly id: number };
    const known: readonly DmOperation[] = [
      "getExperimentByName",
      "getExperimentById",
      "getExperimentsByStation",
      "startDaq",
      "listStationEsafs",
      "getCurrentRun",
    ];
    const operations = [...(Object.keys(SANDBOX_DM_ROUTES) as DmOperation[]), ...known];
    for (const operation of operations.filter((one) => one !== "deleteExperimentByName")) {
      const outcome = await dm.way.ask(operation, { ...given, id }, {}).catch((thrown: unknown) => thrown);
      // Two errors are answers, too; a route that is not there would be a page with status 404, which is neither.
      const kind = outcome instanceof Error ? outcome.name : "an answer";
      expect({ [operation]: ["an answer", NotFoundError.name, AlreadyExistsError.name] }).toEqual({
        [operation]: expect.arrayContaining([kind]) as unknown,
      });
    }
    await dm.way.ask("deleteExperimentByName", ARGUMENTS, {});
    await failureOf(dm.experimentByName(NAME, {}), NotFoundError);
  });
});

describe("logging in", () => {
  test("many calls at once share one login", async () => {
    const { dm, count } = await dmSite();
    await Promise.all(PEOPLE.experimenters.map(({ badge }) => dm.userByUsername(`d${badge}`, {})));
    expect(count("/dm/login")).toBe(1);
  });

  test("a session that has expired is renewed once, by 401 or by code 12, and the call succeeds", async () => {
    for (const fault of [{ unauthorized: "once" }, { invalidSession: "once" }] as const) {
      const { dm, twin, count } = await dmSite();
      await dm.addExperiment(newExperiment, {});
      await twin.misbehave(fault);
      await dm.addUserToExperiment(PI, NAME, {});
      expect(count("/dm/login")).toBe(2);
      expect(twin.experiments.get(NAME)?.usernames).toEqual([PI]);
    }
  });

  test("many calls whose session has expired share one new login", async () => {
    const { dm, twin, count } = await dmSite();
    await dm.checkLogin({});
    await twin.misbehave({ invalidSession: "once" });
    await Promise.all(PEOPLE.experimenters.map(({ badge }) => dm.userByUsername(`d${badge}`, {})));
    expect(count("/dm/login")).toBe(2);
  });

  test("a service that answers 401 whatever we do gets one new login and one more request, then it is said", async () => {
    const { dm, twin, count } = await dmSite();
    await twin.misbehave({ unauthorized: "always" });
    await failureOf(dm.userByUsername(PI, {}), AccessDeniedError);
    expect(count("/dm/login")).toBe(2);
    expect(count("/dm/usersByUsername")).toBe(2);
  });

  test("an account without the role is told so, without another login", async () => {
    const { dm, twin, count } = await dmSite();
    await twin.misbehave({ forbidden: true });
    const failure = await failureOf(dm.addExperiment(newExperiment, {}), AccessDeniedError);
    expect(failure.message).toContain("is not a station manager");
    expect(count("/dm/login")).toBe(1);
    expect(count("addExperiment")).toBe(1);
  });

  test("a wrong password is said with the user's name and where it came from, and never with the password", async () => {
    const { dm, twin, log, count } = await dmSite({ login: { username: "dm2bm", password: "hunter2 & more" } });
    const failure = await failureOf(dm.checkLogin({}), AccessDeniedError);
    expect(failure.message).toMatch(/does not accept user dm2bm of the configuration: Incorrect username or password/);
    await failureOf(dm.experimentByName(NAME, {}), AccessDeniedError);
    expect(count("/dm/login")).toBe(2);
    expect([failure.message, ...log].join("\n")).not.toContain("hunter2");
    expect(twin.requests.every(({ user }) => user === undefined)).toBe(true);
  });

  test("a cookie that each answer renews is taken over", async () => {
    const { dm, twin, count } = await dmSite();
    await twin.misbehave({ renewsCookie: true });
    await dm.addExperiment(newExperiment, {});
    await dm.addUserToExperiment(PI, NAME, {});
    await dm.experimentByName(NAME, {});
    expect(count("/dm/login")).toBe(1);
  });

  test("a check of the login asks the service again only after some minutes", async () => {
    const { dm, twin, clock, count } = await dmSite();
    await dm.checkLogin({});
    await dm.checkLogin({});
    expect(count("/dm/login")).toBe(1);
    clock.advance(301);
    await twin.misbehave({ loginRefused: true });
    await failureOf(dm.checkLogin({}), AccessDeniedError);
  });
});

describe("services that do not answer as they should", () => {
  test("a service that is down did nothing, and the sentence names host, port and what to look at", async () => {
    const { dm, twin, clock } = await dmSite();
    await dm.checkLogin({});
    await twin.misbehave({ down: "refused" });
    const failure = await failureOf(dm.addExperiment(newExperiment, {}), UnavailableError);
    expect(failure.mayHaveHappened).toBe(false);
    expect(failure.message).toMatch(
      /^DM storage service \(127\.0\.0\.1:\d+\), POST \/dm\/experiments\/addExperiment: connection refused/,
    );
    expect(clock.waits).toHaveLength(2);
    await twin.misbehave({});
    expect(await dm.addExperiment(newExperiment, {})).toMatchObject({ name: NAME });
  });

  test("a service that is down at the login did nothing either", async () => {
    const { dm, twin } = await dmSite();
    await twin.misbehave({ down: "reset" });
    const failure = await failureOf(dm.addExperiment(newExperiment, {}), UnavailableError);
    expect(failure.mayHaveHappened).toBe(false);
  });

  test("a connection that breaks after the request was sent may have made the experiment; it is not sent again", async () => {
    const { dm, twin, count } = await dmSite();
    await twin.misbehave({ on: "addExperiment", down: "reset" });
    const failure = await failureOf(dm.addExperiment(newExperiment, {}), UnavailableError);
    expect(failure.mayHaveHappened).toBe(true);
    expect(count("addExperiment")).toBe(1);
  });

  test("an experiment whose making times out may exist; it is not sent again, and a look-up finds it", async () => {
    const { dm, twin, clock, count } = await dmSite();
    await twin.misbehave({ on: "addExperiment", slowSeconds: 3600 });
    const failed = failureOf(dm.addExperiment(newExperiment, {}), UnavailableError);
    await twin.arrived("addExperiment");
    clock.advance(60);
    const failure = await failed;
    expect(failure.message).toMatch(/addExperiment: no answer within 60 s$/);
    expect(failure.mayHaveHappened).toBe(true);
    expect(count("addExperiment")).toBe(1);
    expect(await dm.experimentByName(NAME, {})).toMatchObject({ name: NAME });
  });

  test("a look-up that times out is not asked again: an operator waits for it", async () => {
    const { dm, twin, clock } = await dmSite();
    await twin.misbehave({ on: "usersByUsername", slowSeconds: 3600 });
    const failed = failureOf(dm.userByUsername(PI, {}), UnavailableError);
    await twin.arrived("usersByUsername");
    await twin.misbehave({});
    clock.advance(60);
    expect((await failed).message).toMatch(/no answer within 60 s$/);
  });

  test.each([500, 502, 503] as const)(
    "a look-up survives two answers of %d and keeps to Retry-After",
    async (status) => {
      const { dm, twin, clock } = await dmSite();
      await twin.misbehave({ on: "usersByUsername", unavailable: { status, times: 2, retryAfterSeconds: 7 } });
      expect(await dm.userByUsername(PI, {})).toMatchObject({ username: PI });
      expect(clock.waits).toEqual([7, 7]);
    },
  );

  test("a service that asks us to come back in an hour is not waited for", async () => {
    const { dm, twin, clock } = await dmSite();
    await twin.misbehave({ on: "usersByUsername", unavailable: { status: 503, times: 1, retryAfterSeconds: 3600 } });
    const failure = await failureOf(dm.userByUsername(PI, {}), HttpUnavailableError);
    expect(failure.retryAfterSeconds).toBe(3600);
    expect(clock.waits).toEqual([]);
  });

  test("a POST that is answered with 503 may have happened and is not sent again", async () => {
    const { dm, twin, count } = await dmSite();
    await twin.misbehave({ on: "addExperiment", unavailable: { status: 503, times: 1 } });
    const failure = await failureOf(dm.addExperiment(newExperiment, {}), UnavailableError);
    expect(failure.mayHaveHappened).toBe(true);
    expect(failure.message).toContain('status 503 with "The service is busy."');
    expect(count("addExperiment")).toBe(1);
  });

  test.each([200, 502])("an HTML page with status %d is said to be one, whatever it says", async (status) => {
    const { dm, twin } = await dmSite();
    await dm.checkLogin({});
    await twin.misbehave({ htmlPage: { status } });
    const failure = await failureOf(dm.experimentByName(NAME, {}), UnavailableError);
    expect(failure.message).toContain(`status ${status} with an HTML page`);
    expect(failure.message).not.toContain("<");
  });

  test("a page instead of a login is no login", async () => {
    const { dm, twin, count } = await dmSite();
    await twin.misbehave({ htmlPage: { status: 200 } });
    const failure = await failureOf(dm.experimentByName(NAME, {}), UnavailableError);
    expect(failure.message).toContain("no session cookie; is this a DM service?");
    expect(count("experimentsByName")).toBe(0);
  });

  test("half an answer is none", async () => {
    const { dm, twin } = await dmSite();
    await twin.misbehave({ on: "userRoles", halfBody: true });
    await dm.addExperiment(newExperiment, {});
    const failure = await failureOf(dm.addUserToExperiment(PI, NAME, {}), UnavailableError);
    expect(failure.message).toContain("in the middle of the answer");
    expect(failure.mayHaveHappened).toBe(true);
  });

  test("an operation whose route the service does not have is no missing experiment", async () => {
    const { dm } = await dmSite();
    const failure = await failureOf(dm.way.ask("getExperiments", {}, {}), RouteNotVerifiedError);
    expect(failure.message).toContain("getExperiments");
    const notThere = await failureOf(
      dm.way.ask("listStationProposals", { ...ARGUMENTS, runName: "2026-1" }, {}),
      UnavailableError,
    );
    expect(notThere.message).toMatch(/DM APS database .*status 404 with an HTML page/);
  });

  test("cancelling ends a call at once with the reason, and the next call works", async () => {
    const { dm, twin } = await dmSite();
    await twin.misbehave({ on: "usersByUsername", slowSeconds: 3600 });
    const cancel = new AbortController();
    const user = dm.userByUsername(PI, { signal: cancel.signal });
    await twin.arrived("usersByUsername");
    cancel.abort(new Error("operator pressed Abort"));
    await expect(user).rejects.toThrow("operator pressed Abort");
    await twin.misbehave({});
    expect(await dm.userByUsername(PI, {})).toMatchObject({ username: PI });
  });

  test("a login that nobody waits for any more is given up, and does not hold the next call", async () => {
    const { dm, twin } = await dmSite();
    await twin.misbehave({ on: "login", slowSeconds: 3600 });
    const cancel = new AbortController();
    const user = dm.userByUsername(PI, { signal: cancel.signal });
    await twin.arrived("login");
    cancel.abort(new Error("operator pressed Abort"));
    await expect(user).rejects.toThrow("operator pressed Abort");
    await twin.misbehave({});
    expect(await dm.userByUsername(PI, {})).toMatchObject({ username: PI });
  });

  test("cancelling one of two calls that wait for the login leaves the other alone", async () => {
    const { dm, twin, clock } = await dmSite();
    await twin.misbehave({ on: "login", slowSeconds: 50 });
    const cancel = new AbortController();
    const [first, second] = [dm.userByUsername(PI, { signal: cancel.signal }), dm.userByUsername(PI, {})];
    await twin.arrived("login");
    cancel.abort(new Error("operator pressed Abort"));
    await expect(first).rejects.toThrow("operator pressed Abort");
    clock.advance(51);
    expect(await second).toMatchObject({ username: PI });
  });

  /** A storage service that answers everything but the login with this JSON. */
  async function siteThatAnswers(body: unknown): Promise<DmSite> {
    const twin = await startHttpTwin({
      clock: new ImpatientClock(),
      answer: ({ path }) => ({ status: 200, headers: { "set-cookie": "a=1" }, body: path === "/dm/login" ? {} : body }),
    });
    onTestFinished(() => twin.close());
    return dmSite({ urls: { ds: twin.url } });
  }

  test.each([{}, [], { name: "" }, { name: NAME, experimentUsernameList: "d1" }, null])(
    "%j is no experiment",
    async (body) => {
      const { dm } = await siteThatAnswers(body);
      const failure = await failureOf(dm.addExperiment(newExperiment, {}), UnavailableError);
      expect(failure.message).toContain("the answer is not what addExperiment gives");
      expect(failure.mayHaveHappened).toBe(true);
    },
  );

  test("members that are missing, null or unknown do no harm to an experiment or a user", async () => {
    const experiment = {
      name: NAME,
      description: null,
      dataDirectory: "",
      experimentUsernameList: null,
      pinnedAtTime: "1.5",
    };
    expect(await (await siteThatAnswers(experiment)).dm.experimentByName(NAME, {})).toEqual({ name: NAME });
    const user = { username: "d42", badge: null, firstName: null, email: "", middleName: "x" };
    const { dm } = await siteThatAnswers(user);
    expect(await dm.userByUsername("d42", {})).toEqual({ username: "d42", badge: "42", firstName: "", lastName: "" });
  });

  test("a service that repeats our cookie and password in its errors does not bring them into a sentence", async () => {
    const secret = "0123456789abcdef";
    const twin = await startHttpTwin({
      clock: new ImpatientClock(),
      answer: ({ path, headers }) =>
        path === "/dm/login"
          ? { status: 200, headers: { "set-cookie": `any=${secret}; Path=/` }, body: {} }
          : { status: 404, body: `You sent ${headers.cookie} and hunter2.` },
    });
    onTestFinished(() => twin.close());
    const { dm } = await dmSite({ urls: { ds: twin.url }, login: { username: "dm2bm", password: "hunter2" } });
    const failure = await failureOf(dm.experimentByName(NAME, {}), UnavailableError);
    expect(failure.message).toMatch(/status 404 with "You sent any=\*\*\* and \*\*\*\."$/);
  });

  test("neither password nor cookie is ever logged", async () => {
    const { dm, twin, log } = await dmSite();
    await twin.misbehave({ on: "usersByUsername", unavailable: { status: 500, times: 1 } });
    await dm.userByUsername(PI, {});
    await twin.misbehave({ invalidSession: "once" });
    await dm.userByUsername(PI, {});
    expect(log.length).toBeGreaterThan(1);
    expect(log.join("\n")).not.toContain(twin.login.password);
    expect(log.join("\n")).not.toContain("DMSESSION");
  });
});

describe("settings that cannot work are refused before anything is sent", () => {
  test("a storage service without a URL, a station without a name, a password in clear", async () => {
    const url = "https://dm.example.org:22237";
    for (const [changes, sentence] of [
      [{ urls: { ds: "" } }, "The DM storage service has no URL; set [dm] ds-url (DM_DS_WEB_SERVICE_URL)"],
      [{ urls: { ds: url }, station: "" }, "set [dm] station (DM_STATION_NAME)"],
      [{ urls: { ds: "dm.example.org" } }, "not of the form https://host:port"],
      [{ urls: { ds: "http://dm.example.org:22237" } }, "would send the password in clear"],
      [
        { urls: { ds: url }, tls: { caFile: "/nowhere/ca.pem" } },
        "CA file /nowhere/ca.pem cannot be read: there is no such file or folder (ENOENT)",
      ],
      [{ urls: { ds: url }, tls: { fingerprint: "ab:cd" } }, "not a SHA-256 of 64 hexadecimal digits"],
    ] as const) {
      const failure = await failureOf(dmSite(changes), ActionError);
      expect(failure.message).toContain(sentence);
    }
  });

  test("an operation of a service without a URL names the setting", async () => {
    const { twin } = await dmSite();
    const { dm } = await dmSite({ urls: { ds: twin.urls.ds } });
    await expect(dm.way.ask("getCurrentRun", {}, {})).rejects.toThrow("set [dm] aps-db-url");
  });
});
