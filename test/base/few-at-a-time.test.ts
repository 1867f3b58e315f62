import { expect, test } from "vitest";
import { fewAtATime } from "../../src/base/few-at-a-time.ts";

/** Work that ends when it is told to. */
function gate() {
  const ends: ((error?: Error) => void)[] = [];
  const begun: number[] = [];
  const work = (item: number): Promise<number> => {
    begun.push(item);
    return new Promise((resolve, reject) => {
      ends.push((error) => (error === undefined ? resolve(item * 10) : reject(error)));
    });
  };
  return { ends, begun, work };
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("no more than the limit are under way at once, and the next begins when one ends", async () => {
  const { ends, begun, work } = gate();
  const all = fewAtATime([1, 2, 3], 2, work);
  expect(begun).toEqual([1, 2]);
  ends[1]?.();
  await settle();
  expect(begun).toEqual([1, 2, 3]);
  ends[0]?.();
  ends[2]?.();
  await all;
});

test("the results stand in the order of the items, whichever ended first", async () => {
  const { ends, work } = gate();
  const all = fewAtATime([1, 2], 2, work);
  ends[1]?.();
  await settle();
  ends[0]?.();
  await expect(all).resolves.toEqual([10, 20]);
});

test("after a failure nothing more is begun", async () => {
  const { ends, begun, work } = gate();
  const all = fewAtATime([1, 2, 3, 4], 2, work);
  ends[0]?.(new Error("down"));
  await expect(all).rejects.toThrow("down");
  ends[1]?.();
  await settle();
  expect(begun).toEqual([1, 2]);
});

test("nothing to do is done at once", async () => {
  await expect(fewAtATime([], 4, () => Promise.reject(new Error("must not be called")))).resolves.toEqual([]);
});
