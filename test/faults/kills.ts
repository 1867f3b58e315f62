/**
 * SIGKILL at each call that a command makes, one after the other, as a run that nothing disturbs makes them: before the
 * service has the call, or when the service has acted and its answer is on the way. Then the IOC is started again, what
 * it says is judged, and the command is given once more.
 */
import { test, vi } from "vitest";
import type { CommandName } from "../../src/controller/pvs/commands.ts";
import { benchOfTests, comeToStart, giveInputs, judgeEnd, SAVED_SUBJECT, settled } from "./bench.ts";
import type { Bench, CommandCase } from "./command-case.ts";
import { COMMAND_CASES } from "./command-cases.ts";
import { Tally } from "./tally.ts";
import type { CallPlace, Moment } from "./trap.ts";

/** For all kills in one command. */
const TEST_MILLISECONDS = 900_000;
/** Until one has the call that is to be killed at. */
const MOST_RUNS = 3;
/** Which calls are killed at, counted from 1 in the order of a run that nothing disturbs; undefined: each one. */
export type Chosen = readonly number[] | undefined;

/** A call that changes nothing is killed at once: before it and behind it, service and IOC are in the same state. */
const CHANGES_NOTHING = / (GET|EHLO|MAIL|RCPT|DATA|QUIT) ?/;
/**
 * A turn of SSH: nobody can read what it asks. It counts as changing something, and how many there are depends on how
 * their bytes are cut.
 */
const UNREADABLE = /^\S+$/;

/** @returns what was tried and found */
export async function killAtEachCall(bench: Bench, one: CommandCase, chosen?: Chosen): Promise<Tally> {
  const tally = new Tally(`SIGKILL in ${one.command} on ${one.server}`);
  const { trap } = bench.beamline;
  await afresh(bench);
  await tally.attempt("undisturbed", () => killOnce(bench, one, { call: undefined, moment: "before", tally }));
  const ofCommand = trap.places.filter(({ says }) => one.beside?.test(says) !== true);
  const places = ofCommand.filter((_, index) => chosen?.includes(index + 1) ?? true);
  for (const moment of ["before", "after"] as const)
    for (const call of places)
      if (moment === "before" || !CHANGES_NOTHING.test(call.says))
        await tally.attempt(`${moment} ${call.says} (${call.nth})`, () => killAt(bench, one, { call, moment, tally }));
  return tally;
}

/** A program that has just begun logs in first. */
async function afresh(bench: Bench): Promise<void> {
  await bench.beamline.site.restartIoc();
  await settled(bench);
}

interface Attempt {
  /** The call, or how it looks; undefined: none. */
  readonly call: CallPlace | RegExp | undefined;
  readonly moment: Moment;
  readonly tally: Tally;
}

/** @throws when none of a few runs has the call, whose words can be read */
async function killAt(bench: Bench, one: CommandCase, attempt: Attempt & { readonly call: CallPlace }): Promise<void> {
  for (let run = 0; run < MOST_RUNS; run++) {
    if (await killOnce(bench, one, attempt)) return;
    if (UNREADABLE.test(attempt.call.says)) return;
    await afresh(bench);
  }
  throw new Error(`the call did not come in ${MOST_RUNS} runs`);
}

/** @returns whether the command came to the call */
export async function killOnce(bench: Bench, one: CommandCase, attempt: Attempt): Promise<boolean> {
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
    return false;
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
  return true;
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

/** A test for each of these commands on each server, or on this one, all on one beamline. */
export function killTests(commands: readonly CommandName[], on?: CommandCase["server"]): void {
  vi.setConfig({ testTimeout: TEST_MILLISECONDS });
  const bench = benchOfTests();
  const cases = COMMAND_CASES.filter(
    ({ command, server }) => commands.includes(command) && (on === undefined || on === server),
  );
  test.each(cases)(
    "$command on $server, killed at each call, is true afterwards and whole when repeated",
    async (one) => {
      (await killAtEachCall(bench(), one, askedFor)).close();
    },
  );
}
