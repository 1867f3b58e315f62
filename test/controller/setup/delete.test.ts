import { beforeEach, describe, expect, test } from "vitest";
import { ActionError, CancelledError, messageOf } from "../../../src/base/errors.ts";
import { NotFoundError, NotOfferedError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { PvName } from "../../../src/controller/pvs/index.ts";
import { type ActionResult, RejectedError } from "../../../src/controller/run/outcome.ts";
import { deleteArm, deleteExperiment } from "../../../src/controller/setup/delete.ts";
import { failureOf } from "../../support/failure-of.ts";
import { type FakeRun, fakeRun } from "../../support/fakes/fake-run.ts";
import { FakeDm } from "../../support/fakes/fake-services.ts";
import { EXPERIMENT } from "../../support/fakes/tagged-run.ts";

const NAME = EXPERIMENT.name;
const READY = { DeleteName: NAME, DeleteArm: 1 };

let dm: FakeDm;
beforeEach(() => {
  dm = new FakeDm();
  dm.experiments.set(
    NAME,
    Object.assign(
      { name: NAME, usernames: [] },
      { storageDirectory: "/gdata/x", dataDirectory: "/gdata/x/data", analysisDirectory: "/gdata/x/analysis" },
    ),
  );
});
const run = (context: FakeRun = fakeRun(READY), isAllowed = true): Promise<ActionResult> =>
  deleteExperiment({ dm, serverName: "voyager", isAllowed }).run({ ...context, experiment: EXPERIMENT });
const deletions = () => dm.calls.filter((call) => call.startsWith("deleteExperiment"));

test("what is allowed, named and armed is deleted, and its directories are told before and after", async () => {
  const context = fakeRun(READY);
  const directories = "storage /gdata/x, data /gdata/x/data, analysis /gdata/x/analysis";
  await expect(run(context)).resolves.toEqual({
    state: "Done",
    message: `Experiment ${NAME} was deleted from voyager: ${directories}.`,
  });
  expect(context.said).toEqual([`${NAME} is being deleted from voyager: ${directories}.`]);
  expect(context.published).toEqual({ DeleteArm: 0, DeleteName: "" });
  expect(dm.experiments.size).toBe(0);
});

describe("rejected, and nothing is deleted:", () => {
  test.each<[string, Readonly<Partial<Record<PvName, string | number>>>, boolean, RegExp]>([
    ["settings that do not allow it", READY, false, /^Deleting is off: set allow-delete = True in the \[dm\] section/],
    [
      "another name",
      { ...READY, DeleteName: "2026-03-Wu-1" },
      true,
      /^DeleteName "2026-03-Wu-1" is not the experiment/,
    ],
    ["the beginning of the name", { ...READY, DeleteName: NAME.slice(0, -1) }, true, /^DeleteName /],
    ["no name", { ...READY, DeleteName: "" }, true, /^DeleteName "" is not/],
    ["no arm", { ...READY, DeleteArm: 0 }, true, /^Delete is not armed: write 1 to DeleteArm/],
  ])("%s", async (_, inputs, isAllowed, sentence) => {
    const failure = await failureOf(run(fakeRun(inputs), isAllowed), RejectedError);
    expect(failure.message).toMatch(sentence);
    expect(dm.calls).toEqual([]);
  });

  test("an experiment that does not exist", async () => {
    dm.experiments.clear();
    const failure = await failureOf(run(), RejectedError);
    expect(failure.message).toBe(`There is no experiment ${NAME} on voyager; nothing was deleted.`);
    expect(deletions()).toEqual([]);
  });

  test.each(["pending", "running", "finalizing"])("an experiment with a DAQ that is %s", async (status) => {
    await dm.startDaq(NAME, "/data/x", {});
    dm.change(0, { status });
    const failure = await failureOf(run(), RejectedError);
    expect(failure.message).toBe(`A DAQ of ${NAME} runs, from /data/x: stop it by StopDaq, then delete.`);
    expect(deletions()).toEqual([]);
  });

  test.each(["Upload", "StartDaq"] as const)("an experiment while %s runs", async (command) => {
    const failure = await failureOf(run(fakeRun(READY, [command])), RejectedError);
    expect(failure.message).toMatch(new RegExp(`^${command} runs: `));
    expect(deletions()).toEqual([]);
  });

  test.each(["pending", "running", "finalizing"])(
    "an experiment with an upload, of whomever, that is %s",
    async (status) => {
      await dm.startUpload(NAME, "/data/x", {});
      dm.change(0, { status });
      const failure = await failureOf(run(), RejectedError);
      expect(failure.message).toMatch(`Upload upload-1 of ${NAME} runs, from /data/x: wait until it is done`);
      expect(deletions()).toEqual([]);
    },
  );

  test("DAQs that cannot be looked at", async () => {
    dm.failures.set("daqs", new UnavailableError("DM does not answer"));
    await failureOf(run(), UnavailableError);
    expect(deletions()).toEqual([]);
  });
});

test("DAQs of other experiments, and those that have ended, do not hinder", async () => {
  await dm.startDaq("2026-03-Wu-1", "/data/y", {});
  await dm.startDaq(NAME, "/data/x", {});
  dm.change(1, { status: "done" });
  await expect(run()).resolves.toMatchObject({ state: "Done" });
});

test("uploads that a site's Data Management cannot list do not hinder, and that is said", async () => {
  dm.failures.set("uploads", new NotOfferedError("DM's route for listUploads is not verified"));
  const context = fakeRun(READY);
  await expect(run(context)).resolves.toMatchObject({ state: "Done" });
  expect(context.said).toContain(
    "Whether an upload runs that somebody else has started cannot be looked up: DM's route for listUploads is not verified.",
  );
});

test("one arming is for one start, also when that is refused", async () => {
  dm.experiments.clear();
  const context = fakeRun(READY);
  await failureOf(run(context), RejectedError);
  expect(context.published.DeleteArm).toBe(0);
});

describe("a lost answer", () => {
  const lost = new UnavailableError("no answer within 60 s", { mayHaveHappened: true });

  test("is a success when the experiment is gone, and is not asked for again", async () => {
    const remove = dm.deleteExperiment.bind(dm);
    dm.deleteExperiment = async (name) => {
      await remove(name);
      throw lost;
    };
    await expect(run()).resolves.toMatchObject({ state: "Done" });
    expect(deletions()).toHaveLength(1);
  });

  test("is a failure when it is still there, or nobody knows, and the name stays", async () => {
    dm.failures.set("deleteExperiment", lost);
    const context = fakeRun(READY);
    const failure = await failureOf(run(context), ActionError);
    expect(messageOf(failure)).toBe(
      `the deletion of ${NAME} from voyager was asked for; whether it happens is not known: no answer within 60 s`,
    );
    expect(context.published).not.toHaveProperty("DeleteName");
    expect(deletions()).toHaveLength(1);
  });
});

test("a deletion that somebody else was quicker with is rejected", async () => {
  dm.failures.set("deleteExperiment", new NotFoundError("it does not exist"));
  const failure = await failureOf(run(), RejectedError);
  expect(failure.message).toContain("any more; nothing was deleted");
});

test("an abort while the service works says that it was asked for", async () => {
  const context = fakeRun(READY);
  dm.deleteExperiment = async () => {
    context.abort(new CancelledError("Aborted on request."));
    throw new CancelledError("Aborted on request.");
  };
  const failure = await failureOf(run(context), CancelledError);
  expect(failure.message).toMatch(/^Aborted on request\. But the deletion of .* was asked for/);
});

test("a dry run tells what would go, or why nothing would", () => {
  const plan = (isAllowed: boolean) =>
    deleteExperiment({ dm, serverName: "voyager", isAllowed }).plan({ ...fakeRun(READY), experiment: EXPERIMENT });
  expect(plan(true)).toEqual([`would delete experiment ${NAME} from voyager`]);
  expect(() => plan(false)).toThrow(RejectedError);
});

describe("DeleteArm", () => {
  const arm = (isAllowed: boolean, pvs: Readonly<Partial<Record<PvName, string>>>) =>
    deleteArm(isAllowed)((name) => pvs[name] ?? "");

  test("is taken when the settings allow it and DeleteName is the experiment", () => {
    expect(arm(true, { DeleteName: NAME, ExperimentName: NAME })).toBeUndefined();
  });

  test.each<[string, boolean, Readonly<Partial<Record<PvName, string>>>, RegExp]>([
    ["the settings do not allow it", false, { DeleteName: NAME, ExperimentName: NAME }, /^Deleting is off/],
    ["DeleteName is empty", true, { ExperimentName: NAME }, /write 2026-03-Levy-1014288 to DeleteName/],
    ["DeleteName is another experiment", true, { DeleteName: "x", ExperimentName: NAME }, /^DeleteName "x" is not/],
    ["TomoScan is not tagged", true, { DeleteName: "" }, /^There is no experiment to delete/],
  ])("is refused when %s", (_, isAllowed, pvs, sentence) => {
    expect(arm(isAllowed, pvs)).toMatch(sentence);
  });
});

test("blanks around the name are no other name: for the arm, the dry run and the run", async () => {
  const inputs = { ...READY, DeleteName: ` ${NAME} ` };
  const held = { ...inputs, ExperimentName: NAME };
  expect(deleteArm(true)((name) => held[name as keyof typeof held] ?? "")).toBeUndefined();
  const action = deleteExperiment({ dm, serverName: "voyager", isAllowed: true });
  expect(action.plan({ ...fakeRun(inputs), experiment: EXPERIMENT })).toHaveLength(1);
  await expect(run(fakeRun(inputs))).resolves.toMatchObject({ state: "Done" });
});
