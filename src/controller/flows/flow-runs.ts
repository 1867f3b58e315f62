/**
 * The runs of flows of a site: those that people ask for are started here, once each, and all are followed, those of
 * destinations of the queue among them. It goes on where the process before has ended, for all it knows is in the
 * ledger. Commands and PVs ask and look here.
 */
import { CancelledError } from "../../base/errors.ts";
import { AccessDeniedError, type CallOptions, NotFoundError } from "../ports/call.ts";
import type { RunReport } from "../ports/flows.ts";
import type { FlowRunRecord } from "../ports/queue-ledger.ts";
import { RejectedError, StoppingError } from "../run/outcome.ts";
import { Breaker } from "../transfers/back-off.ts";
import type { Road } from "../transfers/road.ts";
import { ASKED } from "../transfers/submissions.ts";
import { verdictOn } from "../transfers/verdict.ts";
import type { RunNow } from "./followed-run.ts";
import { OtherLoginError, RunStarts, type WantedRun } from "./run-starts.ts";
import { type EndedRun, RunWatch, type RunWatchOptions } from "./run-watch.ts";
import { GONE_RUN } from "./run-words.ts";
import { waitingText } from "./waiting-run.ts";

/** What a person asks for. */
export type AskedFlowRun = Omit<WantedRun, "destination" | "scans">;

/** The last run that a person has asked for, as it stands. */
export interface AskedRunNow {
  readonly record: FlowRunRecord;
  /** Undefined: it has not begun, or was not seen since the start of this process. */
  readonly now: RunNow | undefined;
  /** Why it cannot be followed, or that and why it has not begun, a sentence; undefined: nothing hinders it. */
  readonly trouble: string | undefined;
}

/** What is done with one record at a time. */
interface RecordWork {
  readonly abort: AbortController;
  readonly ended: Promise<unknown>;
}

export class FlowRuns {
  readonly #options: RunWatchOptions;
  readonly #road: Road;
  readonly starts: RunStarts;
  readonly watch: RunWatch;
  readonly #breaker: Breaker;
  /** By our id: runs that are being started, or taken back. */
  readonly #underWay = new Map<string, RecordWork>();
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
    const record = this.#waiting ?? this.#askedRecords().at(-1);
    if (record === undefined) return undefined;
    const now = this.watch.nowOf(record);
    const trouble =
      record.run === undefined ? waitingText(record, this.#breaker.trouble) : this.watch.troubleOf(record);
    return { record, now, trouble };
  }

  /** The first that has not begun. */
  get #waiting(): FlowRunRecord | undefined {
    return this.#askedRecords().find(({ run, isOver }) => run === undefined && isOver !== true);
  }

  /** A run under way, or the last that was asked for, by Flows' id of it. */
  nowOf(run: string): RunNow | undefined {
    const record = this.#road.queue.flowRuns.all.find((one) => one.run === run);
    return record === undefined ? undefined : this.watch.nowOf(record);
  }

  /**
   * Starts a run. Once it is in the ledger it is started, now or later, whatever happens to this call, unless it is
   * withdrawn, or this call is aborted while the IOC goes on.
   * @throws RejectedError where an earlier one has not begun; what Flows says: `asked` tells whether it starts later
   */
  start(asked: AskedFlowRun, { signal = NEVER }: CallOptions): Promise<RunReport> {
    const options = { signal: AbortSignal.any([signal, this.#until]) };
    return this.#road.step(async () => {
      this.#requireNoneWaits(); // it would be two runs of one wish
      const record = await this.starts.newRecord({ ...asked, destination: ASKED, scans: [] }, options);
      // The worker, which sees the record with the change, leaves alone what is under way.
      return await this.#alone(record.id, options.signal, async (within) => {
        await this.#road.change(() => [{ flowRun: record }, ...this.#overRecords()]);
        try {
          return await this.#begin(record, { signal: within });
        } catch (thrown) {
          if (signal.aborted && !(signal.reason instanceof StoppingError)) await this.#giveUp(record.id);
          throw thrown;
        }
      });
    });
  }

  /** The worker takes it back. */
  async #giveUp(id: string): Promise<void> {
    const record = this.#road.queue.flowRuns.of(id);
    if (record !== undefined && record.run === undefined)
      await this.#road.change(() => [{ flowRun: { ...record, ...WITHDRAWN } }]);
  }

  #requireNoneWaits(): void {
    const waiting = this.#waiting;
    if (waiting !== undefined) throw new RejectedError(waitingText(waiting, this.#breaker.trouble));
  }

  /**
   * Takes back a run that has not begun, as far as is known; on disk first, so that it is done whatever comes.
   * @returns Flows' id where it had begun all the same, and Flows was asked to cancel it
   * @throws OtherLoginError: it is given up, and only that login sees whether it has begun; what Flows says: `asked`
   * tells of it, and it is taken back once Flows answers
   */
  async withdraw(record: FlowRunRecord, { signal = NEVER }: CallOptions): Promise<string | undefined> {
    await this.#road.change(() => [
      { flowRun: { ...(this.#road.queue.flowRuns.of(record.id) ?? record), ...WITHDRAWN } },
    ]);
    const underWay = this.#underWay.get(record.id);
    underWay?.abort.abort(new CancelledError("The run was withdrawn."));
    await underWay?.ended.catch(() => undefined); // told to whoever has begun it
    this.hurry();
    return await this.#alone(record.id, AbortSignal.any([signal, this.#until]), (within) =>
      this.#takeBack(record.id, { signal: within }),
    );
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
        ({ id, run, isOver, isWithdrawn }) =>
          isOver !== true && (run === undefined || isWithdrawn === true) && !this.#underWay.has(id),
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
      await this.#alone(record.id, signal, async (within) => {
        const now = this.#road.queue.flowRuns.of(record.id);
        if (now?.isWithdrawn === true) await this.#takeBack(now.id, { signal: within });
        else if (now !== undefined && now.run === undefined) await this.#begin(now, { signal: within });
      });
    } catch (thrown) {
      if (thrown instanceof CancelledError && !signal.aborted) return; // withdrawn meanwhile
      const verdict = verdictOn(thrown, signal);
      this.#road.logBug(verdict, thrown);
      if (this.#road.queue.flowRuns.of(record.id) !== undefined) return; // it is tried again, and told by `asked`
      this.#road.say(`The run that was asked for is not started: ${verdict.sentence}`, "MAJOR");
    }
  }

  /** One thing at a time is done with a record. @param work its signal is aborted where the run is withdrawn, too */
  async #alone<T>(id: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    for (let before = this.#underWay.get(id); before !== undefined; before = this.#underWay.get(id))
      await before.ended.catch(() => undefined);
    const abort = new AbortController();
    const ended = work(AbortSignal.any([signal, abort.signal]));
    this.#underWay.set(id, { abort, ended });
    try {
      return await ended;
    } finally {
      this.#underWay.delete(id);
      this.#road.wakeAll();
    }
  }

  async #begin(record: FlowRunRecord, options: CallOptions): Promise<RunReport> {
    try {
      const report = await this.starts.begin(record, options);
      this.#breaker.works();
      await this.#putRun(record, report);
      return report;
    } catch (thrown) {
      this.#failed(thrown, options);
      const { about } = verdictOn(thrown, options.signal ?? NEVER);
      // Refused, which the person is told: it must not be started behind the person's back later.
      const isRefused = about === "scan" || (thrown instanceof AccessDeniedError && !this.starts.isInDoubt(record));
      if (isRefused) await this.#forget(record);
      throw thrown;
    }
  }

  /** @returns as `withdraw` */
  async #takeBack(id: string, options: CallOptions): Promise<string | undefined> {
    const record = this.#road.queue.flowRuns.of(id);
    if (record?.isWithdrawn !== true) return record?.run; // another has done it
    try {
      let { run } = record;
      if (run === undefined && this.starts.isInDoubt(record)) {
        const report = await this.starts.find(record, options);
        if (report !== undefined) await this.#putRun(record, report);
        run = report?.id;
      }
      if (run === undefined) {
        await this.#forget(record);
        return undefined;
      }
      await this.cancel(run, options).catch(unlessGone); // the watch tells of one that is gone, and forgets it
      await this.#road.change(() => {
        const now = this.#road.queue.flowRuns.of(id);
        if (now === undefined) return []; // forgotten meanwhile: back without its run, it would be started anew
        const { isWithdrawn: _, ...kept } = now;
        return [{ flowRun: kept }];
      });
      this.#breaker.works();
      return run;
    } catch (thrown) {
      this.#failed(thrown, options);
      if (thrown instanceof OtherLoginError) await this.#forget(record);
      throw thrown;
    }
  }

  /** What was asked for while Flows answered stays in the record. */
  async #putRun(record: FlowRunRecord, report: RunReport): Promise<void> {
    const { queue } = this.#road;
    await this.#road.change(() => [{ flowRun: { ...(queue.flowRuns.of(record.id) ?? record), run: report.id } }]);
    this.starts.forget(record.id);
    this.watch.begun(record, report);
  }

  /** @throws the signal's reason */
  #failed(thrown: unknown, { signal = NEVER }: CallOptions): void {
    const { sentence, afterSeconds } = verdictOn(thrown, signal);
    this.#breaker.failed(this.#road.clock.monotonic(), sentence, afterSeconds);
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

function unlessGone(thrown: unknown): void {
  if (!(thrown instanceof NotFoundError)) throw thrown;
}

const WITHDRAWN = { isWithdrawn: true } as const;
const NEVER = new AbortController().signal;
