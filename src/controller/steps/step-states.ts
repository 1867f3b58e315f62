/**
 * The states of a step, and which follow which. A step follows a scan that is verified at a destination:
 *
 *     (verified) → queued            steps-after.ts: in the change in which the scan is verified
 *     queued, failed → starting      step-lane.ts: the service is asked next
 *     starting → started             step-lane.ts: the service has told its run, or it was found
 *     starting → queued              step-lane.ts: it was surely not begun
 *     started → done                 step-lane.ts: its run has ended well
 *     starting, started → failed     step-lane.ts: it is tried again when its time has come
 *     starting, started → dead       step-lane.ts: a person decides
 *     failed, dead → queued          decisions.ts: a person tries again
 *     any but done → dropped         decisions.ts: a person gives it up
 */
import type { StepRecord } from "../ports/queue-ledger.ts";

type StepState = StepRecord["state"];

const AFTER: Readonly<Record<StepState | "none", readonly StepState[]>> = {
  none: ["queued"],
  queued: ["starting", "dropped"],
  starting: ["started", "queued", "failed", "dead", "dropped"],
  started: ["done", "failed", "dead", "dropped"],
  failed: ["queued", "starting", "dropped"],
  dead: ["queued", "dropped"],
  done: [],
  dropped: [],
};

const OPEN: readonly StepState[] = ["queued", "starting", "started", "failed"];
/** Something more is done by itself. */
export const isOpenStep = ({ state }: Pick<StepRecord, "state">): boolean => OPEN.includes(state);

/** @param known before the change @throws Error for a state that does not follow the present one: a bug */
export function requireStepFollows(
  { scan, destination, kind, state }: StepRecord,
  known: StepRecord | undefined,
): void {
  const before = known?.state ?? "none";
  if (!AFTER[before].includes(state))
    throw new Error(`the ${kind} of the scan ${scan} at ${destination} cannot be ${state}: it is ${before}`);
}
