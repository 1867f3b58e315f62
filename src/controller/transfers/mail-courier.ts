/**
 * Mails the site's people, each message to each address at most once: before it goes, the ledger has it as `sending`,
 * and what is found so after a kill is told as uncertain and not repeated. What certainly did not go is tried again.
 * Notes of the same kind within a minute are one message.
 */
import { asSentence, messageOf } from "../../base/errors.ts";
import { Digest } from "../../base/ids.ts";
import { UnavailableError } from "../ports/call.ts";
import type { Mail, MailSession } from "../ports/mail.ts";
import type { NoteRecord } from "../ports/queue-ledger.ts";
import { noteBackOff } from "./back-off.ts";
import { letterOf, subjectsOf } from "./mail-text.ts";
import { Outbox } from "./outbox.ts";
import type { Road } from "./road.ts";
import type { MailRoom } from "./rules.ts";
import { verdictOn } from "./verdict.ts";

/** Seconds for which a note waits for others to share its message. */
const GATHER_SECONDS = 60;
/** Notes that one message carries. */
const MOST_IN_ONE = 1000;

/** unsent: certainly. uncertain: nobody knows. */
type MailEnd = "sent" | "refused" | "unsent" | "uncertain";

export class MailCourier {
  readonly #road: Road;
  readonly #room: MailRoom;
  readonly #outbox: Outbox;
  /** Attempts that have failed in a row, and when the next may begin: monotonic seconds. */
  #failures = 0;
  #notBefore = 0;

  constructor(road: Road, room: MailRoom) {
    this.#road = road;
    this.#room = room;
    this.#outbox = new Outbox(road, "mail", "mail server");
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
  async run(signal: AbortSignal): Promise<void> {
    const wake = this.#road.wake();
    await this.#recover(signal);
    for (;;) {
      await this.#outbox.bound(signal);
      const { notes, waitSeconds } = this.#next();
      if (notes === undefined) await wake.wait(this.#road.clock, waitSeconds, signal);
      else await this.#road.step(() => this.#mail(notes, signal));
    }
  }

  /** What a kill has left in the middle: the first address may have the message, the others do not. */
  async #recover(signal: AbortSignal): Promise<void> {
    const left = [...this.#outbox.waiting()].filter(({ mail }) => mail === "sending");
    for (const notes of batches(left)) {
      const [address = "", ...rest] = addressesOf(notes, this.#room);
      this.#tellUncertain(address, notes, "the IOC ended while it was being sent");
      await this.#goOn(notes, rest, signal);
    }
  }

  #next(): { readonly notes?: readonly NoteRecord[]; readonly waitSeconds: number } {
    const waiting = this.#road.isDry ? [] : [...this.#outbox.waiting()];
    const [first] = waiting;
    if (first === undefined) return { waitSeconds: Infinity };
    const { clock } = this.#road;
    const age = (clock.now() - first.at) / 1000; // below 0 where the clock was set back
    const gather = first.kind === "summary" || age < 0 ? 0 : GATHER_SECONDS - age;
    const waitSeconds = Math.max(gather, this.#notBefore - clock.monotonic());
    return waitSeconds > 0 ? { waitSeconds } : { notes: batches(waiting)[0] ?? [first], waitSeconds: 0 };
  }

  async #mail(notes: readonly NoteRecord[], signal: AbortSignal): Promise<void> {
    let session: MailSession;
    try {
      session = await this.#room.mailer.open({ signal });
    } catch (thrown) {
      const verdict = verdictOn(thrown, signal);
      this.#road.logBug(verdict, thrown);
      this.#failed(verdict.sentence);
      return;
    }
    try {
      await this.#toEach(session, notes, signal);
    } finally {
      await session.close();
    }
  }

  async #toEach(session: MailSession, notes: readonly NoteRecord[], signal: AbortSignal): Promise<void> {
    const letter = letterOf(notes, this.#room);
    const to = addressesOf(notes, this.#room);
    for (const [index, address] of to.entries()) {
      const [open, rest] = [to.slice(index), to.slice(index + 1)];
      await this.#outbox.change(notes, (note) => ({ ...note, mail: "sending", to: open }), signal);
      const mail = { ...letter, from: this.#room.from, to: address, messageId: messageId(notes, address, this.#room) };
      const fate = await this.#send(session, mail, notes, signal);
      if (fate === "unsent" || fate === "uncertain") return this.#goOn(notes, fate === "unsent" ? open : rest, signal);
    }
    this.#failures = 0;
    this.#outbox.works();
    await this.#outbox.close(notes, signal);
  }

  async #send(session: MailSession, mail: Mail, notes: readonly NoteRecord[], signal: AbortSignal): Promise<MailEnd> {
    try {
      const answer = await session.send(mail, { signal });
      if (answer.accepted) return "sent";
      const what = `The e-mail to ${mail.to} about ${subjectsOf(notes)}`;
      this.#road.say(asSentence(`${what} was refused, and is not repeated: ${answer.reason}`), "MINOR");
      return "refused";
    } catch (thrown) {
      if (isUnsent(thrown, signal)) {
        if (!signal.aborted) this.#failed(asSentence(messageOf(thrown)));
        return "unsent";
      }
      if (!signal.aborted) this.#road.logBug(verdictOn(thrown, signal), thrown);
      this.#tellUncertain(mail.to, notes, messageOf(thrown));
      this.#delay();
      return "uncertain";
    }
  }

  /** The message is still to go to these. */
  async #goOn(notes: readonly NoteRecord[], to: readonly string[], signal: AbortSignal): Promise<void> {
    if (to.length === 0) await this.#outbox.close(notes, signal);
    else await this.#outbox.change(notes, (note) => ({ ...note, mail: "due", to }), signal);
  }

  #tellUncertain(address: string, notes: readonly NoteRecord[], why: string): void {
    const what = `Nobody knows whether ${address} got the e-mail about ${subjectsOf(notes)}`;
    this.#road.say(asSentence(`${what}, which is not repeated: ${why}`), "MINOR");
  }

  #failed(sentence: string): void {
    this.#outbox.fails(sentence);
    this.#delay();
  }

  #delay(): void {
    this.#failures++;
    this.#notBefore = this.#road.clock.monotonic() + noteBackOff(this.#failures, this.#road.random);
  }
}

/** Whether the message has certainly not gone. */
const isUnsent = (thrown: unknown, signal: AbortSignal): boolean =>
  thrown instanceof UnavailableError ? !thrown.mayHaveHappened : thrown === signal.reason;

const addressesOf = ([first]: readonly NoteRecord[], { to }: MailRoom): readonly string[] => first?.to ?? to;

/** Notes that go in one message each, in the order of their oldest. */
function batches(notes: Iterable<NoteRecord>): readonly (readonly NoteRecord[])[] {
  const byKey = new Map<string, NoteRecord[]>();
  for (const note of notes) {
    const key = JSON.stringify([note.kind, note.to, note.kind === "summary" ? note.id : ""]);
    const batch = byKey.get(key);
    if (batch === undefined) byKey.set(key, [note]);
    else if (batch.length < MOST_IN_ONE) batch.push(note);
  }
  return [...byKey.values()];
}

/** The same for the same message to the same address. */
function messageId(notes: readonly NoteRecord[], address: string, { from }: MailRoom): string {
  const digest = new Digest();
  for (const { id } of notes) digest.add(id);
  digest.add(address);
  return `${digest.text}@${from.slice(from.lastIndexOf("@") + 1)}`;
}
