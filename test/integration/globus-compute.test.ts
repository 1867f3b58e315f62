/** Our client of Globus Compute against the simulated one: register, run, results, and every way to be refused. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import { NotFoundError, UnavailableError } from "../../src/controller/ports/call.ts";
import type { Compute } from "../../src/controller/ports/compute.ts";
import { readSource } from "../../src/sandbox/globus/compute/packing.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { createServiceAccount } from "../../src/services/globus/auth.ts";
import { createGlobusCall } from "../../src/services/globus/call.ts";
import { createCompute } from "../../src/services/globus/compute/compute.ts";
import { createGlobusTransport, type GlobusTransport, globusServiceUrls } from "../../src/services/globus/transport.ts";
import { failureOf } from "../support/failure-of.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { ImpatientClock } from "../support/fakes/impatient-clock.ts";

const NOBODY = "10000000-0000-4000-8000-000000000001";
/** The simulated Compute lives by this; the waits between our attempts are over at once, by a clock of their own. */
let clock: FakeClock;
let globus: GlobusService;
let transport: GlobusTransport;
let folder: string;
let compute: Compute;
let theta: string;

beforeEach(async () => {
  clock = new FakeClock();
  globus = await startGlobusService({ clock, collections: [], endpoints: [{ name: "theta" }] });
  const { url } = globus;
  for (const [name, value] of Object.entries(globusServiceUrls({ auth: url, transfer: url, flows: url, compute: url })))
    vi.stubEnv(name, value);
  transport = createGlobusTransport({ clock: new ImpatientClock(), random: () => 0 });
  folder = await mkdtemp(join(tmpdir(), "globus-compute-"));
  const { clientId, secret } = globus.serviceAccount;
  const secretFile = join(folder, "secret");
  await writeFile(secretFile, secret, { mode: 0o600 });
  const call = createGlobusCall(createServiceAccount({ clientId, secretFile }, transport), transport);
  theta = globus.compute.endpoint("theta").id;
  compute = createCompute({ call, clock: new ImpatientClock(), nameOf: (id) => (id === theta ? "theta" : id) });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await transport.close();
  await globus.close();
  await rm(folder, { recursive: true });
});

const SOURCE = 'def recon(path):\n    return {"slices": 12, "°": "\u{1f52c}"}\n';
const register = (name = "recon", source = SOURCE): Promise<string> => compute.register({ name, source }, {});
const run = async (fn: string, args: readonly unknown[] = ["/a.h5"]) =>
  await compute.submit({ endpoint: theta, function: fn, args }, {});
async function report(task: string) {
  return (await compute.tasks([task], {})).get(task);
}

describe("a function", () => {
  test("is registered as its name and source, and runs with its arguments", async () => {
    const id = await register();
    const registered = globus.compute.functionById.get(id);
    expect(readSource(registered?.code ?? "")).toEqual({ name: "recon", source: SOURCE });
    const seen: unknown[] = [];
    globus.compute.simulate("recon", (call) => {
      seen.push(call);
      return { slices: 12 };
    });
    const { task } = await run(id, ["/a\u{1f52c}.h5", 3]);
    expect(await report(task)).toEqual({ state: "running", said: "running" });
    clock.advance(2);
    expect(await report(task)).toEqual({ state: "done", said: "success", result: { value: { slices: 12 } } });
    expect(seen).toEqual([{ args: ["/a\u{1f52c}.h5", 3], kwargs: {} }]);
  });

  test("that fails tells the exception's line, and has the traceback", async () => {
    globus.compute.simulate("recon", () => {
      throw Object.assign(new Error("no projections\nin the file"), { name: "ValueError" });
    });
    const { task } = await run(await register());
    clock.advance(2);
    const found = await report(task);
    expect(found).toMatchObject({ state: "failed", problem: "ValueError: no projections" });
    expect(found?.traceback).toContain("Traceback (most recent call last)");
  });

  test("whose result is over 10 MB says what to do", async () => {
    globus.compute.simulate("recon", () => "x".repeat(11 * 1024 * 1024));
    const { task } = await run(await register());
    clock.advance(2);
    expect((await report(task))?.problem).toMatch(
      /^its result has \d+ bytes, and Compute takes 10485760: let the function write/,
    );
  });

  test("whose results are too long together is read one by one", async () => {
    globus.compute.simulate("recon", () => "x".repeat(9 * 1024 * 1024));
    const id = await register();
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) ids.push((await run(id)).task);
    clock.advance(12);
    const found = await compute.tasks(ids, {});
    expect([...found.values()].map(({ state }) => state)).toEqual(["done", "done", "done", "done"]);
  });

  test("is not there at the endpoint, nor the endpoint: each is named with what helps", async () => {
    const noFunction = await failureOf(run(NOBODY), NotFoundError);
    expect(noFunction.message).toContain("register the function again");
    const noEndpoint = await failureOf(compute.endpoint(NOBODY, {}), NotFoundError);
    expect(noEndpoint.message).toContain("correct endpoint in the [compute] section of globus.conf");
  });
});

describe("a request", () => {
  test("over 10 MB is not sent", async () => {
    const failure = await failureOf(run(await register(), ["x".repeat(11 * 1024 * 1024)]), ActionError);
    expect(failure.message).toContain("and it takes 10485760; put what is large into a file");
    expect(globus.compute.taskById.size).toBe(0);
  });

  test("with an id that is none is not sent", async () => {
    await failureOf(compute.endpoint("../v2/functions", {}), ActionError);
    expect(globus.requests.filter(({ path }) => path.startsWith("/v2/functions"))).toEqual([]);
  });

  test("beyond the limit is put off as long as Compute asks", async () => {
    await globus.misbehave({
      on: "/status",
      unavailable: { status: 429, times: 1, retryAfterSeconds: 7 },
    });
    expect(await compute.endpoint(theta, {})).toMatchObject({ isOnline: true });
  });

  test("whose answer is lost may have begun a task, and is not repeated; the group tells", async () => {
    const id = await register();
    const { group, task } = await run(id);
    await globus.misbehave({ on: "/submit", answerLost: true });
    const again = compute.submit({ endpoint: theta, function: id, args: [], group }, {});
    expect((await failureOf(again, UnavailableError)).mayHaveHappened).toBe(true);
    await globus.misbehave({});
    const tasks = await compute.groupTasks(group, {});
    expect(tasks).toHaveLength(2);
    expect(tasks[0]?.id).toBe(task);
  });

  test("to a group that Compute does not have is refused", async () => {
    const id = await register();
    await failureOf(compute.submit({ endpoint: theta, function: id, args: [], group: NOBODY }, {}), NotFoundError);
  });
});

test("an endpoint that is offline is told, and its tasks wait", async () => {
  const id = await register();
  globus.compute.setOnline(globus.compute.endpoint("theta"), false);
  const { task } = await run(id);
  expect(await compute.endpoint(theta, {})).toEqual({ isOnline: false, said: "offline", waiting: 1 });
  expect(await report(task)).toEqual({ state: "waiting", said: "waiting-for-ep" });
});

test("a result that was abandoned is absent, and no other with it", async () => {
  const id = await register();
  const [first, second] = [await run(id), await run(id)];
  clock.advance(2);
  await report(first.task);
  clock.advance(1801);
  expect([...(await compute.tasks([first.task, second.task], {})).keys()]).toEqual([first.task]);
});
