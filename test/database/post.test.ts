/** Subscribers of a field: who is told of which post, however many there are, and whatever they do meanwhile. */

import { expect, test } from "vitest";
import { createLog } from "../../src/base/log.ts";
import { type Posting, postTo, subscribeTo } from "../../src/database/post.ts";
import { DBE_ALARM, DBE_LOG, DBE_VALUE } from "../../src/epics/facts.ts";

function posting(): Posting & { readonly lines: string[] } {
  const lines: string[] = [];
  return { name: "A", world: { log: createLog("db", (line) => lines.push(line)) }, monitors: undefined, lines };
}
const post = (record: Posting, mask: number): void => postTo(record.monitors ?? [], "VAL", mask);

test("each subscriber is told of the posts that have one of its bits, in the order of coming, until it cancels", () => {
  const record = posting();
  const told: string[] = [];
  const value = subscribeTo(record, "VAL", DBE_VALUE, (mask) => told.push(`value ${mask}`));
  subscribeTo(record, "VAL", DBE_ALARM | DBE_LOG, (mask) => told.push(`alarm ${mask}`));
  post(record, DBE_VALUE | DBE_ALARM);
  post(record, DBE_LOG);
  value.cancel();
  value.cancel();
  post(record, DBE_VALUE | DBE_ALARM);
  expect(told).toEqual(["value 5", "alarm 5", "alarm 2", "alarm 5"]);
});

test("a field's mask is what its subscribers want, and shrinks with the last that wants a bit", () => {
  const record = posting();
  const nothing = (): void => {};
  const masks = [DBE_VALUE, DBE_VALUE, DBE_VALUE | DBE_ALARM];
  const [first, second, third] = masks.map((mask) => subscribeTo(record, "VAL", mask, nothing));
  const mask = (): number | undefined => record.monitors?.[0]?.mask;
  expect(mask()).toBe(5);
  third!.cancel();
  expect(mask()).toBe(1);
  first!.cancel();
  expect(mask()).toBe(1);
  second!.cancel();
  second!.cancel();
  expect(mask()).toBe(0);
});

test("a subscriber that comes during a post is told of the next one only, in a post within the post too", () => {
  const record = posting();
  const told: string[] = [];
  let isFirst = true;
  subscribeTo(record, "VAL", DBE_VALUE, () => {
    told.push("old");
    if (!isFirst) return;
    isFirst = false;
    subscribeTo(record, "VAL", DBE_VALUE, () => told.push("new"));
    post(record, DBE_VALUE);
    told.push("end");
  });
  post(record, DBE_VALUE);
  expect(told).toEqual(["old", "old", "new", "end"]);
});

test("who is cancelled during a post, by itself or by another, is not told any more, and the others are", () => {
  const record = posting();
  const told: string[] = [];
  const first = subscribeTo(record, "VAL", DBE_VALUE, () => {
    told.push("first");
    first.cancel();
    second.cancel();
  });
  const second = subscribeTo(record, "VAL", DBE_VALUE, () => told.push("second"));
  subscribeTo(record, "VAL", DBE_VALUE, () => told.push("third"));
  post(record, DBE_VALUE);
  post(record, DBE_VALUE);
  expect(told).toEqual(["first", "third", "third"]);
});

test("a subscriber that throws is logged with its stack, and the others are told", () => {
  const record = posting();
  const told: string[] = [];
  subscribeTo(record, "VAL", DBE_VALUE, () => {
    throw new Error("broken");
  });
  subscribeTo(record, "VAL", DBE_VALUE, () => told.push("other"));
  post(record, DBE_VALUE);
  expect(told).toEqual(["other"]);
  expect(record.lines).toEqual([
    expect.stringMatching(/^error: db: A\.VAL: a subscriber failed: .*broken.*post\.test/),
  ]);
});

test("adding and cancelling keep the one set: no list is copied for each of many subscribers", () => {
  const record = posting();
  const subscriptions = [subscribeTo(record, "VAL", DBE_VALUE, () => {})];
  const set = record.monitors?.[0]?.subscribers;
  for (let i = 1; i < 1000; i++) subscriptions.push(subscribeTo(record, "VAL", DBE_VALUE, () => {}));
  for (const one of subscriptions.splice(0, 999)) one.cancel();
  expect(record.monitors?.[0]?.subscribers).toBe(set);
  expect(set?.size).toBe(1);
});
