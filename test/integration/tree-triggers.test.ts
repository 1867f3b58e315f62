/**
 * Triggers that watch directory trees, through a whole IOC: real files in two trees, seen by a client's PVs and the
 * IOC's own words. Each test has scans of its own; after each, nothing was sent twice.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { ANSWERS } from "../../src/controller/pvs/row.ts";
import { TRIGGER_STATES, type TriggerState } from "../../src/controller/pvs/triggers.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { needPeers } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { configure } from "../support/peers/site-conf.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

/** In the order of their PVs, with where their scans go. */
const TRIGGERS = {
  marker: ["root = /data/live", "scans = {exp:ue_*}/rawData/{scan:*_DIR}"],
  count: [
    "root = /data/live",
    "scans = {exp:ue_*}/counted/{scan}",
    "counted = detector1/*.h5",
    "files = 3",
    "destinations = petrel",
  ],
  quiet: ["root = /data/live", "scans = {exp:ue_*}/dat/{scan}", "quiet-seconds = 1", "destinations = archive"],
  next: ["root = /data/other", "scans = {scan:run_*}", "destinations = archive"],
} as const;
const NAMES = Object.keys(TRIGGERS) as readonly (keyof typeof TRIGGERS)[];
const [MARKER, COUNT, QUIET, NEXT] = [0, 1, 2, 3] as const;

const RAW = "live/ue_251023_FXL/rawData";
const isRoot = process.getuid?.() === 0;
/** What permissions forbid is nothing for root: it gives away the right to pass them by. */
const RUNNER = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"];
const canForbid = !isRoot || !needPeers("setpriv").missing;

/** Seconds since 1970 UTC: long before a watch tells of it. */
const OLD = Math.floor(Date.now() / 1000) - 3600;
const DEEP = { recursive: true } as const;

let site: SimulatedBeamline;
const { use, text, number, put, until, close } = operatorOf(() => site);
/** All that the IOCs before this one have said. */
let saidBefore = "";

beforeAll(async () => {
  site = await startSimulatedBeamline({
    ...(isRoot && canForbid && { runner: RUNNER }),
    between: async ({ configFile, tomoScanPort, detector }) => {
      for (const tree of ["live", "other"]) mkdirSync(join(detector.root, "data", tree));
      const sections = NAMES.map((name) => [
        `trigger ${name}`,
        [...TRIGGERS[name], "enable = True", "sweep-seconds = 0.2"],
      ]);
      await configure(configFile, {
        ...(Object.fromEntries(sections) as Record<string, string[]>),
        "trigger tomoscan": undefined,
        "destination archive": ["manifest = False"],
        source: ["settle-seconds = 0.2"],
        transfers: ["batch-seconds = 0.1", "watch-seconds = 0.2"],
      });
      return { tomoScanPort };
    },
  });
});
afterAll(async () => {
  await close();
  await site?.stop();
});

const at = (path: string): string => join(site.beamline.detector.root, "data", path);
/** Writes a file, and the folders above it. */
function write(path: string | Buffer, content = "data"): void {
  if (typeof path === "string") mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(typeof path === "string" ? at(path) : path, content);
}
/** A scan of two files. @returns its path below the source's top */
function scan(path: string): string {
  write(`${path}/detector1/1.h5`, `first of ${path}`);
  write(`${path}/ScanInfo/시료.h5`, `second of ${path}`);
  return path;
}
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

const ends = (name: string, destination: string): RegExp =>
  new RegExp(`"text":"${name} is proven at ${destination}\\."`, "g");
/** Resolves when the IOC says so of each destination. */
async function proven(path: string, ...destinations: readonly string[]): Promise<void> {
  for (const one of destinations) await site.ioc.said(ends(nameOf(path), one));
  for (const one of destinations) expect(filesOf(copyOf(path, one))).toEqual(filesOf(at(path)));
}
const copyOf = (path: string, destination: string): string =>
  destination === "archive"
    ? join(site.beamline.archive, path)
    : join(site.beamline.globus.collection("petrel").folder, "2-BM", path);
const isAt = (destination: string, ...paths: readonly string[]): readonly string[] =>
  paths.filter((path) => existsSync(copyOf(path, destination)));

/** Files by path, with what is in them. */
function filesOf(folder: string): Record<string, string> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return Object.fromEntries(
    found.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length + 1), readFileSync(path, "utf8")];
    }),
  );
}

const stateIs = (index: number, state: TriggerState): Promise<string> =>
  until(`Trigger${index}State`, (now) => now === String(TRIGGER_STATES.indexOf(state)));
const aliveIs = (answer: (typeof ANSWERS)[number]): Promise<string> =>
  until("WatchAlive", (now) => now === String(ANSWERS.indexOf(answer)));
const severityOf = (suffix: string): Promise<string> => use(suffix, async (pv) => (await pv.get()).alarm.severity);
const restart = (meanwhile: () => void): Promise<void> => {
  const before = site.ioc;
  return site.restartIoc(() => {
    saidBefore += before.stdout;
    meanwhile();
  });
};

afterEach(() => {
  const lines = (saidBefore + site.ioc.stdout).match(/"text":"\S+ is proven at \w+\."/g) ?? [];
  expect(new Set(lines).size, "told once").toBe(lines.length);
  const sources = site.beamline.globus.transfers.flatMap((one) => one.sources);
  expect(new Set(sources).size, "submitted once").toBe(sources.length);
});

test("a scan goes to its trigger's destinations once it is complete, in each of the four ways", async () => {
  const [made, moved] = [scan(`${RAW}/made_DIR`), scan(`${RAW}/moved_DIR`)];
  const counted = scan("live/ue_251023_FXL/counted/s1");
  const quiet = scan("live/ue_251023_FXL/dat/run1");
  const [first, second] = ["other/run_00001", "other/run_00002"] as const;
  scan(first);
  write(`${counted}/detector1/2.h5`);
  for (const index of NAMES.keys()) await stateIs(index, "Watching");
  await until("WatchFiles", (files) => files === "11");
  await proven(quiet, "archive");
  await aliveIs("Yes");
  for (const index of [MARKER, COUNT, NEXT]) expect(await number(`Trigger${index}Scans`), NAMES[index]).toBe(0);

  write(`${made}/.done`, "");
  write(`${moved}/detector1/scan.tmp`, "complete");
  renameSync(at(`${moved}/detector1/scan.tmp`), at(`${moved}/detector1/scan.done`));
  write(`${counted}/detector1/3.h5`);
  scan(second);
  await Promise.all([
    proven(made, "archive", "petrel"),
    proven(moved, "archive", "petrel"),
    proven(counted, "petrel"),
    proven(first, "archive"),
  ]);
  for (const [index, scans] of [2, 1, 1, 1].entries())
    expect(await number(`Trigger${index}Scans`), NAMES[index]).toBe(scans);
  expect(isAt("archive", counted, second)).toEqual([]);
  expect(isAt("petrel", quiet, first, second)).toEqual([]);
});

test("after kill -9 what was sent is not sent again, and what was marked meanwhile is sent", async () => {
  const before = scan(`${RAW}/before_kill_DIR`);
  write(`${before}/.done`);
  await proven(before, "archive", "petrel");
  const [marked, unmarked] = [`${RAW}/while_down_DIR`, `${RAW}/unmarked_DIR`] as const;
  const [run, follower] = ["other/run_00007", "other/run_00008"] as const;
  await restart(() => {
    for (const path of [marked, unmarked, run, follower]) scan(path);
    write(`${marked}/detector1/all.complete`);
  });
  await Promise.all([proven(marked, "archive", "petrel"), proven(run, "archive")]);
  await until("QueueDepth", (depth) => depth === "0");
  expect(isAt("archive", unmarked, follower)).toEqual([]);
});

test("a trigger that is off sees no scan; on again it finds those that were marked meanwhile", async () => {
  await put(`Trigger${MARKER}Enable`, "Off");
  await stateIs(MARKER, "Off");
  const marked = scan(`${RAW}/while_off_DIR`);
  write(`${marked}/.done`);
  const witness = scan("live/ue_251023_FXL/dat/while_off");
  await proven(witness, "archive");
  expect(isAt("archive", marked)).toEqual([]);
  await put(`Trigger${MARKER}Enable`, "On");
  await proven(marked, "archive", "petrel");
});

test("a tree that goes away is told as trouble of its triggers alone, and goes on when it is back", async () => {
  const [run, follower] = [scan("other/run_00011"), "other/run_00012"] as const;
  renameSync(at("live"), at("away"));
  for (const index of [MARKER, COUNT, QUIET]) {
    await stateIs(index, "Trouble");
    expect(await severityOf(`Trigger${index}State`), NAMES[index]).toBe("MAJOR");
    expect(await text(`Trigger${index}Message`)).toMatch(
      /^The watched directory cannot be looked at: .* at \S+\/live; is it mounted\?$/,
    );
  }
  await aliveIs("No");
  expect(await severityOf("WatchAlive")).toBe("MAJOR");
  expect(await number(`Trigger${NEXT}State`)).toBe(TRIGGER_STATES.indexOf("Watching"));
  scan(follower);
  await proven(run, "archive");
  const marked = "away/ue_251023_FXL/rawData/while_away_DIR";
  scan(marked);
  write(`${marked}/.done`);
  renameSync(at("away"), at("live"));
  for (const index of [MARKER, COUNT, QUIET]) await stateIs(index, "Watching");
  await aliveIs("Yes");
  await proven(marked.replace("away", "live"), "archive", "petrel");
});

test.skipIf(!canForbid)(
  "a folder without permission, and a name that is no UTF-8, are said and hurt no other",
  async () => {
    const [secret, odd, well] = [scan(`${RAW}/secret_DIR`), scan(`${RAW}/odd_DIR`), scan(`${RAW}/well_DIR`)] as const;
    const [oddName, evenName] = [Buffer.from(`${at(odd)}/\xff.h5`, "latin1"), at(`${odd}/even.h5`)] as const;
    write(oddName);
    chmodSync(at(secret), 0o000);
    onTestFinished(() => chmodSync(at(secret), 0o755));
    await site.ioc.said(/\/secret_DIR" cannot be read: permission is denied \(EACCES\); what is in it is not seen/);
    await site.ioc.said(/\/odd_DIR" holds a name that is no UTF-8, "\ufffd\.h5"; it is not seen: rename it/);
    await stateIs(MARKER, "Trouble");
    await aliveIs("No");
    for (const path of [well, odd]) write(`${path}/.done`, "");
    await proven(well, "archive", "petrel");
    expect(isAt("archive", odd)).toEqual([]);

    chmodSync(at(secret), 0o755);
    renameSync(oddName, evenName);
    write(`${secret}/.done`, "");
    await Promise.all([proven(secret, "archive", "petrel"), proven(odd, "archive", "petrel")]);
    await stateIs(MARKER, "Watching");
    await aliveIs("Yes");
  },
);

test("with a ledger that was lost what is at its destinations is known again, and only the rest is sent", async () => {
  for (const tree of ["live", "other"]) for (const name of readdirSync(at(tree))) rmSync(at(`${tree}/${name}`), DEEP);
  const marked = (name: string): string => {
    const path = scan(`${RAW}/${name}_DIR`);
    write(`${path}/.done`, "");
    for (const file of Object.keys(filesOf(at(path)))) utimesSync(join(at(path), file), OLD, OLD);
    return path;
  };
  const sent = ["sent1", "sent2", "sent3"].map(marked);
  for (const path of sent) await proven(path, "archive", "petrel");
  const submitted = (): readonly string[] => site.beamline.globus.transfers.flatMap(({ sources }) => sources);
  const before = submitted();
  let rest = "";
  await restart(() => {
    rmSync(join(dirname(site.beamline.configFile), "ledger"), DEEP);
    rest = marked("unsent");
  });
  for (const name of ["sent1", "sent2", "sent3"])
    await site.ioc.said(new RegExp(`${name}_DIR is proven at archive and petrel without being sent: it was there`));
  await proven(rest, "archive", "petrel");
  expect(submitted().slice(before.length)).toEqual([expect.stringContaining(`/${rest}/`)]);
});
