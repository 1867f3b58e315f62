/** What is told of the end of a step: docs/notify.md describes the line. Pure. */
import type { QueueChange, ScanRecord, StepRecord } from "../ports/queue-ledger.ts";
import { iso, type NoteLine, noted, scanPart, type Telling } from "../transfers/notes.ts";
import { stepText } from "./step-text.ts";

const ENDS: readonly StepRecord["state"][] = ["done", "failed", "dead"];

/** Undefined: the step goes on. @param word what a person calls the kind */
export function stepLine(
  step: StepRecord,
  word: string,
  scan: ScanRecord | undefined,
  now: number,
): NoteLine | undefined {
  const { destination, kind, what, path, state, attempts, reason, run, next } = step;
  if (!ENDS.includes(state)) return undefined;
  return {
    event: "step",
    time: iso(now),
    text: stepText(step, word, scan),
    ...(scan !== undefined && scanPart(scan)),
    destination,
    [kind]: what,
    path,
    state,
    attempts: attempts + (state === "done" ? 1 : 0),
    ...(run !== undefined && { run }),
    ...(reason !== undefined && { reason }),
    ...(next !== undefined && { next: iso(next) }),
  };
}

/** Who is told, in the ledger with the end itself: as of transfers, where no further attempt comes by itself. */
export function stepNotes({ state }: StepRecord, line: NoteLine, told: Telling): QueueChange[] {
  if (state === "failed") return [];
  const { webhook, mailFailed } = told.tells;
  return [
    ...noted("task", line, { webhook, mail: false }, told),
    ...(state === "dead" ? noted("failed", line, { webhook: false, mail: mailFailed }, told) : []),
  ];
}
