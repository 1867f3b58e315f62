/**
 * The transfers of a site, whole: scans that are announced wait for their source, go to every destination, and are
 * proven there. It goes on where the process before has ended, for all it knows is in the ledger.
 */

import { oneLine } from "../../base/clean-text.ts";
import { sleep } from "../../base/clock.ts";
import { asSentence, messageOf } from "../../base/errors.ts";
import { FlowRuns } from "../flows/flow-runs.ts";
import type { EndedRun } from "../flows/run-watch.ts";
import type { QueueChange, ScanRecord, ScanTags } from "../ports/queue-ledger.ts";
import { RejectedError } from "../run/outcome.ts";
import { StepLane } from "../steps/step-lane.ts";
import { type AnnouncedScan, isNewest } from "./announced-scan.ts";
import { AskedTransfers } from "./asked-transfers.ts";
import { DropReader } from "./by-hand.ts";
import { CopyLane } from "./copy-lane.ts";
import { Courier } from "./courier.ts";
import { decided, dropDecision, goneDecision, retryDecision } from "./decisions.ts";
import { settleRun } from "./flow-end.ts";
import { FlowLane } from "./flow-lane.ts";
import type { FlowDestination, GlobusRow } from "./globus-paths.ts";
import type { Lane } from "./lane.ts";
import { type Pruned, type PruneOptions, prune } from "./prune.ts";
import { Rechecks } from "./rechecks.ts";
import { type Reconciled, type ReconcileOptions, reconcile } from "./reconcile.ts";
import { goneText } from "./remedies.ts";
import { LEDGER_SECONDS, Road, type RoadOptions } from "./road.ts";
import type { TransferSite } from "./rules.ts";
import { ScanCounts } from "./scan-counts.ts";
import { baseName } from "./scan-path.ts";
import { LedgerFailedError, ScanQueue } from "./scan-queue.ts";
import { SourceGate } from "./source-gate.ts";
import { recordsOf, takenScan } from "./taken-scan.ts";
import { TaskLane } from "./task-lane.ts";
import { TaskWatch } from "./task-watch.ts";

/** What an operator holds back. */
export interface Hold {
  readonly isPaused: boolean;
  readonly isDry: boolean;
}

export type TransfersOptions = Omit<RoadOptions, "queue">;

/** Seconds that the steps under way get when the transfers are to end. */
const FINISH_SECONDS = 5;
/** Seconds until a ledger that could not be read is tried again: a person may have repaired it. */
const READ_AGAIN_SECONDS = 30;
/** The same for the first time, of which nobody is told: the command line may have the ledger open for a moment. */
const FIRST_AGAIN_SECONDS = 2;

export class Transfers {
  readonly #options: TransfersOptions;
  readonly #announced: AnnouncedScan[] = [];
  #hold: Hold = { isPaused: false, isDry: false };
  #isFinishing = false;
  #tags: ScanTags | undefined;
  #running: RunningTransfers | undefined;
  /** Why there is no queue, a sentence; undefined: there is, or nobody knows yet. */
  trouble: string | undefined;

  constructor(options: TransfersOptions) {
    this.#options = options;
  }

  get site(): TransferSite {
    return this.#options.site;
  }
  /** Undefined until the ledger was read. */
  get running(): RunningTransfers | undefined {
    return this.#running;
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
  async run(signal: AbortSignal): Promise<void> {
    const queue = await this.#readQueue(signal);
    const running = new RunningTransfers({ ...this.#options, queue }, await ScanCounts.of(queue));
    running.road.tags = this.#tags;
    this.#running = running;
    this.#applyHold();
    for (const scan of this.#announced.splice(0)) running.announce(scan);
    try {
      await running.run(signal);
    } finally {
      this.#running = undefined;
    }
  }

  async #readQueue(signal: AbortSignal): Promise<ScanQueue> {
    const { site, clock, say } = this.#options;
    for (let isFirst = true; ; isFirst = false) {
      try {
        const queue = await ScanQueue.read(site.ledger);
        this.trouble = undefined;
        return queue;
      } catch (thrown) {
        signal.throwIfAborted();
        const sentence = asSentence(messageOf(thrown));
        if (!isFirst && sentence !== this.trouble) say(`No scan is sent: ${sentence}`, "MAJOR");
        if (!isFirst) this.trouble = sentence;
        await sleep(clock, isFirst ? FIRST_AGAIN_SECONDS : READ_AGAIN_SECONDS, signal);
      }
    }
  }

  /** Takes a scan, which is on disk soon after; one that is announced before the ledger was read waits for it. */
  announce(scan: AnnouncedScan): void {
    if (this.#running === undefined) this.#announced.push(scan);
    else this.#running.announce(scan);
  }

  /** Of the experiment that is tagged now, for scans whose experiment is not known yet. */
  set tags(tags: ScanTags) {
    this.#tags = tags;
    if (this.#running !== undefined) this.#running.road.tags = tags;
  }

  /**
   * Begins nothing new while it is paused, nor in a dry run, in which nobody is told of anything either.
   */
  hold(hold: Hold): void {
    this.#hold = hold;
    this.#applyHold();
  }

  #applyHold(): void {
    if (this.#running === undefined) return;
    const { road } = this.#running;
    const isDry = this.#hold.isDry || this.#isFinishing;
    road.heldBy = [
      ...(this.#hold.isPaused ? ["QueuePaused"] : []),
      ...(this.#hold.isDry ? ["Testing"] : []),
      ...(this.#isFinishing ? ["the end"] : []),
    ];
    road.isDry = isDry;
    road.wakeAll();
  }

  /**
   * Begins nothing new, and resolves when the steps under way have ended: what is asked of Globus is answered, an
   * e-mail has gone. A copy that takes longer than some seconds is left as it is. The rest is in the ledger.
   */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    this.#applyHold();
    await this.#running?.road.atRest(FINISH_SECONDS);
  }

  /** Tries everything that has failed at once. @returns how many scans that are; undefined: there is no queue yet */
  async retry(): Promise<number | undefined> {
    return await this.#running?.retry();
  }
}

type AnyLane = CopyLane | TaskLane | FlowLane;

/** Transfers whose ledger was read. */
export class RunningTransfers {
  readonly road: Road;
  readonly counts: ScanCounts;
  readonly lanes: readonly AnyLane[];
  readonly watch: TaskWatch | undefined;
  readonly asked: AskedTransfers | undefined;
  readonly steps: readonly StepLane[];
  /** Absent where Globus is off. */
  readonly runs: FlowRuns | undefined;
  readonly #gate: SourceGate;
  readonly #rechecks: Rechecks;
  readonly #courier: Courier;
  readonly #dropReader: DropReader | undefined;
  readonly #pending: AnnouncedScan[] = [];
  readonly #arrivals;
  /** The destinations of globus.conf. */
  readonly #known: ReadonlySet<string>;
  /** What compares or deletes now: one at a time. */
  #keeping: string | undefined;

  constructor(options: RoadOptions, counts: ScanCounts) {
    this.counts = counts;
    this.road = new Road(options);
    this.#arrivals = this.road.wake();
    this.#gate = new SourceGate(this.road);
    this.#rechecks = new Rechecks(this.road, (scan) => this.announce(scan));
    const { site, clock, say } = options;
    const { destinations, tasks, drops } = site;
    this.#known = new Set(destinations.map(({ name }) => name));
    if (drops !== undefined)
      this.#dropReader = new DropReader({ drops, site, clock, say, enter: (scan) => this.enter(scan) });
    if (tasks !== undefined && site.flows !== undefined) {
      const flowRows = destinations.filter((row): row is FlowDestination => row.kind === "flow");
      const about = { road: this.road, tasks, rows: flowRows };
      const onEnd = (end: EndedRun, until: AbortSignal): Promise<void> => settleRun(about, end, until);
      this.runs = new FlowRuns({ ...about, ...site.flows, onEnd });
    }
    this.lanes = destinations.flatMap((row): AnyLane[] => {
      if (row.kind === "copy") return [new CopyLane(this.road, row)];
      if (tasks === undefined) return [];
      if (row.kind === "globus") return [new TaskLane(this.road, row, tasks)];
      if (site.flows === undefined || this.runs === undefined) return [];
      return [new FlowLane(this.road, row, { site: site.flows, tasks, runs: this.runs })];
    });
    this.steps = (site.stepKinds ?? []).map((kind) => new StepLane(this.road, kind));
    this.#courier = new Courier(this.road, this.lanes);
    if (tasks === undefined) return;
    const asked = new AskedTransfers(this.road, tasks);
    this.asked = asked;
    const rows = destinations.filter((row): row is GlobusRow => row.kind === "globus");
    this.watch = new TaskWatch({ road: this.road, tasks, rows, onAskedEnd: (...end) => asked.ended(...end) });
  }

  /**
   * All workers go on until the signal is aborted; a bug in one of them ends them all, so that they can begin anew.
   * @throws the signal's reason; a bug of ours
   */
  async run(signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const until = AbortSignal.any([signal, failed.signal]);
    const workers = [
      this.#gate,
      this.#rechecks,
      ...this.lanes,
      ...this.steps,
      this.watch,
      this.asked,
      this.runs,
      this.#courier,
      this.#dropReader,
    ];
    const runs = [
      this.#closeUnknown(until),
      this.#record(until),
      // A signal for each: Node warns of more than ten who wait for one
      ...workers.flatMap((worker) => worker?.run(AbortSignal.any([until])) ?? []),
    ];
    const all = runs.map((work) => work.catch((thrown: unknown) => failed.abort(thrown)));
    await Promise.all(all);
    signal.throwIfAborted();
    until.throwIfAborted();
  }

  /** What was to go to destinations that globus.conf no longer has is a person's to decide. */
  async #closeUnknown(signal: AbortSignal): Promise<void> {
    const { queue, clock, say, site } = this.road;
    const why = (name: string): string => goneText(name, site);
    let counts: ReadonlyMap<string, number> = new Map();
    const close = (): readonly QueueChange[] => {
      const decision = goneDecision(queue, this.#known, { at: clock.now(), why });
      counts = decision.counts;
      return decision.changes;
    };
    while (!(await this.#tryChange(close))) await sleep(clock, LEDGER_SECONDS, signal);
    for (const [name, count] of counts)
      say(`${count === 1 ? "1 scan was" : `${count} scans were`} to go to ${name}: ${why(name)}.`, "MAJOR");
  }

  /** @returns false where the ledger took no change */
  async #tryChange(make: () => readonly QueueChange[]): Promise<boolean> {
    try {
      await this.road.change(make);
      return true;
    } catch (thrown) {
      if (thrown instanceof LedgerFailedError) return false;
      throw thrown;
    }
  }

  announce(scan: AnnouncedScan): void {
    this.#pending.push(scan);
    this.#arrivals.call();
  }

  /** Takes a scan at once. @returns false where the ledger took nothing */
  enter(scan: AnnouncedScan): Promise<boolean> {
    return this.#put(scan);
  }

  /** Announced scans that are not on disk yet. */
  get pending(): number {
    return this.#pending.length;
  }

  async #record(signal: AbortSignal): Promise<void> {
    for (;;) {
      const scan = this.#pending[0];
      if (scan === undefined) await this.#arrivals.wait(this.road.clock, Infinity, signal);
      else if (this.#isKnown(scan) || this.#rechecks.takes(scan) || (await this.#put(scan))) this.#pending.shift();
      else await sleep(this.road.clock, LEDGER_SECONDS, signal);
    }
  }

  /** Whether the watch over its tree sees what was announced before: nobody need look at its files. */
  #isKnown(announced: AnnouncedScan): boolean {
    return isNewest(announced, recordsOf(this.road, announced.file));
  }

  async #put(announced: AnnouncedScan): Promise<boolean> {
    let said: string | undefined;
    const isTaken = await this.#tryChange(() => {
      const taken = takenScan(this.road, announced);
      said = taken.unsent;
      return taken.changes;
    });
    if (said !== undefined && isTaken)
      this.road.say(`${oneLine(baseName(announced.file))} is not sent: ${said}.`, "MINOR");
    return isTaken;
  }

  /** Tries everything that has failed, or that a person has to decide, at once. @returns how many scans that are */
  async retry(wanted: (scan: ScanRecord) => boolean = () => true): Promise<number> {
    const { queue, clock } = this.road;
    const count = await decided(this.road, () => retryDecision(queue, wanted, { at: clock.now(), known: this.#known }));
    for (const lane of [...this.lanes, ...this.steps]) lane.hurry();
    this.watch?.hurry();
    this.asked?.hurry();
    this.runs?.hurry();
    this.road.wakeAll();
    return count;
  }

  /**
   * Gives scans up, but where they are proven already.
   * @param reason what a person has done with them, behind "it was"
   * @returns how many scans that are
   */
  drop(wanted: (scan: ScanRecord) => boolean, reason: string): Promise<number> {
    const { queue, clock } = this.road;
    return decided(this.road, () => dropDecision(queue, wanted, { reason, at: clock.now() }));
  }

  /** @throws RejectedError while this, or prune, is under way; else as in reconcile.ts */
  reconcile(options: ReconcileOptions): Promise<Reconciled> {
    return this.#alone("Reconcile", () => reconcile(this.road, options));
  }

  /** @throws RejectedError while this, or reconcile, is under way; else as in prune.ts */
  prune(options: PruneOptions): Promise<Pruned> {
    return this.#alone("Prune", () => prune(this.road, options));
  }

  async #alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.#keeping !== undefined)
      throw new RejectedError(`${this.#keeping} is under way: wait until it has ended, and start again.`);
    this.#keeping = name;
    try {
      return await work();
    } finally {
      this.#keeping = undefined;
    }
  }

  /** Whether a copy of the scan is under way. */
  isCopied(scan: string): boolean {
    return this.lanes.some((lane) => lane instanceof CopyLane && lane.now?.scan === scan);
  }

  laneOf(destination: string): Lane | undefined {
    return this.lanes.find((lane) => lane.destination === destination);
  }
}
