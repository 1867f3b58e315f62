/**
 * A task of the simulated Transfer: what is known of it, and the documents that tell it. globus.md §3.3; the shapes are
 * those of Globus' published samples and types. How a task comes on is task-engine.ts, what it does task-steps.ts.
 */
import type { Hash } from "node:crypto";
import type { Collection, PauseRule } from "./collection.ts";
import { type Fields, iso } from "./documents.ts";
import { faultRow, type StandingFault, type TaskFault } from "./task-faults.ts";

/** One thing to do for a task; one subtask of its document. */
export type TaskStep = {
  /** Seconds of the engine before which it is not tried again. */
  notBefore: number;
} & (
  | {
      /** Finds out what an item of the submission is. */
      readonly kind: "item";
      readonly source: string;
      readonly destination: string;
      readonly recursive: boolean | undefined;
      readonly checksum: ExternalChecksum | undefined;
    }
  | { readonly kind: "dir"; readonly source: string; readonly destination: string }
  | {
      readonly kind: "file";
      readonly source: string;
      readonly destination: string;
      readonly checksum: ExternalChecksum | undefined;
    }
  | { readonly kind: "delete"; readonly source: string }
);

export interface ExternalChecksum {
  readonly algorithm: string;
  readonly hex: string;
}

/** What is being done: a file of which bytes have gone, or something that takes its time. */
export interface Work {
  readonly step: TaskStep;
  /** Of the file when it was begun; 0 for what is no file. */
  readonly bytes: number;
  /** Of the source when it was begun; a change until the end is a fault. */
  readonly modified: number;
  /** Bytes that have gone, with the part of one that is on its way. */
  moved: number;
  /** Bytes that stand at the destination. */
  written: number;
  /** Seconds that it still takes, however few its bytes are. */
  seconds: number;
  /** The file stands at the destination already, as the sync level sees it. */
  readonly isSame: boolean;
  /** Of the bytes so far, as they were read, where it is asked for. */
  readonly checksum: Hash | undefined;
}

interface TaskEvent {
  readonly code: string;
  readonly description: string;
  readonly details: string;
  readonly isError: boolean;
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
}

export interface TaskEnd {
  readonly status: "SUCCEEDED" | "FAILED";
  readonly time: number;
  readonly fatal: { readonly code: string; readonly description: string } | null;
}

export interface Task {
  readonly id: string;
  readonly type: "TRANSFER" | "DELETE";
  readonly submissionId: string;
  readonly owner: string;
  readonly username: string;
  /** Of a delete task: where it deletes. */
  readonly source: Collection;
  readonly destination: Collection | undefined;
  /** As submitted: `sync_level`, `verify_checksum` … */
  readonly options: Fields;
  /** Its items as JSON: what is under way is not submitted again. */
  readonly data: string;
  /** Milliseconds since 1970 UTC. */
  readonly requested: number;
  label: string | null;
  deadline: number;
  /** The deadline is Transfer's own, which moves when the task comes on. */
  hasUsualDeadline: boolean;
  started: number | undefined;
  ended: TaskEnd | undefined;
  isRunning: boolean;
  /** Waits for a person, as after expired credentials. */
  isSuspended: boolean;
  /** An administrator of this side has paused it, in these words. */
  pausedBySource: string | null;
  pausedByDestination: string | null;
  wasPaused: boolean;
  canceledByAdmin: { readonly side: "SOURCE" | "DESTINATION"; readonly message: string } | undefined;
  /** Seconds of the engine before which nothing of it is tried again. */
  notBefore: number;
  /** Seconds of the engine of its next PROGRESS. */
  progressDue: number;
  /** The last fault that has not been got over. */
  trouble: TaskFault | undefined;
  /** What is to be done, the next last. */
  readonly steps: TaskStep[];
  readonly retrying: TaskStep[];
  work: Work | undefined;
  readonly events: TaskEvent[];
  readonly successes: Fields[];
  readonly skippedErrors: Fields[];
  readonly counts: Record<Count, number>;
}

type Count =
  | "bytes_checksummed"
  | "bytes_transferred"
  | "directories"
  | "faults"
  | "files"
  | "files_skipped"
  | "files_transferred"
  | "subtasks_succeeded"
  | "subtasks_total"
  | "symlinks";

export const NO_COUNTS: Readonly<Record<Count, number>> = {
  bytes_checksummed: 0,
  bytes_transferred: 0,
  directories: 0,
  faults: 0,
  files: 0,
  files_skipped: 0,
  files_transferred: 0,
  subtasks_succeeded: 0,
  subtasks_total: 0,
  symlinks: 0,
};

export const isOption = (task: Task, name: string): boolean => task.options[name] === true;

/** The rules that hold a task up now. */
export function pauseRulesOf({ type, source, destination }: Task): PauseRule[] {
  const held = (rules: readonly PauseRule[], by: keyof PauseRule["pauses"]): PauseRule[] =>
    rules.filter(({ pauses }) => pauses[by]);
  if (type === "DELETE") return held(source.pauseRules, "delete");
  return [...held(source.pauseRules, "read"), ...held(destination?.pauseRules ?? [], "write")];
}

export const isPaused = (task: Task): boolean =>
  task.pausedBySource !== null || task.pausedByDestination !== null || pauseRulesOf(task).length > 0;

/** What a person is told of a task that has not ended. */
function niceStatus(task: Task): readonly [code: string, says: string, isOk: boolean] {
  if (task.isSuspended) return ["EXPIRED_CREDENTIALS", faultRow("EXPIRED_CREDENTIALS").says, false];
  if (isPaused(task)) return ["PAUSED_BY_ADMIN", "paused by administrator", false];
  if (task.trouble !== undefined) return [task.trouble.code, faultRow(task.trouble.code).says, false];
  return task.isRunning ? ["OK", "OK", true] : ["Queued", "queued", true];
}

/** The task document of Transfer's `task` and `task_list`, without its DATA_TYPE. */
export function taskDocument(task: Task, now: number): Fields {
  const { ended, options, counts, source, destination, canceledByAdmin } = task;
  const isActive = ended === undefined;
  const [nice, says, isOk] = isActive ? niceStatus(task) : [null, null, null];
  const seconds = Math.max(1, ((ended?.time ?? now) - (task.started ?? now)) / 1000);
  const retrying = isActive
    ? task.retrying.length + Number(task.trouble !== undefined && task.retrying.length === 0)
    : 0;
  const skipped = task.skippedErrors.length;
  const left = counts.subtasks_total - counts.subtasks_succeeded - skipped;
  const code = ended?.fatal?.code;
  return {
    ...counts,
    canceled_by_admin: canceledByAdmin?.side ?? null,
    canceled_by_admin_message: canceledByAdmin?.message ?? null,
    command: "API 0.10",
    completion_time: iso(ended?.time),
    deadline: iso(task.deadline),
    delete_destination_extra: isOption(task, "delete_destination_extra"),
    destination_endpoint: destination?.name ?? null,
    destination_endpoint_display_name: destination?.name ?? null,
    destination_endpoint_id: destination?.id ?? null,
    effective_bytes_per_second: Math.floor(counts.bytes_transferred / seconds),
    encrypt_data: isOption(task, "encrypt_data"),
    fail_on_quota_errors: isOption(task, "fail_on_quota_errors"),
    fatal_error: ended?.fatal ?? null,
    filter_rules: options["filter_rules"] ?? null,
    history_deleted: false,
    is_ok: isOk,
    is_paused: isActive && isPaused(task),
    label: task.label,
    nice_status: nice,
    nice_status_details: null,
    nice_status_expires_in: null,
    nice_status_short_description: says,
    owner_id: task.owner,
    preserve_timestamp: isOption(task, "preserve_timestamp"),
    recursive_symlinks: options["recursive_symlinks"] ?? "ignore",
    request_time: iso(task.requested),
    skip_source_errors: isOption(task, "skip_source_errors"),
    source_endpoint: source.name,
    source_endpoint_display_name: source.name,
    source_endpoint_id: source.id,
    status: ended?.status ?? (task.isSuspended ? "INACTIVE" : "ACTIVE"),
    subtasks_canceled: code === "CANCELED" ? left : 0,
    subtasks_expired: code === "EXPIRED" ? left : 0,
    subtasks_failed: code !== undefined && code !== "CANCELED" && code !== "EXPIRED" ? left : 0,
    subtasks_pending: isActive ? left - retrying : 0,
    subtasks_retrying: retrying,
    subtasks_skipped_errors: skipped,
    sync_level: options["sync_level"] ?? null,
    task_id: task.id,
    type: task.type,
    username: task.username,
    verify_checksum: options["verify_checksum"] ?? true,
  };
}

/** The rows of Transfer's `event_list`, the latest first. */
export function eventDocuments({ events }: Task): Fields[] {
  return events.toReversed().map(({ code, description, details, isError, time }) => ({
    DATA_TYPE: "event",
    code,
    description,
    details,
    is_error: isError,
    parent_task_id: null,
    time: iso(time),
  }));
}

/** Where a task's next path can meet a fault. */
export const standingFaults = (task: Task, side: "source" | "destination"): readonly StandingFault[] =>
  (side === "source" ? task.source : task.destination)?.standingFaults ?? [];
