/** Whether the newest scan is proven at all its destinations, and what is missing. Pure. */
import { asSentence } from "../../base/errors.ts";
import type { HoldOf } from "./hold.ts";
import { nameOf } from "./road.ts";
import { isProven, placesOf, type QueuedScan } from "./scan-queue.ts";
import { waitReasonOf } from "./scan-state.ts";

export interface ArchiveView {
  readonly verified: "Yes" | "No" | "Unknown";
  /** A sentence. */
  readonly message: string;
  /** Files; -1: nobody has looked. */
  readonly missing: number;
  /** Some of their names, with the destination and what is wrong. */
  readonly files: readonly string[];
  /** Of the tagged experiment, but those that are left. */
  readonly scans: number;
  readonly proven: number;
}

/** Of the queue that knows no scan. */
export const NO_SCAN_TEXT = "No scan is known yet.";

export function archiveView(
  newest: QueuedScan | undefined,
  ofExperiment: Pick<ArchiveView, "scans" | "proven">,
  holdOf: HoldOf,
): ArchiveView {
  if (newest === undefined)
    return { verified: "Unknown", message: NO_SCAN_TEXT, missing: -1, files: [], ...ofExperiment };
  const proofs = [...newest.sends.values()].flatMap(({ destination, missing }) =>
    missing === undefined ? [] : [{ destination, ...missing }],
  );
  return {
    verified: isProven(newest) ? "Yes" : "No",
    message: archiveText(newest, holdOf),
    missing: isProven(newest) ? 0 : proofs.length === 0 ? -1 : proofs.reduce((sum, { count }) => sum + count, 0),
    files: proofs.flatMap(({ destination, names }) => names.map((name) => `${destination}: ${name}`)),
    ...ofExperiment,
  };
}

/** Why the newest scan is, or is not, proven: one sentence. */
function archiveText(newest: QueuedScan, holdOf: HoldOf): string {
  const { scan, sends } = newest;
  const name = nameOf(scan);
  if (isProven(newest)) return `${name} is proven at ${placesOf(newest)}.`;
  if (scan.state !== "ready") return `${name} is not proven: ${waitReasonOf(scan)}.`;
  const missing = [...sends.values()].filter(({ state }) => state !== "verified" && state !== "dropped");
  const why = missing.map((send) => {
    const { destination, state, reason } = send;
    if (reason !== undefined) return `${destination}: ${withoutStop(reason)}`;
    const hold = holdOf(send);
    return `${destination} has it not yet${hold === undefined ? ` (${state})` : `: ${withoutStop(hold)}`}`;
  });
  return `${name}${asSentence(` is not proven: ${why.join("; ") || "it goes nowhere"}`)}`;
}

const withoutStop = (sentence: string): string => sentence.replace(/\.$/, "");
