/** `globus-ioc queue reconcile` and `globus-ioc prune` through the IOC of the simulated beamline, with real files. */
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { EXIT } from "../../src/cli/exit-status.ts";
import { putFile } from "../services/scans/scan-folder.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });
const DAY_MILLISECONDS = 86_400_000;
/** Whole seconds: collections tell no others. */
const OLD = Math.floor(Date.now() / 1000) * 1000 - 20 * DAY_MILLISECONDS;
const FOLDER_FILES = 800;

let site: SimulatedBeamline;
const ours = operatorOf(() => site);
const NAMES = ["old1.h5", "old2.h5", "old3.h5"];

beforeAll(async () => {
  site = await startSimulatedBeamline();
});
afterAll(async () => {
  await ours.close();
  await site?.stop();
});

const data = (): string => join(site.beamline.globus.collection("detector").folder, "data");
const petrel = (): string => join(site.beamline.globus.collection("petrel").folder, "2-BM");
const run = (line: string) =>
  runPeer(process.execPath, [join(ROOT, "dist/main.js"), ...line.split(" "), "--config", site.beamline.configFile], {
    env: site.env,
  });
const prune = (line: string) => run(`prune --ioc ${site.prefix} ${line}`);
interface Reconciled {
  readonly exitStatus: number;
  readonly message: string;
  readonly lines: readonly string[];
}
const reconcile = async (more = ""): Promise<Reconciled> =>
  JSON.parse((await run(`queue reconcile --json${more}`)).stdout) as Reconciled;

function configure(change: (text: string) => string): void {
  const { configFile } = site.beamline;
  writeFileSync(configFile, change(readFileSync(configFile, "utf8")));
}

const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => statSync(join(folder, path)))
    .reduce((sum, stats) => sum + (stats.isFile() ? stats.size : 0), 0);

test("what is at its destinations already is taken into an empty ledger, and only the rest is sent", async () => {
  for (const name of NAMES) putFile(join(data(), "exp", name), `content of ${name}`, OLD);
  for (const name of NAMES.slice(0, 2))
    for (const top of [site.beamline.archive, petrel()]) putFile(join(top, "exp", name), `content of ${name}`, OLD);
  await ours.until("QueueState", (state) => state !== "0");
  const told = await reconcile();
  expect(told).toMatchObject({ exitStatus: EXIT.done });
  expect(told.message).toMatch(/^3 scans: 2 proven and 1 missing somewhere\. This is what the IOC/);
  expect(told.lines.at(-1)).toMatch(
    /^\/data\/exp\/old3\.h5: archive: 1 file is not as sent: "old3\.h5" is missing; petrel/,
  );
  expect(await ours.number("QueueDepth")).toBe(0);

  expect((await reconcile(" --enqueue")).message).toContain(
    "2 of them were taken into the ledger without being sent, and 1 queued.",
  );
  await ours.until("LastDone", (name) => name === "old3");
  expect(await ours.put("Reconcile", 1)).toBe(1);
  expect(await ours.text("ReconcileMessage")).toBe("3 scans: 3 proven and 0 missing somewhere.");
  expect([await ours.number("ReconcileFound"), await ours.number("ReconcileMissing")]).toEqual([3, 0]);
  const { transfers } = site.beamline.globus;
  expect(transfers).toHaveLength(1);
});

test("nothing is deleted while it is off, not armed, or Testing is Yes", async () => {
  const before = bytesIn(data());
  const plan = await prune("--older-than 14d --plan");
  expect(plan, plan.stderr).toMatchObject({ code: EXIT.done });
  expect(plan.stdout + plan.stderr).toContain("3 scans would be deleted (3 files, 54 bytes), and 0 kept.");
  const off = await prune("--older-than 14d --yes");
  expect(off.code).toBe(EXIT.failed);
  expect(off.stderr).toContain("set allow-prune = True in the [source] section");
  configure((text) => text.replace("[source]\n", "[source]\nallow-prune = True\nscans = *.h5 *_DIR/\n"));
  await site.restartIoc();
  await ours.until("QueueState", (state) => state !== "0");
  await ours.put("PrunePlan", 0);
  await ours.put("Prune", 1);
  expect(await ours.text("PruneMessage")).toContain("Prune is not armed: write 1 to PruneArm");
  await ours.put("Testing", 1);
  const dry = await prune("--older-than 14d --yes");
  expect(dry.stdout + dry.stderr).toContain("would delete scans older than 14 days");
  await ours.put("Testing", 0);
  const unasked = await prune("--older-than 14d");
  expect(unasked.stderr).toContain("there is no terminal to ask at: give --plan, or --yes");
  expect(bytesIn(data())).toBe(before);
});

test("what is proven everywhere is deleted; what a destination has lost, or has changed, is kept", async () => {
  rmSync(join(petrel(), "exp/old1.h5"));
  putFile(join(data(), "exp/old2.h5"), "content of old2.h5", OLD + 1000);
  const done = await prune("--older-than 14d --yes");
  expect(done, done.stderr).toMatchObject({ code: EXIT.done });
  expect(done.stdout + done.stderr).toContain("1 scan was deleted (1 file, 18 bytes), and 2 kept.");
  expect(await ours.text("PruneText")).toMatch(/old1\.h5: kept, petrel: 1 file is not as sent: "old1\.h5" is missing/);
  expect(await ours.text("PruneText")).toMatch(/old2\.h5: kept, its files have changed since it was sent/);
  expect(readdirSync(join(data(), "exp"))).toEqual(["old1.h5", "old2.h5"]);
  expect(readdirSync(join(site.beamline.archive, "exp"))).toContain("old3.h5");
  const shown = await run("queue export");
  expect(shown.stdout).toMatch(
    /"file":"\/data\/exp\/old3\.h5".*"freed":\{"at":\d+,"isWhole":true,"files":1,"bytes":\d+\}/,
  );
});

test("a kill in the middle leaves whole files and the truth, and the next one goes on", async () => {
  const folder = join(data(), "exp/big_DIR");
  for (let index = 0; index < FOLDER_FILES; index++)
    putFile(join(folder, `d${index % 7}`, `f${index}.tif`), "x".repeat(100), OLD);
  for (const top of [site.beamline.archive, petrel()])
    cpSync(folder, join(top, "exp/big_DIR"), { recursive: true, preserveTimestamps: true });
  await reconcile(" --enqueue");
  await ours.put("PrunePlan", 0);
  await ours.put("PruneArm", 1);
  const ended = ours.put("Prune", 1).catch(() => undefined);
  await vi.waitFor(
    () => {
      if (readdirSync(folder, { recursive: true }).length >= FOLDER_FILES) throw new Error("not begun");
    },
    { timeout: 30_000, interval: 1 },
  );
  await site.restartIoc();
  await ended;
  const before = await run("queue export");
  expect(before.stdout).toMatch(/big_DIR".*"freed":\{"at":\d+,"isWhole":(true|false)/);
  await ours.until("QueueState", (state) => state !== "0");
  const again = await prune("--older-than 14d --yes");
  expect(again, again.stderr).toMatchObject({ code: EXIT.done });
  const after = await run("queue export");
  expect(after.stdout).toMatch(/big_DIR".*"freed":\{"at":\d+,"isWhole":true,"files":800,"bytes":80000\}/);
  expect(readdirSync(dirname(folder))).not.toContain("big_DIR");
  expect(bytesIn(join(site.beamline.archive, "exp/big_DIR"))).toBe(FOLDER_FILES * 100);
});
