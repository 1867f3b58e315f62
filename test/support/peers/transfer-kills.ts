/**
 * Scans of the simulated TomoScan, each with an IOC that is killed at a random moment and started again, on services at
 * fault: what has arrived at the destinations in the end.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sleep, systemClock } from "../../../src/base/clock.ts";
import type { HttpFaults } from "../../../src/sandbox/http-twin.ts";
import { openClient } from "./our-client.ts";
import { operatorOf } from "./pv-operator.ts";
import { startSimulatedBeamline } from "./simulated-beamline.ts";

export interface KillFigures {
  readonly kills: number;
  readonly scans: number;
  /** Files that are not at a destination, or not byte for byte. */
  readonly lost: readonly string[];
  /** Files that were submitted more than once, or that nobody sent. */
  readonly doubled: readonly string[];
}

/** What the services do wrong while a scan is sent. */
const FAULTS: readonly HttpFaults[] = [
  {},
  { on: "/transfer", answerLost: true, times: 1 },
  { on: "/submission_id", unavailable: { status: 503, times: 1, retryAfterSeconds: 1 } },
  { on: "/transfer", unavailable: { status: 502, times: 1 } },
  { on: "/transfer", down: "reset", times: 1 },
  { on: "/task_list", halfBody: true, times: 1 },
  { on: "/ls", htmlPage: { status: 502 }, times: 1 },
];
const SCAN = { seconds: 0.4, bytes: 60_000 };
/** From the start of a scan to its proof, where nothing is wrong. */
const WAY_SECONDS = 5;

/** @param random from 0 to below 1: when the IOC is killed, and what is wrong */
export async function killTransfers(rounds: number, random: () => number): Promise<KillFigures> {
  await using site = await startSimulatedBeamline();
  const { beamline } = site;
  beamline.tomoScan.plan = SCAN;
  const ours = operatorOf(() => site);
  await using theirs = openClient(beamline.tomoScanPort);
  const startScan = theirs.client.pv(`${beamline.tomoScanPrefix}StartScan`);
  await startScan.connected({ timeoutSeconds: 20 });
  for (let round = 0; round < rounds; round++) {
    // A scan that begins and ends while nobody watches is found by the last file's name alone: one at a time.
    await ours.until("TomoScanTriggerState", (state) => state === "Idle");
    await beamline.globus.misbehave(FAULTS[Math.floor(random() * FAULTS.length)] ?? {});
    const scan = startScan.putCallback(1, { timeoutSeconds: 30 });
    await sleep(systemClock, random() * WAY_SECONDS);
    await site.restartIoc();
    await scan;
  }
  await ours.until("TomoScanTriggerState", (state) => state === "Idle");
  await beamline.globus.misbehave({});
  await ours.put("QueueRetry", 1);
  await proven(ours, rounds);
  await ours.close();
  return figures(site, rounds);
}

async function proven({ text, until }: ReturnType<typeof operatorOf>, scans: number): Promise<void> {
  for (let last = ""; ; ) {
    if (Number(await text("ArchiveProven")) >= scans) return;
    const before = last;
    last = await text("ArchiveProven");
    await until("ArchiveProven", (count) => count !== before); // or fails, when nothing comes on any more
  }
}

function figures(site: Awaited<ReturnType<typeof startSimulatedBeamline>>, kills: number): KillFigures {
  const { beamline } = site;
  const [source, petrel] = [beamline.globus.collection("detector"), beamline.globus.collection("petrel")];
  const from = filesBelow(join(source.folder, "data"));
  const destinations = { archive: filesBelow(beamline.archive), petrel: filesBelow(join(petrel.folder, "2-BM")) };
  const lost: string[] = [];
  const doubled: string[] = [];
  for (const [name, there] of Object.entries(destinations)) {
    for (const [file, path] of from)
      if (there.get(file) === undefined || !readFileSync(there.get(file) as string).equals(readFileSync(path)))
        lost.push(`${name}: ${file}`);
    for (const file of there.keys())
      if (!from.has(file) && !file.endsWith(".manifest.json")) doubled.push(`${name}: ${file}`);
  }
  const sent = beamline.globus.transfers.flatMap(({ sources }) => sources);
  doubled.push(...sent.filter((one, index) => sent.indexOf(one) !== index).map((one) => `petrel: ${one}`));
  const scans = [...from.keys()].filter((file) => file.endsWith(".h5")).length;
  return { kills, scans, lost, doubled };
}

/** Files by their path from the folder on. */
function filesBelow(folder: string): Map<string, string> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return new Map(
    found.map((one) => {
      const path = join(one.parentPath, one.name);
      return [path.slice(folder.length + 1), path];
    }),
  );
}
