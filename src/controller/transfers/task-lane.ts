/**
 * Sends scans to a Globus collection: several small scans share a task. Each submission is in the ledger with its id
 * before Globus hears of it, and is repeated word for word until Globus has answered, so that none is sent twice.
 */
import { AccessDeniedError, AlreadyExistsError } from "../ports/call.ts";
import type { QueueChange, ScanRecord, SendRecord, SubmissionRecord } from "../ports/queue-ledger.ts";
import type { SubmittedItem, TransferTasks } from "../ports/transfer-tasks.ts";
import { type AskedService, askInTurn } from "./asking.ts";
import { type GlobusRow, itemsOf } from "./globus-paths.ts";
import { Lane } from "./lane.ts";
import { ownPlace } from "./places.ts";
import { nameOf, type Road } from "./road.ts";
import { newSubmission, otherLoginText } from "./submissions.ts";
import { verdictOn } from "./verdict.ts";

/** Seconds until Globus is asked again whether another transfer of the same files has ended. */
const CONFLICT_SECONDS = 60;

export class TaskLane extends Lane {
  readonly #row: GlobusRow;
  readonly #tasks: TransferTasks;
  /** Whether the collections have been asked whether they take plain transfers. */
  #isAllowed = false;

  constructor(road: Road, row: GlobusRow, tasks: TransferTasks) {
    super(road, row.name);
    this.#row = row;
    this.#tasks = tasks;
  }

  /** Submissions of this destination that have not come to their end. */
  get submissions(): readonly SubmissionRecord[] {
    return this.road.queue.submissionsTo(this.destination);
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
  run(signal: AbortSignal): Promise<void> {
    return askInTurn(this, this.#service, signal);
  }

  readonly #service: AskedService = {
    open: () => this.submissions.length,
    unanswered: (signal) => {
      const left = this.submissions.find(({ task }) => task === undefined);
      return left && { scans: left.scans, ask: () => this.#submit(left, signal) };
    },
    next: (_, signal) => {
      const { sends, waitSeconds } = this.#batch();
      if (waitSeconds > 0) return { waitSeconds };
      const ask = async (): Promise<void> => {
        await this.#requireOwner(signal);
        await this.#requireAllowed(signal);
        const record = await this.#prepare(sends, signal);
        if (record !== undefined) await this.#submit(record, signal);
      };
      return { scans: sends.map(({ scan }) => scan), ask };
    },
  };

  /** The scans that share the next task; a scan that has failed goes alone. */
  #batch(): { readonly sends: readonly SendRecord[]; readonly waitSeconds: number } {
    const { batchScans, batchBytes, batchSeconds } = this.road.site.rules;
    const [first, ...others] = this.due();
    if (first === undefined) return { sends: [], waitSeconds: Infinity };
    if (first.attempts > 0 || this.breaker.trouble !== undefined) return { sends: [first], waitSeconds: 0 };
    const sends = [first];
    let bytes = this.#bytesOf(first);
    for (const send of others) {
      if (send.attempts > 0) continue;
      if (sends.length >= batchScans || bytes + this.#bytesOf(send) > batchBytes) return { sends, waitSeconds: 0 };
      sends.push(send);
      bytes += this.#bytesOf(send);
    }
    const oldest = Math.min(...sends.map(({ at }) => at));
    const now = this.road.clock.now();
    const waited = oldest > now ? batchSeconds : (now - oldest) / 1000; // the clock may have been set back
    const isFull = sends.length >= batchScans || bytes >= batchBytes;
    return { sends, waitSeconds: isFull ? 0 : Math.max(0, batchSeconds - waited) };
  }

  #bytesOf({ scan }: SendRecord): number {
    return this.road.queue.scans.get(scan)?.scan.bytes ?? 0;
  }

  /** What an earlier login has begun it must end: Globus shows its tasks to nobody else. */
  async #requireOwner(signal: AbortSignal): Promise<string> {
    const owner = await this.#tasks.owner({ signal });
    const other = this.submissions.find((record) => record.owner !== owner && this.road.queue.isWanted(record));
    if (other !== undefined) throw new OwnerError(owner, other);
    return owner;
  }

  async #requireAllowed(signal: AbortSignal): Promise<void> {
    if (this.#isAllowed) return;
    const { collection } = this.road.site.source;
    const refusals = await Promise.all([
      collection === undefined ? undefined : this.#tasks.refusal(collection.id, "source", { signal }),
      this.#tasks.refusal(this.#row.collection, "destination", { signal }),
    ]);
    const refusal = refusals.find((one) => one !== undefined);
    if (refusal !== undefined) throw new RefusingCollectionError(refusal);
    this.#isAllowed = true;
  }

  /**
   * Puts a submission into the ledger. A scan that cannot be submitted fails alone.
   * @returns undefined where no scan is left
   */
  async #prepare(sends: readonly SendRecord[], signal: AbortSignal): Promise<SubmissionRecord | undefined> {
    const { site, queue } = this.road;
    const { collection } = site.source;
    if (collection === undefined)
      throw new RefusingCollectionError(
        "Globus does not see the source: set collection in the [source] section of globus.conf.",
      );
    const scans: ScanRecord[] = [];
    const items: SubmittedItem[] = [];
    for (const send of sends) {
      const scan = queue.scans.get(send.scan)?.scan;
      const asked = scan === undefined ? undefined : await this.#itemsOf(scan, signal);
      if (scan === undefined || asked === undefined) continue;
      scans.push(scan);
      items.push(...asked);
    }
    if (scans.length === 0) return undefined;
    const ids = scans.map(({ id }) => id);
    const wanted = {
      label: { id: ids[0] ?? "", words: scans.map(nameOf).join(" ") },
      sourceCollection: collection.id,
      destinationCollection: this.#row.collection,
      items,
      destination: this.destination,
      scans: ids,
    };
    const record = await newSubmission(this.road, this.#tasks, wanted, { signal });
    let isTaken = false;
    await this.road.change(() => {
      const due = new Set(this.due().map(({ scan }) => scan));
      isTaken = ids.every((id) => due.has(id)); // otherwise a person, or the gate, has taken one away meanwhile
      return isTaken ? [{ submission: record }, ...this.#sendsTo("submitting", record, ids)] : [];
    });
    return isTaken ? record : undefined;
  }

  async #itemsOf(scan: ScanRecord, signal: AbortSignal): Promise<readonly SubmittedItem[] | undefined> {
    const { site } = this.road;
    try {
      const manifest = await this.road.manifestOf(scan);
      const parts = await ownPlace(this.road, scan, manifest, this.#row);
      return itemsOf(manifest, site.source, this.#row, parts);
    } catch (thrown) {
      await this.failed([scan.id], thrown, signal);
      return undefined;
    }
  }

  /** Asks Globus, as often as it takes: the id makes sure that it is one task. */
  async #submit(record: SubmissionRecord, signal: AbortSignal): Promise<void> {
    if (record.owner !== (await this.#requireOwner(signal))) {
      await this.road.change(() => [{ forgetSubmission: record.submission.id }]); // its scans were given up
      return;
    }
    let task: string;
    try {
      task = await this.#tasks.submit(record.submission, { signal });
    } catch (thrown) {
      const { about, sentence } = verdictOn(thrown, signal);
      if (about === "scan") await this.#withdraw(record, thrown instanceof AlreadyExistsError ? sentence : undefined);
      if (thrown instanceof AlreadyExistsError) return;
      throw thrown;
    }
    await this.road.change(() => [
      { submission: { ...record, task } },
      ...this.#sendsTo("submitted", record, this.#carried(record)),
    ]);
    for (const scan of record.scans) this.works(scan);
  }

  /**
   * Globus has refused a submission for good: the scans are free for another.
   * @param conflict set where the same files are under way in another transfer: why they wait for its end
   */
  async #withdraw(record: SubmissionRecord, conflict: string | undefined): Promise<void> {
    const at = this.road.clock.now();
    await this.road.change(() => [
      { forgetSubmission: record.submission.id },
      ...this.#sends(this.#carried(record)).map((send): QueueChange => {
        if (conflict === undefined) return { send: { ...send, state: "queued", at } };
        return { send: { ...send, state: "failed", at, reason: conflict, next: at + CONFLICT_SECONDS * 1000 } };
      }),
    ]);
  }

  /** The scans that a submission carries still: a person may have dropped one meanwhile. */
  #carried({ submission, scans }: SubmissionRecord): readonly string[] {
    return this.#sends(scans).flatMap(({ scan, state, submission: id }) =>
      state === "submitting" && id === submission.id ? [scan] : [],
    );
  }

  #sendsTo(
    state: "submitting" | "submitted",
    { submission }: SubmissionRecord,
    scans: readonly string[],
  ): QueueChange[] {
    const at = this.road.clock.now();
    return this.#sends(scans).map(({ next: _next, reason: _reason, missing: _missing, ...send }) => ({
      send: { ...send, state, at, submission: submission.id },
    }));
  }

  #sends(scans: readonly string[]): readonly SendRecord[] {
    return scans.flatMap((scan) => this.road.queue.send(scan, this.destination) ?? []);
  }
}

/** The login is another than that which has submitted what is under way. */
class OwnerError extends AccessDeniedError {
  constructor(login: string, record: SubmissionRecord) {
    super(`${otherLoginText(record, login)}, or drop its scans with globus-ioc queue drop`);
  }
}

/** A collection takes nothing from us, whatever the scan. */
class RefusingCollectionError extends AccessDeniedError {}
