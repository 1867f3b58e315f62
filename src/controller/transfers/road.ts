/**
 * What the workers of the transfer queue share: the queue, the site, and the steps that a scan takes, each of them on
 * disk before it counts.
 */
import { cleanJson, oneLine } from "../../base/clean-text.ts";
import type { Clock } from "../../base/clock.ts";
import { stackOf } from "../../base/errors.ts";
import { AgeIds, Digest } from "../../base/ids.ts";
import { inSlices } from "../../base/in-slices.ts";
import type { Log } from "../../base/log.ts";
import type { QueueChange, ScanRecord, ScanTags, SendRecord } from "../ports/queue-ledger.ts";
import type { Manifest } from "../ports/scans.ts";
import type { Severity } from "../pvs/run.ts";
import { stepsAfter } from "../steps/steps-after.ts";
import { sendBackOff } from "./back-off.ts";
import { type NoteLine, notesOf, type SendEnd, type Telling, transferLine } from "./notes.ts";
import { isClosed } from "./queue-states.ts";
import { retryName } from "./remedies.ts";
import type { TransferSite } from "./rules.ts";
import { scanName } from "./scan-path.ts";
import { isProven, placesOf, type ScanQueue } from "./scan-queue.ts";
import type { Verdict } from "./verdict.ts";
import { Wake } from "./wake.ts";

export interface RoadOptions {
  readonly site: TransferSite;
  readonly queue: ScanQueue;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to below 1; spreads the waits. */
  readonly random: () => number;
  /** Tells operators. */
  readonly say: (sentence: string, severity?: Severity) => void;
}

/** Seconds until work goes on that the ledger did not let go on. */
export const LEDGER_SECONDS = 5;

export class Road {
  readonly site: TransferSite;
  readonly queue: ScanQueue;
  readonly clock: Clock;
  readonly say: RoadOptions["say"];
  readonly #log: Log;
  readonly #random: () => number;
  readonly #ids = new AgeIds();
  readonly #wakes: Wake[] = [];
  readonly #rest = new Wake();
  #steps = 0;
  /** What holds the queue back, the names of PVs: while there is something, nothing new is begun. */
  heldBy: readonly string[] = [];
  /** Of the experiment that is tagged now; undefined: nobody knows yet. */
  tags: ScanTags | undefined;
  /** A dry run: nobody is told of anything, and what is to be told waits. */
  isDry = false;

  constructor({ site, queue, clock, log, random, say }: RoadOptions) {
    this.site = site;
    this.queue = queue;
    this.clock = clock;
    this.say = say;
    this.#log = log;
    this.#random = random;
    for (const id of queue.scans.keys()) this.#ids.startAfter(id);
    for (const id of queue.notes.keys()) this.#ids.startAfter(id);
  }

  get isPaused(): boolean {
    return this.heldBy.length > 0;
  }

  /** Why it is a dry run, a clause; undefined: it is none. */
  get dryReason(): string | undefined {
    if (!this.isDry) return undefined;
    return this.heldBy.includes("Testing") ? "Testing is Yes" : "the program ends";
  }

  get random(): () => number {
    return this.#random;
  }

  newId(): string {
    return this.#ids.next(this.clock.now());
  }

  /** A wait of a worker, which ends whenever there may be something new to do. */
  wake(): Wake {
    const wake = new Wake();
    this.#wakes.push(wake);
    return wake;
  }

  /** Work that an end in order waits for. */
  async step<T>(work: () => Promise<T>): Promise<T> {
    this.#steps++;
    try {
      return await work();
    } finally {
      this.#steps--;
      this.#rest.call();
    }
  }

  /** Resolves when no step is under way; at the latest after so many seconds. */
  async atRest(seconds: number): Promise<void> {
    const end = this.clock.monotonic() + seconds;
    for (let left = seconds; this.#steps > 0 && left > 0; left = end - this.clock.monotonic())
      await this.#rest.wait(this.clock, left, NEVER);
  }

  wakeAll(): void {
    for (const wake of this.#wakes) wake.call();
  }

  /** Changes the queue, and lets the workers look. @throws LedgerFailedError */
  async change(make: () => readonly QueueChange[]): Promise<void> {
    let isChanged = false;
    await this.queue.change(() => {
      const changes = make();
      isChanged = changes.length > 0;
      return changes;
    });
    if (isChanged) this.wakeAll();
  }

  /** A bug of ours costs one attempt; its stack is in the log. */
  logBug({ isBug }: Verdict, thrown: unknown): void {
    if (isBug) this.#log.error(stackOf(thrown));
  }

  /** A line of JSON in the log, for what is in the ledger, too. */
  logLine(line: Readonly<Record<string, unknown>>): void {
    this.#log.info(cleanJson(line));
  }

  /**
   * A scan is proven at a destination, or has failed there. What its end tells goes into the ledger with it, and as a
   * line of JSON into the log.
   * @param scan its id
   * @param signature of the version that was sent; the end of another version than the present counts for nothing
   */
  async ended(scan: string, destination: string, end: SendEnd, signature?: string): Promise<void> {
    let after: SendRecord | undefined;
    let line: NoteLine | undefined;
    await this.change(() => {
      const queued = this.queue.scans.get(scan);
      const send = queued?.sends.get(destination);
      if (queued === undefined || send === undefined || isClosed(send)) return []; // dropped meanwhile
      if (signature !== undefined && signature !== queued.scan.signature) return []; // looked at anew meanwhile
      after = this.#afterEnd(send, end);
      line = transferLine(queued.scan, after, end, after.at);
      const steps = stepsAfter(this.site, this.queue.steps, queued.scan, after);
      return [{ send: after }, ...steps, ...notesOf(queued, after, line, this.told)];
    });
    if (line !== undefined) this.#log.info(cleanJson(line));
    if (after !== undefined) this.#tell(after);
  }

  /** A scan that is proven everywhere, a first failure, and a failure about which a person decides. */
  #tell({ scan: id, destination, state, attempts, reason = "" }: SendRecord): void {
    const queued = this.queue.scans.get(id);
    if (queued === undefined) return;
    const name = nameOf(queued.scan);
    if (state === "verified" && isProven(queued)) this.say(`${name} is proven at ${placesOf(queued)}.`);
    if (state === "failed" && attempts === 1) this.say(`${name} is tried again at ${destination}: ${reason}`, "MINOR");
    if (state === "dead")
      this.say(`${name} is not sent to ${destination} any more (${retryName(this.site)}): ${reason}`, "MAJOR");
  }

  #afterEnd({ scan, destination, attempts: before }: SendRecord, end: SendEnd): SendRecord {
    const at = this.clock.now();
    const told = { scan, destination, at };
    if (end.state === "verified")
      return { ...told, state: "verified", attempts: before, ...(end.times !== undefined && { times: end.times }) };
    const attempts = before + 1;
    const why = { reason: end.reason, ...(end.missing !== undefined && { missing: end.missing }) };
    if (end.isFinal === true || attempts >= this.site.rules.attempts)
      return { ...told, ...why, state: "dead", attempts };
    const next = at + sendBackOff(attempts, this.#random) * 1000;
    return { ...told, ...why, state: "failed", attempts, next };
  }

  /** What decides who is told of something that happens now. */
  get told(): Telling {
    return { tells: this.site.rules.tells, now: this.clock.now(), newId: () => this.newId() };
  }

  /**
   * A scan's files are not as they were: it waits for its source again, and what was on its way is sent anew. What was
   * proven elsewhere stays proven, if the files prove to be the same.
   */
  async lookAnew(id: string, destination: string, reason: string): Promise<void> {
    await this.change(() => {
      const queued = this.queue.scans.get(id);
      const send = queued?.sends.get(destination);
      if (queued === undefined || send === undefined || isClosed(send)) return [];
      const { scan: of, attempts } = send;
      const isReady = queued.scan.state === "ready"; // otherwise another destination has found it out before
      return [
        ...(isReady ? [{ scan: { ...queued.scan, state: "waiting" as const, reason } }] : []),
        { send: { scan: of, destination, attempts, state: "queued", at: this.clock.now() } },
      ];
    });
  }

  /** The files of a scan, as they were when it was found at rest. @throws SourceChangedError where they are lost */
  manifestOf(scan: ScanRecord): Promise<Manifest> {
    return this.site.ledger.manifest(scan.id);
  }
}

const NEVER = new AbortController().signal;

/** Stands for the names, sizes and times of a scan's files. */
export async function signatureOf({ folder, files }: Manifest): Promise<string> {
  const digest = new Digest();
  digest.add(folder);
  await inSlices(files, ({ path, bytes, modified }) => {
    digest.add(path);
    digest.add(`${bytes} ${modified}`);
  });
  return digest.text;
}

/** As people know the scan. */
export const nameOf = ({ file, isFolder = false }: ScanRecord): string => oneLine(scanName(file, isFolder));
