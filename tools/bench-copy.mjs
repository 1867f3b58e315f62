/**
 * Copies a scan with our folder copier and with `cp -r`, in turn on one disk and several times each, and prints both
 * medians and their ratios: to cp alone, and to cp with the `sync -f` without which its copy is on no disk yet. Judges
 * nothing. Ours also hashes, reads back and compares; its process has begun before, as in an IOC that runs.
 *
 *   node tools/bench-copy.mjs [--runs 5] [--files 10000] [--bytes 4096] [--large 4096] [--at FOLDER]
 *   --large: MiB of one more scan, of a single file; 0: none
 */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { fail, ROOT, say } from "./run.mjs";

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    files: { type: "string", default: "10000" },
    bytes: { type: "string", default: "4096" },
    large: { type: "string", default: "4096" },
    at: { type: "string", default: tmpdir() },
  },
});
const DIST = join(ROOT, "dist");
if (!existsSync(DIST)) fail("dist is missing: run `npm run build`");
const { systemClock } = await import(join(DIST, "base/clock.js"));
const { createFolderCopier } = await import(join(DIST, "services/scans/copiers.js"));
const { createMountedSource } = await import(join(DIST, "services/scans/sources.js"));

const folder = mkdtempSync(join(options.at, "bench-copy-"));
const MEGABYTE = 1024 * 1024;

function makeSmall() {
  for (let i = 0; i < Number(options.files); i++) {
    const below = join(folder, "small", String(i % 20));
    if (i < 20) mkdirSync(below, { recursive: true });
    writeFileSync(join(below, `image_${i}.tiff`), randomBytes(Number(options.bytes)));
  }
}

function makeLarge() {
  mkdirSync(join(folder, "large"));
  const file = openSync(join(folder, "large", "scan.h5"), "w");
  for (let i = 0; i < Number(options.large); i++) writeSync(file, randomBytes(MEGABYTE));
  closeSync(file);
}

const median = (times) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];
const run = (program, ...args) => {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) fail(`${program} ${args.join(" ")}: ${stderr}`);
};
const seconds = async (work) => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};

async function compare(scan) {
  const source = createMountedSource({ name: "bench", top: folder, belongs: [] }, systemClock);
  const out = join(folder, "out");
  mkdirSync(out);
  const copier = createFolderCopier({ top: out, source }, systemClock);
  const manifest = await source.look(join(folder, scan), {});
  const copy = (parts) => copier.copy({ manifest, parts }, {});
  await copy(["warm"]);
  const [ours, cp, cpOnDisk] = [[], [], []];
  let mostLag = 0;
  for (let i = 0; i < Number(options.runs); i++) {
    rmSync(out, { recursive: true });
    mkdirSync(out);
    run("sync");
    const lag = monitorEventLoopDelay({ resolution: 1 }); // one a copy: what is run between stops the event loop
    lag.enable();
    ours.push(await seconds(() => copy(["ours"])));
    lag.disable();
    mostLag = Math.max(mostLag, lag.max / 1e6);
    run("sync");
    cp.push(await seconds(() => run("cp", "-r", join(folder, scan), join(out, "cp"))));
    cpOnDisk.push(cp.at(-1) + (await seconds(() => run("sync", "-f", out))));
  }
  rmSync(out, { recursive: true });
  const [a, b, c] = [ours, cp, cpOnDisk].map(median);
  const figures = [a, b, c].map((one) => one.toFixed(2));
  say(`${scan}: ours ${figures[0]} s, cp -r ${figures[1]} s, cp -r and sync -f ${figures[2]} s`);
  say(`  speed of ours to cp -r ${(b / a).toFixed(2)}, to cp -r and sync -f ${(c / a).toFixed(2)}`);
  say(`  lag of our event loop at most ${mostLag.toFixed(0)} ms`);
}

try {
  makeSmall();
  await compare("small");
  if (options.large !== "0") {
    makeLarge();
    await compare("large");
  }
} finally {
  rmSync(folder, { recursive: true });
}
