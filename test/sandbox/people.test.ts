import * as fc from "fast-check";
import { expect, test } from "vitest";
import { beamtimeAt, EVERYONE, localIso, runAt, yearMonth } from "../../src/sandbox/people.ts";

const moment = fc.date({ min: new Date("2024-01-01"), max: new Date("2040-01-01"), noInvalidDate: true });

test("whenever the sandbox runs, its run and its beamtime cover now, and the beamtime begins in this month", () => {
  fc.assert(
    fc.property(moment, (now) => {
      for (const { start, end } of [runAt(now), beamtimeAt(now)]) {
        expect(start.getTime()).toBeLessThanOrEqual(now.getTime());
        expect(end.getTime() + 1000).toBeGreaterThan(now.getTime());
      }
      expect(localIso(beamtimeAt(now).start).slice(0, 7)).toBe(yearMonth(now));
    }),
  );
});

test("runs are named by year and third, and meet", () => {
  expect(runAt(new Date("2026-11-22T12:00:00Z")).runName).toBe("2026-3");
  expect(runAt(new Date("2027-01-01T04:59:59Z")).runName).toBe("2026-3");
  expect(runAt(new Date("2027-01-01T05:00:00Z")).runName).toBe("2027-1");
});

test("nobody shares a badge", () => {
  expect(new Set(EVERYONE.map(({ badge }) => badge)).size).toBe(EVERYONE.length);
});
