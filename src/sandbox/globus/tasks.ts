/**
 * Transfer tasks, simulated: what a task is at a moment follows from its submission and the clock alone. Queued, then
 * running with bytes that grow, then done, when its files appear at the destination; a task whose source is missing
 * stays active and complains, as the real Transfer does. globus.md §3.3.
 */
import { posix } from "node:path";
import type { FileTree } from "./files.ts";

export interface TransferItem {
  readonly source: string;
  readonly destination: string;
}

export interface TransferTask {
  readonly id: string;
  readonly submissionId: string;
  readonly owner: string;
  readonly username: string;
  readonly label: string | null;
  readonly sourceId: string;
  readonly sourceName: string;
  readonly destinationId: string;
  readonly destinationName: string;
  readonly items: readonly TransferItem[];
  /** As submitted: `sync_level`, `verify_checksum` … */
  readonly options: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970 UTC. */
  readonly requested: number;
  readonly deadline: number;
  /** Found at submission. */
  readonly files: number;
  readonly bytes: number;
  readonly isSourceMissing: boolean;
  /** Set by `cancel` and, once it has ended, by `settle`. */
  canceled: number | undefined;
  ended: number | undefined;
  /** Waits for a person, as after expired credentials. */
  isSuspended: boolean;
}

/** Seconds in the queue, and seconds of work after that. */
export interface Pace {
  readonly queuedSeconds: number;
  readonly workSeconds: number;
}

const FAULT_EVERY_SECONDS = 30;

/** What operators would see of a task. */
interface TaskState {
  readonly status: "ACTIVE" | "INACTIVE" | "SUCCEEDED" | "FAILED";
  readonly niceStatus: string | null;
  readonly description: string | null;
  readonly isOk: boolean | null;
  readonly faults: number;
  /** Of the work that is done, 0 to 1. */
  readonly fraction: number;
  readonly fatal: { readonly code: string; readonly description: string } | null;
}

const WELL = { niceStatus: null, description: null, isOk: null, faults: 0, fatal: null } as const;

export function stateOf(task: TransferTask, pace: Pace, now: number): TaskState {
  const elapsed = (now - task.requested) / 1000;
  const failed = (code: string, description: string): TaskState => ({
    ...WELL,
    status: "FAILED",
    fraction: 0,
    fatal: { code, description },
  });
  if (task.canceled !== undefined) return failed("CANCELED", "canceled by user");
  if (task.ended !== undefined) return { ...WELL, status: "SUCCEEDED", fraction: 1 };
  if (now >= task.deadline) return failed("EXPIRED", "deadline reached");
  if (task.isSuspended) {
    const description = "credentials expired";
    return { ...WELL, status: "INACTIVE", niceStatus: "EXPIRED_CREDENTIALS", description, isOk: false, fraction: 0 };
  }
  if (elapsed < pace.queuedSeconds) {
    return { ...WELL, status: "ACTIVE", niceStatus: "Queued", description: "queued", isOk: true, fraction: 0 };
  }
  if (task.isSourceMissing) {
    const faults = 1 + Math.floor((elapsed - pace.queuedSeconds) / FAULT_EVERY_SECONDS);
    const description = "file not found";
    return { ...WELL, status: "ACTIVE", niceStatus: "FILE_NOT_FOUND", description, isOk: false, faults, fraction: 0 };
  }
  const fraction = pace.workSeconds === 0 ? 1 : Math.min(1, (elapsed - pace.queuedSeconds) / pace.workSeconds);
  return { ...WELL, status: "ACTIVE", niceStatus: "OK", description: "OK", isOk: true, fraction };
}

/** Ends a task whose work is over: its files appear at the destination. */
export function settle(task: TransferTask, pace: Pace, now: number, source: FileTree, destination: FileTree): void {
  const { status, fraction } = stateOf(task, pace, now);
  if (status !== "ACTIVE" || fraction < 1) return;
  task.ended = task.requested + (pace.queuedSeconds + pace.workSeconds) * 1000;
  for (const item of task.items) {
    for (const [relative, { bytes }] of source.filesBelow(item.source)) {
      destination.put(posix.join(item.destination, relative), bytes, task.ended);
    }
  }
}

const iso = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString().replace(/\.\d+Z$/, "+00:00");

/** The task document of Transfer's `task` and `task_list`. */
export function taskDocument(task: TransferTask, pace: Pace, now: number): Readonly<Record<string, unknown>> {
  const state = stateOf(task, pace, now);
  const isDone = state.status === "SUCCEEDED";
  const moved = Math.floor(task.bytes * state.fraction);
  const filesMoved = isDone ? task.files : Math.floor(task.files * state.fraction);
  const seconds = Math.max(1, ((task.ended ?? task.canceled ?? now) - task.requested) / 1000);
  const { options } = task;
  return {
    bytes_checksummed: 0,
    bytes_transferred: moved,
    canceled_by_admin: null,
    canceled_by_admin_message: null,
    command: "API 0.10",
    completion_time: iso(task.ended ?? task.canceled ?? (state.status === "FAILED" ? task.deadline : undefined)),
    deadline: iso(task.deadline),
    delete_destination_extra: options["delete_destination_extra"] ?? false,
    destination_endpoint: task.destinationName,
    destination_endpoint_display_name: task.destinationName,
    destination_endpoint_id: task.destinationId,
    directories: 0,
    effective_bytes_per_second: Math.floor(moved / seconds),
    encrypt_data: options["encrypt_data"] ?? false,
    fail_on_quota_errors: options["fail_on_quota_errors"] ?? false,
    fatal_error: state.fatal,
    faults: state.faults,
    files: task.files,
    files_skipped: 0,
    files_transferred: filesMoved,
    filter_rules: options["filter_rules"] ?? null,
    history_deleted: false,
    is_ok: state.isOk,
    is_paused: false,
    label: task.label,
    nice_status: state.niceStatus,
    nice_status_details: null,
    nice_status_expires_in: null,
    nice_status_short_description: state.description,
    owner_id: task.owner,
    preserve_timestamp: options["preserve_timestamp"] ?? false,
    recursive_symlinks: options["recursive_symlinks"] ?? "ignore",
    request_time: iso(task.requested),
    skip_source_errors: options["skip_source_errors"] ?? false,
    source_endpoint: task.sourceName,
    source_endpoint_display_name: task.sourceName,
    source_endpoint_id: task.sourceId,
    status: state.status,
    subtasks_canceled: 0,
    subtasks_expired: 0,
    subtasks_failed: 0,
    subtasks_pending: state.status === "ACTIVE" ? task.files - filesMoved : 0,
    subtasks_retrying: state.faults > 0 ? 1 : 0,
    subtasks_skipped_errors: 0,
    subtasks_succeeded: filesMoved,
    subtasks_total: task.files,
    symlinks: 0,
    sync_level: options["sync_level"] ?? null,
    task_id: task.id,
    type: "TRANSFER",
    username: task.username,
    verify_checksum: options["verify_checksum"] ?? true,
  };
}

/** The task's events so far, the latest first, as Transfer's `event_list` has them. */
export function taskEvents(task: TransferTask, pace: Pace, now: number): Readonly<Record<string, unknown>>[] {
  const state = stateOf(task, pace, now);
  const event = (
    code: string,
    description: string,
    time: number,
    isError = false,
  ): Readonly<Record<string, unknown>> => ({
    DATA_TYPE: "event",
    code,
    description,
    details: description,
    is_error: isError,
    parent_task_id: null,
    time: iso(time),
  });
  const begun = task.requested + pace.queuedSeconds * 1000;
  return [
    ...(task.ended === undefined ? [] : [event("SUCCEEDED", "succeeded", task.ended)]),
    ...(task.canceled === undefined ? [] : [event("CANCELED", "canceled", task.canceled)]),
    ...(state.faults > 0 ? [event("FILE_NOT_FOUND", "file not found", begun, true)] : []),
    ...(now >= begun ? [event("STARTED", "started", begun)] : []),
  ];
}
