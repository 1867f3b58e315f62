/** What the web server answers, asked directly. */
import { describe, expect, test } from "vitest";
import { COMMAND_NAMES } from "../../src/controller/pvs/commands.ts";
import { allPvs, type PvSuffix } from "../../src/controller/pvs/index.ts";
import { eventsOf, messageIn, TOKEN, webAppOn } from "../support/web-app.ts";

test("the model has every PV of the table but the halves of sentences, with its topic", async () => {
  const { ask } = webAppOn();
  const model = (await (await ask("/api/model")).json()) as {
    pvs: Record<string, { topic: string; tones?: unknown[] }>;
    prefix: string;
  };
  const suffixes = Object.keys(model.pvs);
  expect(suffixes).toEqual(expect.arrayContaining(["Init", "InitMessage", "LogLine0", "UserNames"]));
  expect(suffixes).not.toContain("InitMessage0");
  for (const suffix of suffixes) expect(allPvs().has(suffix as PvSuffix), suffix).toBe(true);
  expect(model.pvs["InitStatus"]?.tones).toHaveLength(7);
  expect(Object.values(model.pvs).filter(({ topic }) => topic === "commands")).toHaveLength(
    COMMAND_NAMES.length * 4 - 1,
  );
  expect(model.prefix).toBe("t:Globus:");
});

test("a page gets a snapshot, then what changes, gathered, and a severity only where it is new", async () => {
  const { ask, app, pvs, clock } = webAppOn();
  pvs.post("TagMessage", "no tag", 2);
  const events = eventsOf(await ask("/api/events"));
  const snapshot = (await events.next()).value;
  expect(snapshot).toMatchObject({
    name: "snapshot",
    data: { values: { TagMessage: "no tag" }, severities: { TagMessage: 2 } },
  });
  pvs.post("Heartbeat", 1);
  pvs.post("Heartbeat", 2);
  pvs.post("TagMessage", "tagged", 0);
  clock.advance(1);
  pvs.post("TagMessage", "tagged", 0);
  clock.advance(1);
  pvs.post("Heartbeat", 3);
  clock.advance(1);
  expect((await events.next()).value).toMatchObject({
    name: "change",
    data: { values: { Heartbeat: 2, TagMessage: "tagged" }, severities: { TagMessage: 0 } },
  });
  expect((await events.next()).value?.data).toMatchObject({ values: { Heartbeat: 3 }, severities: {} });
  await events.return(undefined);
  expect(pvs.followed).toBe(1); // Heartbeat, for its age
  app.close();
  expect([pvs.followed, clock.pending]).toEqual([0, 0]);
});

test("a page is told the names of states that are not in the PV table, and when they change", async () => {
  const { ask, app, pvs, clock } = webAppOn();
  pvs.post("ServerName", 0, 0, ["voyager"]);
  pvs.post("QueueState", 2, 0, ["as the table has them"]);
  const events = eventsOf(await ask("/api/events"));
  expect((await events.next()).value?.data).toMatchObject({ states: { ServerName: ["voyager"] } });
  pvs.post("ServerName", 0, 0, ["voyager", "petrel"]);
  clock.advance(1);
  pvs.post("Heartbeat", 1);
  clock.advance(1);
  const change = { values: { ServerName: 0 }, states: { ServerName: ["voyager", "petrel"] } };
  expect((await events.next()).value?.data).toMatchObject(change);
  expect((await events.next()).value?.data).toMatchObject({ values: { Heartbeat: 1 }, states: {} });
  await events.return(undefined);
  app.close();
});

describe("a put", () => {
  test("with the token is made as web:NAME from the peer's address", async () => {
    const { put, pvs } = webAppOn();
    const answer = await put("Init", 1);
    expect([answer.status, await answer.json()]).toEqual([200, {}]);
    const by = { user: "web:start", host: "127.0.0.1", peer: "127.0.0.1:4711", isProven: true };
    expect(pvs.puts).toEqual([{ suffix: "Init", value: 1, by }]);
  });

  test("that a guard refuses tells its reason", async () => {
    const { put, pvs } = webAppOn();
    pvs.refusal = { kind: "refused", reason: "Init is running." };
    const answer = await put("Init", 1);
    expect([answer.status, await messageIn(answer)]).toEqual([409, "Init is running."]);
  });

  test.each<[string, Record<string, string>, number]>([
    ["without a token", { authorization: "" }, 401],
    ["with a wrong token", { authorization: "Bearer wrong" }, 401],
    ["from another site's page", { origin: "https://evil.example" }, 403],
    ["to a name that another site's name server knows", { host: "evil.example:8642" }, 403],
    ["as a form", { "content-type": "text/plain" }, 415],
    ["that says it is long", { "content-length": "10000000" }, 413],
  ])("%s is refused", async (_, headers, status) => {
    const { put, pvs } = webAppOn();
    const answer = await put("Init", 1, { headers });
    expect(answer.status).toBe(status);
    expect(await messageIn(answer)).toMatch(/^[A-Z].*\.$/);
    expect(pvs.puts).toEqual([]);
  });

  test.each<[string, unknown, number]>([
    ["Intit", 1, 404],
    ["InitStatus", 1, 403],
    ["Init", true, 400],
    ["Init", null, 400],
    ["EmailSubject", "a\0b", 400],
  ])("of %s := %j is answered with %i", async (pv, value, status) => {
    const { put, pvs } = webAppOn();
    expect((await put(pv, value)).status).toBe(status);
    expect(pvs.puts).toEqual([]);
  });
});

test("elsewhere than on loopback reading needs the token, or the cookie that it was exchanged for", async () => {
  const { ask, put } = webAppOn({ isOpen: false });
  expect((await ask("/api/events")).status).toBe(401);
  const session = await ask("/api/session", { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } });
  const cookie = session.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/);
  const headers = { cookie: cookie.split(";", 1)[0] ?? "" };
  expect((await ask("/api/model", { headers })).status).toBe(200);
  expect((await put("Init", 1, { headers: { ...headers, authorization: "" } })).status).toBe(401);
});
