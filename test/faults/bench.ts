/**
 * A beamline at which faults are tried: how it is opened, brought to where a command can start, and judged when the
 * command is over.
 */
import { mkdirSync, rmdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll } from "vitest";
import { codeOf } from "../../src/base/errors.ts";
import { COMMAND_STATES, type CommandState } from "../../src/controller/pvs/commands.ts";
import { type Bench, type CommandCase, serverIndex } from "./command-case.ts";
import { type FaultyBeamlineOptions, heal, startFaultyBeamline } from "./faulty-beamline.ts";
import type { Tally } from "./tally.ts";
import { World } from "./world.ts";

/** Beamlines start one after the other. */
const HOOK_MILLISECONDS = 600_000;
const TURN_MILLISECONDS = 100;
/** A setting that was saved before the first kill, and must be found after each. */
export const SAVED_SUBJECT = "A subject of our own";

/** With that setting saved. */
export const openBench = (options: FaultyBeamlineOptions = {}): Promise<Bench> => inTurn(() => startBench(options));

/**
 * Workers that start all at once keep one another from serving in time: in a run with a report one starts, and the
 * others wait.
 */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const { FAULTS_REPORT } = process.env;
  if (FAULTS_REPORT === undefined) return work();
  const turn = `${FAULTS_REPORT}.starting`;
  while (!isMade(turn)) await sleep(TURN_MILLISECONDS);
  try {
    return await work();
  } finally {
    rmdirSync(turn);
  }
}

/** Whether the folder was made now; false when it is there. */
function isMade(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === "EEXIST") return false;
    throw thrown;
  }
}

async function startBench(options: FaultyBeamlineOptions): Promise<Bench> {
  const beamline = await startFaultyBeamline(options);
  const bench: Bench = { beamline, world: new World(beamline), name: beamline.site.experimentName, tries: 0 };
  await beamline.pvs.until("ExperimentName", (name) => name === bench.name);
  await beamline.pvs.put("EmailSubject", SAVED_SUBJECT);
  await beamline.site.restartIoc(undefined, "SIGTERM"); // in order, so that it is saved
  return bench;
}

/** Changes st.cmd so that settings are saved soon after they were put. */
export const quickSaves = (script: string): string =>
  script.replace(/(create_monitor_set\("globus_settings\.req", )5/, "$11");

/** One for all tests of a file, or of a `describe`; it is there while a test runs. */
export function benchOfTests(options: FaultyBeamlineOptions = {}): () => Bench {
  let bench: Bench | undefined;
  beforeAll(async () => {
    bench = await openBench(options);
  }, HOOK_MILLISECONDS);
  afterAll(async () => {
    await bench?.beamline[Symbol.asyncDispose]();
  }, HOOK_MILLISECONDS);
  return () => {
    if (bench === undefined) throw new Error("the beamline is there only while a test runs");
    return bench;
  };
}

/** Everything is well and nothing is there but what the command needs. */
export async function comeToStart(bench: Bench, one: CommandCase): Promise<void> {
  const { beamline, world } = bench;
  const { pvs, site } = beamline;
  bench.tries++;
  await heal(beamline);
  await world.clear();
  if (bench.name !== site.experimentName || (await pvs.text("ExperimentName")) !== site.experimentName) {
    bench.name = site.experimentName;
    await site.beamline.tag();
    await pvs.until("ExperimentName", (name) => name === bench.name);
  }
  await pvs.put("ServerName", serverIndex(one.server));
  await one.prepare?.(bench);
  await giveInputs(bench, one);
}

/** Inputs do not survive a restart, and settings of the last seconds neither. */
export async function giveInputs(bench: Bench, one: CommandCase): Promise<void> {
  await bench.beamline.pvs.put("ServerName", serverIndex(one.server));
  await one.inputs?.(bench);
}

/** TomoScan's PVs are read again, and their tag judged. */
export async function settled({ beamline }: Bench): Promise<void> {
  await beamline.pvs.until("TomoScanConnected", (value) => value === "1");
  await beamline.pvs.until("TagMessage", (text) => text !== "" && !text.includes("are changing"));
}

/** What was done twice or is not there, of a command that is over. @param ends how it may have ended */
export async function judgeEnd(
  bench: Bench,
  one: CommandCase,
  ends: readonly CommandState[],
  { tally, where }: { readonly tally: Tally; readonly where: string },
): Promise<void> {
  const { pvs, site } = bench.beamline;
  if (site.ioc.hasExited) return tally.find("crashed", where, [`the IOC ended: ${site.ioc.stderr.slice(-300)}`]);
  const state = COMMAND_STATES[await pvs.number(`${one.command}Status`)] ?? "Idle";
  if (!ends.includes(state)) tally.find("lost", where, [`ended ${state}: ${await pvs.text(`${one.command}Message`)}`]);
  tally.find("doubled", where, one.doubled?.(bench) ?? []);
  tally.find("lost", where, (await one.lost?.(bench)) ?? []);
}
