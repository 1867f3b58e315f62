import { expect, test } from "vitest";
import {
  dayAfter,
  facilityDay,
  facilityIso,
  facilityMidnight,
  facilityMinute,
  facilityMonth,
  facilitySecond,
  facilityZone,
  knownZone,
} from "../../src/base/facility-time.ts";
import { inZone } from "../support/in-zone.ts";

test.each([
  ["2026-03-03T14:00:00Z", "2026-03-03T08:00:00-06:00"],
  ["2026-07-01T04:59:59Z", "2026-06-30T23:59:59-05:00"],
  ["2026-01-01T05:59:59Z", "2025-12-31T23:59:59-06:00"],
  ["2026-01-01T06:00:00Z", "2026-01-01T00:00:00-06:00"],
  ["2026-03-08T07:59:59Z", "2026-03-08T01:59:59-06:00"],
  ["2026-03-08T08:00:00Z", "2026-03-08T03:00:00-05:00"],
  ["2026-11-01T06:30:00Z", "2026-11-01T01:30:00-05:00"],
  ["2026-11-01T07:30:00Z", "2026-11-01T01:30:00-06:00"],
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

test.each([
  ["Australia/Adelaide", "2026-03-03T14:00:00Z", "2026-03-04T00:30:00+10:30"],
  ["America/St_Johns", "2026-03-03T03:00:00Z", "2026-03-02T23:30:00-03:30"],
  ["Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29T01:59:59+01:00"],
  ["Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00"],
  ["Australia/Sydney", "2026-04-04T16:00:00Z", "2026-04-05T02:00:00+10:00"],
  ["UTC", "2026-03-03T14:00:00Z", "2026-03-03T14:00:00+00:00"],
])("a facility in %s has its own clock: %s is %s there", async (zone, utc, there) => {
  await inZone(zone, () => {
    expect(facilityIso(new Date(utc))).toBe(there);
    expect(facilitySecond(new Date(utc))).toBe(there.slice(0, 19).replace("T", " "));
    expect(facilityZone(new Date(utc))).toBe(`${zone} (${there.slice(-6)})`);
  });
});

/** In Santiago the clock leaves out the first hour of that day. */
test.each([
  ["Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000Z"],
  ["Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00.000Z"],
  ["Australia/Sydney", "2026-04-05", "2026-04-04T13:00:00.000Z"],
  ["Australia/Sydney", "2026-10-04", "2026-10-03T14:00:00.000Z"],
  ["Asia/Tokyo", "2026-01-01", "2025-12-31T15:00:00.000Z"],
  ["America/Santiago", "2026-09-06", "2026-09-06T04:00:00.000Z"],
])("in %s %s begins at %s, also where the clock changes", async (zone, day, utc) => {
  await inZone(zone, () => expect(facilityMidnight(day)?.toISOString()).toBe(utc));
});

test.each([
  ["America/Chicago", "America/Chicago"],
  ["europe/berlin", "Europe/Berlin"],
  ["UTC", "UTC"],
  ["America/Chicgo", undefined],
  ["+05:00", undefined],
  ["", undefined],
])("the zone %j is known as %s", (name, zone) => {
  expect(knownZone(name)).toBe(zone);
});
