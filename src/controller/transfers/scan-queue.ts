/**
 * The queue of scans as this process knows it: the ledger's records in memory, changed in turn, and only once the
 * ledger has the change on disk. It decides nothing about sending.
 */
import { ActionError } from "../../base/errors.ts";
import { inSlices } from "../../base/in-slices.ts";
import { listed } from "../../base/word-list.ts";
import { RunBook } from "../flows/run-book.ts";
import type {
  FlowRunRecord,
  NoteRecord,
  QueueChange,
  QueueLedger,
  ScanRecord,
  SendRecord,
  SubmissionRecord,
  SummaryRecord,
} from "../ports/queue-ledger.ts";
import { StepBook } from "../steps/step-book.ts";
import { requireStepFollows } from "../steps/step-states.ts";
import { isClosed, isDead, isSubmitted, requireFollows } from "./queue-states.ts";
import { baseName } from "./scan-path.ts";

/** A scan with where it goes, by destination. */
export interface QueuedScan {
  readonly scan: ScanRecord;
  readonly sends: ReadonlyMap<string, SendRecord>;
}

/** The ledger did not take a change, of which operators have been told. */
export class LedgerFailedError extends ActionError {}

/** Whether a scan is proven at all its destinations, at one at least. */
export function isProven({ scan, sends }: QueuedScan): boolean {
  if (scan.state !== "ready") return false;
  let places = 0;
  for (const { state } of sends.values()) {
    if (state === "verified") places++;
    else if (state !== "dropped") return false;
  }
  return places > 0;
}

/** Whether a scan goes to a destination of globus.conf: a trigger wants it there, or it was sent there already. */
export const goesTo = (
  { scan, sends }: { readonly scan: Pick<ScanRecord, "destinations">; readonly sends: QueuedScan["sends"] },
  destination: string,
): boolean => sends.has(destination) || scan.destinations?.includes(destination) !== false;

/** Where a scan goes that another trigger wants sent, too. @param more absent: to every destination */
export function widened(scan: ScanRecord, more: readonly string[] | undefined): ScanRecord {
  const { destinations, ...rest } = scan;
  if (destinations === undefined) return scan;
  if (more === undefined) return rest;
  const all = [...new Set([...destinations, ...more])];
  return all.length === destinations.length ? scan : { ...rest, destinations: all };
}

/** With what the watch over its tree has seen of a scan, if that tells of it. */
export const asSeen = (scan: ScanRecord, { content }: Pick<ScanRecord, "content">): ScanRecord =>
  content === undefined || content === scan.content ? scan : { ...scan, content };

/** The destinations at which a scan is proven, for a sentence. */
export const placesOf = ({ sends }: QueuedScan): string =>
  listed([...sends.values()].flatMap(({ destination, state }) => (state === "verified" ? [destination] : [])));

/** A scan that nothing is done for, and that is not proven. */
export const needsPerson = ({ scan, sends }: QueuedScan): boolean =>
  [...sends.values()].some(isDead) || scan.state === "lost";
/** A scan that is waited for, or sent. */
export const isUnderWay = ({ scan, sends }: QueuedScan): boolean =>
  scan.state === "waiting" || [...sends.values()].some((send) => !isClosed(send));

export class ScanQueue {
  readonly #ledger: QueueLedger;
  /** In the order of their ids, which is that of their age. */
  readonly #scans = new Map<string, { scan: ScanRecord; readonly sends: Map<string, SendRecord> }>();
  readonly #idsByFile = new Map<string, Set<string>>();
  /** By the last part of the path. */
  readonly #idsByName = new Map<string, Set<string>>();
  readonly #open = new Map<string, OpenSends>();
  readonly #waiting = new Set<string>();
  readonly #submissions = new Map<string, SubmissionRecord>();
  /** What follows scans that are verified. */
  readonly steps = new StepBook();
  readonly flowRuns = new RunBook();
  readonly #notes = new Map<string, NoteRecord>();
  #summary: SummaryRecord | undefined;
  #lastProven: QueuedScan | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #followers: ((id: string, scan: QueuedScan | undefined) => void)[] = [];

  private constructor(ledger: QueueLedger) {
    this.#ledger = ledger;
  }

  /** @throws ActionError */
  static async read(ledger: QueueLedger): Promise<ScanQueue> {
    const { scans, sends, submissions, steps, flowRuns, notes, summaries } = await ledger.read();
    const queue = new ScanQueue(ledger);
    await inSlices(scans, (scan) => queue.#apply({ scan }));
    await inSlices(sends, (send) => queue.#apply({ send }));
    for (const submission of submissions) queue.#apply({ submission });
    await inSlices(steps, (step) => queue.#apply({ step }));
    for (const flowRun of flowRuns) queue.#apply({ flowRun });
    for (const note of notes) queue.#apply({ note });
    for (const summary of summaries) queue.#apply({ summary });
    queue.#lastProven = await lastOf(queue.#scans.values());
    return queue;
  }

  /** Tells of each scan that changes from now on; undefined: it is forgotten. */
  follow(told: (id: string, scan: QueuedScan | undefined) => void): void {
    this.#followers.push(told);
  }
  #tell(id: string): void {
    for (const told of this.#followers) told(id, this.#scans.get(id));
  }

  get scans(): ReadonlyMap<string, QueuedScan> {
    return this.#scans;
  }
  /** Ids of scans whose source is not at rest yet. */
  get waiting(): ReadonlySet<string> {
    return this.#waiting;
  }
  /** The scan that was proven last at all its destinations. */
  get lastProven(): QueuedScan | undefined {
    return this.#lastProven;
  }
  get submissions(): ReadonlyMap<string, SubmissionRecord> {
    return this.#submissions;
  }
  /** Those to one destination that have not come to their end, the oldest first. */
  submissionsTo(destination: string): readonly SubmissionRecord[] {
    return [...this.#submissions.values()].filter((record) => record.destination === destination);
  }
  get notes(): ReadonlyMap<string, NoteRecord> {
    return this.#notes;
  }
  /** Undefined: there was no daily summary yet. */
  get summary(): SummaryRecord | undefined {
    return this.#summary;
  }

  /** Destinations to which something was to be sent, those that globus.conf no longer has among them. */
  get openDestinations(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** Sends that are not closed, by scan, the oldest first. */
  openSends(destination: string): ReadonlyMap<string, SendRecord> {
    return this.#open.get(destination)?.byScan ?? NONE;
  }

  /** Whether a submission is still wanted: by a scan that it carries, or by the person who asked for it. */
  isWanted({ submission, destination, scans }: SubmissionRecord): boolean {
    return this.isCarried({ id: submission.id, destination, scans });
  }

  /** The same of a submission, or of a run of a flow, by its id. */
  isCarried({ id, destination, scans }: Pick<FlowRunRecord, "id" | "destination" | "scans">): boolean {
    const carries = (send: SendRecord): boolean => send.submission === id && isSubmitted(send);
    return scans.length === 0 || scans.flatMap((scan) => this.send(scan, destination) ?? []).some(carries);
  }

  /** Every version of a file that is known, the oldest first. */
  ofFile(file: string): readonly QueuedScan[] {
    return this.#all(this.#idsByFile.get(file));
  }

  /** Every version of files and folders of this name, wherever they lie. */
  named(name: string): readonly QueuedScan[] {
    return this.#all(this.#idsByName.get(name));
  }

  #all(ids: ReadonlySet<string> = new Set()): readonly QueuedScan[] {
    return [...ids].flatMap((id) => this.#scans.get(id) ?? []);
  }

  send(scan: string, destination: string): SendRecord | undefined {
    return this.#scans.get(scan)?.sends.get(destination);
  }

  /**
   * Changes records, in turn: `make` sees all earlier changes; what it returns is on disk when the promise resolves.
   * @throws LedgerFailedError: nothing has changed; Error for a state that does not follow, a bug
   */
  change(make: () => readonly QueueChange[]): Promise<void> {
    const result = this.#turn.then(() => this.#store(make()));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #store(changes: readonly QueueChange[]): Promise<void> {
    if (changes.length === 0) return;
    for (const change of changes) this.#require(change);
    await this.#ledger.put(changes).catch((thrown: unknown) => {
      throw thrown instanceof ActionError ? new LedgerFailedError(thrown.message, { cause: thrown.cause }) : thrown;
    });
    for (const change of changes) this.#apply(change);
  }

  #require(change: QueueChange): void {
    if ("scan" in change) requireFollows(change, this.#scans.get(change.scan.id));
    else if ("send" in change) requireFollows(change, this.#scans.get(change.send.scan));
    else if ("step" in change) requireStepFollows(change.step, this.steps.of(change.step));
  }

  #apply(change: QueueChange): void {
    if ("scan" in change) this.#putScan(change.scan);
    else if ("send" in change) this.#putSend(change.send);
    else if ("submission" in change) this.#submissions.set(change.submission.submission.id, change.submission);
    else if ("step" in change) this.steps.put(change.step);
    else if ("flowRun" in change) this.flowRuns.put(change.flowRun);
    else if ("note" in change) this.#notes.set(change.note.id, change.note);
    else if ("summary" in change) this.#summary = change.summary;
    else if ("forgetScan" in change) this.#forget(change.forgetScan);
    else if ("forgetSubmission" in change) this.#submissions.delete(change.forgetSubmission);
    else if ("forgetFlowRun" in change) this.flowRuns.forget(change.forgetFlowRun);
    else this.#notes.delete(change.forgetNote);
  }

  #putScan(scan: ScanRecord): void {
    const known = this.#scans.get(scan.id);
    if (known !== undefined) known.scan = scan;
    else this.#scans.set(scan.id, { scan, sends: new Map() });
    if (scan.state === "waiting") this.#waiting.add(scan.id);
    else this.#waiting.delete(scan.id);
    put(this.#idsByFile, scan.file, scan.id);
    put(this.#idsByName, baseName(scan.file), scan.id);
    this.#tell(scan.id);
  }

  /** No crash leaves a send without its scan: both are put together, and no scan with sends is forgotten. */
  #putSend(send: SendRecord): void {
    const known = this.#scans.get(send.scan);
    if (known === undefined) return;
    known.sends.set(send.destination, send);
    if (send.state === "verified" && isProven(known)) this.#lastProven = known;
    const open = this.#open.get(send.destination) ?? new OpenSends();
    this.#open.set(send.destination, open);
    open.put(send);
    this.#tell(send.scan);
  }

  #forget(id: string): void {
    const known = this.#scans.get(id);
    if (known === undefined) return;
    this.#scans.delete(id);
    this.#waiting.delete(id);
    this.#idsByFile.get(known.scan.file)?.delete(id);
    this.#idsByName.get(baseName(known.scan.file))?.delete(id);
    this.#tell(id);
  }
}

const put = (ids: Map<string, Set<string>>, key: string, id: string): void =>
  void ids.set(key, (ids.get(key) ?? new Set()).add(id));

/** The scan that was proven last, by the times of its sends. */
async function lastOf(scans: Iterable<QueuedScan>): Promise<QueuedScan | undefined> {
  const proven = (await inSlices(scans, (scan) => (isProven(scan) ? [scan] : []))).flat();
  const endOf = ({ sends }: QueuedScan): number => Math.max(...[...sends.values()].map(({ at }) => at));
  let [last] = proven;
  for (const one of proven) if (last === undefined || endOf(one) >= endOf(last)) last = one;
  return last;
}

/** The sends to one destination that are not closed, in the order of their scans' ids. */
class OpenSends {
  #byScan = new Map<string, SendRecord>();
  #newest = "";
  #isInOrder = true;

  get byScan(): ReadonlyMap<string, SendRecord> {
    if (!this.#isInOrder) this.#byScan = new Map([...this.#byScan].sort(byId));
    this.#isInOrder = true;
    return this.#byScan;
  }

  put(send: SendRecord): void {
    if (isClosed(send)) {
      this.#byScan.delete(send.scan);
      return;
    }
    if (!this.#byScan.has(send.scan)) {
      this.#isInOrder &&= send.scan > this.#newest; // an older scan is opened again
      if (send.scan > this.#newest) this.#newest = send.scan;
    }
    this.#byScan.set(send.scan, send);
  }
}

const byId = ([one]: [string, SendRecord], [other]: [string, SendRecord]): number => (one < other ? -1 : 1);
const NONE: ReadonlyMap<string, SendRecord> = new Map();
