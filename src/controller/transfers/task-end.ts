/**
 * What becomes of the scans of a Globus task that has ended: each is proven at its destination, or has failed. It
 * follows no task; that is task-watch.ts.
 */
import { oneLine } from "../../base/clean-text.ts";
import type { SubmissionRecord } from "../ports/queue-ledger.ts";
import type { TaskReport, TransferTasks } from "../ports/transfer-tasks.ts";
import { settleScans, wordOf } from "./arrival.ts";
import type { AskedTransfers } from "./asked-transfers.ts";
import type { GlobusRow } from "./globus-paths.ts";
import type { Road } from "./road.ts";
import { titleOf } from "./submissions.ts";
import { wordsFor } from "./task-words.ts";

/** A submission that Globus has accepted. */
export type AcceptedRecord = SubmissionRecord & { readonly task: string };

export interface TaskEndOptions {
  readonly road: Road;
  readonly tasks: TransferTasks;
  readonly rows: readonly GlobusRow[];
  /** Told of the end of a transfer that a person has asked for. */
  readonly onAskedEnd: AskedTransfers["ended"];
}

/** How a task ended. */
interface EndedTask {
  readonly record: AcceptedRecord;
  /** Undefined: Globus no longer has the task. */
  readonly report: TaskReport | undefined;
  /** Why we have ended it, a clause. */
  readonly stopped: string | undefined;
}

/**
 * Proves each scan of an ended task that is still wanted, and forgets the submission. What cannot be looked at now is
 * looked at again later.
 * @throws why something cannot be looked at now; the signal's reason
 */
export async function settleTask(options: TaskEndOptions, end: EndedTask, signal: AbortSignal): Promise<void> {
  const { road, tasks, rows, onAskedEnd } = options;
  const { record, report } = end;
  const failure = failureOf(end);
  const row = rows.find(({ name }) => name === record.destination);
  if (row !== undefined && road.queue.isWanted(record) && record.scans.length > 0) {
    const { scans, task, at } = record;
    const vouched = failure === undefined && report !== undefined ? await wordOf(tasks, report, signal) : undefined;
    const about = { row, scans, task, at, carrier: record.submission.id, title: titleOf(road, record) };
    await settleScans(road, tasks, { ...about, failure, isFinal: isCancelled(end), words: [vouched] }, signal);
  }
  await road.change(() => [{ forgetSubmission: record.submission.id }]);
  if (record.scans.length === 0) onAskedEnd(record, report, failure);
}

/** Why a task has failed, a clause; undefined: it has not. */
function failureOf({ report, stopped }: EndedTask): string | undefined {
  if (report === undefined) return "Globus no longer has the task";
  const { state, fatal, cancelledByAdmin, skippedErrors } = report;
  if (cancelledByAdmin !== undefined) {
    const said = oneLine(cancelledByAdmin).trim();
    return `an administrator has cancelled it${said === "" ? "" : ` (${said})`}`;
  }
  if (state === "SUCCEEDED") return skippedErrors === 0 ? undefined : `files that Globus left out: ${skippedErrors}`;
  if (stopped !== undefined) return stopped;
  return fatal === undefined
    ? "Globus gives no reason"
    : (wordsFor(fatal.code)?.words ?? `${fatal.code}: ${oneLine(fatal.description)}`);
}

/** Whether a person has cancelled the task at Globus. */
const isCancelled = ({ report, stopped }: EndedTask): boolean =>
  report?.cancelledByAdmin !== undefined || (stopped === undefined && /^CANCELL?ED$/.test(report?.fatal?.code ?? ""));
