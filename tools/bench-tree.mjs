/**
 * What watching a tree costs: 22,000 folders with 100,000 files, as a beamline's experiments with their scans. Prints
 * the time of sweeps, the time from a marker's appearance to its news, the memory of the process that watches, and how
 * long the event loop of this one was held up. Judges nothing: the machine decides.
 *
 *   node tools/bench-tree.mjs [--folder DIR] [--markers 50]
 */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { say } from "./run.mjs";

const from = (file) => import(new URL(`../dist/${file}`, import.meta.url));
const { systemClock } = await from("base/clock.js");
const { createScanTrees } = await from("services/tree/watch-tree.js");

const { values: options } = parseArgs({
  options: { folder: { type: "string", default: tmpdir() }, markers: { type: "string", default: "50" } },
});

const EXPERIMENTS = 20;
const SCANS = 183;
const CHANNELS = ["PulseInfo", "ScanInfo", "detector1", "eh1rayMX_img", "diagnostic1"];
const root = mkdtempSync(join(options.folder, "globus-ioc-tree-"));
process.once("exit", () => rmSync(root, { recursive: true, force: true }));
const scanPath = (experiment, scan) =>
  join(
    root,
    `ue_25${String(experiment).padStart(4, "0")}_FXL`,
    "rawData",
    `251023_bg_${String(scan).padStart(5, "0")}_DIR`,
  );
let [folders, files] = [0, 0];
for (let experiment = 0; experiment < EXPERIMENTS; experiment++)
  for (let scan = 0; scan < SCANS; scan++) {
    for (const channel of CHANNELS) {
      const folder = join(scanPath(experiment, scan), channel);
      mkdirSync(folder, { recursive: true });
      folders++;
      for (let file = 0; file < 5; file++) writeFileSync(join(folder, `001_001_${file}.h5`), "x");
      files += 5;
    }
    folders++;
    files += 5;
    for (let file = 0; file < 5; file++) writeFileSync(join(scanPath(experiment, scan), `${file}.log`), "x");
  }
say(`${folders} folders with ${files} files at ${root}`);

const memory = (pid) => {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) / 1024;
  return `${of("Rss").toFixed(0)} MB resident, ${of("Pss").toFixed(0)} MB its share, ${of("Private_Dirty").toFixed(0)} MB its own`;
};

const lag = monitorEventLoopDelay({ resolution: 1 });
const ownBefore = process.memoryUsage().rss;
lag.enable();
const stopped = new AbortController();
let pid;
const sweeps = [];
const waiting = new Map();
let heard = () => {};
const watch = createScanTrees({ clock: systemClock, onProcess: (id) => (pid = id) }).watch(
  {
    root,
    layouts: [
      {
        pattern: "{exp:ue_*}/rawData/{scan:*_DIR}",
        exclude: ["scratch/"],
        markers: [".done"],
        counted: ["*.h5"],
        restSeconds: [5],
      },
    ],
    periodSeconds: 1,
  },
  (news) => {
    if (news.kind === "sweep") sweeps.push(news.sweep);
    if (news.kind === "scan") for (const { path } of news.scan.marks) waiting.get(path)?.();
    heard();
  },
  stopped.signal,
);
const sweepsAre = (count) =>
  new Promise((resolve) => {
    heard = () => sweeps.length >= count && resolve();
  });
await sweepsAre(1);
say(`first sweep: ${JSON.stringify(sweeps[0])}; ${memory(pid)}`);
await sweepsAre(6);
const seconds = sweeps.slice(1).map((sweep) => (sweep.seconds * 1000).toFixed(0));
say(`sweeps after it, ms: ${seconds.join(" ")}; ${memory(pid)}`);

/** @param experimentOf of the marker with this number */
async function measureMarkers(where, experimentOf) {
  const latencies = [];
  for (let index = 0; index < Number(options.markers); index++) {
    const folder = scanPath(experimentOf(index), SCANS - 1 - (index % 50));
    const marker = join(folder, index % 2 === 0 ? "detector1" : "", `${where} ${index}.done`);
    const seen = new Promise((resolve) => waiting.set(marker, resolve));
    writeFileSync(`${marker}.tmp`, "");
    const since = performance.now();
    renameSync(`${marker}.tmp`, marker);
    await seen;
    latencies.push(performance.now() - since);
  }
  latencies.sort((a, b) => a - b);
  const [middle, worst] = [latencies[latencies.length >> 1], latencies.at(-1)].map((ms) => ms.toFixed(1));
  say(`marker to news in ${where} scans, ms: median ${middle}, worst ${worst}, of ${latencies.length}`);
}
await measureMarkers("new", () => EXPERIMENTS - 1);
await measureMarkers("old", (index) => index % (EXPERIMENTS / 2));
await sweepsAre(sweeps.length + 6);
say(`at the end: ${memory(pid)}; here ${((process.memoryUsage().rss - ownBefore) / 1e6).toFixed(0)} MB more`);
say(
  `event loop here held up by at most ${(lag.max / 1e6).toFixed(1)} ms, ${(lag.percentile(99) / 1e6).toFixed(1)} ms in 99 %`,
);
stopped.abort(new Error("end"));
await watch.catch(() => undefined);
