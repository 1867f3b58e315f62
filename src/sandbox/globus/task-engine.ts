/**
 * How the simulated Transfer's tasks come on: three transfers and three deletes of a user at a time, the rest queued,
 * each collection's bytes per second shared by the tasks that run on it, a step after the other, faults and their next
 * attempts, pauses and deadlines. All of it follows from the clock alone, whether anybody looks or not: what happened
 * since the last look is caught up with, each thing at its own time. What a step does to files is task-steps.ts.
 */
import type { Cancel, Clock } from "../../base/clock.ts";
import type { Collection } from "./collection.ts";
import { iso } from "./documents.ts";
import { faultOf, faultRow, type TaskFault } from "./task-faults.ts";
import { beginStep, copyBytes, endStep, touchStep } from "./task-steps.ts";
import { isOption, isPaused, type Task, type TaskEnd, type TaskStep } from "./tasks.ts";

/** Tasks of one kind and user at a time (globus.md §3.3). */
const SLOTS = 3;
/** Not published: until the next attempt after a fault, and between two PROGRESS events. */
const RETRY_SECONDS = 30;
const PROGRESS_SECONDS = 60;
/** Transfer's own deadlines move this far from the last progress, and from a pause. */
const AFTER_PROGRESS_MILLISECONDS = 72 * 3600 * 1000;
const AFTER_PAUSE_MILLISECONDS = 90 * 24 * 3600 * 1000;
/** Nobody looks: so many bytes are written in one go at most. */
const MOST_BYTES_AT_ONCE = 4 * 1024 * 1024;
const SHORTEST_WAIT_SECONDS = 0.05;
/** Times closer than this are one. */
const EPSILON = 1e-6;

export class TaskEngine {
  /** By id, in the order of submission. */
  readonly taskById = new Map<string, Task>();
  readonly #clock: Clock;
  /** Those that have not ended. */
  #active: Task[] = [];
  /** Those among them that have a place. */
  #placed: Task[] = [];
  /** Seconds of the clock that all is caught up with. */
  #time: number;
  #cancel: Cancel = () => {};
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#time = clock.monotonic();
  }
  /** @param queuedSeconds until it may start */
  add(task: Task, queuedSeconds: number): void {
    this.catchUp();
    task.notBefore = this.#time + queuedSeconds;
    this.taskById.set(task.id, task);
    this.#active.push(task);
    this.catchUp();
  }
  /** Does something to tasks or collections at this moment, not before. */
  change(action: () => void): void {
    this.catchUp();
    action();
    this.catchUp();
  }
  /** Ends a task. */
  end(task: Task, status: TaskEnd["status"], fatal: TaskEnd["fatal"], event: string): void {
    const time = this.#wall();
    task.ended = { status, fatal, time };
    task.isRunning = false;
    task.work = undefined;
    if (task.skippedErrors.length > 0) this.#tell(task, "SKIPPED_ERRORS", "skipped errors", "paths were skipped", true);
    this.#tell(task, event, event.toLowerCase(), fatal?.description ?? progressOf(task, time), status === "FAILED");
    this.#active = this.#active.filter((one) => one !== task);
  }
  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }
  /** Everything that was to happen until now has happened then. */
  catchUp(): void {
    const until = this.#clock.monotonic();
    for (;;) {
      this.#settle();
      const next = this.#nextAt();
      const to = Math.max(this.#time, Math.min(next, until));
      this.#work(to - this.#time);
      this.#time = to;
      if (next > until + EPSILON) break;
      this.#finishDue();
    }
    this.#schedule();
  }
  /** The wall clock at the time that is caught up with. */
  #wall(): number {
    return this.#clock.now() - (this.#clock.monotonic() - this.#time) * 1000;
  }
  #schedule(): void {
    this.#cancel();
    if (this.#isClosed || this.#active.length === 0) return;
    const rates = this.#running.filter(({ work }) => work?.step.kind === "file").map((task) => this.#rateOf(task));
    const piece = Math.max(SHORTEST_WAIT_SECONDS, MOST_BYTES_AT_ONCE / Math.max(0, ...rates));
    const seconds = Math.min(this.#nextAt() - this.#time, piece);
    if (seconds === Infinity) return; // only a person or an administrator lets it go on
    this.#cancel = this.#clock.after(Math.max(0, seconds), () => this.catchUp());
  }
  /**
   * Ends what has reached its deadline, tells of pauses, breaks off what a fault has met, gives places away and begins
   * steps, until none is at once.
   */
  #settle(): void {
    for (const task of this.#active) {
      this.#notePause(task);
      if (this.#wall() >= task.deadline && !task.wasPaused)
        this.end(task, "FAILED", { code: "EXPIRED", description: "deadline reached" }, "EXPIRED");
    }
    for (const task of this.#running) {
      const { work } = task;
      if (work !== undefined) this.#attempt(task, work.step, () => touchStep(task, work.step));
    }
    for (let isNew = true; isNew; ) {
      isNew = false;
      this.#giveSlots();
      for (const task of this.#running.filter(({ work }) => work === undefined)) {
        isNew = true;
        this.#begin(task);
      }
    }
  }
  #notePause(task: Task): void {
    const paused = isPaused(task);
    if (paused === task.wasPaused) return;
    task.wasPaused = paused;
    this.#tell(task, paused ? "PAUSED" : "UNPAUSED", paused ? "paused" : "unpaused", "by an administrator");
    if (paused && task.hasUsualDeadline)
      task.deadline = Math.max(task.deadline, this.#wall() + AFTER_PAUSE_MILLISECONDS);
  }
  #giveSlots(): void {
    const used = new Map<string, number>();
    const canRun = (task: Task): boolean =>
      !task.isSuspended && !task.wasPaused && task.notBefore <= this.#time + EPSILON;
    const keyOf = ({ owner, type }: Task): string => `${type} ${owner}`;
    const count = (task: Task): number => used.get(keyOf(task)) ?? 0;
    for (const task of this.#active) {
      task.isRunning &&= canRun(task);
      if (task.isRunning) used.set(keyOf(task), count(task) + 1);
    }
    for (const task of this.#active) {
      if (task.isRunning || !canRun(task) || count(task) >= SLOTS) continue;
      used.set(keyOf(task), count(task) + 1);
      task.isRunning = true;
      task.progressDue = this.#time + PROGRESS_SECONDS;
      if (task.started !== undefined) continue;
      task.started = this.#wall();
      const details = { type: task.type.toLowerCase(), concurrency: 1, protocol: "simulated" };
      this.#tell(task, "STARTED", "started", JSON.stringify(details));
    }
    this.#placed = this.#active.filter(({ isRunning }) => isRunning);
  }
  get #running(): Task[] {
    return this.#placed.filter(({ isRunning }) => isRunning);
  }
  /** Takes the next step of a task that runs; without one it is done, or waits for the next attempt. */
  #begin(task: Task): void {
    const due = task.retrying.findIndex(({ notBefore }) => notBefore <= this.#time + EPSILON);
    const step = due >= 0 ? task.retrying.splice(due, 1)[0] : task.steps.pop();
    if (step === undefined) {
      if (task.retrying.length === 0) return this.end(task, "SUCCEEDED", null, "SUCCEEDED");
      task.notBefore = Math.min(...task.retrying.map(({ notBefore }) => notBefore));
      task.isRunning = false;
      return;
    }
    this.#attempt(task, step, () => {
      task.work = beginStep(task, step);
      if (task.work === undefined) this.#succeed(task);
    });
  }
  /** Does a part of a step; what goes wrong is the task's fault from then on. */
  #attempt(task: Task, step: TaskStep, action: () => void): void {
    try {
      action();
    } catch (thrown) {
      task.work = undefined;
      this.#fail(task, step, faultOf(thrown, "source", step.source));
    }
  }
  #fail(task: Task, step: TaskStep, fault: TaskFault): void {
    const row = faultRow(fault.code);
    if (row.isSkippable === true && fault.side === "source" && isOption(task, "skip_source_errors"))
      return this.#skip(task, step, fault);
    task.counts.faults += 1;
    this.#tell(task, fault.code, row.says, fault.message, true);
    const isFatal =
      fault.isFatal ||
      task.type === "DELETE" ||
      row.isFatal === true ||
      (row.isFatal !== undefined && isOption(task, row.isFatal));
    if (isFatal && row.needsPerson !== true)
      return this.end(task, "FAILED", { code: fault.code, description: fault.message }, "FAILED");
    task.trouble = fault;
    if (row.needsPerson === true) task.isSuspended = true;
    step.notBefore = this.#time + RETRY_SECONDS;
    if (row.holds === "path") return void task.retrying.push(step);
    task.steps.push(step);
    task.notBefore = step.notBefore;
    task.isRunning = false;
  }
  #skip(task: Task, step: TaskStep, fault: TaskFault): void {
    task.skippedErrors.push({
      DATA_TYPE: "skipped_error",
      checksum_algorithm: null,
      destination_path: step.kind === "delete" ? null : step.destination,
      error_code: fault.code,
      error_details: fault.message,
      error_time: iso(this.#wall()),
      external_checksum: null,
      is_delete_destination_extra: false,
      is_directory: step.kind === "dir",
      is_symlink: false,
      source_path: step.source,
    });
  }
  #succeed(task: Task): void {
    task.counts.subtasks_succeeded += 1;
    if (task.retrying.length === 0) task.trouble = undefined;
    if (task.hasUsualDeadline) task.deadline = Math.max(task.deadline, this.#wall() + AFTER_PROGRESS_MILLISECONDS);
  }
  /** Bytes per second of a task that runs: what is left of the slower of its two collections. */
  #rateOf(task: Task): number {
    const share = (collection: Collection | undefined): number =>
      collection === undefined ? Infinity : collection.bytesPerSecond / Math.max(1, this.#runningOn(collection));
    return Math.min(share(task.source), share(task.destination));
  }
  #runningOn(collection: Collection): number {
    const isOn = ({ source, destination, type }: Task): boolean =>
      type === "TRANSFER" && (source === collection || destination === collection);
    return this.#running.filter(isOn).length;
  }
  /** Seconds that the step of a task still takes. */
  #secondsLeft(task: Task, work = task.work): number {
    if (work === undefined) return Infinity;
    const ofBytes = work.moved >= work.bytes ? 0 : (work.bytes - work.moved) / this.#rateOf(task);
    return Math.max(work.seconds, ofBytes);
  }
  /** When the next thing happens that nobody has to do. */
  #nextAt(): number {
    let next = Infinity;
    for (const task of this.#active) {
      const isWaiting = !task.isRunning && !task.isSuspended && !task.wasPaused;
      if (isWaiting && task.notBefore > this.#time + EPSILON) next = Math.min(next, task.notBefore);
      if (task.isRunning) next = Math.min(next, this.#time + this.#secondsLeft(task), task.progressDue);
      if (!task.wasPaused) next = Math.min(next, this.#time + (task.deadline - this.#wall()) / 1000);
    }
    return Math.max(next, this.#time);
  }
  /** Lets bytes go and time pass for what runs. */
  #work(seconds: number): void {
    if (seconds <= 0) return;
    const moves = this.#running.map((task) => [task, this.#rateOf(task) * seconds] as const);
    for (const [task, bytes] of moves) {
      const { work } = task;
      if (work === undefined) continue;
      work.seconds = Math.max(0, work.seconds - seconds);
      work.moved = Math.min(work.bytes, work.moved + bytes);
      this.#attempt(task, work.step, () => copyBytes(task, work));
    }
  }
  #finishDue(): void {
    const running = this.#running;
    const done = running.filter((task) => this.#secondsLeft(task) <= EPSILON);
    for (const task of done) {
      const { work } = task;
      if (work === undefined) continue;
      work.moved = work.bytes;
      this.#attempt(task, work.step, () => {
        endStep(task, work, this.#wall());
        task.work = undefined;
        this.#succeed(task);
      });
    }
    for (const task of running) {
      if (task.ended !== undefined || task.progressDue > this.#time + EPSILON) continue;
      task.progressDue = this.#time + PROGRESS_SECONDS;
      this.#tell(task, "PROGRESS", "progress", progressOf(task, this.#wall()));
    }
  }
  #tell(task: Task, code: string, description: string, details: string, isError = false): void {
    task.events.push({ code, description, details, isError, time: this.#wall() });
  }
}

/** The JSON text of PROGRESS and of the end. */
function progressOf({ started, counts }: Task, now: number): string {
  const duration = (now - (started ?? now)) / 1000;
  const mbps = duration === 0 ? 0 : (counts.bytes_transferred * 8) / 1e6 / duration;
  return JSON.stringify({ bytes_transferred: counts.bytes_transferred, duration, mbps });
}
