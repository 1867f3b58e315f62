/** Long work in slices, between which the event loop turns: 100,000 small things must not hold it up. */
import { nextTurn, systemClock } from "./clock.ts";

/** How long work goes on before the event loop turns. */
const SLICE_SECONDS = 0.004;
/** Small things between two looks at the clock. */
const MANY = 128;

/** Lets the event loop turn now and then. */
export class Slices {
  #since = systemClock.monotonic();

  /** Called between two pieces of work; waits only when enough was done since it last did. */
  async rest(): Promise<void> {
    if (systemClock.monotonic() - this.#since < SLICE_SECONDS) return;
    await nextTurn();
    this.#since = systemClock.monotonic();
  }
}

/** @returns what `work` gave, in the order of `items` */
export async function inSlices<T, R>(items: Iterable<T>, work: (item: T) => R): Promise<R[]> {
  const slices = new Slices();
  const results: R[] = [];
  for (const item of items) {
    results.push(work(item));
    if (results.length % MANY === 0) await slices.rest();
  }
  return results;
}
