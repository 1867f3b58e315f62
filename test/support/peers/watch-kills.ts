/**
 * Scans that are marked in a watched tree while the IOC that watches it is killed at random moments and started again,
 * and its destinations go away and come back: what has arrived in the end.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { sleep, systemClock } from "../../../src/base/clock.ts";
import type { Beamline } from "../../../src/sandbox/beamline.ts";
import { repeats } from "../repeats.ts";
import { operatorOf, type PvOperator } from "./pv-operator.ts";
import { ROOT } from "./real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "./simulated-beamline.ts";
import { configure } from "./site-conf.ts";
import { runPeer } from "./spawn-peer.ts";
import { filesBelow, GLOBUS_FAULTS, type KillFigures } from "./transfer-kills.ts";

/** Below the top directory of the source, and so of each destination. */
const RAW = "dat/ue_251023_FXL/rawData";
/** Of the kills that come when the IOC has started; the others come while it starts, too. */
const AT_WORK_SHARE = 0.8;
/** Half of what it takes from a marker to a proof, where nothing is wrong. */
const WAY_SECONDS = 1.2;
/** Until the last scan must be proven. */
const LAST_SECONDS = 120;

type Random = () => number;
/** Something is wrong from now on. @returns what puts it right */
type Outage = (beamline: Beamline, random: Random) => Promise<() => Promise<void>>;

const OUTAGES: readonly Outage[] = [
  async () => async () => {},
  async ({ archive }) => {
    renameSync(archive, `${archive}.away`);
    return async () => renameSync(`${archive}.away`, archive);
  },
  async ({ globus }) => {
    const back = globus.addFault("petrel", { code: "ENDPOINT_ERROR" });
    return async () => back();
  },
  async ({ globus }) => {
    const back = globus.pauseCollection("petrel", "Maintenance until noon.");
    return async () => back();
  },
  async ({ globus }, random) => {
    await globus.misbehave(chosen(GLOBUS_FAULTS, random));
    return () => globus.misbehave({});
  },
  async ({ globus }) => {
    await globus.misbehave({ down: "reset" });
    return () => globus.misbehave({});
  },
];

/** How a scan is marked. @param folder of the scan */
const MARKS: readonly ((folder: string) => void)[] = [
  (folder) => writeFileSync(join(folder, ".done"), ""),
  (folder) => writeFileSync(join(folder, "detector1", "scan.complete"), "2 files\n"),
  (folder) => {
    writeFileSync(join(folder, "scan.tmp"), "2 files\n");
    renameSync(join(folder, "scan.tmp"), join(folder, "scan.done"));
  },
];

const chosen = <T>(some: readonly T[], random: Random): T => some[Math.floor(random() * some.length)] as T;

/** @param random from 0 to below 1: when the IOC is killed, what is wrong, how scans are marked, how large they are */
export async function killWatch(rounds: number, random: Random): Promise<KillFigures> {
  await using site = await startSimulatedBeamline({ between: readied });
  const pvs = operatorOf(() => site);
  const { beamline } = site;
  const top = join(beamline.detector.root, "data");
  const marked: string[] = [];
  const lives = [site.ioc];
  const scan = (name: string): string => {
    const folder = join(top, RAW, name);
    mkdirSync(join(folder, "detector1"), { recursive: true });
    writeFileSync(join(folder, "detector1/1.h5"), Buffer.alloc(1000 + Math.floor(random() * 300_000), name));
    writeFileSync(join(folder, "2.h5"), name);
    return folder;
  };
  const mark = (name: string): void => {
    chosen(MARKS, random)(scan(name));
    marked.push(name);
  };
  for (let round = 0; round < rounds; round++) {
    const putRight = await chosen(OUTAGES, random)(beamline, random);
    const isShort = random() < 0.5;
    mark(`s${round}_a_DIR`);
    if (random() < AT_WORK_SHARE) await site.ioc.serves({ name: `${site.prefix}Status`, port: site.iocPort });
    await sleep(systemClock, random() * WAY_SECONDS);
    mark(`s${round}_b_DIR`);
    scan(`s${round}_unmarked_DIR`);
    if (isShort) await putRight();
    await sleep(systemClock, random() * WAY_SECONDS);
    await site.restartIoc(() => mark(`s${round}_c_DIR`), "SIGKILL", { isAwaited: round === rounds - 1 });
    lives.push(site.ioc);
    if (!isShort) await putRight();
  }
  await pvs.put("QueueRetry", 1);
  const lost = await waitForAll(site, pvs, marked);
  const listed = await scansInLedger(site);
  await pvs.close();
  const told = lives.flatMap(({ stdout }) => stdout.match(/"text":"\S+ is proven at \w+\."/g) ?? []);
  const sources = beamline.globus.transfers.flatMap((one) => one.sources);
  const unasked = placesOf(beamline).flatMap((place) => [...filesBelow(join(place, RAW)).keys()]);
  return {
    kills: rounds,
    scans: marked.length,
    lost: [...lost, ...marked.filter((name) => !listed.includes(name)).map((name) => `ledger: ${name}`)],
    doubled: [
      ...repeats(listed).map((name) => `ledger: ${name}`),
      ...repeats(sources).map((source) => `petrel: ${source}`),
      ...repeats(told),
      ...[...listed, ...unasked].filter((name) => name.includes("unmarked")),
    ],
  };
}

/** The IOC's settings: one trigger, and everything quick. */
async function readied({ configFile, tomoScanPort, detector }: Beamline): Promise<{ tomoScanPort: number }> {
  mkdirSync(join(detector.root, "data/dat"));
  await configure(configFile, {
    "trigger tomoscan": undefined,
    "trigger marker": [
      "enable = True",
      "root = /data/dat",
      "scans = {exp:ue_*|ms_*}/rawData/{scan:*_DIR}",
      "sweep-seconds = 0.3",
    ],
    source: ["settle-seconds = 0.1"],
    transfers: ["batch-seconds = 0.1", "watch-seconds = 0.2", "attempts = 1000"],
  });
  return { tomoScanPort };
}

const placesOf = ({ archive, globus }: Beamline): readonly [string, string] => [
  archive,
  join(globus.collection("petrel").folder, "2-BM"),
];

/** @returns what is not at a destination byte for byte when the time is over; nothing, as soon as all is */
async function waitForAll(site: SimulatedBeamline, pvs: PvOperator, marked: readonly string[]): Promise<string[]> {
  const last = systemClock.monotonic() + LAST_SECONDS;
  for (;;) {
    const lost = missing(site.beamline, marked);
    const isOver = systemClock.monotonic() > last;
    if (isOver || (lost.length === 0 && (await pvs.number("QueueDepth")) === 0)) return lost;
    await sleep(systemClock, 0.2);
  }
}

function missing(beamline: Beamline, marked: readonly string[]): string[] {
  const names = new Set(marked);
  const sent = [...filesBelow(join(beamline.detector.root, "data", RAW))].filter(([file]) =>
    names.has(file.split("/", 1)[0] ?? ""),
  );
  return placesOf(beamline).flatMap((place) => {
    const there = mayList(join(place, RAW));
    return sent.flatMap(([file, path]) => {
      const copy = there.get(file);
      return copy !== undefined && readFileSync(copy).equals(readFileSync(path)) ? [] : [`${place}: ${file}`];
    });
  });
}

function mayList(folder: string): ReadonlyMap<string, string> {
  try {
    return filesBelow(folder);
  } catch {
    return new Map(); // nothing has come there yet
  }
}

async function scansInLedger({ beamline, env }: SimulatedBeamline): Promise<readonly string[]> {
  const words = [join(ROOT, "dist/main.js"), "queue", "list", "--json", "--config", beamline.configFile];
  const { stdout } = await runPeer(process.execPath, words, { env });
  const { scans } = JSON.parse(stdout) as { readonly scans: readonly { readonly file: string }[] };
  return scans.map(({ file }) => basename(file));
}
