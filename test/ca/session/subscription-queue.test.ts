/** The queue of one slow subscriber: bounded, in order, and the newest update always in it. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SubscriptionQueue } from "../../../src/ca/session/subscription-queue.ts";

const queue = (): SubscriptionQueue<{ value: number }> => new SubscriptionQueue(() => ({ value: 0 }));
function drain(from: SubscriptionQueue<{ value: number }>): number[] {
  const values: number[] = [];
  for (let one = from.shift(); one !== undefined; one = from.shift()) values.push(one.value);
  return values;
}

test("up to the limit every update is kept, then the newest is replaced", () => {
  const waiting = queue();
  for (let value = 1; value <= 7; value++) waiting.push(4).value = value;
  expect(drain(waiting)).toEqual([1, 2, 3, 7]);
});

test("a limit of one, as while events are off, leaves older updates and replaces the last", () => {
  const waiting = queue();
  waiting.push(4).value = 1;
  waiting.push(4).value = 2;
  waiting.push(1).value = 3;
  expect(drain(waiting)).toEqual([1, 3]);
});

test("a cleared queue is empty and usable", () => {
  const waiting = queue();
  waiting.push(4).value = 1;
  waiting.clear();
  expect(waiting.length).toBe(0);
  waiting.push(4).value = 2;
  expect(drain(waiting)).toEqual([2]);
});

test("whatever happens, it stays within the limit, keeps the order and ends with the newest", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (pushes, limit) => {
      const waiting = queue();
      const model: number[] = [];
      let value = 0;
      for (const push of pushes) {
        if (push) {
          waiting.push(limit).value = ++value;
          if (model.length === limit) model.pop();
          model.push(value);
        } else expect(waiting.shift()?.value).toBe(model.shift());
        expect(waiting.length).toBe(model.length);
      }
      expect(drain(waiting)).toEqual(model);
    }),
  );
});
