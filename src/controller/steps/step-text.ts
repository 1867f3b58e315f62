/** What is said of a step, to operators and in lines for programs. Pure. */
import { oneLine } from "../../base/clean-text.ts";
import type { ScanRecord, StepRecord } from "../ports/queue-ledger.ts";
import { scanName } from "../transfers/scan-path.ts";

const VERBS: Readonly<Record<StepRecord["state"], string>> = {
  queued: "waits",
  starting: "begins",
  started: "is under way",
  done: "has ended",
  failed: "has failed and is tried again",
  dead: "has failed",
  dropped: "is given up",
};

/**
 * `The function recon has ended for a1 at petrel: 12 slices.`
 * @param word what a person calls the kind
 * @param more what is known beside the record; "": nothing
 */
export function stepText(
  { what, destination, state, reason = "" }: StepRecord,
  word: string,
  scan: ScanRecord | undefined,
  more = reason,
): string {
  const name = scan === undefined ? "a scan" : oneLine(scanName(scan.file, scan.isFolder ?? false));
  const head = `The ${word} ${what} ${VERBS[state]} for ${name} at ${destination}`;
  return more === "" ? `${head}.` : `${head}: ${more}`;
}

/** Why the steps behind a scan are not all done, where one has failed, a clause; "": none has. */
export function stepReason(steps: readonly StepRecord[]): string {
  const failed = steps.find(({ state }) => state === "dead") ?? steps.find(({ state }) => state === "failed");
  return failed === undefined
    ? ""
    : `${failed.what}, behind it at ${failed.destination}, failed: ${failed.reason ?? ""}`;
}
