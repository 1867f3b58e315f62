import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { cleanName } from "../../../src/controller/experiment.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { Beamtime } from "../../../src/controller/ports/scheduling.ts";
import type { PvName } from "../../../src/controller/pvs/index.ts";
import { tomoScanSuffix } from "../../../src/controller/pvs/tomoscan.ts";
import { type ActionResult, RejectedError } from "../../../src/controller/run/outcome.ts";
import { parseName, type TagManualOptions, tagManually } from "../../../src/controller/tagging/tag-manual.ts";
import { writtenNames } from "../../../src/controller/tagging/user-pvs.ts";
import { anyText } from "../../support/engine/any-text.ts";
import { failureOf } from "../../support/failure-of.ts";
import { FakeBeamline } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { fakeRun } from "../../support/fakes/fake-run.ts";
import { FakeDm, FakeScheduling } from "../../support/fakes/fake-services.ts";

const NAME = "2026-03-Joliot-Curie-1014288";
const BEAMTIME: Beamtime = {
  gupId: "1014288",
  esafId: "302911",
  title: "Radium",
  start: new Date("2026-03-01T06:00:00Z"),
  end: new Date("2026-03-04T12:00:00Z"),
  experimenters: [
    { badge: "211347", firstName: "Irène", lastName: "Joliot-Curie", email: "irene@example.org", isPi: true },
  ],
};

let beamline: FakeBeamline;
let scheduling: FakeScheduling;
let dm: FakeDm;
const clock = new FakeClock();
beforeEach(() => {
  beamline = new FakeBeamline();
  scheduling = new FakeScheduling();
  scheduling.beamtimesNow = [BEAMTIME];
  dm = new FakeDm();
  exists(NAME, "Radium, again");
  for (const name of [...writtenNames({ nameOf: tomoScanSuffix }), "ESAFDOINumber"])
    beamline.set(name, "of somebody else");
});

function exists(name: string, description?: string): void {
  dm.experiments.set(name, { name, usernames: [], ...(description !== undefined && { description }) });
}

const run = (
  name: string,
  inputs: Readonly<Partial<Record<PvName, string | number>>> = {},
  changes: Partial<TagManualOptions> = {},
): Promise<ActionResult> =>
  tagManually({
    dm,
    serverName: "voyager",
    schedule: { scheduling, beamline: "99-ID-A,B", clock },
    tomoScan: { beamline, nameOf: tomoScanSuffix, clock },
    esafs: undefined,
    ...changes,
  }).run(fakeRun({ ManualExperiment: name, ...inputs }));

/** What the PVs hold, by suffix. */
const held = (): Record<string, string> =>
  Object.fromEntries(beamline.puts.map((put) => [put.slice(0, put.indexOf("=")), put.slice(put.indexOf("=") + 1)]));

test.each([
  ["2026-03-Noether-1014288", "2026-03", "Noether", "1014288"],
  ["2026-03-Joliot-Curie-1014288", "2026-03", "Joliot-Curie", "1014288"],
  ["2026-12-de_la_Cruz-Smith-Jones-0", "2026-12", "de_la_Cruz-Smith-Jones", "0"],
])("%s is taken apart right, hyphens in the last name included", (name, yearMonth, lastName, proposalNumber) => {
  expect(parseName(name)).toEqual({ yearMonth, lastName, proposalNumber });
});

test.each(["", "2026-03", "2026-03-Noether", "2026-13-Noether-1", "Noether-1014288", "2026-03--1", "2026-03---1"])(
  "%j is no name of that form",
  (name) => {
    expect(parseName(name)).toBeUndefined();
  },
);

test("every name that Tag leads to is taken apart into what it was made of", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 0, max: 999_999_999_999 }), (lastName, gup) => {
      const cleaned = cleanName(lastName);
      fc.pre(cleaned.ok);
      const parts = { yearMonth: "2026-03", lastName: cleaned.text, proposalNumber: String(gup) };
      expect(parseName(`2026-03-${cleaned.text}-${gup}`)).toEqual(parts);
    }),
  );
});

test("an experiment of a proposal is tagged with its title, and its PI from the schedule", async () => {
  await expect(run(NAME)).resolves.toEqual({
    state: "Done",
    message: `TomoScan is tagged from ${NAME}: Joliot-Curie, proposal 1014288, 2026-03.`,
  });
  expect(held()).toMatchObject({
    UserName: "Irène",
    UserLastName: "Joliot-Curie",
    UserEmail: "irene@example.org",
    UserBadge: "211347",
    ProposalNumber: "1014288",
    ProposalTitle: "Radium, again",
    ExperimentYearMonth: "2026-03",
    ESAFNumber: "302911",
  });
});

test("a last name with accents is written as the schedule has it when the name is made of it", async () => {
  scheduling.beamtimesNow = [
    { ...BEAMTIME, experimenters: [{ badge: "1", firstName: "Paul", lastName: "Lévy Strauß", isPi: true }] },
  ];
  exists("2026-03-Levy_Strau-1014288");
  await run("2026-03-Levy_Strau-1014288");
  expect(held()).toMatchObject({ UserName: "Paul", UserLastName: "Lévy Strauß", ProposalTitle: "Radium" });
});

test("an experiment that bears another name than its PI's gets nobody's first name, e-mail and badge", async () => {
  exists("2026-03-Meitner-1014288");
  await run("2026-03-Meitner-1014288");
  expect(held()).toMatchObject({
    UserName: "",
    UserLastName: "Meitner",
    UserEmail: "",
    UserBadge: "",
    ESAFNumber: "302911",
  });
});

test.each([
  ["that is down", () => (scheduling.failure = new UnavailableError("the scheduling service is down")), /is down\.$/],
  ["without the proposal", () => (scheduling.beamtimesNow = []), /proposal 1014288 has no beamtime/],
])("a schedule %s does not hinder the tag, and the message says what was emptied", async (_, spoil, reason) => {
  spoil();
  const { state, message } = await run(NAME);
  expect(state).toBe("Done");
  expect(message).toContain("first name, e-mail and badge were emptied: ");
  expect(message).toMatch(reason);
  expect(held()).toMatchObject({ UserName: "", UserLastName: "Joliot-Curie", UserEmail: "", UserBadge: "" });
});

describe("time without a proposal", () => {
  const STAFF = "2026-03-Staff-0";
  beforeEach(() => {
    exists(STAFF, "Commissioning");
    scheduling.failure = new ActionError("must not be asked");
  });

  test("asks no schedule, and first name, e-mail and badge are emptied", async () => {
    await expect(run(STAFF)).resolves.toMatchObject({ state: "Done" });
    expect(held()).toMatchObject({
      UserName: "",
      UserLastName: "Staff",
      UserInstitution: "",
      UserEmail: "",
      UserBadge: "",
      ProposalNumber: "0",
      ProposalTitle: "Commissioning",
      ESAFNumber: "",
    });
  });

  const INPUTS = {
    ManualName: "Staff",
    ManualGup: 0,
    ManualFirstName: "Rosalind",
    ManualEmail: "rosalind@example.org",
    ManualInstitution: "King's",
    ManualTitle: "Alignment",
  };
  test("takes them from CreateManual's inputs when they are of this experiment", async () => {
    await run(STAFF, INPUTS);
    expect(held()).toMatchObject({
      UserName: "Rosalind",
      UserEmail: "rosalind@example.org",
      UserInstitution: "King's",
      ProposalTitle: "Commissioning",
    });
  });

  test("leaves the inputs of another experiment alone", async () => {
    await run(STAFF, { ...INPUTS, ManualGup: 7 });
    expect(held()).toMatchObject({ UserName: "", UserEmail: "" });
  });

  test("without any title still names an experiment", async () => {
    exists(STAFF);
    await run(STAFF);
    expect(held()["ProposalTitle"]).toBe("No title");
  });
});

describe("nothing is written for", () => {
  test.each(["", "Staff", "../../etc", "2026-03-Noether"])("the name %j, which is rejected", async (name) => {
    const failure = await failureOf(run(name), RejectedError);
    expect(failure.message).toMatch(/^ManualExperiment /);
    expect([beamline.puts, dm.calls]).toEqual([[], []]);
  });

  test("an experiment that does not exist, which is rejected with the server's name", async () => {
    const failure = await failureOf(run("2026-03-Nobody-5"), RejectedError);
    expect(failure.message).toBe("There is no experiment 2026-03-Nobody-5 on voyager; ManualExperiment must name one.");
    expect(beamline.puts).toEqual([]);
  });

  test("an experiment of which the server cannot say whether it exists", async () => {
    dm.failures.set("experimentByName", new UnavailableError("DM does not answer"));
    await failureOf(run(NAME), UnavailableError);
    expect(beamline.puts).toEqual([]);
  });
});

test("on a Globus collection the name alone tells", async () => {
  await run("2026-04-Wu-0", {}, { dm: undefined, serverName: "petrel" });
  expect(held()).toMatchObject({ UserLastName: "Wu", ExperimentYearMonth: "2026-04", ProposalTitle: "No title" });
});

test("a dry run names experiment and PVs, and refuses what would be refused", () => {
  const action = tagManually({
    dm,
    serverName: "voyager",
    schedule: { scheduling, beamline: "99-ID-A,B", clock },
    tomoScan: { beamline, nameOf: tomoScanSuffix, clock },
    esafs: undefined,
  });
  expect(action.plan(fakeRun({ ManualExperiment: NAME }))).toEqual([
    expect.stringMatching(`^would write what experiment ${NAME} tells into UserName, `),
  ]);
  expect(() => action.plan(fakeRun())).toThrow(RejectedError);
});

test.each(["2026-03-unknown-1014288", "2026-03-Unknown-0"])("%s names nobody, and nothing is written", async (name) => {
  expect((await failureOf(run(name), RejectedError)).message).toMatch(/^ManualExperiment ".*" names nobody: /);
  expect(beamline.puts).toEqual([]);
});
