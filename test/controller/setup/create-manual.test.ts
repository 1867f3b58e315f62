import { beforeEach, describe, expect, test } from "vitest";
import { facilityIso } from "../../../src/base/facility-time.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { PvName } from "../../../src/controller/pvs/index.ts";
import { type ActionResult, RejectedError } from "../../../src/controller/run/outcome.ts";
import { createManualOnDm, createManualOnGlobus } from "../../../src/controller/setup/create-manual.ts";
import { failureOf } from "../../support/failure-of.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { type FakeRun, fakeRun } from "../../support/fakes/fake-run.ts";
import { FakeDm, FakeTree } from "../../support/fakes/fake-services.ts";

type Inputs = Readonly<Partial<Record<PvName, string | number>>>;
const STAFF: Inputs = { ManualName: "Staff", ManualTitle: "Commissioning" };
const NAME = "2026-02-Staff-0";

let dm: FakeDm;
let clock: FakeClock;
beforeEach(() => {
  dm = new FakeDm();
  for (const badge of ["11111", "58903", "211002"]) dm.knownUsers.add(`d${badge}`);
  clock = new FakeClock(Date.UTC(2026, 2, 1, 5, 59)); // 28 February at the facility
});

const action = () =>
  createManualOnDm({
    dm,
    contacts: [
      { badge: "11111", email: "" },
      { badge: "58903", email: "" },
    ],
    experimentType: "99ID",
    serverName: "voyager",
    dataLink: ({ name }) => `https://x/${name}/`,
    clock,
  });
const run = (inputs: Inputs = STAFF, context: FakeRun = fakeRun(inputs)): Promise<ActionResult> =>
  action().run(context);
const made = () => [...dm.experiments.values()][0]?.made;

test("this month's experiment is created with its usual dates and both contacts, and TagManual can follow", async () => {
  const context = fakeRun(STAFF);
  await expect(run(STAFF, context)).resolves.toEqual({
    state: "Done",
    message: `Experiment ${NAME} was created on voyager; 2 users are on it (data link: https://x/${NAME}/ ).`,
  });
  expect(made()).toMatchObject({ name: NAME, typeName: "99ID", description: "Commissioning", rootPath: "2026-02" });
  expect([made()?.start, made()?.end].map((at) => facilityIso(at as Date))).toEqual([
    "2026-02-01T00:00:00-06:00",
    "2026-02-15T00:00:00-06:00",
  ]);
  expect(dm.experiments.get(NAME)?.usernames).toEqual(["d11111", "d58903"]);
  expect(context.published.ManualExperiment).toBe(NAME);
});

test.each<[string, Inputs, string, string, string]>([
  ["ManualDate is the month", { ManualDate: "2026-07" }, "2026-07-Staff-0", "2026-07-01", "2026-07-15"],
  [
    "ManualStart wins",
    { ManualDate: "2026-07", ManualStart: "2026-08-30" },
    "2026-08-Staff-0",
    "2026-08-30",
    "2026-09-13",
  ],
  [
    "ManualEnd is the last day",
    { ManualStart: "2026-03-02", ManualEnd: "2026-03-02" },
    "2026-03-Staff-0",
    "2026-03-02",
    "2026-03-02",
  ],
  ["ManualGup is the proposal", { ManualGup: 1014288 }, "2026-02-Staff-1014288", "2026-02-01", "2026-02-15"],
])("%s", async (_, inputs, name, first, last) => {
  await run({ ...STAFF, ...inputs });
  expect(made()?.name).toBe(name);
  expect([made()?.start, made()?.end].map((at) => facilityIso(at as Date).slice(0, 10))).toEqual([first, last]);
});

test("the name is cleaned as experiments' names are, and the message says so", async () => {
  await expect(run({ ...STAFF, ManualName: "Lévy Strauß" })).resolves.toMatchObject({
    message: expect.stringContaining('ManualName "Lévy Strauß" is used as Levy_Strau') as unknown,
  });
  expect(made()?.name).toBe("2026-02-Levy_Strau-0");
});

test("an experiment that exists is used, and its missing users are added", async () => {
  dm.experiments.set(NAME, { name: NAME, usernames: ["d11111"] });
  await expect(run()).resolves.toMatchObject({
    state: "Done",
    message: expect.stringContaining("exists on") as unknown,
  });
  expect(dm.calls).not.toContain(`addExperiment ${NAME}`);
  expect(dm.experiments.get(NAME)?.usernames).toEqual(["d11111", "d58903"]);
});

test("badges that do not work leave the others on it, and are named", async () => {
  const result = await run({ ...STAFF, ManualBadges: "211002, 999, x;y 11111" });
  expect(result.state).toBe("Partial");
  expect(result.message).toMatch(
    /; 3 users are on it .*, but badge 999 is unknown to Data Management; "x;y" is not a badge number\.$/,
  );
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

describe("rejected, before anything is asked:", () => {
  test.each<[string, Inputs]>([
    ['ManualName "" has no letter or digit that a name can keep.', { ManualName: "" }],
    ['ManualName "../../etc" holds "..", which no name may.', { ManualName: "../../etc" }],
    ['ManualName "a;b" holds ";", which no name may.', { ManualName: "a;b" }],
    ["ManualName is too long: the experiment's name may have 255 characters.", { ManualName: "x".repeat(250) }],
    ['ManualName "unknown" names nobody.', { ManualName: "unknown" }],
    ['ManualDate "March" is not a month as YYYY-MM, e.g. 2026-03.', { ManualDate: "March" }],
    ['ManualDate "2026-3" is not a month as YYYY-MM, e.g. 2026-03.', { ManualDate: "2026-3" }],
    ['ManualStart "2026-02-30" is not a day as YYYY-MM-DD, e.g. 2026-03-01.', { ManualStart: "2026-02-30" }],
    ['ManualEnd "soon" is not a day as YYYY-MM-DD, e.g. 2026-03-01.', { ManualEnd: "soon" }],
    [
      "ManualEnd 2026-03-01 lies before ManualStart 2026-03-02.",
      { ManualStart: "2026-03-02", ManualEnd: "2026-03-01" },
    ],
    ["ManualGup -1 is not a proposal number; 0 means none.", { ManualGup: -1 }],
  ])("%s", async (sentence, inputs) => {
    const failure = await failureOf(run({ ...STAFF, ...inputs }), RejectedError);
    expect(failure.message).toBe(sentence);
    expect(dm.calls).toEqual([]);
    expect(() => action().plan(fakeRun({ ...STAFF, ...inputs }))).toThrow(RejectedError);
  });
});

test("a dry run tells name, dates and users", () => {
  expect(action().plan(fakeRun({ ...STAFF, ManualBadges: "211002" }))).toEqual([
    `would look for experiment ${NAME} on voyager and create it (type 99ID, root 2026-02, 2026-02-01 to 2026-02-15) if there is none`,
    "would put d11111, d58903, d211002 on it",
  ]);
  expect(dm.calls).toEqual([]);
});

test("on a Globus collection its directories are made", async () => {
  const tree = new FakeTree("petrel");
  const options = { serverName: "petrel", dataLink: () => "", clock, tree, template: "{ym}/{exp}" };
  const context = fakeRun(STAFF);
  const onGlobus = createManualOnGlobus(options);
  expect(onGlobus.plan(context)).toEqual([`would make petrel:/data/2026-02/${NAME}/`]);
  await expect(onGlobus.run(context)).resolves.toEqual({
    state: "Done",
    message: `petrel:/data/2026-02/${NAME}/ was made.`,
  });
  expect(tree.made).toEqual([`2026-02/${NAME}`]);
  expect(context.published.ManualExperiment).toBe(NAME);
});

test("on a Globus collection badges let nobody in, and the message says how to", async () => {
  const options = { serverName: "petrel", dataLink: () => "", clock, tree: new FakeTree("petrel"), template: "{exp}" };
  const { message } = await createManualOnGlobus(options).run(fakeRun({ ...STAFF, ManualBadges: "208112" }));
  expect(message).toMatch(/was made; nobody of ManualBadges was let in, .* then use Init or AddUser on petrel\.$/);
});
