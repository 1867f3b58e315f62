import { beforeEach, describe, expect, test } from "vitest";
import { ActionError, CancelledError, messageOf } from "../../../src/base/errors.ts";
import { readTag, type UserTexts } from "../../../src/controller/experiment.ts";
import { NotFoundError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { Beamtime } from "../../../src/controller/ports/scheduling.ts";
import { TOMOSCAN_KEYS, tomoScanSuffix } from "../../../src/controller/pvs/tomoscan.ts";
import { type ActionResult, RejectedError } from "../../../src/controller/run/outcome.ts";
import { tagFromSchedule } from "../../../src/controller/tagging/tag-experiment.ts";
import { failureOf } from "../../support/failure-of.ts";
import { FakeBeamline } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { type FakeRun, fakeRun } from "../../support/fakes/fake-run.ts";
import { FakeDm, FakeScheduling } from "../../support/fakes/fake-services.ts";

/** The month last, the others in DMagic's order. */
const SUFFIXES = [
  "UserName",
  "UserLastName",
  "UserInstitution",
  "UserEmail",
  "UserBadge",
  "UserInfoUpdate",
  "ProposalNumber",
  "ProposalTitle",
  "ESAFNumber",
  "ExperimentYearMonth",
];
const OURS: Beamtime = {
  gupId: "1014288",
  esafId: "302911",
  title: "Foams",
  start: new Date("2026-03-01T05:30:00Z"),
  end: new Date("2026-03-04T12:00:00Z"),
  experimenters: [
    { badge: "208113", firstName: "Ada", lastName: "Byron", isPi: false },
    {
      badge: "208112",
      firstName: "Paul",
      lastName: "Lévy Strauß",
      email: "paul@example.org",
      institution: "Ecole",
      isPi: true,
    },
  ],
};
const LATER: Beamtime = {
  ...OURS,
  gupId: "1014311",
  title: "Insulin",
  start: new Date("2026-03-08T14:00:00Z"),
  end: new Date("2026-03-10T14:00:00Z"),
};
const EARLIER: Beamtime = {
  title: "Commissioning",
  start: new Date("2026-02-20T14:00:00Z"),
  end: new Date("2026-02-22T14:00:00Z"),
  experimenters: [{ badge: "", firstName: "", lastName: "Staff", isPi: true }],
};

let beamline: FakeBeamline;
let scheduling: FakeScheduling;
let dm: FakeDm;
let clock: FakeClock;
beforeEach(() => {
  beamline = new FakeBeamline();
  scheduling = new FakeScheduling();
  dm = new FakeDm();
  clock = new FakeClock(Date.UTC(2026, 2, 1, 12)); // 06:00 at the facility
  scheduling.beamtimesNow = [EARLIER, OURS, LATER];
  for (const suffix of [...SUFFIXES, "ESAFDOINumber"]) beamline.set(suffix, "Unknown");
});

const action = () =>
  tagFromSchedule({
    schedule: { scheduling, beamline: "99-ID-A,B", clock },
    tomoScan: { beamline, nameOf: tomoScanSuffix, clock },
    esafs: (year) => dm.esafs(year),
  });
const run = (context: FakeRun = fakeRun()): Promise<ActionResult> => action().run(context);

test("who has the beam is written as the schedule has it, in DMagic's order but for the month, which is unknown until all else is written", async () => {
  await expect(run()).resolves.toEqual({
    state: "Done",
    message: "TomoScan is tagged: Paul Lévy Strauß, proposal 1014288, 2026-02.",
  });
  expect(beamline.puts).toEqual([
    "ExperimentYearMonth=Unknown",
    "UserName=Paul",
    "UserLastName=Lévy Strauß",
    "UserInstitution=Ecole",
    "UserEmail=paul@example.org",
    "UserBadge=208112",
    "UserInfoUpdate=2026-03-01T06:00:00-06:00",
    "ProposalNumber=1014288",
    "ProposalTitle=Foams",
    "ESAFNumber=302911",
    "ESAFDOINumber=",
    "ExperimentYearMonth=2026-02", // the beamtime began in February at the facility
  ]);
});

test("what Tag writes names an experiment, whatever the schedule leaves out", async () => {
  scheduling.beamtimesNow = [{ ...EARLIER, title: "", start: OURS.start, end: OURS.end }];
  await run();
  const texts = Object.fromEntries(
    await Promise.all(TOMOSCAN_KEYS.map(async (key) => [key, await beamline.readText(tomoScanSuffix(key))])),
  ) as UserTexts;
  expect(readTag(texts, tomoScanSuffix, "")).toMatchObject({ valid: true, experiment: { name: "2026-02-Staff-0" } });
});

test("a proposal's leading zeros are left out, so that two spellings are one experiment", async () => {
  scheduling.beamtimesNow = [{ ...OURS, gupId: "001014288" }];
  await run();
  expect(beamline.puts).toContain("ProposalNumber=1014288");
});

describe("the day that counts", () => {
  test("is moved by Set", async () => {
    await run(fakeRun({ Set: 8 }));
    expect(beamline.puts).toContain("ProposalNumber=1014311");
  });

  test("without a beamtime fails, and the sentence names the nearest ones", async () => {
    const context = fakeRun({ Set: 5 });
    const failure = await failureOf(run(context), ActionError);
    expect(failure).not.toBeInstanceOf(RejectedError);
    expect(failure.message).toBe(
      'there is no beamtime at 99-ID-A,B on 2026-03-06 06:00: the one before it is GUP 1014288, "Foams", Lévy Strauß, 2026-02-28 23:30 to 2026-03-04 06:00; the one after it is GUP 1014311, "Insulin", Lévy Strauß, 2026-03-08 09:00 to 2026-03-10 09:00; set Set to the days between, or tag by TagManual',
    );
    expect(context.published.Beamtimes).toBe("");
    expect(beamline.puts).toEqual([]);
  });

  test("in a run without beamtimes, or in no run, fails and says so", async () => {
    scheduling.beamtimesNow = [];
    await expect(run()).rejects.toThrow("nothing is scheduled in its run");
    scheduling.failure = new NotFoundError("The scheduling service has no run that contains 2026-03-01");
    await expect(run()).rejects.toThrow("has no run that contains");
  });
});

describe("several beamtimes at once", () => {
  const parallel: Beamtime = { ...LATER, start: OURS.start, end: OURS.end };
  beforeEach(() => {
    scheduling.beamtimesNow = [OURS, parallel];
  });

  test("are listed, and none is chosen by itself", async () => {
    const context = fakeRun();
    const failure = await failureOf(run(context), RejectedError);
    expect(failure.message).toBe(
      "There are several beamtimes on 2026-03-01: set BeamtimeIndex to 1..2, as Beamtimes lists them.",
    );
    expect(String(context.published.Beamtimes).split("\n")).toEqual([
      '1: GUP 1014288, "Foams", Lévy Strauß, 2026-02-28 23:30 to 2026-03-04 06:00',
      '2: GUP 1014311, "Insulin", Lévy Strauß, 2026-02-28 23:30 to 2026-03-04 06:00',
    ]);
    expect(beamline.puts).toEqual([]);
  });

  test("BeamtimeIndex chooses, and is 0 again for the next list", async () => {
    const context = fakeRun({ BeamtimeIndex: 2 });
    await run(context);
    expect(beamline.puts).toContain("ProposalNumber=1014311");
    expect(context.published.Beamtimes).toContain("\n2: ");
    expect(context.published.BeamtimeIndex).toBe(0);
  });

  test.each([3, -1, 1.5])("BeamtimeIndex %s is rejected with the range, and is 0 again", async (BeamtimeIndex) => {
    const context = fakeRun({ BeamtimeIndex });
    const failure = await failureOf(run(context), RejectedError);
    expect(context.published.BeamtimeIndex).toBe(0);
    expect(failure.message).toBe(
      `BeamtimeIndex ${BeamtimeIndex} is none of the 2 of 2026-03-01: set BeamtimeIndex to 1..2, as Beamtimes lists them.`,
    );
  });
});

describe("TomoScan", () => {
  test("that does not answer gets nothing, and each missing PV is named", async () => {
    beamline.disconnect("ProposalTitle");
    const failure = await failureOf(run(), UnavailableError);
    expect(failure.message).toMatch(
      /^TomoScan does not answer: ProposalTitle is not connected or silent; nothing was written/,
    );
    expect(beamline.puts).toEqual([]);
  });

  test("that holds 39 bytes of an address is told, with the whole text", async () => {
    beamline.room.set("UserEmail", 10);
    const context = fakeRun();
    await expect(run(context)).resolves.toMatchObject({
      state: "Done",
      message: expect.stringMatching(/; UserEmail cannot hold "paul@example.org" whole\.$/) as unknown,
    });
    expect(context.published.TagTruncated).toBe('UserEmail holds only "paul@examp" of "paul@example.org"');
  });

  test("that takes no more in mid-way has what was written named, and the cause", async () => {
    const write = beamline.writeText.bind(beamline);
    beamline.writeText = async (name, text) => {
      if (name === "UserInstitution") throw new UnavailableError("PV UserInstitution did not take it");
      return write(name, text);
    };
    expect(messageOf(await failureOf(run(), ActionError))).toBe(
      'PV UserInstitution did not take it. Written were UserName, UserLastName alone, so ExperimentYearMonth is "Unknown" and nothing counts as tagged; tag again',
    );
  });

  test("an abort in mid-way says what was written", async () => {
    const context = fakeRun();
    const write = beamline.writeText.bind(beamline);
    beamline.writeText = async (name, text) => {
      const kept = await write(name, text);
      if (name === "UserLastName") context.abort(new CancelledError("Aborted on request."));
      return kept;
    };
    const failure = await failureOf(run(context), CancelledError);
    expect(failure.message).toMatch(/^Aborted on request\. Written were UserName, UserLastName alone/);
    expect(beamline.puts).toHaveLength(3);
  });

  test("texts with line ends and controls become one line", async () => {
    scheduling.beamtimesNow = [{ ...OURS, title: " Foams\r\nand\x07bubbles " }];
    await run();
    expect(beamline.puts).toContain("ProposalTitle=Foams and bubbles");
  });
});

describe("the safety form's DOI", () => {
  beforeEach(() => {
    beamline.set("ESAFDOINumber", "10.1/old");
    const form = { esafId: "302911", title: "", status: "Approved", startDate: "", endDate: "", users: [] };
    dm.esafsByYear = { 2026: [{ ...form, doi: "10.5/x" }] };
  });

  test("is written last where TomoScan has a PV for it", async () => {
    await run();
    expect(beamline.puts.at(-1)).toBe("ESAFDOINumber=10.5/x");
    expect(dm.calls).toEqual(["esafs 2026"]);
  });

  test("that nobody knows empties the PV: the one of the last beamtime must not stay", async () => {
    dm.esafsByYear = {};
    await run();
    await expect(beamline.readText("ESAFDOINumber")).resolves.toBe("");
  });

  test("that cannot be read is no failure, but is said", async () => {
    dm.failures.set("esafs", new UnavailableError("the service is down"));
    const context = fakeRun();
    await expect(run(context)).resolves.toMatchObject({ state: "Done" });
    expect(context.said).toEqual(['The DOI of ESAF "302911" was not written: the service is down.']);
  });

  test("without a PV for it is not even looked up", async () => {
    beamline.disconnect("ESAFDOINumber");
    const done = run();
    for (let second = 0; second < 3; second++) await clock.advanceAsync(1);
    await expect(done).resolves.toMatchObject({ state: "Done" });
    expect([dm.calls, clock.pending]).toEqual([[], 0]);
  });
});

test("a beamtime without experimenters tags nobody", async () => {
  scheduling.beamtimesNow = [{ ...OURS, experimenters: [] }];
  await expect(run()).rejects.toThrow(/has no experimenter; tag by TagManual$/);
  expect(beamline.puts).toEqual([]);
});

test("a dry run names day and PVs, and reaches nobody", () => {
  scheduling.failure = new ActionError("must not be asked");
  expect(action().plan(fakeRun({ Set: 2 }))).toEqual([
    "would look for the beamtime of 2026-03-03 at 99-ID-A,B",
    `would write who has it into ${SUFFIXES.join(", ")}`,
  ]);
});
