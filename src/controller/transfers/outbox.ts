/**
 * The notes that wait for one channel, in the ledger: the oldest first, and not too many. What became of a note is put
 * down before the next one goes. It tells nobody itself.
 */
import { sleep } from "../../base/clock.ts";
import type { NoteRecord, QueueChange } from "../ports/queue-ledger.ts";
import { LEDGER_SECONDS, type Road } from "./road.ts";
import { LedgerFailedError } from "./scan-queue.ts";

type Channel = "webhook" | "mail";

/** Notes that may wait for a channel: some six megabytes. */
const MOST_WAITING = 10_000;

export class Outbox {
  readonly #road: Road;
  readonly #channel: Channel;
  readonly #name: string;
  #hasTrouble = false;
  #isFull = false;

  /** @param name of the channel, for sentences */
  constructor(road: Road, channel: Channel, name: string) {
    this.#road = road;
    this.#channel = channel;
    this.#name = name;
  }

  get oldest(): NoteRecord | undefined {
    for (const note of this.waiting()) return note;
    return undefined;
  }

  /** The notes, the oldest first. */
  *waiting(): Generator<NoteRecord> {
    for (const note of this.#road.queue.notes.values()) if (note[this.#channel] !== undefined) yield note;
  }

  /**
   * Changes notes that are still there; goes on until the ledger has it: an answer that came is not forgotten while the
   * process lives.
   * @throws the signal's reason
   */
  async change(
    notes: readonly Pick<NoteRecord, "id">[],
    make: (note: NoteRecord) => NoteRecord,
    signal: AbortSignal,
  ): Promise<void> {
    const { queue, clock } = this.#road;
    for (;;) {
      try {
        await queue.change(() =>
          notes.flatMap(({ id }) => {
            const note = queue.notes.get(id);
            return note === undefined ? [] : [changeTo(make(note))];
          }),
        );
        return;
      } catch (thrown) {
        if (!(thrown instanceof LedgerFailedError)) throw thrown;
        await sleep(clock, LEDGER_SECONDS, signal);
      }
    }
  }

  /** The channel has the notes, or will never have them. @throws the signal's reason */
  async close(notes: readonly Pick<NoteRecord, "id">[], signal: AbortSignal): Promise<void> {
    await this.change(notes, this.#channel === "webhook" ? withoutWebhook : withoutMail, signal);
  }

  /** Drops the oldest where too many wait. @throws the signal's reason */
  async bound(signal: AbortSignal): Promise<void> {
    if (this.#road.queue.notes.size <= MOST_WAITING) return;
    const waiting = [...this.waiting()];
    if (waiting.length <= MOST_WAITING) return;
    if (!this.#isFull)
      this.#road.say(
        `More than ${MOST_WAITING} notes wait for the ${this.#name}: the oldest are dropped untold.`,
        "MINOR",
      );
    this.#isFull = true;
    await this.close(waiting.slice(0, waiting.length - MOST_WAITING), signal);
  }

  /** The channel takes nothing now; told once. @param sentence why */
  fails(sentence: string): void {
    if (!this.#hasTrouble) this.#road.say(`The ${this.#name} takes nothing now: ${sentence}`, "MINOR");
    this.#hasTrouble = true;
  }

  works(): void {
    if (this.#hasTrouble) this.#road.say(`The ${this.#name} works again.`);
    this.#hasTrouble = false;
    this.#isFull = false;
  }
}

/** A note that no channel is to be told of is forgotten. */
const changeTo = (note: NoteRecord): QueueChange =>
  note.webhook === undefined && note.mail === undefined ? { forgetNote: note.id } : { note };

function withoutWebhook(note: NoteRecord): NoteRecord {
  const { webhook: _, attempts: __, next: ___, ...rest } = note;
  return rest;
}

function withoutMail(note: NoteRecord): NoteRecord {
  const { mail: _, to: __, ...rest } = note;
  return rest;
}
