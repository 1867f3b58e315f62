/** What the simulated Globus Compute answers: functions, tasks, an endpoint that goes offline, and the limits. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pack, packJson, readJson, unpack } from "../../../src/sandbox/globus/compute/packing.ts";
import { type GlobusService, startGlobusService } from "../../../src/sandbox/globus/service.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

const SCOPE = "https://auth.globus.org/scopes/facd7ccc-c5f4-42aa-916b-a0e270e2c2a9/all";
type Fields = Readonly<Record<string, unknown>>;

let clock: FakeClock;
let globus: GlobusService;
let token: string;
beforeEach(async () => {
  clock = new FakeClock();
  globus = await startGlobusService({
    clock,
    collections: [],
    endpoints: [{ name: "theta" }],
    functions: {
      double: ({ args }) => 2 * Number(args[0]),
      fails: () => {
        throw new Error("no projections");
      },
      large: () => "x".repeat(11 * 1024 * 1024),
    },
  });
  const { clientId, secret } = globus.serviceAccount;
  const granted = await fetch(`${globus.url}/v2/oauth2/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope: SCOPE }),
  });
  token = ((await granted.json()) as { access_token: string }).access_token;
});
afterEach(() => globus.close());

async function call(method: string, path: string, body?: Fields) {
  const answer = await fetch(`${globus.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, headers: answer.headers, json: (await answer.json()) as Fields };
}

async function register(name: string): Promise<string> {
  const code = pack([`st\n${name}:def ${name}(x):\n    pass\n`]);
  const { json } = await call("POST", "/v3/functions", { function_name: name, function_code: code, meta: {} });
  return String(json["function_uuid"]);
}

const theta = () => globus.compute.endpoint("theta");

async function submit(fn: string, args: readonly unknown[], more: Fields = {}) {
  const payload = pack([packJson(args), packJson({})]);
  const answer = await call("POST", `/v3/endpoints/${theta().id}/submit`, { tasks: { [fn]: [payload] }, ...more });
  const ids = (answer.json["tasks"] ?? {}) as Readonly<Record<string, readonly string[]>>;
  return { ...answer, id: ids[fn]?.[0] ?? "" };
}

const task = (id: string) => call("GET", `/v2/tasks/${id}`);

describe("buffers", () => {
  it("are counted in characters, as Python counts them, not in UTF-16 units or bytes", () => {
    expect(pack(["a\u{1f52c}°", ""])).toBe("3\na\u{1f52c}°0\n");
    expect(unpack("3\na\u{1f52c}°0\n")).toEqual(["a\u{1f52c}°", ""]);
  });
});

describe("the simulated Compute", () => {
  it("runs a registered function, and gives what its callback gives", async () => {
    const { id } = await submit(await register("double"), [21]);
    expect((await task(id)).json).toEqual({ task_id: id, status: "running" });
    clock.advance(2);
    const { json } = await task(id);
    expect(json).toMatchObject({ status: "success", task_id: id });
    expect(readJson(String(json["result"]))).toEqual({ value: 42 });
  });

  it("gives name and arguments where nobody has said what a function gives", async () => {
    const { id } = await submit(await register("other"), ["/a"]);
    clock.advance(2);
    const { json } = await task(id);
    expect(readJson(String(json["result"]))).toEqual({ value: { function: "other", args: ["/a"], kwargs: {} } });
  });

  it("gives a traceback of what a function throws, and of a result over 10 MB", async () => {
    const failing = await submit(await register("fails"), []);
    const large = await submit(await register("large"), []);
    clock.advance(2);
    const { json } = await task(failing.id);
    expect(json["status"]).toBe("failed");
    expect(json["exception"]).toMatch(/^Traceback[^]*RuntimeError: no projections\n$/);
    expect((await task(large.id)).json["exception"]).toContain("MaxResultSizeExceeded: Task result of ");
  });

  it("keeps tasks waiting while the endpoint is offline, and runs them when it is back", async () => {
    const fn = await register("double");
    const running = await submit(fn, [1]);
    globus.compute.setOnline(theta(), false);
    const { id } = await submit(fn, [2]);
    clock.advance(3600);
    expect((await call("GET", `/v2/endpoints/${theta().id}/status`)).json).toMatchObject({ status: "offline" });
    for (const one of [running.id, id]) expect((await task(one)).json).toMatchObject({ status: "waiting-for-ep" });
    globus.compute.setOnline(theta(), true);
    clock.advance(2);
    for (const one of [running.id, id]) expect((await task(one)).json).toMatchObject({ status: "success" });
  });

  it("abandons a result that nobody has fetched for 30 minutes", async () => {
    const fn = await register("double");
    const [fetched, left] = [await submit(fn, [1]), await submit(fn, [1])];
    clock.advance(2);
    await task(fetched.id);
    clock.advance(1801);
    expect((await task(left.id)).json).toMatchObject({ code: "TASK_NOT_FOUND" });
    const { json } = await call("POST", "/v2/batch_status", { task_ids: [fetched.id, left.id] });
    expect(Object.keys(json["results"] as Fields)).toEqual([fetched.id]);
  });

  it("names the tasks of a group that it has made itself, and knows no other", async () => {
    const fn = await register("double");
    const first = await submit(fn, [1]);
    const group = String(first.json["task_group_id"]);
    const second = await submit(fn, [2], { task_group_id: group });
    const { json } = await call("GET", `/v2/taskgroup/${group}`);
    expect((json["tasks"] as Fields[]).map((one) => one["id"])).toEqual([first.id, second.id]);
    expect(await submit(fn, [1], { task_group_id: fn })).toMatchObject({ status: 404, id: "" });
  });

  it("takes 20 requests in 10 seconds, and says when it takes more", async () => {
    for (let i = 0; i < 20; i++) expect((await call("GET", `/v2/endpoints/${theta().id}/status`)).status).toBe(200);
    const { status, headers } = await call("GET", `/v2/endpoints/${theta().id}/status`);
    expect([status, headers.get("retry-after")]).toEqual([429, "10"]);
    clock.advance(10);
    expect((await call("GET", `/v2/endpoints/${theta().id}/status`)).status).toBe(200);
  });

  it("takes no request over 10 MB, no arguments that are not packed, and no token of another service", async () => {
    const fn = await register("double");
    expect(await submit(fn, ["x".repeat(11 * 1024 * 1024)])).toMatchObject({ status: 413 });
    const { status } = await call("POST", `/v3/endpoints/${theta().id}/submit`, { tasks: { [fn]: ["[1]"] } });
    expect(status).toBe(422);
    token = "another";
    expect((await task(fn)).status).toBe(401);
  });
});
