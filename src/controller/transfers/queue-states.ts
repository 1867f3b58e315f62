/**
 * The states of a scan and of its sends, and which follow which: the whole state machine of the queue. What happens is
 * decided where it happens; a change that is not in these tables is a bug, and never gets to the ledger.
 *
 * A scan is one file or folder in one version. taken-scan.ts takes it, and it waits for its source:
 *
 *     (announced) → waiting → ready    source-gate.ts: its files are at rest, and kept
 *     waiting → lost                   source-gate.ts: they did not come; taken-scan.ts: they are out of reach
 *     ready → waiting                  road.ts lookAnew: they are not as they were
 *     lost → waiting                   decisions.ts: a person tries again
 *     (found) → ready                  reconcile.ts: it is at all its destinations already
 *     ready → ready                    prune.ts: its files are deleted at the source
 *     left → left                      taken-scan.ts: a watch has seen its files
 *     any → left                       taken-scan.ts by a rule, source-gate.ts for a newer version, decisions.ts
 *
 * A scan that is ready has a send for each destination:
 *
 *     (ready) → queued → verified      copy-lane.ts: by a copy
 *     (found) → verified               reconcile.ts, source-gate.ts: it was there already
 *     verified → queued                reconcile.ts: it is no longer there
 *     queued → submitting → submitted  task-lane.ts: in a task of Globus
 *     submitted → verified             task-end.ts: the task has ended, and the scan is proven
 *     submitting → queued, failed      task-lane.ts: Globus refused the submission
 *     any that is open → failed        road.ts ended: it goes as a queued one when its time has come
 *     any that is open → dead          road.ts ended, source-gate.ts, decisions.ts: a person decides
 *     any → queued                     road.ts lookAnew, source-gate.ts, and decisions.ts: a person tries again
 *     any but verified → dropped       source-gate.ts for a newer version, decisions.ts: a person gives it up
 */
import type { QueueChange, ScanRecord, SendRecord, SendState } from "../ports/queue-ledger.ts";

type ScanState = ScanRecord["state"];

const AFTER_SCAN: Readonly<Record<ScanState | "none", readonly ScanState[]>> = {
  none: ["waiting", "left", "lost"],
  waiting: ["waiting", "ready", "left", "lost"],
  ready: ["waiting", "ready", "left"],
  lost: ["waiting", "left"],
  left: ["left"],
};

/** What may be done with a send that is not on its way. */
const AT_REST: readonly SendState[] = ["queued", "submitting", "verified", "failed", "dead", "dropped"];
const AFTER_SEND: Readonly<Record<SendState | "none", readonly SendState[]>> = {
  none: ["queued"],
  queued: AT_REST,
  failed: AT_REST,
  submitting: ["submitted", "queued", "failed", "dead", "dropped"],
  submitted: ["verified", "queued", "failed", "dead", "dropped"],
  verified: ["queued"],
  dead: ["queued", "dropped"],
  dropped: [],
};

/** States in which nothing more is done by itself. */
const CLOSED: readonly SendState[] = ["verified", "dead", "dropped"];
export const isClosed = ({ state }: Pick<SendRecord, "state">): boolean => CLOSED.includes(state);

/** On its way in a submission to Globus. */
export const isSubmitted = ({ state }: Pick<SendRecord, "state">): boolean =>
  state === "submitting" || state === "submitted";

/** A person has to decide about it. */
export const isDead = ({ state }: Pick<SendRecord, "state">): boolean => state === "dead";

/** The trigger of a scan that was found, and the reason of a send that was: they begin where others end. */
export const FOUND_BY = "reconcile";
export const FOUND_THERE = "It was there already.";

/** What is known of a scan before a change. */
interface Known {
  readonly scan: Pick<ScanRecord, "state">;
  readonly sends: ReadonlyMap<string, Pick<SendRecord, "state">>;
}

/** @param known the scan that is changed @throws Error for a state that does not follow the present one: a bug */
export function requireFollows(change: QueueChange, known: Known | undefined): void {
  if ("scan" in change) {
    const { id, state, trigger } = change.scan;
    if (known === undefined && state === "ready" && trigger === FOUND_BY) return;
    const before = known?.scan.state ?? "none";
    if (!AFTER_SCAN[before].includes(state)) throw new Error(`the scan ${id} cannot be ${state}: it is ${before}`);
  } else if ("send" in change) {
    const { scan, destination, state, reason } = change.send;
    const before = known?.sends.get(destination)?.state ?? "none";
    if (before === "none" && state === "verified" && reason === FOUND_THERE) return;
    if (!AFTER_SEND[before].includes(state))
      throw new Error(`the scan ${scan} cannot be ${state} at ${destination}: it is ${before}`);
  }
}
