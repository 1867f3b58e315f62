/**
 * Follows all runs of flows that are under way: one list of runs a look, and the tasks of Transfer that they name with
 * two requests, however many there are; a log only where a run has changed. What becomes of a scan whose run has ended
 * is others' business.
 */
import { asSentence } from "../../base/errors.ts";
import { NotFoundError } from "../ports/call.ts";
import type { Flows, RunReport } from "../ports/flows.ts";
import type { FlowRunRecord } from "../ports/queue-ledger.ts";
import type { TransferTasks } from "../ports/transfer-tasks.ts";
import { GONE_SECONDS, Looks, type Sight } from "../transfers/looks.ts";
import type { Road } from "../transfers/road.ts";
import { FollowedRun, type RunNow } from "./followed-run.ts";
import { otherLoginText } from "./run-starts.ts";
import { isOver } from "./run-words.ts";

/** A record whose run is known. */
export type BegunRecord = FlowRunRecord & { readonly run: string };

/** How a run has ended. */
export interface EndedRun {
  readonly record: BegunRecord;
  /** Undefined: Flows no longer has it. */
  readonly now: RunNow | undefined;
  /** Why we have ended it, a clause. */
  readonly stopped: string | undefined;
}

export interface RunWatchOptions {
  readonly road: Road;
  readonly flows: Flows;
  readonly tasks: TransferTasks;
  readonly pollSeconds: number;
  /**
   * Takes the end of a run: behind it the record is forgotten, or is over.
   * @throws why something cannot be looked at now: it is told again with the next look
   */
  readonly onEnd: (end: EndedRun, signal: AbortSignal) => Promise<void>;
}

export class RunWatch {
  readonly #options: RunWatchOptions;
  readonly #followed = new Map<string, FollowedRun>();
  /** What was said last of a run that waits. */
  readonly #said = new Map<string, string>();
  /** By our id: runs that were ended because nobody wants them any more, or they would not end, with why. */
  readonly #stopped = new Map<string, string>();
  readonly #unseenSince = new Map<string, number>();
  readonly #looks: Looks;
  /** By our id: why a run of another login is not looked at, a sentence. */
  readonly #foreign = new Map<string, string>();

  constructor(options: RunWatchOptions) {
    this.#options = options;
    this.#looks = new Looks({
      ...options,
      what: "The runs of Globus Flows",
      count: () => this.#records().length,
      look: (look, signal) => this.#look(look, signal),
    });
  }

  /** A person wants everything looked at at once. */
  hurry(): void {
    this.#looks.hurry();
  }

  /** Why some run cannot be seen, a sentence. */
  get trouble(): string | undefined {
    return this.#looks.trouble;
  }

  /** @returns undefined where it was not seen yet */
  nowOf(record: FlowRunRecord): RunNow | undefined {
    return this.#followed.get(record.id)?.now(record);
  }

  /** Why this run cannot be seen, a sentence; undefined: it can. */
  troubleOf({ id, run = "" }: FlowRunRecord): string | undefined {
    return this.#foreign.get(id) ?? this.#looks.troubleOf(run);
  }

  /** A run has begun, and Flows has told of it. */
  begun(record: FlowRunRecord, report: RunReport): void {
    this.#followed.set(record.id, new FollowedRun(report));
    this.#looks.call();
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
  run(signal: AbortSignal): Promise<void> {
    return this.#looks.run(signal);
  }

  /** Runs that have not ended, and a person's last one until it was seen. */
  #records(): readonly BegunRecord[] {
    return this.#options.road.queue.flowRuns.all.filter(
      (record): record is BegunRecord =>
        record.run !== undefined && (record.isOver !== true || !this.#followed.has(record.id)),
    );
  }

  async #look(look: Sight, signal: AbortSignal): Promise<void> {
    const { road, flows, tasks } = this.#options;
    const records = this.#records();
    for (const id of this.#followed.keys()) if (road.queue.flowRuns.of(id) === undefined) this.#followed.delete(id);
    const owner = await tasks.owner({ signal });
    const ours = records.filter((record) => record.owner === owner);
    this.#foreign.clear();
    for (const record of records) {
      if (ours.includes(record)) continue;
      if (record.isOver !== true && road.queue.isCarried(record)) {
        const sentence = asSentence(otherLoginText(record.owner, owner, record.request.label));
        this.#foreign.set(record.id, sentence);
        look.hindered(sentence);
      } else await road.change(() => [{ forgetFlowRun: record.id }]); // this login neither sees nor ends it
    }
    if (ours.length === 0) return;
    const open = new Map((await flows.runs({ isOpen: true }, { signal })).map((report) => [report.id, report]));
    for (const record of ours) await look.each(record.run, () => this.#see(record, open.get(record.run), signal));
    const seen = ours.filter(({ run }) => look.isDue(run)); // what cannot be seen now is tried again later
    await this.#seeTasks(seen, signal);
    for (const record of seen) await look.each(record.run, () => this.#take(record, signal));
  }

  /** @param listed undefined: it has ended, or its state is not known, or Flows does not list it yet */
  async #see(record: BegunRecord, listed: RunReport | undefined, signal: AbortSignal): Promise<void> {
    const { road, flows } = this.#options;
    const report = listed ?? (await this.#oneRun(record, signal));
    if (report === undefined) return;
    this.#unseenSince.delete(record.id);
    const followed = this.#followed.get(record.id) ?? new FollowedRun(report);
    this.#followed.set(record.id, followed);
    followed.takeReport(report);
    if (!followed.wantsLog(road.clock.monotonic())) return;
    followed.takeLog(await flows.log(record.run, { signal }, followed.lastEntry), road.clock.monotonic());
  }

  /** @returns undefined where Flows has it not, for now or for good */
  async #oneRun({ id, run }: BegunRecord, signal: AbortSignal): Promise<RunReport | undefined> {
    try {
      return await this.#options.flows.run(run, { signal });
    } catch (thrown) {
      if (!(thrown instanceof NotFoundError)) throw thrown;
      if (!this.#unseenSince.has(id)) this.#unseenSince.set(id, this.#options.road.clock.monotonic());
      return undefined;
    }
  }

  async #seeTasks(records: readonly BegunRecord[], signal: AbortSignal): Promise<void> {
    const followed = records.flatMap(({ id }) => this.#followed.get(id) ?? []);
    const ids = [...new Set(followed.flatMap(({ openTasks }) => openTasks))];
    if (ids.length === 0) return;
    const reports = await this.#options.tasks.tasks(ids, { signal });
    for (const one of followed) one.takeTasks(reports, this.#options.road.clock.monotonic());
  }

  async #take(record: BegunRecord, signal: AbortSignal): Promise<void> {
    const { road, onEnd } = this.#options;
    const now = this.nowOf(record);
    const unseen = this.#unseenSince.get(record.id);
    if (unseen !== undefined) {
      if (road.clock.monotonic() - unseen < GONE_SECONDS) return;
    } else if (now === undefined || !isOver(now.report)) {
      if (now !== undefined) await this.#progress(record, now, signal);
      return;
    } else if (record.scans.length > 0 && this.#followed.get(record.id)?.isMoving === true) {
      return; // its transfer goes on without it, and another run of the scan would meet it
    }
    if (record.isOver !== true)
      await onEnd(
        { record, now: unseen === undefined ? now : undefined, stopped: this.#stopped.get(record.id) },
        signal,
      );
    else if (unseen !== undefined) await road.change(() => [{ forgetFlowRun: record.id }]);
    this.#forget(record);
  }

  #forget({ id, run }: BegunRecord): void {
    if (this.#options.road.queue.flowRuns.of(id) === undefined) this.#followed.delete(id);
    this.#unseenSince.delete(id);
    this.#said.delete(id);
    this.#stopped.delete(id);
    this.#looks.forget(run);
  }

  async #progress(record: BegunRecord, { words, report }: RunNow, signal: AbortSignal): Promise<void> {
    const { road, flows } = this.#options;
    const isToldOf = words.outcome === "waiting" || words.outcome === "unknown";
    if (isToldOf && this.#said.get(record.id) !== words.sentence) road.say(words.sentence, words.severity);
    if (isToldOf) this.#said.set(record.id, words.sentence);
    else this.#said.delete(record.id);
    if (record.scans.length === 0 || this.#stopped.has(record.id)) return;
    const why = road.queue.isCarried(record)
      ? this.#followed.get(record.id)?.hopeless(road.clock.monotonic(), road.site.rules.stuckSeconds)
      : "its scan was given up";
    if (why === undefined) return;
    await flows.cancel(report.id, { signal });
    this.#stopped.set(record.id, why);
    road.say(`The run ${report.id} for ${record.destination} was cancelled: ${why}.`, "MAJOR");
  }
}
