/** Which beamtime counts, and by whose clock. */
import { beforeEach, expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import type { Beamtime } from "../../../src/controller/ports/scheduling.ts";
import { recentExperiments } from "../../../src/controller/setup/dm-experiment.ts";
import { beamtimeOf, beamtimesFor, type Schedule } from "../../../src/controller/tagging/beamtimes.ts";
import { failureOf } from "../../support/failure-of.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { fakeRun } from "../../support/fakes/fake-run.ts";
import { FakeScheduling } from "../../support/fakes/fake-services.ts";

const NOW = Date.UTC(2026, 0, 1, 5); // 31 December at the facility
const beamtime = (gupId: string, start: string, end: string): Beamtime => ({
  gupId,
  title: "Foams",
  start: new Date(start),
  end: new Date(end),
  experimenters: [],
});
const EARLIER = beamtime("1014288", "2025-12-10T00:00:00Z", "2025-12-12T00:00:00Z");
const PRESENT = beamtime("1014311", "2025-12-30T00:00:00Z", "2026-01-03T00:00:00Z");

let schedule: Schedule;
beforeEach(() => {
  const scheduling = new FakeScheduling();
  scheduling.beamtimesNow = [EARLIER, PRESENT];
  schedule = { scheduling, beamline: "2-BM-A,B", clock: new FakeClock(NOW) };
});

test("a proposal without beamtime is told with the day that it is at the facility", async () => {
  const failure = await failureOf(beamtimeOf(schedule, { proposalNumber: "7" }, fakeRun(), {}), ActionError);
  expect(failure.message).toMatch(/^proposal 7 has no beamtime at 2-BM-A,B in the run of 2025-12-31;/);
});

test("whoever looks sees the proposal's beamtime, and without a proposal those of the day", async () => {
  expect(await beamtimesFor(schedule, { proposalNumber: "1014288" }, fakeRun(), {})).toEqual([EARLIER]);
  expect(await beamtimesFor(schedule, { proposalNumber: "0" }, fakeRun(), {})).toEqual([PRESENT]);
  expect(await beamtimesFor(schedule, undefined, fakeRun(), {})).toEqual([PRESENT]);
  expect(await beamtimesFor(schedule, undefined, fakeRun({ Set: 30 }), {})).toEqual([]);
});

test("the experiments of this year and the last are those of the facility's year, the latest first", async () => {
  const all = ["2023-12", "2024-01", "2025-12"].map((rootPath) => ({
    name: `${rootPath}-Staff-0`,
    rootPath,
    startDate: new Date(`${rootPath}-01T00:00:00Z`),
  }));
  const dm = { stationExperiments: async () => all };
  expect(await recentExperiments(dm, new FakeClock(NOW), {})).toEqual(["2025-12-Staff-0", "2024-01-Staff-0"]);
});
