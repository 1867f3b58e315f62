import { expect, test } from "vitest";
import { RejectedError } from "../../../src/controller/run/outcome.ts";
import { scheduleDay } from "../../../src/controller/tagging/beamtimes.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { fakeRun } from "../../support/fakes/fake-run.ts";

const schedule = { clock: new FakeClock(Date.UTC(2026, 2, 1, 12)) };

test.each([
  [0, "2026-03-01"],
  [-30, "2026-01-30"],
  [36_500, "2126-02-05"],
])("Set %d moves now by that many days", (days, day) => {
  expect(scheduleDay(schedule, fakeRun({ Set: days })).toISOString()).toBe(`${day}T12:00:00.000Z`);
});

test.each([36_501, -2_147_483_648, Number.NaN])("Set %d is refused with a sentence that names it", (days) => {
  expect(() => scheduleDay(schedule, fakeRun({ Set: days }))).toThrow(RejectedError);
  expect(() => scheduleDay(schedule, fakeRun({ Set: days }))).toThrow(/^Set .* is not a number of days from -36500/);
});
