import { expect, test } from "vitest";
import { type LoopLag, lagMilliseconds, NO_LAG, ownHealth, ticked } from "../../../src/controller/health/own-health.ts";

const NOON = Date.parse("2026-03-01T12:00:00Z");
/** Ticks at these monotonic seconds. */
const after = (times: readonly number[], lag: LoopLag = NO_LAG): LoopLag =>
  times.reduce((so, at) => ticked(so, at, NOON + at * 1000), lag);
const half = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i / 2);

test("the lag is the latest that one of the last ten ticks came", () => {
  expect(lagMilliseconds(after(half(0, 10)))).toBeUndefined();
  expect(lagMilliseconds(after(half(0, 11)))).toBe(0);
  const late = after([...half(0, 11), 5.75]);
  expect(lagMilliseconds(late)).toBe(250);
  expect(lagMilliseconds(after(half(6.25, 10), late))).toBe(0);
});

test("what people do not notice is no trouble", () => {
  expect(ownHealth(NO_LAG, undefined).state).toBe("Unknown");
  expect(ownHealth(after([0, 0.5, 1.9]), undefined)).toEqual({ state: "OK", message: "" });
});

test("a stall is told for a while, the longest first, and then no more", () => {
  const stalled = after([0, 0.5, 3]);
  expect(ownHealth(stalled, undefined)).toEqual({
    state: "Trouble",
    message: expect.stringMatching(
      /^The program did nothing for 2\.0 s: see whether this host .* Since 2026-03-01 /,
    ) as string,
  });
  expect(ownHealth(after([3.5, 5.5], stalled), undefined).message).toContain("2.0 s");
  expect(ownHealth(after([303, 304], stalled), undefined).message, "300 s are over, with a new stall").not.toContain(
    "2.0 s",
  );
  expect(ownHealth(after(half(3.5, 700), stalled), undefined).state).toBe("OK");
});

test("a stall of more than the watchdog's time says that ServerRunning was Stopped", () => {
  expect(ownHealth(after([0, 6]), undefined).message).toContain("ServerRunning was Stopped meanwhile");
});

test("a fault is told until somebody has acknowledged it", () => {
  const fault = { sentence: "Init: Internal error: x is undefined.", since: NOON };
  expect(ownHealth(after([0, 0.5]), fault)).toEqual({
    state: "Trouble",
    message: expect.stringMatching(/^Init: Internal error: .* write 1 to ErrorAck\. Since /) as string,
  });
});
