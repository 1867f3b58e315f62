/** How a scan stands, from its record and those of its sends. Pure. */
import { listed } from "../../base/word-list.ts";
import type { ScanRecord } from "../ports/queue-ledger.ts";
import type { ScanPvState } from "../pvs/transfers.ts";
import type { HoldOf } from "./hold.ts";
import { isDead, isSubmitted } from "./queue-states.ts";
import { isProven, type QueuedScan } from "./scan-queue.ts";

/** @param isCopied whether a copy of it is under way */
export function scanStateOf(one: QueuedScan, isCopied: boolean): ScanPvState {
  const { scan, sends } = one;
  const states = [...sends.values()].map(({ state }) => state);
  if (scan.state === "left") return "Left";
  if (scan.state === "lost") return "Failed";
  if (scan.state === "waiting") return "Waiting";
  if (states.includes("dead")) return "Failed";
  if (isProven(one)) return "Verified";
  if (states.includes("failed")) return "Retrying";
  if (states.every((state) => state === "dropped")) return "Left";
  return [...sends.values()].some(isSubmitted) || isCopied ? "Sending" : "Queued";
}

export const scansText = (count: number): string => (count === 1 ? "1 scan" : `${count} scans`);

/** What a retry has done, without a stop. @param count of scans */
export const retriedText = (count: number, troubled: readonly string[]): string =>
  `${count === 0 ? "No scan has failed" : `${scansText(count)} ${count === 1 ? "is" : "are"} tried again`}${askedText(troubled)}`;

/** @param troubled destinations to which nothing went when somebody said retry @returns what goes on a sentence */
export const askedText = (troubled: readonly string[]): string =>
  troubled.length === 0
    ? ""
    : `; ${listed(troubled)}, to which nothing went, ${troubled.length === 1 ? "is" : "are"} asked again at once`;

/** What a scan waits for whose files are looked at, a clause. */
export const waitReasonOf = ({ reason = "its files are not at rest yet" }: Pick<ScanRecord, "reason">): string =>
  reason;

/** Why it is not proven, or stands apart: a clause or a sentence; "" where there is nothing to say. */
export function scanReasonOf({ scan, sends }: QueuedScan, holdOf: HoldOf): string {
  if (scan.state === "waiting") return waitReasonOf(scan);
  const all = [...sends.values()];
  const troubled = all.find(isDead) ?? all.find(({ state }) => state === "failed");
  const dropped = all.every(({ state }) => state === "dropped") ? all[0] : undefined;
  const told = (troubled ?? dropped)?.reason ?? scan.reason;
  if (told !== undefined) return told;
  for (const send of all) {
    const hold = holdOf(send);
    if (hold !== undefined) return `${send.destination}: ${hold}`;
  }
  return scan.aborted === undefined ? "" : `Aborted: ${scan.aborted}.`;
}
