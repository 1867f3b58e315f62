/**
 * Timers as the simulated Globus Timers tells of them: as jobs, in which the address that is called says what a timer
 * does, and, to who has just made one, in the newer form.
 */
import { flowScope } from "../auth/known-scopes.ts";
import { type Fields, iso } from "../documents.ts";
import type { Timer } from "./timer-room.ts";

function statusOf({ inactiveReason, nextRun, runs }: Timer): string {
  if (inactiveReason !== undefined) return "inactive";
  if (nextRun === undefined) return "ended";
  return runs === 0 ? "new" : "loaded";
}

function activityOf(timer: Timer): Fields | null {
  if (timer.inactiveReason !== undefined) return { code: "paused" };
  return timer.nextRun === undefined ? null : { code: "awaiting_next_run" };
}

const nextRun = ({ inactiveReason, nextRun: next }: Timer): string | null =>
  inactiveReason === undefined ? iso(next) : null;

function stopAfter({ schedule: { mostRuns, until } }: Timer): Fields | null {
  if (!Number.isFinite(mostRuns) && !Number.isFinite(until)) return null;
  return { date: Number.isFinite(until) ? iso(until) : null, n_runs: Number.isFinite(mostRuns) ? mostRuns : null };
}

/** The address that is called at each run, what is sent there, and the scope that it takes. */
function callbackOf({ flow, body }: Timer): Fields {
  if (flow !== undefined) {
    const url = `https://flows.automate.globus.org/flows/${flow}/run`;
    return { callback_url: url, callback_body: body, scope: flowScope(flow) };
  }
  const url = "https://actions.automate.globus.org/transfer/transfer/run";
  return { callback_url: url, callback_body: { body: actionBody(body) }, scope: null };
}

/** A transfer as the older of Transfer's action providers is asked for it. */
function actionBody(transfer: Fields): Fields {
  const { DATA, source_endpoint: from, destination_endpoint: to } = transfer;
  const items = Array.isArray(DATA) ? (DATA as Fields[]) : [];
  return {
    ...without(transfer, ["DATA", "DATA_TYPE", "source_endpoint", "destination_endpoint"]),
    source_endpoint_id: from,
    destination_endpoint_id: to,
    transfer_items: items.map((item) => without(item, ["DATA_TYPE"])),
  };
}

const without = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

/** What Timers adds to a transfer that does not say it. */
const TRANSFER_DEFAULTS = {
  delete_destination_extra: false,
  encrypt_data: false,
  fail_on_quota_errors: false,
  notify_on_failed: true,
  notify_on_inactive: true,
  notify_on_succeeded: true,
  preserve_timestamp: false,
  skip_source_errors: false,
  store_base_path_info: false,
  verify_checksum: true,
};

export function jobDocument(timer: Timer): Fields {
  const { id, name, schedule, submitted, lastRun, runs, errors, results, inactiveReason = null } = timer;
  return {
    name,
    start: iso(schedule.start),
    stop_after: stopAfter(timer),
    interval: schedule.intervalSeconds ?? null,
    ...callbackOf(timer),
    inactive_reason: inactiveReason,
    job_id: id,
    status: statusOf(timer),
    submitted_at: iso(submitted),
    last_ran_at: iso(lastRun),
    next_run: nextRun(timer),
    n_runs: runs,
    n_errors: errors,
    results: { data: results.toReversed(), page_next: null },
    schedule: schedule.document,
    activity: activityOf(timer),
  };
}

/** The two kinds differ in more than what they do: so the published samples have it. */
export function newTimerDocument(timer: Timer): Fields {
  const { id, name, schedule, submitted, lastRun, runs, errors, flow, body, results } = timer;
  const common = {
    inactive_reason: null,
    job_id: id,
    last_ran_at: iso(lastRun),
    name,
    next_run: nextRun(timer),
    schedule: { ...schedule.document, ...startOf(timer) },
    status: statusOf(timer),
    submitted_at: iso(submitted),
  };
  if (flow === undefined)
    return {
      ...common,
      body: { ...TRANSFER_DEFAULTS, ...body },
      number_of_errors: errors,
      number_of_runs: runs,
      timer_type: "transfer",
    };
  const { intervalSeconds: interval = null } = schedule;
  const counts = { n_errors: errors, n_runs: runs, results, interval, stop_after: stopAfter(timer) };
  return { ...common, ...callbackOf(timer), ...counts, timer_type: "flow" };
}

/** A timer that was to start at once says when that was. */
function startOf({ schedule: { start, document } }: Timer): Fields {
  return document["type"] === "once" ? { datetime: iso(start) } : { start: iso(start) };
}
