/** Work on many small things in slices, between which the event loop turns: a list of 100,000 must not hold it up. */
import type { Clock } from "./clock.ts";

/** Things worked on between two turns of the event loop. */
const SLICE = 2000;

/** @returns what `work` gave, in the order of `items` */
export async function inSlices<T, R>(
  items: readonly T[],
  clock: Pick<Clock, "soon">,
  work: (item: T) => R,
): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += SLICE) {
    if (at > 0) await new Promise<void>((resolve) => clock.soon(resolve));
    for (const item of items.slice(at, at + SLICE)) results.push(work(item));
  }
  return results;
}
