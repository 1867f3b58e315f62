import { expect, test } from "vitest";
import {
  dayAfter,
  facilityDay,
  facilityIso,
  facilityMidnight,
  facilityMinute,
  facilityMonth,
} from "../../src/base/facility-time.ts";

test.each([
  ["2026-03-03T14:00:00Z", "2026-03-03T08:00:00-06:00"],
  ["2026-07-01T04:59:59Z", "2026-06-30T23:59:59-05:00"],
  ["2026-01-01T05:59:59Z", "2025-12-31T23:59:59-06:00"],
  ["2026-01-01T06:00:00Z", "2026-01-01T00:00:00-06:00"],
  ["2026-03-08T07:59:59Z", "2026-03-08T01:59:59-06:00"],
  ["2026-03-08T08:00:00Z", "2026-03-08T03:00:00-05:00"],
])("%s is %s at the facility", (utc, there) => {
  expect(facilityIso(new Date(utc))).toBe(there);
});

test("days, months and minutes are the facility's", () => {
  const at = new Date("2026-07-01T04:59:59Z");
  expect([facilityDay(at), facilityMonth(at), facilityMinute(at)]).toEqual([
    "2026-06-30",
    "2026-06",
    "2026-06-30 23:59",
  ]);
});

test.each(["2026-03-01", "2026-03-08", "2026-03-09", "2026-11-01", "2026-11-02", "2024-02-29"])(
  "%s begins at its midnight there, also when the clock changes",
  (day) => {
    expect(facilityIso(facilityMidnight(day) as Date)).toMatch(`${day}T00:00:00`);
  },
);

test.each(["", "2026-02-30", "2026-13-01", "2026-3-1", "26-03-01", "2026-03-01T00:00", "soon"])(
  "%j is no day",
  (text) => {
    expect(facilityMidnight(text)).toBeUndefined();
  },
);

test("days are counted over the ends of months and years", () => {
  expect([dayAfter("2026-02-20", 14), dayAfter("2026-12-31", 1)]).toEqual(["2026-03-06", "2027-01-01"]);
});
