import { beforeEach, expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import type { Esaf } from "../../../src/controller/ports/data-management.ts";
import type { Beamtime, Experimenter } from "../../../src/controller/ports/scheduling.ts";
import { eachOnce, findPeople, type PeopleOptions, personName } from "../../../src/controller/users/people.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { FakeDm, FakeScheduling } from "../../support/fakes/fake-services.ts";
import { EXPERIMENT, taggedRun } from "../../support/fakes/tagged-run.ts";

const person = (badge: string, lastName: string, email?: string): Experimenter => ({
  badge,
  firstName: "",
  lastName,
  isPi: false,
  ...(email !== undefined && { email }),
});
const esaf = (esafId: string, ...users: Experimenter[]): Esaf => ({
  esafId,
  title: "",
  status: "Approved",
  startDate: "2026-03-03",
  endDate: "2026-03-06",
  users,
});

let dm: FakeDm;
let scheduling: FakeScheduling;
let options: PeopleOptions;
let beamtime: Beamtime;
beforeEach(() => {
  dm = new FakeDm();
  scheduling = new FakeScheduling();
  const clock = new FakeClock();
  const now = new Date(clock.now());
  beamtime = {
    gupId: EXPERIMENT.proposalNumber,
    title: "Foams",
    start: now,
    end: now,
    experimenters: [person("208112", "Noether", "Emmy@Example.org"), person("208113", "Byron")],
  };
  scheduling.beamtimesNow = [beamtime];
  options = {
    schedule: { scheduling, beamline: "99-ID-A,B", clock },
    esafs: (year) => dm.esafs(year),
    contacts: [
      { badge: "11111", email: "Franklin@beamline.example" },
      { badge: "58903", email: "" },
    ],
  };
});
const find = (experiment = EXPERIMENT, signal?: AbortSignal) =>
  findPeople(options, experiment, taggedRun().context, { ...(signal !== undefined && { signal }) });
const badges = async (experiment = EXPERIMENT) => (await find(experiment)).people.map(({ badge }) => badge);

test("both contacts come first, then the experimenters of the proposal", async () => {
  const found = await find();
  expect(found.people).toEqual([
    { badge: "11111", firstName: "", lastName: "", email: "franklin@beamline.example" },
    { badge: "58903", firstName: "", lastName: "" },
    { badge: "208112", firstName: "", lastName: "Noether", email: "emmy@example.org" },
    { badge: "208113", firstName: "", lastName: "Byron" },
  ]);
  expect(found.problems).toEqual([]);
  expect(found.beamtime).toBe(beamtime);
});

test("users of the safety form that TomoScan names are among them, each once", async () => {
  dm.esafsByYear[2026] = [
    esaf("302911", person("208113", "Byron", "ada@example.org"), person("214590", "Meitner")),
    esaf("1", person("1", "Other")),
  ];
  const { people, esafOnly } = await find({ ...EXPERIMENT, esafNumber: "302911" });
  expect(people.map(({ badge }) => badge)).toEqual(["11111", "58903", "208112", "208113", "214590"]);
  expect(people.find(({ badge }) => badge === "208113")?.email).toBe("ada@example.org");
  expect(esafOnly.map(({ lastName }) => lastName)).toEqual(["Meitner"]);
});

test("without one in TomoScan the beamtime's safety form counts", async () => {
  scheduling.beamtimesNow = [{ ...beamtime, esafId: "302911" }];
  dm.esafsByYear[2026] = [esaf("302911", person("214590", "Meitner"))];
  expect(await badges()).toContain("214590");
});

test("a safety form that the station does not have is a problem, and the rest is there", async () => {
  const found = await find({ ...EXPERIMENT, esafNumber: "302911" });
  expect(found.problems).toEqual(["ESAF 302911 is not among the station's of 2026"]);
  expect(found.people).toHaveLength(4);
});

test("where safety forms cannot be read they are no problem", async () => {
  options = { ...options, esafs: undefined };
  expect((await find({ ...EXPERIMENT, esafNumber: "302911" })).problems).toEqual([]);
});

test("a schedule that cannot be read is a problem, and the contacts are there", async () => {
  scheduling.failure = new ActionError("the scheduling service is down.");
  const found = await find();
  expect(found.people.map(({ badge }) => badge)).toEqual(["11111", "58903"]);
  expect(found.problems).toEqual(["the scheduling service is down"]);
  expect(found.scheduleError).toBe(scheduling.failure);
});

test("time without a proposal asks no schedule", async () => {
  scheduling.failure = new ActionError("must not be asked");
  expect((await find({ ...EXPERIMENT, proposalNumber: "0" })).problems).toEqual([]);
});

test("an abort, and a bug, are no problems of the result", async () => {
  const abort = new AbortController();
  const reason = new ActionError("Aborted on request.");
  abort.abort(reason);
  scheduling.failure = reason;
  await expect(find(EXPERIMENT, abort.signal)).rejects.toBe(reason);
  scheduling.failure = new TypeError("x is undefined");
  await expect(find()).rejects.toThrow(TypeError);
});

test("a contact who is an experimenter, too, is there once and has a name", async () => {
  scheduling.beamtimesNow = [{ ...beamtime, experimenters: [person("11111", "Franklin", "other@example.org")] }];
  expect((await find()).people).toEqual([
    { badge: "11111", firstName: "", lastName: "Franklin", email: "franklin@beamline.example" },
    { badge: "58903", firstName: "", lastName: "" },
  ]);
});

test("without a badge the address tells people apart, and without both nobody is meant", () => {
  const one = (badge: string, email?: string) => ({
    badge,
    firstName: "",
    lastName: "",
    ...(email !== undefined && { email }),
  });
  expect(eachOnce([one("", "a@x"), one("", "a@x"), one("", "b@x"), one("")])).toHaveLength(2);
});

test.each([
  [{ badge: "1", firstName: "Emmy", lastName: "Noether", email: "e@x" }, "Emmy Noether"],
  [{ badge: "1", firstName: "", lastName: "", email: "e@x" }, "badge 1"],
  [{ badge: "", firstName: "", lastName: "", email: "e@x" }, "e@x"],
])("%j is called %s", (who, name) => {
  expect(personName(who)).toBe(name);
});
