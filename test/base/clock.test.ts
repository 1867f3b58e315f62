/** The system's clock and what is built on any clock. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { guardedClock, systemClock } from "../../src/base/clock.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

const DAY = 86400;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a wait of a hundred days, longer than one timer of Node can be, ends after a hundred days", () => {
  let fired = 0;
  systemClock.after(100 * DAY, () => fired++);
  vi.advanceTimersByTime(99.9 * DAY * 1000);
  expect(fired).toBe(0);
  vi.advanceTimersByTime(0.2 * DAY * 1000);
  expect(fired).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

test("a long wait can be called off in every part of it", () => {
  const cancel = systemClock.after(100 * DAY, () => expect.unreachable());
  vi.advanceTimersByTime(60 * DAY * 1000);
  cancel();
  expect(vi.getTimerCount()).toBe(0);
});

test("what a guarded clock calls may throw: it is told, and the next is called", () => {
  const clock = new FakeClock();
  const told: string[] = [];
  const guarded = guardedClock(clock, (thrown) => told.push(String(thrown)));
  const broken = (name: string) => () => {
    throw new Error(name);
  };
  guarded.soon(broken("soon"));
  guarded.after(1, broken("after"));
  guarded.after(2, () => told.push(`at ${guarded.monotonic()}`));
  guarded.after(2, broken("cancelled"))();
  clock.advance(3);
  expect(told).toEqual(["Error: soon", "Error: after", "at 2"]);
});
