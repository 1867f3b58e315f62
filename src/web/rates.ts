/** How often one address may do something: some in a row, then so many a second. It keeps a bounded number of them. */
import type { Clock } from "../base/clock.ts";

/** Addresses that are remembered; the one that was seen longest ago goes first. */
const MOST_ADDRESSES = 1000;

interface Allowance {
  left: number;
  at: number;
}

export class Rates {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #byAddress = new Map<string, Allowance>();

  /** @param burst in a row @param perSecond after these */
  constructor(clock: Clock, burst: number, perSecond: number) {
    this.#clock = clock;
    this.#burst = burst;
    this.#perSecond = perSecond;
  }

  /** Counts one. @returns whether it is allowed */
  take(address: string): boolean {
    const allowance = this.#of(address);
    if (allowance.left < 1) return false;
    allowance.left--;
    return true;
  }

  /** Seconds until one is allowed again; 0: now. */
  wait(address: string): number {
    return Math.max(0, Math.ceil((1 - this.#of(address).left) / this.#perSecond));
  }

  #of(address: string): Allowance {
    const at = this.#clock.monotonic();
    const known = this.#byAddress.get(address) ?? { left: this.#burst, at };
    known.left = Math.min(this.#burst, known.left + (at - known.at) * this.#perSecond);
    known.at = at;
    this.#byAddress.delete(address);
    this.#byAddress.set(address, known);
    const [oldest] = this.#byAddress.keys();
    if (this.#byAddress.size > MOST_ADDRESSES && oldest !== undefined) this.#byAddress.delete(oldest);
    return known;
  }
}
