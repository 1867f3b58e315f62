/**
 * Tells the site's webhook, one line after the other in their order, each at least once: a line whose answer did not
 * come, or did not get into the ledger before a kill, goes again, with the same `message`. A line that is refused is
 * given up; a service that is away is tried again and again, and the others wait behind the first.
 */
import type { NoteRecord } from "../ports/queue-ledger.ts";
import type { Webhook, WebhookAnswer } from "../ports/webhook.ts";
import { noteBackOff } from "./back-off.ts";
import { Outbox } from "./outbox.ts";
import type { Road } from "./road.ts";
import { verdictOn } from "./verdict.ts";

/** A service may ask us to wait longer than we would; not longer than this. */
const LONGEST_SECONDS = 3600;

export class WebhookCourier {
  readonly #road: Road;
  readonly #webhook: Webhook;
  readonly #outbox: Outbox;
  /** Of lines since the last that was taken. */
  #hasRefused = false;

  constructor(road: Road, webhook: Webhook) {
    this.#road = road;
    this.#webhook = webhook;
    this.#outbox = new Outbox(road, "webhook", "webhook");
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
  async run(signal: AbortSignal): Promise<void> {
    const wake = this.#road.wake();
    for (;;) {
      await this.#outbox.bound(signal);
      const { note, waitSeconds } = this.#next();
      if (note === undefined) await wake.wait(this.#road.clock, waitSeconds, signal);
      else await this.#road.step(() => this.#tell(note, signal));
    }
  }

  #next(): { readonly note?: NoteRecord; readonly waitSeconds: number } {
    const note = this.#road.isDry ? undefined : this.#outbox.oldest;
    if (note === undefined) return { waitSeconds: Infinity };
    const waitSeconds = ((note.next ?? 0) - this.#road.clock.now()) / 1000;
    // A time that is further away was put down before the clock was set back.
    return waitSeconds > 0 && waitSeconds <= LONGEST_SECONDS ? { waitSeconds } : { note, waitSeconds: 0 };
  }

  async #tell(note: NoteRecord, signal: AbortSignal): Promise<void> {
    const answer = await this.#answer(note, signal);
    if (answer.state === "later") return this.#putOff(note, answer, signal);
    if (answer.state === "taken") {
      this.#outbox.works();
      this.#hasRefused = false;
    } else {
      const sentence = `The webhook has refused a line, which is not sent again: ${answer.reason}`;
      if (!this.#hasRefused) this.#road.say(sentence, "MINOR");
      this.#hasRefused = true;
    }
    await this.#outbox.close([note], signal);
  }

  async #answer({ line }: NoteRecord, signal: AbortSignal): Promise<WebhookAnswer> {
    try {
      return await this.#webhook.tell(JSON.stringify(line), { signal });
    } catch (thrown) {
      const verdict = verdictOn(thrown, signal);
      this.#road.logBug(verdict, thrown);
      return { state: "later", reason: verdict.sentence };
    }
  }

  async #putOff(note: NoteRecord, answer: WebhookAnswer & { state: "later" }, signal: AbortSignal): Promise<void> {
    this.#outbox.fails(answer.reason);
    const attempts = (note.attempts ?? 0) + 1;
    const asked = Math.min(answer.afterSeconds ?? 0, LONGEST_SECONDS);
    const seconds = Math.max(asked, noteBackOff(attempts, this.#road.random));
    const next = this.#road.clock.now() + seconds * 1000;
    await this.#outbox.change([note], (now) => ({ ...now, attempts, next }), signal);
  }
}
