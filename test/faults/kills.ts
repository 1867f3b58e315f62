/**
 * SIGKILL at each call that a command makes, one after the other, until a run gets through: the IOC is killed before the service has the call, or when the
 * service has acted and before the answer; then it is started again, what it says is judged, and the command is given once more.
 */
import { afterAll, beforeAll, test, vi } from "vitest";
import { COMMAND_STATES, type CommandName, type CommandState } from "../../src/controller/pvs.ts";
import { type Bench, COMMAND_CASES, type CommandCase, serverIndex } from "./command-cases.ts";
import { type FaultyBeamlineOptions, heal, startFaultyBeamline } from "./faulty-beamline.ts";
import { Tally } from "./tally.ts";
import type { Moment } from "./trap.ts";
import { World } from "./world.ts";

/** For all kills in one command. */
const TEST_MILLISECONDS = 900_000;
/** A setting that was saved before the first kill, and must be found after each. */
const SUBJECT = "A subject of our own";

export async function openBench(options: FaultyBeamlineOptions = {}): Promise<Bench> {
  const beamline = await startFaultyBeamline(options);
  const bench: Bench = { beamline, world: new World(beamline), name: beamline.site.experimentName, tries: 0 };
  await beamline.pvs.until("ExperimentName", (name) => name === bench.name);
  await beamline.pvs.put("EmailSubject", SUBJECT);
  await beamline.site.restartIoc(undefined, "SIGTERM"); // in order, so that it is saved
  return bench;
}

/** Changes st.cmd so that settings are saved soon after they were put. */
export const quickSaves = (script: string): string =>
  script.replace(/(create_monitor_set\("globus_settings\.req", )5/, "$11");

/** Which calls are killed at, counted from 1; undefined: each one. */
export type Chosen = readonly number[] | undefined;

/**
 * A call that changes nothing is killed at once: before it and behind it, service and IOC are in the same state. What SSH says is not readable, and counts as
 * changing something.
 */
const CHANGES_NOTHING = / (GET|EHLO|MAIL|RCPT|DATA|QUIT) ?/;

/** @returns what was tried and found */
export async function killAtEachCall(bench: Bench, one: CommandCase, chosen?: Chosen): Promise<Tally> {
  const tally = new Tally(`SIGKILL in ${one.command} on ${one.server}`);
  const made = new Map<number, string>();
  for (const call of chosen ?? everyNumber()) {
    const what = await killOnce(bench, one, { call, moment: "before", tally });
    if (what === undefined) break;
    made.set(call, what);
  }
  for (const [call, what] of made)
    if (!CHANGES_NOTHING.test(what)) await killOnce(bench, one, { call, moment: "after", tally });
  return tally;
}

function* everyNumber(): Generator<number> {
  for (let number = 1; ; number++) yield number;
}

interface Attempt {
  readonly call: number;
  readonly moment: Moment;
  readonly tally: Tally;
}

/** @returns the call; undefined when the command was over before it */
async function killOnce(bench: Bench, one: CommandCase, attempt: Attempt): Promise<string | undefined> {
  const { call, moment, tally } = attempt;
  const { beamline } = bench;
  const { trap, site, pvs } = beamline;
  await comeToStart(bench, one);
  const killed = new Promise<true>((resolve) =>
    trap.set(call, moment, () => {
      site.ioc.kill("SIGKILL");
      resolve(true);
    }),
  );
  const over = pvs.put(one.command, 1).then(
    () => false,
    () => killed, // its IOC has died
  );
  const wasKilled = await Promise.race([killed, over]);
  trap.release();
  if (!wasKilled) {
    await judgeEnd(bench, one, one.ends ?? ["Done"], { tally, where: "undisturbed" });
    return undefined;
  }
  tally.tried++;
  const what = trap.calls[call - 1] ?? "";
  const where = `${moment} call ${call} (${what})`;
  await site.restartIoc();
  await settled(bench);
  tally.find("untrue", where, await lies(bench, one));
  await giveInputs(bench, one);
  await pvs.put(one.command, 1);
  await judgeEnd(bench, one, one.endsAgain ?? one.ends ?? ["Done"], { tally, where });
  return what;
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

/** What is not so after a kill and a restart. */
async function lies(bench: Bench, one: CommandCase): Promise<readonly string[]> {
  const { pvs } = bench.beamline;
  const told: string[] = [...((await one.untrue?.(bench)) ?? [])];
  const state = await pvs.state(one.command);
  if (state !== "Failed") told.push(`${one.command}Status is ${state} although the command was interrupted`);
  if (!/interrupted/i.test(await pvs.text(`${one.command}Message`)))
    told.push(`${one.command}Message does not tell that it was interrupted`);
  for (const suffix of ["Busy", one.command]) if ((await pvs.number(suffix)) !== 0) told.push(`${suffix} is not 0`);
  if ((await pvs.text("ActiveCommand")) !== "") told.push("ActiveCommand is not empty");
  const subject = await pvs.text("EmailSubject");
  if (subject !== SUBJECT) told.push(`the saved EmailSubject is ${JSON.stringify(subject)}`);
  return told;
}

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

/** `FAULTS_CALLS=1,5,9`: these calls alone, for a quick look. */
const { FAULTS_CALLS } = process.env;
const askedFor: Chosen = FAULTS_CALLS?.split(",").map(Number);

/** A test for each of these commands on each server that has it, all on one beamline. */
export function killTests(commands: readonly CommandName[], chosen = askedFor): void {
  vi.setConfig({ testTimeout: TEST_MILLISECONDS, hookTimeout: 60_000 });
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench();
  });
  afterAll(async () => {
    await bench?.beamline[Symbol.asyncDispose]();
  });
  const cases = COMMAND_CASES.filter(({ command }) => commands.includes(command));
  test.each(cases)(
    "$command on $server, killed at each call, is true afterwards and whole when repeated",
    async (one) => {
      (await killAtEachCall(bench, one, chosen)).close();
    },
  );
}
