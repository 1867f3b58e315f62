/** Compute takes 20 requests of a login in ten seconds: ours wait for their turn, and leave some to other programs. */
import { type Clock, sleep } from "../../../base/clock.ts";

const MOST_REQUESTS = 15;
const PERIOD_SECONDS = 10;

export class Pace {
  readonly #clock: Clock;
  /** When the last requests went, monotonic seconds. */
  #sent: readonly number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when a request may go. @throws the signal's reason */
  async wait(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const now = this.#clock.monotonic();
      this.#sent = this.#sent.filter((at) => at > now - PERIOD_SECONDS);
      const [oldest = now] = this.#sent;
      if (this.#sent.length < MOST_REQUESTS) break;
      await sleep(this.#clock, oldest + PERIOD_SECONDS - now, signal);
    }
    this.#sent = [...this.#sent, this.#clock.monotonic()];
  }
}
