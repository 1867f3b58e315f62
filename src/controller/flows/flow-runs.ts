/**
 * The runs of flows of a site: those that people ask for are started here, once each, and all are followed, those of
 * destinations of the queue among them. It goes on where the process before has ended, for all it knows is in the
 * ledger. Commands and PVs ask and look here.
 */
import { AccessDeniedError, type CallOptions } from "../ports/call.ts";
import type { RunReport } from "../ports/flows.ts";
import type { FlowRunRecord } from "../ports/queue-ledger.ts";
import { Breaker } from "../transfers/back-off.ts";
import type { Road } from "../transfers/road.ts";
import { ASKED } from "../transfers/submissions.ts";
import { verdictOn } from "../transfers/verdict.ts";
import type { RunNow } from "./followed-run.ts";
import { RunStarts, type WantedRun } from "./run-starts.ts";
import { type EndedRun, RunWatch, type RunWatchOptions } from "./run-watch.ts";
import { GONE_RUN } from "./run-words.ts";

/** What a person asks for. */
export type AskedFlowRun = Omit<WantedRun, "destination" | "scans">;

/** The last run that a person has asked for, as it stands. */
export interface AskedRunNow {
  readonly record: FlowRunRecord;
  /** Undefined: it has not begun, or was not seen since the start of this process. */
  readonly now: RunNow | undefined;
  /** Why it has not begun, or cannot be followed, a sentence; undefined: nothing hinders it. */
  readonly trouble: string | undefined;
}

export class FlowRuns {
  readonly #options: RunWatchOptions;
  readonly #road: Road;
  readonly starts: RunStarts;
  readonly watch: RunWatch;
  readonly #breaker: Breaker;
  /** Our ids of runs that are being started. */
  readonly #starting = new Set<string>();
  /** Behind it another object goes on with the ledger: a start that is under way here ends. */
  #until = NEVER;

  /** @param options `onEnd`: of runs for destinations alone */
  constructor(options: RunWatchOptions) {
    this.#options = options;
    this.#road = options.road;
    this.starts = new RunStarts(options.road, options.flows, options.tasks);
    this.#breaker = new Breaker(options.road.random);
    this.watch = new RunWatch({
      ...options,
      onEnd: async (end, signal) => {
        if (end.record.destination === ASKED) await this.#askedEnded(end);
        else await options.onEnd(end, signal);
      },
    });
  }

  /** The last run that a person has asked for; undefined: there was none. */
  get asked(): AskedRunNow | undefined {
    const record = this.#askedRecords().at(-1);
    if (record === undefined) return undefined;
    const now = this.watch.nowOf(record);
    const trouble = record.run === undefined ? this.#breaker.trouble : this.watch.trouble;
    return { record, now, trouble };
  }

  /** A run under way, or the last that was asked for, by Flows' id of it. */
  nowOf(run: string): RunNow | undefined {
    const record = this.#road.queue.flowRuns.all.find((one) => one.run === run);
    return record === undefined ? undefined : this.watch.nowOf(record);
  }

  /**
   * Starts a run. Once it is in the ledger it is started, now or later, whatever happens to this call.
   * @throws what Flows says; UnavailableError: Flows is asked again until it answers
   */
  start(asked: AskedFlowRun, { signal = NEVER }: CallOptions): Promise<RunReport> {
    const options = { signal: AbortSignal.any([signal, this.#until]) };
    return this.#road.step(async () => {
      const record = await this.starts.newRecord({ ...asked, destination: ASKED, scans: [] }, options);
      this.#starting.add(record.id); // before the worker can see the record
      await this.#road
        .change(() => [{ flowRun: record }, ...this.#overRecords()])
        .catch((thrown: unknown) => {
          this.#starting.delete(record.id);
          throw thrown;
        });
      return await this.#begin(record, options);
    });
  }

  async cancel(run: string, options: CallOptions): Promise<void> {
    await this.#options.flows.cancel(run, options);
    this.watch.hurry();
  }

  /** @throws LoginNeededError, with the command that gives the consent */
  async resume(run: string, flow: string, options: CallOptions): Promise<void> {
    await this.#options.flows.resume(run, flow, options);
    this.watch.hurry();
  }

  /** A person wants everything tried at once. */
  hurry(): void {
    this.#breaker.hurry();
    this.watch.hurry();
    this.#road.wakeAll();
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
  async run(signal: AbortSignal): Promise<void> {
    this.#until = signal;
    await Promise.all([this.#startLeft(signal), this.watch.run(signal)]);
  }

  /** Starts what an earlier process, or a call that was cut short, has left. */
  async #startLeft(signal: AbortSignal): Promise<void> {
    const wake = this.#road.wake();
    const { clock } = this.#road;
    for (;;) {
      const left = this.#askedRecords().filter(
        ({ id, run, isOver }) => run === undefined && isOver !== true && !this.#starting.has(id),
      );
      const blocked = this.#breaker.waitSeconds(clock.monotonic());
      if (left.length === 0) await wake.wait(clock, Infinity, signal);
      else if (blocked > 0) await wake.wait(clock, blocked, signal);
      else for (const record of left) await this.#startOne(record, signal);
    }
  }

  /** One that cannot be started, as that of another login, holds up no other. @throws the signal's reason */
  async #startOne(record: FlowRunRecord, signal: AbortSignal): Promise<void> {
    try {
      await this.#begin(record, { signal });
    } catch (thrown) {
      const verdict = verdictOn(thrown, signal);
      this.#road.logBug(verdict, thrown);
      if (this.#road.queue.flowRuns.of(record.id) !== undefined) return; // it is tried again, and told by `asked`
      this.#road.say(`The run that was asked for is not started: ${verdict.sentence}`, "MAJOR");
    }
  }

  async #begin(record: FlowRunRecord, options: CallOptions): Promise<RunReport> {
    this.#starting.add(record.id);
    try {
      const report = await this.starts.begin(record, options);
      this.#breaker.works();
      await this.#road.change(() => [{ flowRun: { ...record, run: report.id } }]);
      this.watch.begun(record, report);
      return report;
    } catch (thrown) {
      const { about, sentence, afterSeconds } = verdictOn(thrown, options.signal ?? NEVER);
      this.#breaker.failed(this.#road.clock.monotonic(), sentence, afterSeconds);
      // Refused, which the person is told: it must not be started behind the person's back later.
      const isRefused = about === "scan" || (thrown instanceof AccessDeniedError && !this.starts.isInDoubt(record));
      if (isRefused) await this.#forget(record);
      throw thrown;
    } finally {
      this.#starting.delete(record.id);
      this.#road.wakeAll();
    }
  }

  async #forget({ id }: FlowRunRecord): Promise<void> {
    await this.#road.change(() => [{ forgetFlowRun: id }]);
    this.starts.forget(id);
    this.#breaker.works();
  }

  async #askedEnded({ record, now }: EndedRun): Promise<void> {
    if (now === undefined) {
      this.#road.say(`The run ${record.run} of the flow ${record.flowName} is gone: ${GONE_RUN}.`, "MAJOR");
      await this.#road.change(() => [{ forgetFlowRun: record.id }]);
      return;
    }
    const { sentence, severity } = now.words;
    this.#road.say(sentence, severity);
    await this.#road.change(() => [{ flowRun: { ...record, isOver: true } }]);
  }

  #askedRecords(): readonly FlowRunRecord[] {
    return this.#road.queue.flowRuns.all.filter(({ destination }) => destination === ASKED);
  }

  /** What of earlier runs that have ended is forgotten. */
  #overRecords(): readonly { readonly forgetFlowRun: string }[] {
    return this.#askedRecords().flatMap(({ id, isOver }) => (isOver === true ? [{ forgetFlowRun: id }] : []));
  }
}

const NEVER = new AbortController().signal;
