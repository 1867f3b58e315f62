/**
 * How transfer tasks go: reports of many at once, what a paused task waits for, and the end of one that is not wanted
 * any more. Transfer's documents have nulls in many places; a report has none. globus.md §3.3.
 */
import { transfer } from "@globus/sdk";
import { z } from "zod";
import { oneLine } from "../../base/clean-text.ts";
import type { CallOptions } from "../../controller/ports/call.ts";
import { TASK_STATES, type TaskReport } from "../../controller/ports/transfer-tasks.ts";
import { readAnswer } from "./answer.ts";
import type { GlobusCall } from "./call.ts";
import { TRANSFER_SERVER } from "./scopes.ts";

/** Rows that Transfer gives at most in one answer. */
const MOST_ROWS = 1000;
/** Ids in one request: they stand in its address. Transfer has no more than 100 tasks of one login that wait. */
const MOST_IDS = 100;

const text = z
  .string()
  .nullish()
  .transform((said) => oneLine(said ?? "").trim());
const count = z
  .number()
  .nullish()
  .transform((number) => number ?? 0);

/** Of rows that are not ours no more is read than this. */
const rowSchema = z.looseObject({
  task_id: z.string().nullish(),
  status: z.string().nullish(),
  request_time: z.string().nullish(),
  is_paused: z.boolean().nullish(),
});
const listSchema = z.object({ DATA: z.array(rowSchema) });
type Row = z.output<typeof rowSchema>;

const taskSchema = z.object({
  task_id: z.string(),
  status: z.enum(TASK_STATES),
  label: text,
  nice_status: text,
  nice_status_short_description: text,
  is_ok: z.boolean().nullish(),
  is_paused: z.boolean().nullish(),
  canceled_by_admin: z.string().nullish(),
  canceled_by_admin_message: text,
  fatal_error: z.object({ code: text, description: text }).nullish(),
  faults: count,
  files: count,
  files_transferred: count,
  files_skipped: count,
  bytes_transferred: count,
  effective_bytes_per_second: count,
  subtasks_skipped_errors: count,
});

/**
 * Two requests for up to 100 tasks that have ended, whatever the number of others: one for what the login has under
 * way, by 1000; and one for each 100 of the ids that are not among them.
 * @returns by id; what Transfer no longer has is left out
 */
export async function taskReports(
  call: GlobusCall,
  ids: readonly string[],
  options: CallOptions,
): Promise<ReadonlyMap<string, TaskReport>> {
  const wanted = new Set(ids);
  if (wanted.size === 0) return new Map();
  const underWay = await rowsOf(call, "status:ACTIVE,INACTIVE/type:TRANSFER", options);
  const rows = underWay.filter(({ task_id: id }) => wanted.has(id ?? ""));
  const told = new Set(rows.map(({ task_id: id }) => id ?? ""));
  const others = [...wanted].filter((id) => !told.has(id));
  for (let first = 0; first < others.length; first += MOST_IDS) {
    const some = others.slice(first, first + MOST_IDS);
    rows.push(...(await rowsOf(call, `task_id:${some.join(",")}`, options)));
  }
  const queue = underWay.filter(holdsAPlace);
  const reports = rows.map((row) => reportOf(row, queue.filter((one) => isBefore(one, row)).length));
  return new Map(reports.map((report) => [report.id, report]));
}

async function rowsOf(call: GlobusCall, filter: string, options: CallOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const what = "list transfer tasks";
    const query = { filter, orderby: "request_time ASC", limit: MOST_ROWS, offset: rows.length };
    const answer = await call(
      {
        what,
        resourceServer: TRANSFER_SERVER,
        send: (headers, sdk) => transfer.task.getAll({ query, headers }, sdk),
        repeatable: true,
      },
      options,
    );
    const page = readAnswer(listSchema, what, answer).DATA;
    rows.push(...page);
    if (page.length < MOST_ROWS) return rows;
  }
}

/** Whether Transfer works on it, or it waits in Transfer's queue: a paused task does neither. */
const holdsAPlace = ({ status, is_paused: isPaused }: Row): boolean => status === "ACTIVE" && isPaused !== true;

const isBefore = (one: Row, row: Row): boolean =>
  holdsAPlace(row) && Date.parse(one.request_time ?? "") < Date.parse(row.request_time ?? "");

/** @throws UnavailableError for a task whose state cannot be read: it must not pass for one that is gone */
function reportOf(row: Row, ahead: number): TaskReport {
  const task = readAnswer(taskSchema, `tell of the task ${row.task_id ?? ""}`, row);
  const { fatal_error: fatal, canceled_by_admin: canceledBy } = task;
  const isCancelledByAdmin = canceledBy !== undefined && canceledBy !== null && canceledBy !== "";
  return {
    id: task.task_id,
    state: task.status,
    label: task.label,
    niceStatus: task.nice_status,
    description: task.nice_status_short_description,
    // Null where there is nothing to say, as of a task that has ended.
    isOk: task.is_ok !== false,
    isPaused: task.is_paused === true,
    ...(isCancelledByAdmin && { cancelledByAdmin: task.canceled_by_admin_message }),
    ...(fatal !== undefined && fatal !== null && { fatal }),
    faults: task.faults,
    files: task.files,
    filesTransferred: task.files_transferred,
    filesSkipped: task.files_skipped,
    bytesTransferred: task.bytes_transferred,
    bytesPerSecond: task.effective_bytes_per_second,
    skippedErrors: task.subtasks_skipped_errors,
    ahead,
  };
}

const cancelSchema = z.object({ code: z.enum(["Canceled", "CancelAccepted", "TaskComplete"]) });

/**
 * @returns false when the task had ended before, or the answer to a first request was lost
 * @throws NotFoundError
 */
export async function cancelTask(call: GlobusCall, taskId: string, options: CallOptions): Promise<boolean> {
  const what = `cancel the task ${taskId}`;
  const answer = await call(
    {
      what,
      resourceServer: TRANSFER_SERVER,
      send: (headers, sdk) => transfer.task.cancel(taskId, { headers }, sdk),
      repeatable: true,
    },
    options,
  );
  return readAnswer(cancelSchema, what, answer).code !== "TaskComplete";
}

const pauseSchema = z.object({
  pause_rules: z.array(z.object({ message: text })).nullish(),
  source_pause_message: text,
  source_pause_message_share: text,
  destination_pause_message: text,
  destination_pause_message_share: text,
});

/** What administrators say of a paused task, each message once; "" where they say nothing. */
export async function pauseMessage(call: GlobusCall, taskId: string, options: CallOptions): Promise<string> {
  const what = `tell why the task ${taskId} is paused`;
  const answer = await call(
    {
      what,
      resourceServer: TRANSFER_SERVER,
      send: (headers, sdk) => transfer.task.getPauseInfo(taskId, { headers }, sdk),
      repeatable: true,
    },
    options,
  );
  const { pause_rules: rules, ...messages } = readAnswer(pauseSchema, what, answer);
  const said = [...(rules ?? []).map(({ message }) => message), ...Object.values(messages)];
  return [...new Set(said.filter((message) => message !== ""))].join("; ");
}
