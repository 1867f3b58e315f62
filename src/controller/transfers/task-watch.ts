/**
 * Follows the Globus tasks that are under way, with two requests however many there are: their progress, what they
 * complain of, and their end; what becomes of their scans then is task-end.ts's.
 */
import { oneLine } from "../../base/clean-text.ts";
import { asSentence } from "../../base/errors.ts";
import type { TaskReport } from "../ports/transfer-tasks.ts";
import { GONE_SECONDS, Looks, type Sight } from "./looks.ts";
import { otherLoginText, titleOf } from "./submissions.ts";
import { type AcceptedRecord, settleTask, type TaskEndOptions } from "./task-end.ts";
import { wordsFor } from "./task-words.ts";

/** A task as it was last seen. Times are monotonic seconds. */
export interface TaskNow {
  readonly report: TaskReport;
  /** What it waits for or complains of, a sentence; "": nothing. */
  readonly message: string;
  /** When its bytes last grew, or it had no fault. */
  readonly movedAt: number;
}

export class TaskWatch {
  readonly #options: TaskEndOptions;
  readonly #now = new Map<string, TaskNow>();
  /** Tasks that were ended because they would not come to an end, or nobody wants them any more, with why. */
  readonly #ended = new Map<string, string>();
  /** When tasks were first not shown, monotonic seconds. */
  readonly #unseenSince = new Map<string, number>();
  readonly #looks: Looks;

  constructor(options: TaskEndOptions) {
    this.#options = options;
    const { road } = options;
    this.#looks = new Looks({
      road,
      what: "The tasks of Globus Transfer",
      pollSeconds: road.site.rules.pollSeconds,
      count: () => this.#records().length,
      look: (look, signal) => this.#look(look, signal),
    });
  }

  /** A person wants everything tried at once. */
  hurry(): void {
    this.#looks.hurry();
  }

  /** Why some task cannot be seen, or its scans cannot be proven now, a sentence. */
  get trouble(): string | undefined {
    return this.#looks.trouble;
  }

  /** By task id. */
  get now(): ReadonlyMap<string, TaskNow> {
    return this.#now;
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
  run(signal: AbortSignal): Promise<void> {
    return this.#looks.run(signal);
  }

  #records(): readonly AcceptedRecord[] {
    return [...this.#options.road.queue.submissions.values()].filter(
      (record): record is AcceptedRecord => record.task !== undefined,
    );
  }

  async #look(look: Sight, signal: AbortSignal): Promise<void> {
    const { tasks, road } = this.#options;
    const records = this.#records();
    const owner = await tasks.owner({ signal });
    const ours = records.filter((record) => record.owner === owner);
    for (const record of records) {
      if (ours.includes(record)) continue;
      if (road.queue.isWanted(record)) look.hindered(asSentence(otherLoginText(record, owner)));
      else await road.change(() => [{ forgetSubmission: record.submission.id }]); // this login cannot end the task
    }
    const reports = await tasks.tasks(
      ours.map(({ task }) => task),
      { signal },
    );
    for (const record of ours) await look.each(record.task, () => this.#take(record, reports.get(record.task), signal));
  }

  async #take(record: AcceptedRecord, report: TaskReport | undefined, signal: AbortSignal): Promise<void> {
    const { task } = record;
    if (report === undefined && !this.#isGone(task)) return;
    const hasEnded = report === undefined || report.state === "SUCCEEDED" || report.state === "FAILED";
    if (!hasEnded) {
      this.#unseenSince.delete(task);
      await this.#progress(record, report, signal);
      return;
    }
    this.#now.delete(task);
    await settleTask(this.#options, { record, report, stopped: this.#ended.get(task) }, signal);
    this.#unseenSince.delete(task);
    this.#ended.delete(task);
    this.#looks.forget(task);
  }

  #isGone(task: string): boolean {
    const now = this.#options.road.clock.monotonic();
    const since = this.#unseenSince.get(task) ?? now;
    this.#unseenSince.set(task, since);
    return now - since >= GONE_SECONDS;
  }

  async #progress(record: AcceptedRecord, report: TaskReport, signal: AbortSignal): Promise<void> {
    const { road, tasks } = this.#options;
    const at = road.clock.monotonic();
    const before = this.#now.get(record.task);
    const moved = before === undefined || report.bytesTransferred > before.report.bytesTransferred || report.isOk;
    const movedAt = moved ? at : before.movedAt;
    const wasPaused = before?.report.isPaused === true;
    const message = report.isPaused && wasPaused ? before.message : await this.#messageOf(report, signal);
    this.#now.set(record.task, { report, message, movedAt });
    if (message !== "" && message !== before?.message && !report.isOk)
      road.say(`${titleOf(road, record)}: ${message}`, "MINOR");
    if (this.#ended.has(record.task)) return; // it takes Globus a while
    const why = road.queue.isWanted(record)
      ? hopelessText(report, at - movedAt, road.site.rules.stuckSeconds)
      : "its scans were given up";
    if (why === undefined) return;
    await tasks.cancel(record.task, { signal });
    this.#ended.set(record.task, why);
    road.say(`${titleOf(road, record)} was ended: ${why}.`, "MAJOR");
  }

  /** What a task waits for or complains of, a sentence; "": nothing. */
  async #messageOf(report: TaskReport, signal: AbortSignal): Promise<string> {
    if (report.isPaused) {
      const said = oneLine(await this.#options.tasks.pauseMessage(report.id, { signal })).trim();
      return asSentence(`paused by an administrator${said === "" ? "" : `: ${said}`}`);
    }
    if (report.state === "INACTIVE") return asSentence(`it waits for a person: ${wordsOf(report)}`);
    if (report.niceStatus === "Queued")
      return report.ahead === 0 ? "queued." : `queued behind ${report.ahead} tasks of this account.`;
    return report.isOk ? "" : asSentence(wordsOf(report));
  }
}

/**
 * Why a task will not come to its end, a clause; undefined: it may.
 * @param seconds without a byte
 * @param stuckSeconds as in the rules
 */
export function hopelessText(report: TaskReport, seconds: number, stuckSeconds: number): string | undefined {
  const trouble = wordsFor(report.niceStatus);
  const isHopeless = trouble?.kind === "source" || trouble?.kind === "destination";
  if (!isHopeless || report.isOk || report.isPaused || seconds < stuckSeconds) return undefined;
  return `${trouble.words}, for ${Math.round(seconds)} s`;
}

/** What a task's trouble means, a piece of a sentence: in our words, or in Globus' own. */
const wordsOf = ({ niceStatus, description }: TaskReport): string =>
  wordsFor(niceStatus)?.words ?? (oneLine(description).trim() || niceStatus || "Globus gives no reason");
