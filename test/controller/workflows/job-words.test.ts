import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isUnclean } from "../../../src/base/clean-text.ts";
import { hasEndedWell, isOver, jobText, stageNumber, stageText } from "../../../src/controller/workflows/job-words.ts";
import { ended, inStage, jobOf } from "../../support/fakes/fake-processing.ts";

const failedIn = (changes: Parameters<typeof ended>[0]) =>
  inStage(2, [ended({ status: "failed", ...changes })], "failed");

test.each([
  [jobOf(), "The workflow tomo waits for its turn."],
  [inStage(2), "The workflow tomo runs in its stage 02-CENTRE (2 of 3)."],
  [inStage(3, [ended()], "done"), "The workflow tomo has ended well."],
  [
    failedIn({ exitStatus: 3, errors: "Traceback\n  File a\nPermissionError: denied\n\n", output: "begun\n" }),
    "The workflow tomo has failed in its stage 02-CENTRE (2 of 3), exit status 3: PermissionError: denied.",
  ],
  [
    failedIn({ exitStatus: 1, output: "no centre found\n" }),
    "The workflow tomo has failed in its stage 02-CENTRE (2 of 3), exit status 1: no centre found.",
  ],
  [failedIn({ exitStatus: 127 }), "The workflow tomo has failed in its stage 02-CENTRE (2 of 3), exit status 127."],
  [
    jobOf({ status: "failed", problem: "Invalid input file specification." }),
    "The workflow tomo has failed: Invalid input file specification.",
  ],
  [
    { ...inStage(2, [], "timeout"), problem: "The job has run for too long." },
    "The workflow tomo was given up by Data Management for its time in its stage 02-CENTRE (2 of 3): The job has run for too long.",
  ],
  [
    inStage(1, [], "contemplating"),
    'The workflow tomo is "contemplating" in its stage 01-START (1 of 3), a status that is not known here.',
  ],
  [
    inStage(3, [ended({ exitStatus: 2 })], "done"),
    "The workflow tomo has ended well, but a command of its stage 03-DONE ended with exit status 2.",
  ],
  [jobOf({ workflow: "", stages: [], status: "running" }), "The workflow of the job runs."],
])("%# %j", (job, sentence) => {
  expect(jobText(job)).toBe(sentence);
});

test("a status that is not known is no end, unless the job says when it ended", () => {
  const odd = jobOf({ status: "contemplating" });
  expect([isOver(odd), hasEndedWell(odd)]).toEqual([false, false]);
  const over = { ...odd, ended: 1 };
  expect([isOver(over), hasEndedWell(over)]).toEqual([true, false]);
});

test("the stage is told by name and number, and what nobody can say is left out", () => {
  expect([stageText(inStage(3)), stageNumber(inStage(3))]).toEqual(["03-DONE (3 of 3)", 3]);
  expect([stageText(jobOf()), stageNumber(jobOf())]).toEqual(["", 0]);
  const untold = { ...inStage(2, [ended()]), stage: "" };
  expect([stageText(untold), stageNumber(untold)]).toEqual(["02-CENTRE (2 of 3)", 2]);
  const strange = { ...inStage(2), stage: "99-OTHER" };
  expect([stageText(strange), stageNumber(strange)]).toEqual(["99-OTHER", undefined]);
  expect(stageNumber(jobOf({ stages: [] }))).toBeUndefined();
});

test("whatever a command wrote, the sentence is one clean line of a bounded length", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (errors, status) => {
      const text = jobText({
        ...failedIn({ exitStatus: 1, errors }),
        problem: errors,
        stage: status,
        status: "failed",
      });
      expect(isUnclean(text)).toBe(false);
      expect(text.length).toBeLessThan(600 + errors.length + 2 * status.length);
    }),
  );
});
