/** How fast a growing figure grows, over the last seconds. Times are monotonic seconds. */
import { UNKNOWN_COUNT } from "../pvs/row.ts";

const WINDOW_SECONDS = 10;

export class Rate {
  #samples: { readonly at: number; readonly value: number }[] = [];

  /** @param value at that time; a value below the last begins anew */
  add(at: number, value: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && value < last.value) this.#samples = [];
    this.#samples.push({ at, value });
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? at) <= at - WINDOW_SECONDS) this.#samples.shift();
  }

  /** A second; 0 before there are two values. */
  get perSecond(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.at <= first.at) return 0;
    return (last.value - first.value) / (last.at - first.at);
  }

  /** Seconds for the rest at this rate; 0 where nothing is left; UNKNOWN_COUNT where nothing moves. */
  secondsFor(rest: number): number {
    if (rest <= 0) return 0;
    return this.perSecond > 0 ? rest / this.perSecond : UNKNOWN_COUNT;
  }
}
