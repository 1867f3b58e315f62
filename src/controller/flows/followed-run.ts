/** A run as it was last seen: Flows' report, its step and its transfers, and what of its log is known. Asks nobody. */
import { asSentence } from "../../base/errors.ts";
import type { RunLogEntry, RunReport } from "../ports/flows.ts";
import type { FlowRunRecord } from "../ports/queue-ledger.ts";
import type { TaskReport } from "../ports/transfer-tasks.ts";
import { hopelessText } from "../transfers/task-watch.ts";
import { wordsFor } from "../transfers/task-words.ts";
import { type RunWords, runWords } from "./run-words.ts";

/** Seconds until a log is read again though the run looks as it did: a task may have begun in mid-step. */
const LOG_SECONDS = 30;

/** What is to be seen of a run. */
export interface RunNow {
  readonly record: FlowRunRecord;
  readonly report: RunReport;
  readonly words: RunWords;
  /** What it, or its transfer, waits for or complains of, a sentence; "": nothing. */
  readonly message: string;
  /** Its transfers that Transfer shows, in order. */
  readonly transfers: readonly TaskReport[];
}

/** A transfer of the run. `movedAt`: when its bytes last grew, or it had no fault; monotonic seconds. */
interface Moving {
  readonly report: TaskReport;
  readonly movedAt: number;
}

export class FollowedRun {
  #report: RunReport;
  #last: RunLogEntry | undefined;
  /** By the log, where the report does not name it. */
  #step = "";
  readonly #tasks = new Set<string>();
  readonly #moving = new Map<string, Moving>();
  #isChanged = true;
  #readAt = -Infinity;

  constructor(report: RunReport) {
    this.#report = report;
    this.#add(report.tasks);
  }

  takeReport(report: RunReport): void {
    this.#isChanged ||= JSON.stringify(report) !== JSON.stringify(this.#report);
    this.#report = report;
    this.#add(report.tasks);
  }

  /** @param now monotonic seconds */
  wantsLog(now: number): boolean {
    return this.#isChanged || now - this.#readAt >= LOG_SECONDS;
  }

  /** The last entry that is known. */
  get lastEntry(): RunLogEntry | undefined {
    return this.#last;
  }

  /** @param entries those behind the last one that was known @param now monotonic seconds */
  takeLog(entries: readonly RunLogEntry[], now: number): void {
    this.#isChanged = false;
    this.#readAt = now;
    for (const entry of entries) {
      if (entry.step !== "") this.#step = entry.step;
      this.#add(entry.tasks);
      this.#last = entry;
    }
  }

  /** Ids of its transfers, as far as they have not ended. */
  get openTasks(): readonly string[] {
    return [...this.#tasks].filter((id) => {
      const state = this.#moving.get(id)?.report.state;
      return state !== "SUCCEEDED" && state !== "FAILED";
    });
  }

  /** Ids of all its transfers, in order. */
  get tasks(): readonly string[] {
    return [...this.#tasks];
  }

  /** @param now monotonic seconds */
  takeTasks(reports: ReadonlyMap<string, TaskReport>, now: number): void {
    for (const id of this.#tasks) {
      const report = reports.get(id);
      if (report === undefined) continue;
      const before = this.#moving.get(id);
      const moved = before === undefined || report.bytesTransferred > before.report.bytesTransferred || report.isOk;
      this.#moving.set(id, { report, movedAt: moved ? now : before.movedAt });
    }
  }

  /** Whether one of its transfers goes on. */
  get isMoving(): boolean {
    return [...this.#moving.values()].some(({ report: { state } }) => state === "ACTIVE" || state === "INACTIVE");
  }

  /** Why it will not come to its end, a clause; undefined: it may. @param now monotonic seconds */
  hopeless(now: number, stuckSeconds: number): string | undefined {
    for (const { report, movedAt } of this.#moving.values()) {
      const why = report.state === "ACTIVE" ? hopelessText(report, now - movedAt, stuckSeconds) : undefined;
      if (why !== undefined) return why;
    }
    return undefined;
  }

  now(record: FlowRunRecord): RunNow {
    const report = { ...this.#report, step: this.#report.step || this.#step, tasks: this.tasks };
    const transfers = this.tasks.flatMap((id) => this.#moving.get(id)?.report ?? []);
    const transfer = transfers.map(transferText).findLast((text) => text !== "") ?? "";
    const words = runWords(report, { flowName: record.flowName, transfer });
    const isWell = words.outcome === "running" || words.outcome === "succeeded";
    const message = isWell ? (transfer === "" ? "" : asSentence(transfer)) : words.sentence;
    return { record, report, words, message, transfers };
  }

  #add(tasks: readonly string[]): void {
    for (const task of tasks) this.#tasks.add(task);
  }
}

/** What a transfer that has not ended waits for or complains of, a clause; "": nothing. */
function transferText({ state, isPaused, isOk, niceStatus, description, ahead }: TaskReport): string {
  if (state === "SUCCEEDED" || state === "FAILED") return "";
  if (isPaused) return wordsFor("PAUSED")?.words ?? "";
  if (niceStatus === "Queued")
    return ahead === 0 ? "its transfer is queued" : `its transfer is queued behind ${ahead} tasks of this account`;
  if (isOk && state === "ACTIVE") return "";
  return wordsFor(niceStatus)?.words ?? (description || niceStatus);
}
