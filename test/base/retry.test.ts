import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PATIENT, type RetryPolicy, type RetryVerdict, retry } from "../../src/base/retry.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { ImpatientClock } from "../support/fakes/impatient-clock.ts";

const policy: RetryPolicy = { attempts: 4, firstWaitSeconds: 1, longestWaitSeconds: 10, withinSeconds: 100 };
const always = (): RetryVerdict => ({ repeat: true });

/** A call that fails so many times before it succeeds. */
function failing(times: number): { readonly call: () => Promise<string>; readonly calls: () => number } {
  let calls = 0;
  return {
    calls: () => calls,
    call: async () => {
      if (calls++ < times) throw new Error(`failure ${calls}`);
      return "done";
    },
  };
}

test("a call that succeeds at once is made once and nothing waits", async () => {
  const clock = new FakeClock();
  const { call, calls } = failing(0);
  expect(await retry(call, { policy, clock, verdict: always })).toBe("done");
  expect(calls()).toBe(1);
  expect(clock.pending).toBe(0);
});

test("a call that fails twice succeeds at the third attempt, with doubled waits", async () => {
  const clock = new ImpatientClock();
  const { call } = failing(2);
  expect(await retry(call, { policy, clock, verdict: always, random: () => 0.999_999 })).toBe("done");
  expect(clock.waits.map(Math.round)).toEqual([1, 2]);
});

test("after the last attempt its own failure is thrown", async () => {
  const { call, calls } = failing(99);
  await expect(retry(call, { policy, clock: new ImpatientClock(), verdict: always })).rejects.toThrow("failure 4");
  expect(calls()).toBe(4);
});

test("a failure that may not be repeated is thrown at once", async () => {
  const { call, calls } = failing(99);
  await expect(retry(call, { policy, clock: new FakeClock(), verdict: () => ({ repeat: false }) })).rejects.toThrow(
    "failure 1",
  );
  expect(calls()).toBe(1);
});

test("a peer that names a time is not asked earlier", async () => {
  const clock = new ImpatientClock();
  const { call } = failing(1);
  await retry(call, { policy, clock, verdict: () => ({ repeat: true, afterSeconds: 7 }) });
  expect(clock.waits).toEqual([7]);
});

test("a peer that asks for longer than we wait is not waited for", async () => {
  const { call, calls } = failing(1);
  const verdict = (): RetryVerdict => ({ repeat: true, afterSeconds: 3600 });
  await expect(retry(call, { policy, clock: new FakeClock(), verdict })).rejects.toThrow("failure 1");
  expect(calls()).toBe(1);
});

test("no attempt begins after the time for all of them", async () => {
  const clock = new ImpatientClock();
  let calls = 0;
  const slowFailure = async (): Promise<never> => {
    calls++;
    clock.advance(60);
    throw new Error("slow");
  };
  await expect(retry(slowFailure, { policy, clock, verdict: always })).rejects.toThrow("slow");
  expect(calls).toBe(2);
});

test("cancelling during a wait ends it at once with the reason, and leaves no timer", async () => {
  const clock = new FakeClock();
  const cancel = new AbortController();
  const { call, calls } = failing(99);
  const work = retry(call, { policy, clock, verdict: always, signal: cancel.signal });
  await clock.advanceAsync(0);
  expect(clock.pending).toBe(1);
  cancel.abort(new Error("operator pressed Abort"));
  await expect(work).rejects.toThrow("operator pressed Abort");
  expect(calls()).toBe(1);
  expect(clock.pending).toBe(0);
});

test("waits grow, stay below the longest one, and differ between clients", async () => {
  await fc.assert(
    fc.asyncProperty(fc.double({ min: 0, max: 0.999, noNaN: true }), async (random) => {
      const clock = new ImpatientClock();
      const many = { ...PATIENT, attempts: 8, withinSeconds: 1000 };
      await retry(failing(7).call, { policy: many, clock, verdict: always, random: () => random });
      const full = [0.5, 1, 2, 4, 8, 16, 30];
      clock.waits.forEach((wait, index) => {
        expect(wait).toBeGreaterThanOrEqual((full[index] ?? 0) / 2);
        expect(wait).toBeLessThanOrEqual(full[index] ?? 0);
      });
    }),
  );
});
