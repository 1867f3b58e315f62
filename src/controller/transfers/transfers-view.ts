/**
 * What is to be seen of the transfers at one moment, as one plain object: from the queue, from what is under way, and
 * from what has gone since everything was proven last. The PVs show it (transfer-pvs.ts).
 */
import type { RunNow } from "../flows/followed-run.ts";
import type { ScanRecord, SendRecord } from "../ports/queue-ledger.ts";
import { type DestState, type QueueState, type ScanPvState, SHOWN_SCANS } from "../pvs/transfers.ts";
import { stepReason } from "../steps/step-text.ts";
import { type ArchiveView, archiveView, NO_SCAN_TEXT } from "./archive-view.ts";
import { CopyLane } from "./copy-lane.ts";
import { FlowLane } from "./flow-lane.ts";
import { GLOBUS_OFF, type HoldOf, holdOf } from "./hold.ts";
import { Rate } from "./rate.ts";
import { nameOf } from "./road.ts";
import type { DestCounts, ScanCounts } from "./scan-counts.ts";
import type { QueuedScan } from "./scan-queue.ts";
import { scanReasonOf, scanStateOf, scansText } from "./scan-state.ts";
import { TaskLane } from "./task-lane.ts";
import type { RunningTransfers } from "./transfers.ts";

/** Bytes and files, gone and to go. */
export interface Amounts {
  readonly bytes: number;
  readonly bytesTotal: number;
  readonly files: number;
  readonly filesTotal: number;
  readonly rate: number;
  /** Seconds. */
  readonly eta: number;
  readonly faults: number;
}

export interface DestView extends Amounts {
  readonly name: string;
  readonly state: DestState;
  readonly message: string;
  readonly queued: number;
  readonly failed: number;
}

export interface ScanView {
  readonly name: string;
  readonly state: ScanPvState;
  readonly percent: number;
  readonly reason: string;
}

export interface TransfersView {
  readonly state: QueueState;
  readonly message: string;
  readonly depth: number;
  /** Seconds. */
  readonly oldest: number;
  readonly failed: number;
  readonly lastQueued: string;
  readonly lastDone: string;
  readonly total: Amounts;
  readonly destinations: readonly DestView[];
  /** The newest first. */
  readonly scans: readonly ScanView[];
  readonly archive: ArchiveView;
}

/** Looks at the transfers again and again, and remembers what it takes to tell rates. */
export class TransfersLook {
  readonly #running: RunningTransfers;
  readonly #counts: ScanCounts;
  /** By destination: what had been proven there when everything was, and how fast that grows. */
  readonly #since = new Map<string, Since>();
  readonly #rate = new Rate();
  readonly #holdOf: HoldOf = (send) => holdOf(this.#running, send);

  constructor(running: RunningTransfers) {
    this.#running = running;
    this.#counts = running.counts;
  }

  /** @param experiment the tagged experiment's name, or undefined */
  look(experiment: string | undefined): TransfersView {
    const { road } = this.#running;
    const scans = [...road.queue.scans.values()];
    const { underWay, needingPerson: failed, oldest: id = "" } = this.#counts;
    const oldest = road.queue.scans.get(id);
    const destinations = road.site.destinations.map(({ name }) => this.#destination(name));
    const state = this.#state(destinations);
    return {
      state,
      message: this.#message(state, destinations, oldest),
      depth: underWay + this.#running.pending,
      oldest: oldest === undefined ? 0 : Math.max(0, (road.clock.now() - oldest.scan.seen) / 1000),
      failed,
      lastQueued: nameOrEmpty(scans.findLast(({ scan }) => scan.state === "ready")?.scan),
      lastDone: nameOrEmpty(road.queue.lastProven?.scan),
      total: this.#total(destinations),
      destinations,
      scans: scans
        .slice(-SHOWN_SCANS)
        .toReversed()
        .map((one) => this.#scan(one)),
      archive: archiveView(scans.at(-1), this.#counts.ofExperiment(experiment), this.#holdOf),
    };
  }

  #destination(name: string): DestView {
    const { road } = this.#running;
    const counts = this.#counts.of(name);
    const since = this.#sinceOf(name, counts);
    const lane = this.#running.laneOf(name);
    const { bytes: now, faults, message: word } = progressOf(this.#running, lane);
    const gone = Math.max(0, counts.bytesProven - since.bytes);
    const bytes = gone + now;
    const bytesTotal = gone + counts.bytesToGo;
    since.rate.add(road.clock.monotonic(), bytes);
    const failure = lane?.breaker.trouble;
    // Where nothing is to go nobody asks, and what was said last may be over.
    const trouble = lane === undefined ? GLOBUS_OFF : counts.open > 0 ? failure : undefined;
    const past = failure === undefined ? "" : `When it was tried last: ${failure}`;
    const isSending = now > 0 || (lane instanceof CopyLane && lane.now !== undefined) || isTasked(lane);
    const state = destState(trouble, counts.open, isSending);
    const files = Math.max(0, counts.filesProven - since.files);
    return {
      name,
      state,
      message: trouble ?? word ?? (waitingText(counts.open, road.queue.openSends(name).values()) || past),
      queued: counts.open,
      failed: counts.dead,
      bytes,
      bytesTotal,
      files,
      filesTotal: files + counts.filesToGo,
      rate: since.rate.perSecond,
      eta: since.rate.secondsFor(bytesTotal - bytes),
      faults,
    };
  }

  /** Begins anew when nothing was left and something new has come. */
  #sinceOf(name: string, { open, bytesProven, filesProven }: DestCounts): Since {
    const last = { open, bytesProven, filesProven };
    const before = this.#since.get(name) ?? { bytes: bytesProven, files: filesProven, rate: new Rate(), last };
    const isNew = before.last.open === 0 && open > 0;
    const { bytesProven: bytes, filesProven: files } = before.last;
    const since = { ...before, ...(isNew && { bytes, files }), last };
    this.#since.set(name, since);
    return since;
  }

  #total(destinations: readonly DestView[]): Amounts {
    const sum = (of: (one: DestView) => number): number => destinations.reduce((all, one) => all + of(one), 0);
    const bytes = sum((one) => one.bytes);
    const bytesTotal = sum((one) => one.bytesTotal);
    this.#rate.add(this.#running.road.clock.monotonic(), bytes);
    return {
      bytes,
      bytesTotal,
      files: sum(({ files }) => files),
      filesTotal: sum(({ filesTotal }) => filesTotal),
      rate: this.#rate.perSecond,
      eta: this.#rate.secondsFor(bytesTotal - bytes),
      faults: sum(({ faults }) => faults),
    };
  }

  #state(destinations: readonly DestView[]): QueueState {
    const { underWay, needingPerson: failed } = this.#counts;
    if (destinations.length === 0) return "Off";
    if (failed > 0 || destinations.some(({ state }) => state === "Trouble")) return "Trouble";
    if (this.#running.road.isPaused) return "Paused";
    if (destinations.some(({ state }) => state === "Sending")) return "Sending";
    return underWay > 0 ? "Waiting" : "Idle";
  }

  #message(state: QueueState, destinations: readonly DestView[], oldest: QueuedScan | undefined): string {
    const { underWay, needingPerson: failed, all } = this.#counts;
    if (state === "Off") return "No scan is sent: there is no [destination …] section in globus.conf.";
    const { heldBy } = this.#running.road;
    const trouble = destinations.find((one) => one.state === "Trouble");
    const parts = [
      ...(trouble === undefined ? [] : [`${trouble.name}: ${trouble.message.replace(/\.$/, "")}`]),
      ...(failed === 0 ? [] : [`${scansText(failed)} failed and a person decides (QueueRetry)`]),
      ...(heldBy.length === 0 ? [] : [`paused (${heldBy.join(", ")})`]),
      ...(underWay === 0 ? [] : [`${scansText(underWay)} on the way`]),
      ...(oldest?.scan.state === "waiting" && oldest.scan.reason !== undefined
        ? [`${nameOf(oldest.scan)} waits: ${oldest.scan.reason}`]
        : []),
    ];
    if (parts.length > 0) return `${capital(parts.join("; "))}.`;
    if (all.scans === 0) return NO_SCAN_TEXT;
    return all.proven === all.scans ? "All scans are proven at their destinations." : "No scan is on its way.";
  }

  #scan(one: QueuedScan): ScanView {
    return {
      name: nameOf(one.scan),
      state: scanStateOf(one, this.#running.isCopied(one.scan.id)),
      percent: this.#percent(one),
      reason: scanReasonOf(one, this.#holdOf) || stepReason(this.#running.road.queue.steps.ofScan(one.scan.id)),
    };
  }

  /** Over all destinations alike. */
  #percent({ scan, sends }: QueuedScan): number {
    const wanted = [...sends.values()].filter(({ state }) => state !== "dropped");
    if (wanted.length === 0) return 0;
    const parts = wanted.map((send) => (send.state === "verified" ? 1 : this.#partOf(scan, send)));
    return (100 * parts.reduce((sum, part) => sum + part, 0)) / wanted.length;
  }

  #partOf({ id, bytes = 0 }: ScanRecord, send: SendRecord): number {
    const lane = this.#running.laneOf(send.destination);
    if (lane instanceof CopyLane && lane.now?.scan === id) return bytes === 0 ? 0 : Math.min(1, lane.now.bytes / bytes);
    const flowRun = this.#running.road.queue.flowRuns.of(send.submission ?? "");
    const run = flowRun === undefined ? undefined : this.#running.runs?.watch.nowOf(flowRun);
    if (run !== undefined) return bytes === 0 ? 0 : Math.min(1, movedIn([run]).bytes / bytes);
    const record = this.#running.road.queue.submissions.get(send.submission ?? "");
    const report = this.#running.watch?.now.get(record?.task ?? "")?.report;
    if (record === undefined || report === undefined) return 0;
    const all = sumOf(record.scans.map((scan) => this.#running.road.queue.scans.get(scan)?.scan)).bytes;
    return all === 0 ? 0 : Math.min(1, report.bytesTransferred / all);
  }
}

interface Since {
  readonly bytes: number;
  readonly files: number;
  readonly rate: Rate;
  /** What was counted with the last look. */
  readonly last: Pick<DestCounts, "open" | "bytesProven" | "filesProven">;
}

const isTasked = (lane: unknown): boolean =>
  (lane instanceof TaskLane && lane.submissions.length > 0) || (lane instanceof FlowLane && lane.records.length > 0);

function destState(trouble: string | undefined, queued: number, isSending: boolean): DestState {
  if (trouble !== undefined) return "Trouble";
  if (queued === 0) return "Idle";
  return isSending ? "Sending" : "Waiting";
}

/** What goes to a destination now; `message`: what its tasks wait for or complain of. */
function progressOf(
  { watch, runs }: RunningTransfers,
  lane: unknown,
): { readonly bytes: number; readonly faults: number; readonly message?: string } {
  if (lane instanceof CopyLane) {
    const { now, silence } = lane;
    return { bytes: now?.bytes ?? 0, faults: 0, ...(silence !== undefined && { message: silence }) };
  }
  if (lane instanceof FlowLane) {
    const now = lane.records.flatMap((record) => runs?.watch.nowOf(record) ?? []);
    const message = now.find((run) => run.message !== "")?.message ?? runs?.watch.trouble;
    return { ...movedIn(now), ...(message !== undefined && { message }) };
  }
  if (!(lane instanceof TaskLane)) return { bytes: 0, faults: 0 };
  const tasks = lane.submissions.flatMap(({ task }) => watch?.now.get(task ?? "") ?? []);
  const message = tasks.find((task) => task.message !== "")?.message ?? watch?.trouble;
  return {
    bytes: tasks.reduce((sum, { report }) => sum + report.bytesTransferred, 0),
    faults: tasks.reduce((sum, { report }) => sum + report.faults, 0),
    ...(message !== undefined && { message }),
  };
}

/** What the transfers of runs have moved. */
function movedIn(runs: readonly RunNow[]): { readonly bytes: number; readonly faults: number } {
  const transfers = runs.flatMap((run) => run.transfers);
  return {
    bytes: transfers.reduce((sum, { bytesTransferred }) => sum + bytesTransferred, 0),
    faults: transfers.reduce((sum, { faults }) => sum + faults, 0),
  };
}

function waitingText(count: number, sends: Iterable<SendRecord>): string {
  for (const { state, reason } of sends) if (state === "failed" && reason !== undefined) return reason;
  return count === 0 ? "" : `${scansText(count)} to go.`;
}

function sumOf(scans: readonly (ScanRecord | undefined)[]): { readonly bytes: number; readonly files: number } {
  let [bytes, files] = [0, 0];
  for (const scan of scans) {
    bytes += scan?.bytes ?? 0;
    files += scan?.files ?? 0;
  }
  return { bytes, files };
}

const nameOrEmpty = (scan: ScanRecord | undefined): string => (scan === undefined ? "" : nameOf(scan));
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
