/**
 * Tells people and programs of transfers, from the ledger: whoever cannot be told holds up no data. While Testing is
 * Yes nothing leaves the process and what is to be told waits; a paused queue is told of all the same.
 */
import { sleep } from "../../base/clock.ts";
import type { Lane } from "./lane.ts";
import { MailCourier } from "./mail-courier.ts";
import { Outbox } from "./outbox.ts";
import type { Road } from "./road.ts";
import { Summaries } from "./summary.ts";
import { verdictOn } from "./verdict.ts";
import { WebhookCourier } from "./webhook-courier.ts";

/** Seconds until a courier goes on that failed by a bug of ours. */
const AGAIN_SECONDS = 60;

type Rounds = (signal: AbortSignal) => Promise<void>;

export class Courier {
  readonly #road: Road;
  readonly #lanes: readonly Lane[];

  constructor(road: Road, lanes: readonly Lane[]) {
    this.#road = road;
    this.#lanes = lanes;
  }

  /** Goes on until the signal is aborted. @throws the signal's reason */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#runs().map((run) => this.#guarded(run, signal)));
  }

  #runs(): readonly Rounds[] {
    const road = this.#road;
    const { mail, webhook } = road.site;
    return [
      (signal) =>
        webhook === undefined ? this.#forget("webhook", signal) : new WebhookCourier(road, webhook).run(signal),
      (signal) => (mail === undefined ? this.#forget("mail", signal) : new MailCourier(road, mail).run(signal)),
      async (signal) => {
        if (mail?.summaryAt !== undefined) await new Summaries(road, mail.summaryAt, this.#lanes).run(signal);
      },
    ];
  }

  /** The settings have no such channel any more: nobody will be told of what waited for it. */
  async #forget(channel: "webhook" | "mail", signal: AbortSignal): Promise<void> {
    const outbox = new Outbox(this.#road, channel, channel);
    const notes = [...outbox.waiting()];
    if (notes.length === 0) return;
    const setting = channel === "webhook" ? "webhook-url" : "mail-to";
    this.#road.say(`${notes.length} notes are dropped untold: ${setting} in the [notify] section is not set any more.`);
    await outbox.close(notes, signal);
  }

  async #guarded(run: Rounds, signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        return await run(signal);
      } catch (thrown) {
        const verdict = verdictOn(thrown, signal);
        this.#road.logBug(verdict, thrown);
        this.#road.say(`Nobody is told of transfers for a minute: ${verdict.sentence}`, "MINOR");
        await sleep(this.#road.clock, AGAIN_SECONDS, signal);
      }
    }
  }
}
