/**
 * Follows the Globus tasks that are under way, with two requests however many there are: their progress, what they
 * complain of, and their end, after which each of their scans is proven at its destination.
 */
import { oneLine } from "../../base/clean-text.ts";
import { asSentence } from "../../base/errors.ts";
import { NotFoundError } from "../ports/call.ts";
import type { FoundFile } from "../ports/destinations.ts";
import type { ScanRecord, SubmissionRecord } from "../ports/queue-ledger.ts";
import type { Manifest } from "../ports/scans.ts";
import type { TaskReport, TransferTasks } from "../ports/transfer-tasks.ts";
import type { AskedTransfers } from "./asked-transfers.ts";
import { Breaker } from "./back-off.ts";
import { destinationPath, type GlobusRow } from "./globus-paths.ts";
import { type Proof, proofProblem, proofText } from "./proof.ts";
import { nameOf, type Road, signatureOf } from "./road.ts";
import { baseName, placeOf } from "./scan-path.ts";
import { wordsFor } from "./task-words.ts";
import { verdictOn } from "./verdict.ts";
import { Wake } from "./wake.ts";

/** Seconds for which Globus may not show a task before it counts as gone: its lists may lag behind. */
const GONE_SECONDS = 60;

/** A submission that Globus has accepted. */
type AcceptedRecord = SubmissionRecord & { readonly task: string };

/** A task as it was last seen. Times are monotonic seconds. */
export interface TaskNow {
  readonly report: TaskReport;
  /** What it waits for or complains of, a sentence; "": nothing. */
  readonly message: string;
  /** When its bytes last grew, or it had no fault. */
  readonly movedAt: number;
}

export interface TaskWatchOptions {
  readonly road: Road;
  readonly tasks: TransferTasks;
  readonly rows: readonly GlobusRow[];
  /** Told of the end of a transfer that a person has asked for. */
  readonly onAskedEnd: AskedTransfers["ended"];
}

export class TaskWatch {
  readonly #options: TaskWatchOptions;
  readonly #now = new Map<string, TaskNow>();
  /** Why the tasks cannot be seen, a sentence. */
  trouble: string | undefined;
  /** Tasks that were ended because they would not come to an end, or nobody wants them any more, with why. */
  readonly #ended = new Map<string, string>();
  /** When tasks were first not shown, monotonic seconds. */
  readonly #unseenSince = new Map<string, number>();
  readonly #breaker: Breaker;
  /** By the task: what cannot be proven now, because a host or a collection does not answer. */
  readonly #breakers = new Map<string, Breaker>();
  readonly #hurry = new Wake();

  constructor(options: TaskWatchOptions) {
    this.#options = options;
    this.#breaker = new Breaker(options.road.random);
  }

  /** A person wants everything tried at once. */
  hurry(): void {
    this.#breaker.hurry();
    for (const breaker of this.#breakers.values()) breaker.hurry();
    this.#hurry.call();
  }

  /** By task id. */
  get now(): ReadonlyMap<string, TaskNow> {
    return this.#now;
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
  async run(signal: AbortSignal): Promise<void> {
    const { road } = this.#options;
    const wake = road.wake();
    for (;;) {
      const records = this.#records();
      if (records.length > 0) await this.#look(records, signal);
      const { clock, site } = road;
      if (this.#records().length === 0) await wake.wait(clock, Infinity, signal);
      else
        await this.#hurry.wait(
          clock,
          Math.max(site.rules.pollSeconds, this.#breaker.waitSeconds(clock.monotonic())),
          signal,
        );
    }
  }

  #records(): readonly AcceptedRecord[] {
    return [...this.#options.road.queue.submissions.values()].filter(
      (record): record is AcceptedRecord => record.task !== undefined,
    );
  }

  async #look(records: readonly AcceptedRecord[], signal: AbortSignal): Promise<void> {
    const { tasks, road } = this.#options;
    let trouble: string | undefined;
    const step = async (breaker: Breaker, work: () => Promise<void>): Promise<void> => {
      try {
        await work();
        breaker.works();
      } catch (thrown) {
        const verdict = verdictOn(thrown, signal);
        road.logBug(verdict, thrown);
        breaker.failed(road.clock.monotonic(), verdict.sentence, verdict.afterSeconds);
      }
      trouble ??= breaker.trouble;
    };
    await step(this.#breaker, async () => {
      const owner = await tasks.owner({ signal });
      const ours = records.filter((record) => record.owner === owner);
      for (const record of records) if (!ours.includes(record)) await this.#forgetUnwanted(record);
      const ids = ours.map(({ task }) => task);
      const reports = await tasks.tasks(ids, { signal });
      for (const record of ours) {
        const breaker = this.#breakerOf(record.task);
        if (breaker.waitSeconds(road.clock.monotonic()) > 0) trouble ??= breaker.trouble;
        else await step(breaker, () => this.#take(record, reports.get(record.task), signal));
      }
    });
    if (trouble !== undefined && this.trouble === undefined)
      road.say(`The tasks of Globus Transfer cannot be followed: ${trouble}`, "MINOR");
    if (trouble === undefined && this.trouble !== undefined)
      road.say("The tasks of Globus Transfer can be followed again.");
    this.trouble = trouble;
  }

  #breakerOf(task: string): Breaker {
    const breaker = this.#breakers.get(task) ?? new Breaker(this.#options.road.random);
    this.#breakers.set(task, breaker);
    return breaker;
  }

  /** Another login's task, which this login cannot end. */
  async #forgetUnwanted(record: AcceptedRecord): Promise<void> {
    const { road } = this.#options;
    if (!road.queue.isWanted(record)) await road.change(() => [{ forgetSubmission: record.submission.id }]);
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
    const failure = report === undefined ? "Globus no longer has the task" : endText(report, this.#ended.get(task));
    await this.#settle(record, report, failure, signal);
    this.#unseenSince.delete(task);
    this.#ended.delete(task);
    this.#breakers.delete(task);
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
      road.say(`${this.#titleOf(record)}: ${message}`, "MINOR");
    if (this.#ended.has(record.task)) return; // it takes Globus a while
    const why = road.queue.isWanted(record) ? this.#hopelessText(report, at - movedAt) : "its scans were given up";
    if (why === undefined) return;
    await tasks.cancel(record.task, { signal });
    this.#ended.set(record.task, why);
    road.say(`${this.#titleOf(record)} was ended: ${why}.`, "MAJOR");
  }

  /** Why a task will not come to its end, a clause; undefined: it may. @param seconds without a byte */
  #hopelessText(report: TaskReport, seconds: number): string | undefined {
    const trouble = wordsFor(report.niceStatus);
    const isHopeless = trouble?.kind === "source" || trouble?.kind === "destination";
    const isLong = seconds >= this.#options.road.site.rules.stuckSeconds;
    if (!isHopeless || report.isOk || report.isPaused || !isLong) return undefined;
    return `${trouble.words}, for ${Math.round(seconds)} s`;
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

  #titleOf(record: SubmissionRecord): string {
    const [first, ...others] = record.scans;
    if (first === undefined) return `The transfer ${record.submission.label}`;
    const scan = this.#options.road.queue.scans.get(first)?.scan;
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    return `The transfer of ${scan === undefined ? first : nameOf(scan)}${more} to ${record.destination}`;
  }

  /**
   * Proves each scan of an ended task that is still wanted. What cannot be looked at now is looked at again later.
   */
  async #settle(
    record: AcceptedRecord,
    report: TaskReport | undefined,
    failure: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { road, tasks, rows, onAskedEnd } = this.#options;
    const row = rows.find(({ name }) => name === record.destination);
    if (row !== undefined && road.queue.isWanted(record) && record.scans.length > 0) {
      const vouched = failure === undefined ? await this.#vouched(record.task, report, signal) : undefined;
      const found = new Listings(tasks, row.collection);
      let unknown: unknown;
      for (const scan of record.scans) {
        try {
          await this.#prove(scan, { record, row, report, failure, vouched, found }, signal);
        } catch (thrown) {
          if (!(await this.#isDecided(scan, row, thrown, signal))) unknown ??= thrown;
        }
      }
      if (unknown !== undefined) throw unknown;
    }
    await road.change(() => [{ forgetSubmission: record.submission.id }]);
    if (record.scans.length === 0) onAskedEnd(record, report, failure);
  }

  /** Takes the failure of a proof. @returns false where the scan can be proven later */
  async #isDecided(scan: string, { name }: GlobusRow, thrown: unknown, signal: AbortSignal): Promise<boolean> {
    const { road } = this.#options;
    const verdict = verdictOn(thrown, signal);
    if (verdict.about === "source") await road.lookAnew(scan, name, verdict.sentence);
    else if (verdict.about === "scan") {
      road.logBug(verdict, thrown);
      await road.ended(scan, name, { state: "failed", reason: verdict.sentence });
    } else return false;
    return true;
  }

  /** Paths at which Globus says that it has put a file; undefined where it does not name all. */
  async #vouched(
    task: string,
    report: TaskReport | undefined,
    signal: AbortSignal,
  ): Promise<ReadonlySet<string> | undefined> {
    if (report === undefined || report.filesSkipped > 0) return undefined; // those are in no list
    const arrived = await this.#options.tasks.arrived(task, { signal });
    if (arrived.length < report.filesTransferred) return undefined; // Globus hides some paths from us
    return new Set(arrived.map(({ destination }) => destination));
  }

  async #prove(id: string, ended: EndedTask, signal: AbortSignal): Promise<void> {
    const { road } = this.#options;
    const { record, row, report, failure } = ended;
    const scan = road.queue.scans.get(id)?.scan;
    const send = road.queue.send(id, row.name);
    if (scan === undefined || send?.state !== "submitted" || send.submission !== record.submission.id) return;
    const failed = (reason: string, missing?: Proof): Promise<void> =>
      road.ended(id, row.name, {
        state: "failed",
        reason: asSentence(`${this.#titleOf(record)} failed: ${reason}`),
        isFinal: isCancelled(report, this.#ended.get(record.task)),
        ...(missing !== undefined && { missing }),
        task: record.task,
      });
    if (failure !== undefined) {
      await failed(failure);
      return;
    }
    const manifest = await road.manifestOf(scan);
    if (await this.#hasChanged(scan, manifest, signal)) {
      await road.lookAnew(id, row.name, "its files have changed while they were sent");
      return;
    }
    const problem = await this.#proofProblem(manifest, scan, ended, signal);
    if (problem !== undefined) {
      await failed(proofText(problem), problem);
      return;
    }
    const seconds = Math.max(0, (road.clock.now() - record.at) / 1000);
    await road.ended(id, row.name, { state: "verified", bytes: scan.bytes ?? 0, seconds, task: record.task });
  }

  /** Whether the source is another now. Where it is gone, what has arrived is all that is left of it. */
  async #hasChanged({ file }: ScanRecord, manifest: Manifest, signal: AbortSignal): Promise<boolean> {
    const { site } = this.#options.road;
    const path = manifest.isFolder ? manifest.folder : `${manifest.folder}/${baseName(file)}`;
    try {
      const now = await site.source.source.look(path, { signal });
      return (await signatureOf(manifest)) !== (await signatureOf(now));
    } catch (thrown) {
      if (thrown instanceof NotFoundError) return false;
      throw thrown;
    }
  }

  async #proofProblem(
    manifest: Manifest,
    { file, tags }: ScanRecord,
    { row, vouched, found }: EndedTask,
    signal: AbortSignal,
  ): Promise<Proof | undefined> {
    const { source } = this.#options.road.site.source;
    const folder = destinationPath(row, placeOf(row.template, source.top, { file, tags, manifest }));
    const there = await found.of(folder, manifest.isFolder, signal);
    const here = vouched === undefined ? undefined : pathsBelow(folder, vouched);
    return proofProblem(manifest, there, { keepsTimes: true, ...(here !== undefined && { vouched: here }) });
  }
}

/** Paths of files below a folder, from the folder on. */
const pathsBelow = (folder: string, paths: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...paths].filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1)));

interface EndedTask {
  readonly record: AcceptedRecord;
  readonly row: GlobusRow;
  readonly report: TaskReport | undefined;
  /** Why it has failed, a clause; undefined: it has succeeded. */
  readonly failure: string | undefined;
  readonly vouched: ReadonlySet<string> | undefined;
  readonly found: Listings;
}

/** Folders at the destination as they are listed once for all scans of a task. */
class Listings {
  readonly #tasks: TransferTasks;
  readonly #collection: string;
  readonly #known = new Map<string, Promise<readonly FoundFile[]>>();

  constructor(tasks: TransferTasks, collection: string) {
    this.#tasks = tasks;
    this.#collection = collection;
  }

  of(folder: string, isDeep: boolean, signal: AbortSignal): Promise<readonly FoundFile[]> {
    const key = `${isDeep} ${folder}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const asked = this.#tasks.list(this.#collection, folder, isDeep, { signal }).catch((thrown: unknown) => {
      if (thrown instanceof NotFoundError) return [];
      throw thrown;
    });
    this.#known.set(key, asked);
    return asked;
  }
}

/** Why a task has failed, a clause; undefined: it has not. @param stopped why we ended it */
function endText(report: TaskReport, stopped: string | undefined): string | undefined {
  const { state, fatal, cancelledByAdmin, skippedErrors } = report;
  if (cancelledByAdmin !== undefined) {
    const said = oneLine(cancelledByAdmin).trim();
    return `an administrator has cancelled it${said === "" ? "" : ` (${said})`}`;
  }
  if (state === "SUCCEEDED") return skippedErrors === 0 ? undefined : `Globus left ${skippedErrors} files out`;
  if (stopped !== undefined) return stopped;
  return fatal === undefined
    ? "Globus gives no reason"
    : (wordsFor(fatal.code)?.words ?? `${fatal.code}: ${oneLine(fatal.description)}`);
}

/** Whether a person has cancelled the task at Globus. @param stopped why we ended it */
const isCancelled = (report: TaskReport | undefined, stopped: string | undefined): boolean =>
  report?.cancelledByAdmin !== undefined || (stopped === undefined && /^CANCELL?ED$/.test(report?.fatal?.code ?? ""));

/** What a task's trouble means, a piece of a sentence: in our words, or in Globus' own. */
const wordsOf = ({ niceStatus, description }: TaskReport): string =>
  wordsFor(niceStatus)?.words ?? (oneLine(description).trim() || niceStatus || "Globus gives no reason");
