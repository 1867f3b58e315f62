import { beforeEach, expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import type { Experiment } from "../../../src/controller/experiment.ts";
import { AlreadyExistsError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { Beamtime } from "../../../src/controller/ports/scheduling.ts";
import { ANSWERS } from "../../../src/controller/pvs/row.ts";
import type { ActionResult } from "../../../src/controller/run/outcome.ts";
import { type InitDmOptions, initOnDm } from "../../../src/controller/setup/init-dm.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { FakeDm, FakeScheduling } from "../../support/fakes/fake-services.ts";

const EXPERIMENT: Experiment = {
  name: "2026-03-Levy-1014288",
  uncleanedName: "2026-03-Lévy-1014288",
  yearMonth: "2026-03",
  piLastName: "Levy",
  proposalNumber: "1014288",
  proposalTitle: "Foams",
  esafNumber: "",
};
const BEAMTIME: Beamtime = {
  gupId: "1014288",
  title: "Foams",
  start: new Date("2026-03-03T08:00:00-06:00"),
  end: new Date("2026-03-06T08:00:00-06:00"),
  experimenters: [
    { badge: "208112", firstName: "Paul", lastName: "Lévy", isPi: true },
    { badge: "208113", firstName: "Ada", lastName: "Byron", isPi: false },
  ],
};

let dm: FakeDm;
let scheduling: FakeScheduling;
let published: Record<string, unknown>;
let said: string[];
beforeEach(() => {
  dm = new FakeDm();
  scheduling = new FakeScheduling();
  scheduling.beamtimesNow = [BEAMTIME];
  for (const badge of ["208112", "208113", "11111", "58903"]) dm.knownUsers.add(`d${badge}`);
  published = {};
  said = [];
});

const run = (
  changes: Partial<InitDmOptions> = {},
  experiment = EXPERIMENT,
  signal = new AbortController().signal,
): Promise<ActionResult> =>
  initOnDm({
    dm,
    people: {
      schedule: { scheduling, beamline: "99-ID-A,B", clock: new FakeClock() },
      esafs: undefined,
      contacts: [
        { badge: "11111", email: "" },
        { badge: "58903", email: "" },
      ],
    },
    experimentType: "99ID",
    serverName: "voyager",
    ...changes,
  }).run({
    experiment,
    signal,
    input: () => 0,
    publish: (name, value) => void (published[name] = value),
    say: (sentence, severity) => void said.push(severity === undefined ? sentence : `${severity} ${sentence}`),
  });

test("a new experiment is created with the beamtime's dates, and experimenters and both contacts are put on it", async () => {
  await expect(run()).resolves.toMatchObject({ state: "Done" });
  expect(dm.experiments.get(EXPERIMENT.name)).toMatchObject({
    made: { typeName: "99ID", description: "Foams", rootPath: "2026-03", start: BEAMTIME.start, end: BEAMTIME.end },
    usernames: ["d11111", "d58903", "d208112", "d208113"],
  });
  expect(published).toMatchObject({
    ExperimentExists: ANSWERS.indexOf("Yes"),
    ExperimentCreated: 1,
    UsersAdded: 4,
    UsersFailed: 0,
  });
});

test("an experiment that exists is reused and its missing users are added", async () => {
  dm.experiments.set(EXPERIMENT.name, { name: EXPERIMENT.name, usernames: ["d208112"] });
  await run();
  expect(dm.calls.filter((call) => call.startsWith("addExperiment"))).toEqual([]);
  expect(published).toMatchObject({ ExperimentExists: ANSWERS.indexOf("Yes"), ExperimentCreated: 0, UsersAdded: 4 });
});

test("an experiment under the uncleaned name is found before a second one is made", async () => {
  dm.experiments.set(EXPERIMENT.uncleanedName, { name: EXPERIMENT.uncleanedName, usernames: [] });
  await expect(run()).resolves.toMatchObject({ message: expect.stringContaining(EXPERIMENT.uncleanedName) as unknown });
  expect(dm.experiments.size).toBe(1);
});

test("a service that cannot say whether the experiment exists gets none created", async () => {
  dm.failures.set("experimentByName", new UnavailableError("DM did not answer within 60 s"));
  await expect(run()).rejects.toThrow("did not answer");
  expect(dm.calls).not.toContain(`addExperiment ${EXPERIMENT.name}`);
});

test("an experiment that appears between look-up and creation is used", async () => {
  let looks = 0;
  const look = dm.experimentByName.bind(dm);
  dm.experimentByName = async (name) => {
    if (++looks > 2) dm.experiments.set(EXPERIMENT.name, { name: EXPERIMENT.name, usernames: [] });
    return look(name);
  };
  dm.failures.set("addExperiment", new AlreadyExistsError("exists"));
  await expect(run()).resolves.toMatchObject({ state: "Done" });
  expect(published).toMatchObject({ ExperimentExists: ANSWERS.indexOf("Yes"), ExperimentCreated: 0 });
});

test("after a creation whose answer got lost the experiment is looked for, not created again", async () => {
  const add = dm.addExperiment.bind(dm);
  dm.addExperiment = async (experiment) => {
    await add(experiment);
    throw new UnavailableError("no answer", { mayHaveHappened: true });
  };
  await expect(run()).resolves.toMatchObject({ state: "Done" });
  expect(dm.calls.filter((call) => call.startsWith("addExperiment"))).toHaveLength(1);
});

test("one unknown badge does not stop the others, and the run is partial and names it", async () => {
  dm.knownUsers.delete("d208112");
  const result = await run();
  expect(result.state).toBe("Partial");
  expect(result.message).toContain("badge 208112 is unknown");
  expect(published).toMatchObject({ UsersAdded: 3, UsersFailed: 1 });
});

test("a proposal without beamtime gets no experiment, and the sentence names proposal and beamline", async () => {
  scheduling.beamtimesNow = [];
  await expect(run()).rejects.toThrow(/proposal 1014288 has no beamtime at 99-ID-A,B/);
  expect(dm.experiments.size).toBe(0);
});

test("without the schedule an existing experiment still gets its contacts", async () => {
  dm.experiments.set(EXPERIMENT.name, { name: EXPERIMENT.name, usernames: [] });
  scheduling.failure = new UnavailableError("the scheduling service is down");
  await expect(run()).resolves.toMatchObject({
    state: "Partial",
    message: expect.stringMatching(/the experimenters were not added: the scheduling service is down/) as unknown,
  });
  expect(dm.experiments.get(EXPERIMENT.name)?.usernames).toEqual(["d11111", "d58903"]);
});

test("time without a proposal needs no schedule", async () => {
  scheduling.failure = new ActionError("must not be asked");
  await expect(run({}, { ...EXPERIMENT, proposalNumber: "0" })).resolves.toMatchObject({ state: "Done" });
});

test("an abort between two users stops there", async () => {
  const abort = new AbortController();
  const add = dm.addUserToExperiment.bind(dm);
  dm.addUserToExperiment = async (username, name) => {
    await add(username, name);
    abort.abort(new ActionError("stopped"));
  };
  await expect(run({}, EXPERIMENT, abort.signal)).rejects.toThrow(
    /^stopped .* was created on voyager and 1 of 4 users/,
  );
  expect(dm.experiments.get(EXPERIMENT.name)?.usernames).toEqual(["d11111"]);
});

test("a service that goes down between two users fails the run, which says what was done", async () => {
  dm.failures.set("addUserToExperiment d208112", new UnavailableError("DM does not answer"));
  await expect(run()).rejects.toThrow(/was created on voyager and 2 of 4 users are on it/);
});

test("users of the safety form are put on it beside the experimenters and both contacts", async () => {
  dm.esafsByYear[2026] = [
    {
      esafId: "302911",
      title: "",
      status: "Approved",
      startDate: "2026-03-03",
      endDate: "2026-03-06",
      users: [
        { badge: "208113", firstName: "Ada", lastName: "Byron", isPi: false },
        { badge: "214590", firstName: "Lise", lastName: "Meitner", isPi: false },
      ],
    },
  ];
  dm.knownUsers.add("d214590");
  const people = {
    schedule: { scheduling, beamline: "99-ID-A,B", clock: new FakeClock() },
    esafs: (year: number) => dm.esafs(year),
    contacts: [
      { badge: "11111", email: "" },
      { badge: "58903", email: "" },
    ],
  };
  await expect(run({ people }, { ...EXPERIMENT, esafNumber: "302911" })).resolves.toMatchObject({ state: "Done" });
  expect(said).toContain("On the safety form, but not on the proposal: Lise Meitner.");
  expect(dm.experiments.get(EXPERIMENT.name)?.usernames).toEqual(["d11111", "d58903", "d208112", "d208113", "d214590"]);
});

test("an experimenter without a badge is named, and the others are put on it", async () => {
  const guest = { badge: "", firstName: "Guest", lastName: "Student", email: "guest@example.org", isPi: false };
  scheduling.beamtimesNow = [{ ...BEAMTIME, experimenters: [guest, ...BEAMTIME.experimenters] }];
  await expect(run()).resolves.toMatchObject({
    state: "Partial",
    message: expect.stringContaining("4 users are on it, but Guest Student has no badge number") as unknown,
  });
  expect(published).toMatchObject({ UsersAdded: 4, UsersFailed: 1 });
});

test("a run that fails for every user is partial, for the experiment is there", async () => {
  dm.knownUsers.clear();
  await expect(run()).resolves.toMatchObject({ state: "Partial" });
  expect(published).toMatchObject({ ExperimentExists: ANSWERS.indexOf("Yes"), UsersAdded: 0, UsersFailed: 4 });
});

const withPis = (...lastNames: readonly string[]): Beamtime => ({
  ...BEAMTIME,
  experimenters: [
    ...lastNames.map((lastName, index) => ({ badge: `20811${index}`, firstName: "", lastName, isPi: true })),
    { badge: "208119", firstName: "Ada", lastName: "Byron", isPi: false },
  ],
});

test("an experiment that bears another name than its proposal's PI is made, and that is told with a minor alarm", async () => {
  scheduling.beamtimesNow = [withPis("Noether", "Curie")];
  for (const badge of ["208110", "208111", "208119"]) dm.knownUsers.add(`d${badge}`);
  const other =
    "the PI of proposal 1014288 is Noether and Curie: Levy, after whom it is named, is not; correct UserLastName or ProposalNumber if that is a mistake";
  await expect(run()).resolves.toEqual({
    state: "Done",
    message: `Experiment 2026-03-Levy-1014288 was created on voyager; 5 users are on it; ${other}.`,
  });
  expect(said).toContain(`MINOR 2026-03-Levy-1014288: ${other}.`);
});

test("one that bears the name of another experimenter is told as such", async () => {
  await expect(run({}, { ...EXPERIMENT, piLastName: "Byron" })).resolves.toMatchObject({
    message: expect.stringContaining(
      "Byron, after whom it is named, is one of its experimenters and is not; ",
    ) as unknown,
  });
});

test.each([
  ["Levy", "Lévy"],
  ["levy", "LÉVY"],
  ["Levy", "Le\u0301vy"],
  ["Mueller", "Müller"],
  ["Muller", "Mueller"],
  ["Strauss", "Strauß"],
  ["Strau", "Strauß"],
  ["Joliot_Curie", "Joliot-Curie"],
  ["ONeill", "O'Neill"],
  ["de_la_Cruz", "de la Cruz"],
  ["", "Lévy"],
])("%s is the PI %s", async (piLastName, lastName) => {
  scheduling.beamtimesNow = [withPis("Noether", lastName)];
  await run({}, { ...EXPERIMENT, piLastName });
  expect(said.filter((sentence) => sentence.startsWith("MINOR"))).toEqual([]);
});

test("a badge 0 is none: the contact of the settings is left out, an experimenter is told", async () => {
  scheduling.beamtimesNow = [
    {
      ...BEAMTIME,
      experimenters: [{ badge: "0", firstName: "Paul", lastName: "Lévy", email: "p@example.org", isPi: true }],
    },
  ];
  dm.knownUsers.add("d11111");
  const { message } = await run({
    people: {
      schedule: { scheduling, beamline: "99-ID-A,B", clock: new FakeClock() },
      esafs: undefined,
      contacts: [
        { badge: "11111", email: "" },
        { badge: "0", email: "" },
      ],
    },
  });
  expect(message).toMatch(/; 1 users are on it, but Paul Lévy has no badge number\.$/);
});
