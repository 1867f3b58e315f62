/** `transfer` and `transfer-scan --flow-id` as programs, through the simulated Flows: one run each, come what may. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { sleep, systemClock } from "../../src/base/clock.ts";
import { EXIT } from "../../src/cli/exit-status.ts";
import type { SimulatedRun } from "../../src/sandbox/globus/flows/control.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { makeTemporaryFolder } from "../../src/sandbox/temporary-folder.ts";
import { inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type PeerProcess, runPeer, spawnPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 120_000 });
const SCAN = "dat/ue_251023_FXL/rawData/251023_alignment_00001_DIR";
const THERE = "backup/ue_251023_FXL/rawData/251023_alignment_00001_DIR";

const template = (name: string): object => JSON.parse(readFileSync(join(ROOT, "flows", name), "utf8")) as object;

let globus: GlobusService;
beforeAll(async () => {
  globus = await startGlobusService({
    clock: systemClock,
    queuedSeconds: 0.1,
    collections: [{ name: "ffs" }, { name: "backup", folders: ["/backup"] }],
  });
});
afterAll(() => globus.close());

/** Of one test: a home, /ffs with a scan, globus.conf, and a flow named nightly. */
let place: string;
let flow: string;
/** How many runs there were before. */
let before: number;
beforeEach(async () => {
  const made = await makeTemporaryFolder();
  onTestFinished(() => made.remove());
  onTestFinished(() => globus.misbehave({}));
  place = made.path;
  for (const folder of ["home", "flows", join("ffs", SCAN, "detector1")])
    mkdirSync(join(place, folder), { recursive: true });
  writeFileSync(join(place, "ffs", SCAN, "detector1/001.h5"), Buffer.alloc(300_000, "a"));
  flow = globus.flows.deploy({
    title: "nightly",
    definition: template("transfer.json"),
    inputSchema: template("transfer.schema.json") as Record<string, unknown>,
  });
  writeFileSync(join(place, "flows/nightly.json"), JSON.stringify({ id: flow, title: "nightly" }), { mode: 0o600 });
  const { clientId, secret } = globus.serviceAccount;
  writeFileSync(join(place, "secret"), secret, { mode: 0o600 });
  const urls = ["auth", "transfer", "flows"].map((name) => `${name}-url = ${globus.url}`).join("\n");
  writeFileSync(
    join(place, "globus.conf"),
    `[globus-auth]\nclient-id = ${clientId}\nclient-secret-file = ${join(place, "secret")}\n${urls}\n[transfers]\nwatch-seconds = 0.2\n[flows]\ndirectory = ${join(place, "flows")}\nwatch-seconds = 0.2\n`,
  );
  for (const [name, folder] of [
    ["ffs", "dat"],
    ["backup", "backup"],
  ] as const)
    rmSync(join(globus.collection(name).folder, folder), { recursive: true, force: true });
  mkdirSync(join(globus.collection("backup").folder, "backup"));
  cpSync(join(place, "ffs/dat"), join(globus.collection("ffs").folder, "dat"), {
    recursive: true,
    preserveTimestamps: true,
  });
  before = globus.flows.runs.length;
});

const environment = (): Record<string, string> => ({ ...inheritedEnvironment(), HOME: join(place, "home") });
const words = (line: readonly string[]): string[] => [join(ROOT, "dist/main.js"), ...line];
const run = (line: readonly string[]) => runPeer(process.execPath, words(line), { env: environment() });
const started = (line: readonly string[], ready = /The ledger is /): Promise<PeerProcess> =>
  spawnPeer(process.execPath, words(line), { env: environment(), line: ready });
const common = (): string[] => [
  "--source-collection",
  globus.collection("ffs").id,
  "--dest-collection",
  globus.collection("backup").id,
  "--flow-id",
  "nightly",
  "--settle-seconds",
  "0.1",
  "--config",
  join(place, "globus.conf"),
];
const scan = (): string[] => [
  "transfer-scan",
  "--scan-dir",
  join(place, "ffs", SCAN),
  "--path-map",
  `${join(place, "ffs")}=/`,
  ...common(),
];
const transfer = (): string[] => ["transfer", "--source-path", `/${SCAN}`, "--dest-path", "/backup/one", ...common()];

/** Runs of this test. */
const runs = (): readonly SimulatedRun[] => globus.flows.runs.slice(before);
async function firstRun(): Promise<SimulatedRun> {
  for (;;) {
    const [found] = runs();
    if (found !== undefined) return found;
    await sleep(systemClock, 0.02);
  }
}
const filesIn = (folder: string): string[] =>
  readdirSync(join(globus.collection("backup").folder, folder), { recursive: true, encoding: "utf8" });

test("a scan goes by one run of the flow, is proven there, and is not sent a second time", async () => {
  const done = await run(scan());
  expect(done, done.stdout + done.stderr).toMatchObject({ code: EXIT.done, stderr: "" });
  expect(filesIn(THERE)).toContain("detector1/001.h5");
  expect(runs()).toMatchObject([{ flow, status: "SUCCEEDED", label: expect.stringMatching(/_DIR$/) as string }]);
  expect((await run(scan())).stdout).toContain("before, and has not changed: nothing was sent.");
  expect(runs()).toHaveLength(1);
});

test("transfer asks the flow for one folder of a collection, and ends as its run does", async () => {
  const done = await run(transfer());
  expect(done, done.stdout + done.stderr).toMatchObject({ code: EXIT.done, stderr: "" });
  const [only] = runs();
  expect(done.stdout).toContain(`Flows has the run ${only?.id}: https://app.globus.org/runs/${only?.id}`);
  expect(done.stdout).toContain(`The run ${only?.id} of the flow nightly has succeeded.`);
  expect(filesIn("backup/one")).toContain("detector1/001.h5");
  const release = globus.flows.holdState("TransferData");
  const failing = await started(["transfer", "--label", "b", ...transfer().slice(1)], /Flows has the run/);
  globus.flows.endRun(runs().at(-1)?.id ?? "");
  expect(await failing.exited, failing.stdout).toEqual({ code: EXIT.failed, signal: null });
  expect(failing.stderr).toContain("was ended before it was done");
  release();
});

test("weakness 22: the answer of Flows is lost: the run is found by its label, and not asked for again", async () => {
  await globus.misbehave({ on: `${flow}/run`, answerLost: true, times: 1 });
  const done = await run(scan());
  expect(done, done.stdout + done.stderr).toMatchObject({ code: EXIT.done });
  expect(runs()).toHaveLength(1);
});

test("Flows says that it is too busy: it is asked again, and there is one run", async () => {
  await globus.misbehave({ on: `${flow}/run`, unavailable: { status: 429, times: 2, retryAfterSeconds: 1 } });
  const done = await run(scan());
  expect(done, done.stdout + done.stderr).toMatchObject({ code: EXIT.done });
  expect(runs()).toHaveLength(1);
});

test("killed while Flows answers, and behind the answer, there is one run, which is followed on", async () => {
  await globus.misbehave({ on: `${flow}/run`, slowSeconds: 30 });
  const first = await started(scan());
  const { id } = await firstRun();
  first.kill("SIGKILL");
  await first.exited;
  await globus.misbehave({});
  const release = globus.flows.holdRun(id);
  const second = await started([...scan(), "--json"], /^/);
  await globus.arrived(`/runs/${id}/log`);
  second.kill("SIGKILL");
  await second.exited;
  release();
  const third = await run(scan());
  expect(third, third.stdout + third.stderr).toMatchObject({ code: EXIT.done });
  expect(runs().map((one) => [one.id, one.status])).toEqual([[id, "SUCCEEDED"]]);
});

test("killed before Flows has heard of it, it is twice looked for, then asked for: one run", async () => {
  await globus.misbehave({ on: `${flow}/run`, down: "reset" });
  const first = await started(transfer());
  await globus.arrived(`${flow}/run`);
  first.kill("SIGKILL");
  await first.exited;
  expect(runs()).toEqual([]);
  await globus.misbehave({});
  const looks = globus.requests.length;
  const second = await run(transfer());
  expect(second, second.stdout + second.stderr).toMatchObject({ code: EXIT.done });
  expect(runs()).toHaveLength(1);
  const since = globus.requests.slice(looks).map(({ method, path }) => `${method} ${path}`);
  expect(since.slice(0, since.indexOf(`POST /flows/${flow}/run`)).filter((one) => one === "GET /runs").length).toBe(2);
});

test("a consent that is withdrawn in mid-run: the scan waits with the command, and goes on behind resume", async () => {
  const release = globus.flows.holdState("TransferData");
  const waiting = await started(scan());
  const { id } = await firstRun();
  globus.flows.revokeConsent(id);
  release();
  while (!waiting.stderr.includes("globus-ioc login --flow nightly")) await sleep(systemClock, 0.05);
  expect(waiting.stderr).toContain(`then \`globus-ioc flow resume ${id}\``);
  const resumed = await run(["flow", "resume", id, "--config", join(place, "globus.conf")]);
  expect(resumed, resumed.stdout + resumed.stderr).toMatchObject({ code: EXIT.done });
  expect(await waiting.exited, waiting.stdout + waiting.stderr).toEqual({ code: EXIT.done, signal: null });
  expect(runs().map(({ status }) => status)).toEqual(["SUCCEEDED"]);
});

test("a flow that is gone, and an input that it does not take, hold the scan, and nothing is run", async () => {
  globus.flows.expireFlow(flow);
  const holds = await started(scan(), /globus-ioc flow deploy nightly/);
  holds.kill("SIGTERM");
  expect((await holds.exited).code).toBe(EXIT.failed);
  const narrow = globus.flows.deploy({
    title: "narrow",
    definition: template("transfer.json"),
    inputSchema: { type: "object", required: ["principal"], properties: { principal: { type: "string" } } },
  });
  writeFileSync(join(place, "flows/nightly.json"), JSON.stringify({ id: narrow }), { mode: 0o600 });
  const other = await started(scan(), /does not take this input \(.*principal.*\): `globus-ioc flow show/);
  other.kill("SIGTERM");
  await other.exited;
  expect(runs()).toEqual([]);
});
