/**
 * SIGKILL at each call that a command makes, one after the other, until a run gets through: the IOC is killed before the service has the call, or when the
 * service has acted and before the answer; then it is started again, what it says is judged, and the command is given once more.
 */
import { test, vi } from "vitest";
import type { CommandName } from "../../src/controller/pvs.ts";
import { benchOfTests, comeToStart, giveInputs, judgeEnd, SAVED_SUBJECT, settled } from "./bench.ts";
import type { Bench, CommandCase } from "./command-case.ts";
import { COMMAND_CASES } from "./command-cases.ts";
import { Tally } from "./tally.ts";
import type { Moment } from "./trap.ts";

/** For all kills in one command. */
const TEST_MILLISECONDS = 900_000;
/** Until one has the call that is to be killed at. */
const MOST_RUNS = 3;
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
    const what = await tally.attempt(`before call ${call}`, () =>
      killOnce(bench, one, { call, moment: "before", tally }),
    );
    if (what === undefined) break;
    made.set(call, what);
  }
  for (const [call, what] of made)
    if (!CHANGES_NOTHING.test(what))
      await tally.attempt(`after call ${call}`, () => killBehind(bench, one, call, tally));
  return tally;
}

/** A run can need a call less than the one before: what SSH says comes in pieces of any size. @throws when none of a few runs has that call */
async function killBehind(bench: Bench, one: CommandCase, call: number, tally: Tally): Promise<void> {
  for (let run = 0; run < MOST_RUNS; run++)
    if ((await killOnce(bench, one, { call, moment: "after", tally })) !== undefined) return;
  throw new Error(`no answer to a call ${call} came in ${MOST_RUNS} runs`);
}

function* everyNumber(): Generator<number> {
  for (let number = 1; ; number++) yield number;
}

interface Attempt {
  /** Its number, or how it looks. */
  readonly call: number | RegExp;
  readonly moment: Moment;
  readonly tally: Tally;
}

/** @returns the call; undefined when the command was over before it */
export async function killOnce(bench: Bench, one: CommandCase, attempt: Attempt): Promise<string | undefined> {
  const { call, moment, tally } = attempt;
  const { beamline } = bench;
  const { trap, site, pvs } = beamline;
  await comeToStart(bench, one);
  const killed = new Promise<true>((resolve) =>
    trap.set(call, moment, () => {
      site.ioc.kill("SIGKILL");
      one.whenKilled?.(bench);
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
  const { call: number, what } = trap.caught;
  const where = `${moment} call ${number} (${what})`;
  await site.restartIoc();
  await settled(bench);
  tally.find("untrue", where, await lies(bench, one));
  await giveInputs(bench, one);
  const again = pvs.put(one.command, 1);
  await Promise.race([again, one.whenRepeated?.(bench) ?? again]);
  await again;
  await judgeEnd(bench, one, one.endsAgain ?? one.ends ?? ["Done"], { tally, where });
  return what;
}

/** What is not so after a kill and a restart. */
async function lies(bench: Bench, one: CommandCase): Promise<readonly string[]> {
  const { pvs } = bench.beamline;
  const told: string[] = [...((await one.untrue?.(bench)) ?? [])];
  const state = await pvs.state(one.command);
  if (state !== "Failed") told.push(`${one.command}Status is ${state} although the command was interrupted`);
  // TagMessage tells of the tag, too, whichever was said last.
  const message = one.command === "Tag" ? "LastError" : `${one.command}Message`;
  if (!/interrupted/i.test(await pvs.text(message))) told.push(`${message} does not tell that it was interrupted`);
  for (const suffix of ["Busy", one.command]) if ((await pvs.number(suffix)) !== 0) told.push(`${suffix} is not 0`);
  if ((await pvs.text("ActiveCommand")) !== "") told.push("ActiveCommand is not empty");
  const subject = await pvs.text("EmailSubject");
  if (subject !== SAVED_SUBJECT) told.push(`the saved EmailSubject is ${JSON.stringify(subject)}`);
  return told;
}

/** `FAULTS_CALLS=1,5,9`: these calls alone, for a quick look. */
const { FAULTS_CALLS } = process.env;
const askedFor: Chosen = FAULTS_CALLS?.split(",").map(Number);

/** A test for each of these commands on each server that has it, all on one beamline. */
export function killTests(commands: readonly CommandName[], chosen = askedFor): void {
  vi.setConfig({ testTimeout: TEST_MILLISECONDS });
  const bench = benchOfTests();
  const cases = COMMAND_CASES.filter(({ command }) => commands.includes(command));
  test.each(cases)(
    "$command on $server, killed at each call, is true afterwards and whole when repeated",
    async (one) => {
      (await killAtEachCall(bench(), one, chosen)).close();
    },
  );
}
