import * as fc from "fast-check";
import { expect, test } from "vitest";
import { facilityIso } from "../../src/base/facility-time.ts";
import {
  beamtimeAt,
  EVERYONE,
  esafsAt,
  localIso,
  PEOPLE,
  PROPOSAL,
  runAt,
  yearMonth,
} from "../../src/sandbox/people.ts";

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

test("everybody has a badge, both names and an institution", () => {
  for (const { badge, firstName, lastName, institution } of EVERYONE)
    expect([badge, firstName, lastName, institution]).not.toContain("");
});

test("runs are named by year and third, and meet", () => {
  expect(runAt(new Date("2026-11-22T12:00:00Z")).runName).toBe("2026-3");
  expect(runAt(new Date("2027-01-01T05:59:59Z")).runName).toBe("2026-3");
  expect(runAt(new Date("2027-01-01T06:00:00Z")).runName).toBe("2027-1");
  expect(runAt(new Date("2027-05-01T05:00:00Z")).runName).toBe("2027-2");
});

test("the sandbox's clock is the facility's, in winter as in summer", () => {
  expect(yearMonth(new Date("2026-01-01T05:30:00Z"))).toBe("2025-12");
  expect(yearMonth(new Date("2026-07-01T05:30:00Z"))).toBe("2026-07");
  expect(
    (["±hh:mm", "±hhmm", "±hh"] as const).map((offset) => localIso(new Date("2026-03-03T14:00:00Z"), offset)),
  ).toEqual(["2026-03-03T08:00:00-06:00", "2026-03-03T08:00:00-0600", "2026-03-03T08:00:00-06"]);
  fc.assert(
    fc.property(moment, (now) => {
      expect(localIso(now)).toBe(facilityIso(now));
      const { start, end } = beamtimeAt(now);
      expect([start, end].map((at) => localIso(at).slice(11, 19))).toEqual(["00:00:00", "00:00:00"]);
    }),
  );
});

test("nobody shares a badge", () => {
  expect(new Set(EVERYONE.map(({ badge }) => badge)).size).toBe(EVERYONE.length);
});

test("whenever the sandbox runs, the proposal's safety form covers now, and one form is of the year before", () => {
  fc.assert(
    fc.property(moment, (now) => {
      const forms = esafsAt(now);
      const ours = forms.find(({ esafId }) => esafId === PROPOSAL.esafId);
      expect(ours?.start.getTime()).toBeLessThanOrEqual(now.getTime());
      expect(ours?.end.getTime()).toBeGreaterThanOrEqual(now.getTime());
      const years = forms.map(({ start }) => Number(localIso(start).slice(0, 4)));
      expect(years).toContain(Number(localIso(beamtimeAt(now).start).slice(0, 4)) - 1);
    }),
  );
});

test("the proposal's safety form names people who are not on the proposal, one of them without an address", () => {
  const users = esafsAt(new Date(0)).find(({ esafId }) => esafId === PROPOSAL.esafId)?.users ?? [];
  const strangers = users.filter((user) => user !== PEOPLE.pi && !PEOPLE.experimenters.includes(user));
  expect(strangers.map(({ email }) => email === undefined)).toEqual([false, true]);
});
