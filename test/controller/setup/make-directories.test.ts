import { beforeEach, describe, expect, test } from "vitest";
import { ActionError, CancelledError } from "../../../src/base/errors.ts";
import { tomoScanSuffix } from "../../../src/controller/pvs/tomoscan.ts";
import type { ActionResult } from "../../../src/controller/run/outcome.ts";
import {
  type DirectoryTarget,
  directoryPath,
  makeDirectories,
} from "../../../src/controller/setup/make-directories.ts";
import { failureOf } from "../../support/failure-of.ts";
import { FakeBeamline } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { type FakeRun, fakeRun } from "../../support/fakes/fake-run.ts";
import { FakeTree } from "../../support/fakes/fake-services.ts";
import { EXPERIMENT } from "../../support/fakes/tagged-run.ts";

const NAME = EXPERIMENT.name;

let detector: FakeTree;
let analysis: FakeTree;
let beamline: FakeBeamline;
let clock: FakeClock;
beforeEach(() => {
  detector = new FakeTree("det");
  analysis = new FakeTree("ana");
  beamline = new FakeBeamline();
  clock = new FakeClock();
  beamline.set("FilePath", "/data/of/before/");
  beamline.set("FilePathExists", "Yes");
});

const targets = (template = "{exp}"): DirectoryTarget[] => [
  { tree: detector, template, statePv: "DirsDetector", pathPv: "DetectorDir" },
  { tree: analysis, template, statePv: "DirsAnalysis", pathPv: "AnalysisDir" },
];
const action = (template?: string) => makeDirectories(targets(template), { beamline, nameOf: tomoScanSuffix, clock });
const run = (context: FakeRun, template?: string): Promise<ActionResult> =>
  action(template).run({ ...context, experiment: EXPERIMENT });

test.each([
  ["{ym}/{exp}", `2026-03/${NAME}`],
  ["{exp}", NAME],
  ["{ym}/{last}", `2026-03/${EXPERIMENT.piLastName}`],
])("the layout %s is one of those in use", async (template, path) => {
  await expect(run(fakeRun(), template)).resolves.toMatchObject({ state: "Done" });
  expect([detector.made, analysis.made]).toEqual([[path], [path]]);
  expect(directoryPath(targets(template)[0] as DirectoryTarget, EXPERIMENT)).toBe(`/data/${path}`);
});

test("one host that fails leaves the other's directory, and the run partial", async () => {
  detector.failure = new ActionError("det is down.");
  const context = fakeRun();
  await expect(run(context)).resolves.toEqual({
    state: "Partial",
    message: `det is down; ana:/data/${NAME} was made.`,
  });
  expect(context.published).toEqual({ DirsDetector: 3, DirsAnalysis: 2 });
});

test("a bug is no failure of a host: it is thrown as it is, when the other host has ended", async () => {
  const bug = new TypeError("x is undefined");
  detector.failure = bug;
  await expect(run(fakeRun())).rejects.toBe(bug);
  expect(analysis.made).toEqual([NAME]);
});

describe("without SetFilePath", () => {
  test("TomoScan's FilePath is left alone", async () => {
    await run(fakeRun());
    expect(beamline.puts).toEqual([]);
  });
});

describe("with SetFilePath", () => {
  const SET = { SetFilePath: 1 };

  test("FilePath gets the detector's directory with a slash behind it, and the run waits until it exists for TomoScan", async () => {
    beamline.set("FilePathExists", "No");
    const done = run(fakeRun(SET));
    await clock.advanceAsync(3);
    expect(beamline.puts).toEqual([`FilePath=/data/${NAME}/`]);
    beamline.set("FilePathExists", "Yes");
    await clock.advanceAsync(1);
    await expect(done).resolves.toEqual({
      state: "Done",
      message: `det:/data/${NAME} was made; ana:/data/${NAME} was made; FilePath is /data/${NAME}/.`,
    });
    expect(clock.pending).toBe(0);
  });

  test("a Yes that still speaks of the path before does not count", async () => {
    const done = run(fakeRun(SET));
    await clock.advanceAsync(0.5);
    beamline.set("FilePathExists", "No");
    await clock.advanceAsync(10);
    await expect(done).resolves.toMatchObject({ state: "Partial" });
  });

  test("a path that TomoScan does not find makes the run partial, and the sentence names both PVs", async () => {
    beamline.set("FilePathExists", "No");
    const done = run(fakeRun(SET));
    await clock.advanceAsync(10);
    const { state, message } = await done;
    expect(state).toBe("Partial");
    expect(message).toContain(`FilePath is /data/${NAME}/, but FilePathExists did not become Yes within 10 s`);
  });

  test.each<[string, () => void, RegExp]>([
    ["is not connected", () => beamline.disconnect("FilePath"), /FilePath is not connected\.$/],
    ["is too short", () => beamline.room.set("FilePath", 8), /FilePath holds only \/data\/20 of/],
  ])("a FilePath that %s makes the run partial", async (_, spoil, sentence) => {
    spoil();
    const { state, message } = await run(fakeRun(SET));
    expect(state).toBe("Partial");
    expect(message).toMatch(sentence);
  });

  test("a detector without the directory leaves FilePath as it is", async () => {
    detector.failure = new ActionError("det is down");
    await run(fakeRun(SET));
    expect(beamline.puts).toEqual([]);
  });

  test("an abort while it waits says that the directories are there", async () => {
    beamline.set("FilePathExists", "No");
    const context = fakeRun(SET);
    const done = failureOf(run(context), CancelledError);
    await clock.advanceAsync(2);
    context.abort(new CancelledError("Aborted on request."));
    expect((await done).message).toMatch(
      /^Aborted on request\. The directories are there; TomoScan's FilePath is perhaps not set/,
    );
  });

  test("a dry run tells the path", () => {
    expect(action().plan({ ...fakeRun(SET), experiment: EXPERIMENT })).toContain(
      `would set FilePath to /data/${NAME}/`,
    );
  });
});
