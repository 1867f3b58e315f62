/** How long the event loop keeps what is due waiting: the latest that a timer came, in each step of time. */
import type { Cancel, Clock } from "../base/clock.ts";

/** Seconds between two timers. */
const TICK_SECONDS = 0.5;

export class LagMeter {
  readonly #clock: Clock;
  #cancel: Cancel | undefined;
  #due = 0;
  #most = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(): void {
    this.#due = this.#clock.monotonic() + TICK_SECONDS;
    this.#cancel = this.#clock.after(TICK_SECONDS, () => {
      this.#most = Math.max(this.#most, this.#clock.monotonic() - this.#due);
      this.start();
    });
  }
  stop(): void {
    this.#cancel?.();
  }

  /** Seconds, the most since it was asked for last. */
  take(): number {
    const most = this.#most;
    this.#most = 0;
    return Math.max(0, most);
  }
}
