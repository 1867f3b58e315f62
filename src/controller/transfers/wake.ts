/** Waits until there is something to do, or for a while. */
import type { Clock } from "../../base/clock.ts";

export class Wake {
  #isAwake = false;
  #waiting: (() => void) | undefined;

  /** Ends the wait, or the next wait. */
  call(): void {
    this.#isAwake = true;
    this.#waiting?.();
  }

  /**
   * Resolves when it is called, or after some seconds; at once when it was called since the last wait.
   * @param seconds Infinity: as long as it takes
   * @throws the signal's reason
   */
  async wait(clock: Clock, seconds: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#isAwake)
      await new Promise<void>((resolve) => {
        const done = (): void => {
          cancel();
          signal.removeEventListener("abort", done);
          this.#waiting = undefined;
          resolve();
        };
        const cancel = Number.isFinite(seconds) ? clock.after(seconds, done) : () => {};
        signal.addEventListener("abort", done, { once: true });
        this.#waiting = done;
      });
    this.#isAwake = false;
    signal.throwIfAborted();
  }
}
