/** What a trigger says of a scan. */
import type { ScanTags } from "../ports/queue-ledger.ts";

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
