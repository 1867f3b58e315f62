/**
 * Opens a queue of many scans, as an IOC does at its start, several times, and prints how long that took and the
 * longest pause of the event loop meanwhile. Judges nothing.
 *
 *   node tools/bench-queue.mjs [--scans 10000] [--runs 5] [--at FOLDER]
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { fail, ROOT, say } from "./run.mjs";

const { values: options } = parseArgs({
  options: {
    scans: { type: "string", default: "10000" },
    runs: { type: "string", default: "5" },
    at: { type: "string", default: tmpdir() },
  },
});
const DIST = join(ROOT, "dist");
if (!existsSync(DIST)) fail("dist is missing: run `npm run build`");
const { createQueueLedger } = await import(join(DIST, "services/ledger/queue-ledger.js"));
const { ScanQueue } = await import(join(DIST, "controller/transfers/scan-queue.js"));

const DESTINATIONS = ["archive", "petrel", "tape"];
/** Records of a few scans are written at once. */
const SOME = 500;

const path = mkdtempSync(join(options.at, "bench-queue-"));
const open = () => createQueueLedger({ path, owner: { pid: process.pid, host: "bench" } });

function recordsOf(index) {
  const id = `20260301T${String(index).padStart(9, "0")}Z-aa`;
  const tags = { exp: "2026-03-Noether-1", ym: "2026-03", last: "Noether", gup: "1" };
  const scan = { id, file: `/data/scan_${index}.h5`, state: "ready", seen: 0, trigger: "tomoscan", tags };
  const found = { signature: "0".repeat(32), folder: "/data", isFolder: false, files: 2, bytes: 1e9 };
  const sends = DESTINATIONS.map((destination) => ({ scan: id, destination, state: "queued", attempts: 0, at: 0 }));
  return [{ scan: { ...scan, ...found } }, ...sends.map((send) => ({ send }))];
}

const scans = Number(options.scans);
const filled = open();
for (let first = 0; first < scans; first += SOME)
  await filled.put(Array.from({ length: Math.min(SOME, scans - first) }, (_, i) => recordsOf(first + i)).flat());
await filled.close();

for (let run = 1; run <= Number(options.runs); run++) {
  const ledger = open();
  const delays = monitorEventLoopDelay({ resolution: 1 });
  const began = performance.now();
  delays.enable();
  const queue = await ScanQueue.read(ledger);
  delays.disable();
  const seconds = (performance.now() - began) / 1000;
  say(
    `${queue.scans.size} scans: ${seconds.toFixed(2)} s, the event loop paused ${(delays.max / 1e6).toFixed(0)} ms at most`,
  );
  await ledger.close();
}
rmSync(path, { recursive: true });
