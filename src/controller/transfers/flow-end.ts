/**
 * What becomes of a scan whose run of a flow has ended: it is proven at its destination, by the same proof as behind a
 * task of Transfer, or has failed. A run that has succeeded proves nothing by itself: a flow may go on where its
 * transfer has failed. It follows no run; that is run-watch.ts.
 */
import { asSentence } from "../../base/errors.ts";
import type { RunNow } from "../flows/followed-run.ts";
import type { EndedRun } from "../flows/run-watch.ts";
import { failureText, GONE_RUN, isCancelled } from "../flows/run-words.ts";
import type { TransferTasks } from "../ports/transfer-tasks.ts";
import { type Arrival, settleScans, wordOf } from "./arrival.ts";
import type { FlowDestination } from "./globus-paths.ts";
import type { Vouched } from "./proof.ts";
import { nameOf, type Road } from "./road.ts";
import { wordsFor } from "./task-words.ts";

export interface FlowEndOptions {
  readonly road: Road;
  readonly tasks: TransferTasks;
  readonly rows: readonly FlowDestination[];
}

/**
 * Proves the scan of a run that has ended, if it is still wanted, and forgets the run. What cannot be looked at now is
 * looked at again later.
 * @throws why something cannot be looked at now; the signal's reason
 */
export async function settleRun(
  { road, tasks, rows }: FlowEndOptions,
  end: EndedRun,
  signal: AbortSignal,
): Promise<void> {
  const { record, now, stopped } = end;
  const row = rows.find(({ name }) => name === record.destination);
  if (row !== undefined && road.queue.isCarried(record)) {
    const failure = stopped ?? (now === undefined ? undefined : failureOf(now, record.flowName));
    const arrival: Arrival = {
      row,
      scans: record.scans,
      carrier: record.id,
      title: titleOf(road, end),
      at: record.at,
      task: record.run,
      failure,
      isFinal: now !== undefined && stopped === undefined && isCancelled(now.report),
      words: failure === undefined ? await wordsOf(tasks, now, signal) : [undefined],
      hint: hintOf(now),
    };
    await settleScans(road, tasks, arrival, signal);
  }
  await road.change(() => [{ forgetFlowRun: record.id }]);
}

/** Undefined: it has succeeded, or nobody knows. */
const failureOf = ({ report }: RunNow, flowName: string): string | undefined =>
  report.state === "SUCCEEDED" ? undefined : failureText(report, flowName);

/**
 * Globus' word of each transfer of the run that has succeeded, the last first, for a later one may have found what an
 * earlier one has sent; then that of all together.
 */
async function wordsOf(
  tasks: TransferTasks,
  now: RunNow | undefined,
  signal: AbortSignal,
): Promise<readonly (Vouched | undefined)[]> {
  const words: Vouched[] = [];
  for (const report of now?.transfers ?? []) {
    if (report.state !== "SUCCEEDED") continue;
    const word = await wordOf(tasks, report, signal);
    // Whether the flow has asked for the source's times only its definition knows: Transfer's checksums vouch instead.
    if (word !== undefined) words.unshift({ ...word, hasOwnTimes: true });
  }
  if (words.length === 0) return [undefined];
  return [...words, { sent: new Set(words.flatMap(({ sent }) => [...sent])), skipped: 0, hasOwnTimes: true }];
}

/** What a person should know where the proof lacks something, a clause. */
function hintOf(now: RunNow | undefined): string {
  if (now === undefined) return `Flows no longer has the run, for ${GONE_RUN}`;
  const failed = now.transfers.find(({ state }) => state === "FAILED");
  if (failed !== undefined) {
    const why = wordsFor(failed.fatal?.code ?? "")?.words ?? failed.fatal?.code ?? "Globus gives no reason";
    return `the run has succeeded though its transfer ${failed.id} has failed: ${why}; let the flow look at it (ExceptionOnActionFailure)`;
  }
  if (now.transfers.length > 0) return "";
  return "the run names no transfer that would vouch for its files: let the flow move them with preserve_timestamp";
}

function titleOf({ queue }: Road, { record }: EndedRun): string {
  const scan = queue.scans.get(record.scans[0] ?? "")?.scan;
  const what = scan === undefined ? "its scan" : nameOf(scan);
  return asSentence(`The run ${record.run} of the flow ${record.flowName} for ${what} to ${record.destination}`).slice(
    0,
    -1,
  );
}
