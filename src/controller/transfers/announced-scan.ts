/** What a trigger says of a scan, and whether that is known. */
import type { ScanRecord, ScanTags } from "../ports/queue-ledger.ts";

/** A scan that has ended, as a trigger tells of it. */
export interface AnnouncedScan {
  /** Absolute, as the source host names it. */
  readonly file: string;
  readonly trigger: string;
  /** Absent while nobody knows which experiment is tagged. */
  readonly tags?: ScanTags;
  readonly aborted?: string;
  /** It ended while nobody watched, or may have: it can be a scan of another experiment. */
  readonly mayBeOld?: true;
  /** A person names it: it is taken, whatever was decided before. */
  readonly isAsked?: true;
  readonly copiesTo?: string;
  /** What the watch over its tree has seen: one that was sent with this content is not sent again. */
  readonly content?: string;
  /** Where it goes; absent: to every destination. */
  readonly destinations?: readonly string[];
}

/** Whether the newest version of the scan was announced as it is now, and goes wherever it is wanted. */
export function isNewest(now: AnnouncedScan, known: readonly ScanRecord[]): boolean {
  const newest = known.findLast(({ state }) => state === "ready");
  if (newest === undefined || now.content === undefined || now.content !== newest.content) return false;
  const { destinations } = newest;
  return destinations === undefined || now.destinations?.every((one) => destinations.includes(one)) === true;
}
