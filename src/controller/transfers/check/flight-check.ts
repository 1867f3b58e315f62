/**
 * One check before beam time: every row of the table at once, but that a row waits for those without which it has no
 * meaning. It changes nothing of the queue, and what it writes it removes.
 */
import { ActionError, AppError, asSentence, pieceOf } from "../../../base/errors.ts";
import { type Check, checksOf } from "./checks.ts";
import { CheckProblem, type CheckSite, NotTriedError, Trial } from "./trial.ts";

/** Until a row is given up whose answer does not come. */
const ROW_SECONDS = 180;

export interface CheckResult {
  readonly title: string;
  /** `-`: it was not tried. */
  readonly state: "OK" | "MINOR" | "MAJOR" | "-";
  /** What was found, or what is wrong, in one sentence. */
  readonly text: string;
}

/**
 * @param told called with how many rows have ended, of how many
 * @returns in the table's order
 * @throws the signal's reason; a bug of ours
 */
export async function flightCheck(
  site: CheckSite,
  signal: AbortSignal,
  told: (ended: number, of: number) => void,
): Promise<readonly CheckResult[]> {
  const trial = new Trial(site, signal);
  const checks = checksOf(site);
  const runs = new Map<string, Promise<CheckResult>>();
  let ended = 0;
  for (const check of checks)
    runs.set(
      check.title,
      resultOf(check, trial, runs).then((one) => {
        told(++ended, checks.length);
        return one;
      }),
    );
  const all = await Promise.allSettled(runs.values());
  const left = await trial.end();
  signal.throwIfAborted();
  const bug = all.find((one) => one.status === "rejected");
  if (bug !== undefined) throw bug.reason;
  const results = all.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  return left === undefined
    ? results
    : results.map((one) => (one.title === "Test file" ? stays(one, site, left) : one));
}

const stays = (result: CheckResult, { fileName }: CheckSite, why: Error): CheckResult => ({
  ...result,
  state: "MINOR",
  text: `The test file ${fileName} stays at the source, and the next check removes it: ${pieceOf(why)}.`,
});

async function resultOf(
  check: Check,
  trial: Trial,
  runs: ReadonlyMap<string, Promise<CheckResult>>,
): Promise<CheckResult> {
  const { title } = check;
  const needed = await Promise.all(check.needs.flatMap((need) => runs.get(need) ?? []));
  const missing = needed.find((one) => !isHeld(one));
  if (missing !== undefined) return { title, state: "-", text: `It was not tried: see ${missing.title}.` };
  try {
    const found = await inTime(check, trial);
    return { title, state: "OK", text: asSentence(found.charAt(0).toUpperCase() + found.slice(1)) };
  } catch (thrown) {
    trial.signal.throwIfAborted();
    if (!(thrown instanceof AppError)) throw thrown;
    if (thrown instanceof NotTriedError)
      return { title, state: "-", text: asSentence(`It was not tried to the end: ${pieceOf(thrown)}`) };
    const severity = (thrown instanceof CheckProblem ? thrown.severity : undefined) ?? check.severity;
    return { title, state: severity, text: sentenceOf(check, thrown) };
  }
}

/** A row that is merely worth a look does not stand in the way of others, but the test file that could not be made. */
const isHeld = ({ title, state }: CheckResult): boolean =>
  state === "OK" || (state === "MINOR" && title !== "Test file");

function sentenceOf({ remedy }: Check, thrown: AppError): string {
  if (thrown instanceof CheckProblem || remedy === "") return asSentence(pieceOf(thrown));
  return asSentence(`${pieceOf(thrown)}; ${remedy}`);
}

async function inTime(check: Check, trial: Trial): Promise<string> {
  const late = new AbortController();
  const cancel = trial.site.clock.after(ROW_SECONDS, () =>
    late.abort(new ActionError(`There was no answer within ${ROW_SECONDS} s (${check.asks})`)),
  );
  try {
    return await check.find(trial, AbortSignal.any([trial.signal, late.signal]));
  } finally {
    cancel();
  }
}
