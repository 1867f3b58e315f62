/** Why a scan does not go to a destination now, where that is no fault of its own. */
import type { FlowRunRecord, SendRecord } from "../ports/queue-ledger.ts";
import { CopyLane } from "./copy-lane.ts";
import { isClosed, isSubmitted } from "./queue-states.ts";
import type { RunningTransfers } from "./transfers.ts";

/** A clause or a sentence; undefined: it goes, or has come to its end. */
export type HoldOf = (send: SendRecord) => string | undefined;

export const GLOBUS_OFF = "Globus is off: set client-id in the [globus-auth] section of globus.conf.";

/** Destinations to which nothing goes, since they have failed. */
export const troubledOf = ({ lanes }: RunningTransfers): readonly string[] =>
  lanes.flatMap(({ breaker, destination }) => (breaker.trouble === undefined ? [] : [destination]));

/** Why a run of a flow does not go on, a sentence; undefined: it does. */
function holdOfRun(running: RunningTransfers, record: FlowRunRecord): string | undefined {
  const { watch } = running.runs ?? {};
  if (record.run !== undefined) return watch?.nowOf(record)?.message || watch?.trouble;
  const trouble = running.laneOf(record.destination)?.breaker.trouble;
  return trouble ?? "Flows has not answered yet whether its run has begun.";
}

export function holdOf(running: RunningTransfers, send: SendRecord): string | undefined {
  const { road, watch } = running;
  if (isClosed(send)) return undefined;
  if (isSubmitted(send)) {
    const flowRun = road.queue.flowRuns.of(send.submission ?? "");
    if (flowRun !== undefined) return holdOfRun(running, flowRun);
    const task = road.queue.submissions.get(send.submission ?? "")?.task ?? "";
    return watch?.now.get(task)?.message || undefined;
  }
  const lane = running.laneOf(send.destination);
  if (lane instanceof CopyLane && lane.now?.scan === send.scan) return lane.silence ?? lane.breaker.trouble;
  if (road.heldBy.length > 0) return `paused (${road.heldBy.join(", ")})`;
  return lane === undefined ? GLOBUS_OFF : lane.breaker.trouble;
}
