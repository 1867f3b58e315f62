/**
 * A promise that somebody else settles, that may be aborted, and that a clock may end. It settles once, and then lets
 * go of timer and signal.
 */
import type { Cancel, Clock } from "../../base/clock.ts";

export interface WaitOptions {
  /** Aborting it ends the wait with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Without it the wait lasts as long as it takes. */
  readonly timeoutSeconds?: number | undefined;
}

export class Pending<T> {
  readonly promise: Promise<T>;
  #resolve!: (value: T) => void;
  #reject!: (reason: unknown) => void;
  #settled = false;
  #cancelTimer: Cancel | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #ended: () => void;

  /**
   * @param timedOut makes the error for a wait that took too long
   * @param ended called once, when the promise settles for any reason; not when the signal was aborted before it began
   */
  constructor(clock: Clock, options: WaitOptions, timedOut: (seconds: number) => Error, ended: () => void) {
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#ended = ended;
    this.#signal = options.signal;
    if (this.#signal?.aborted === true) {
      this.#settled = true;
      this.#reject(this.#signal.reason);
      return;
    }
    const seconds = options.timeoutSeconds;
    if (seconds !== undefined) this.#cancelTimer = clock.after(seconds, () => this.reject(timedOut(seconds)));
    this.#signal?.addEventListener("abort", this.#abort, { once: true });
  }

  get isSettled(): boolean {
    return this.#settled;
  }

  resolve(value: T): void {
    if (this.#end()) this.#resolve(value);
  }

  reject(reason: unknown): void {
    if (this.#end()) this.#reject(reason);
  }

  readonly #abort = (): void => this.reject(this.#signal?.reason);

  #end(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#cancelTimer?.();
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#ended();
    return true;
  }
}
