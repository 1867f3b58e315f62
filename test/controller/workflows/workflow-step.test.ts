import { expect, test } from "vitest";
import { NotFoundError, UnavailableError } from "../../../src/controller/ports/call.ts";
import { RejectedError } from "../../../src/controller/run/outcome.ts";
import { createWorkflowStep, stepArgs } from "../../../src/controller/workflows/workflow-step.ts";
import { failureOf } from "../../support/failure-of.ts";
import { ended, FakeProcessing, inStage, jobOf } from "../../support/fakes/fake-processing.ts";
import { ImpatientClock } from "../../support/fakes/impatient-clock.ts";

const TAGS = { exp: "2026-03-Levy-1", ym: "2026-03", last: "Levy", gup: "1" };

function bench(args = {}, tags: typeof TAGS | undefined = TAGS) {
  const [processing, clock] = [new FakeProcessing(), new ImpatientClock()];
  const kind = createWorkflowStep({
    processing,
    clock,
    pollSeconds: 5,
    limitSeconds: 60,
    newMark: () => "mark-1",
    rows: new Map([["archive", { owner: "", args }]]),
    tagsOf: () => tags,
  });
  const begin = {
    scan: "s",
    destination: "archive",
    what: "recon",
    path: "/arch/a1.h5",
    key: "mark-1",
    since: clock.now(),
  };
  return { processing, clock, kind, begin };
}

test("a job gets the scan's path at the destination, its experiment, and what the destination says", async () => {
  const { processing, kind, begin } = bench({ qmap: "q.hdf", out: "{scan}_{last}" });
  expect(await kind.prepare({})).toBe("mark-1");
  expect(await kind.start(begin, {})).toBe("dm2bm/job-1");
  expect(processing.requests).toEqual([
    {
      owner: "dm2bm",
      workflow: "recon",
      mark: "mark-1",
      args: { filePath: "/arch/a1.h5", experimentName: TAGS.exp, qmap: "q.hdf", out: "a1_Levy" },
    },
  ]);
});

test("a start whose answer is lost is found by its mark, or told as none 30 s later", async () => {
  const { processing, kind, begin } = bench();
  processing.answerLost = new UnavailableError("cut", { mayHaveHappened: true });
  await failureOf(kind.start(begin, {}), UnavailableError);
  expect(await kind.find(begin, {})).toEqual({ run: "dm2bm/job-1" });
  processing.known.clear();
  expect(await kind.find(begin, {})).toBe("none");
});

test("jobs are told as they stand, a failed stage by name, a job that is gone as final", async () => {
  const { processing, kind } = bench();
  processing.set(jobOf({ id: "a" }));
  processing.set({ ...inStage(2), id: "b" });
  processing.set({ ...inStage(3, [ended()], "done"), id: "c" });
  processing.set({
    ...inStage(2, [ended({ status: "failed", exitStatus: 3, errors: "no centre" })], "failed"),
    id: "d",
  });
  const runs = ["a", "b", "c", "d", "gone"].map((id) => `dm2bm/${id}`);
  const seen = await kind.look(runs, {});
  expect(runs.map((run) => seen.get(run)?.state)).toEqual(["waiting", "running", "done", "failed", "failed"]);
  expect(seen.get("dm2bm/d")?.words).toContain("02-CENTRE (2 of 3), exit status 3: no centre");
  expect(seen.get("dm2bm/gone")).toMatchObject({ isFinal: true });
});

test("what cannot be begun is refused: an unknown word, a path that harms a shell, an unknown workflow", async () => {
  const untagged = bench({ out: "{exp}" }, { ...TAGS, exp: "" });
  await failureOf(untagged.kind.start(untagged.begin, {}), RejectedError);
  const odd = bench();
  await failureOf(odd.kind.start({ ...odd.begin, path: "/arch/$(id).h5" }, {}), RejectedError);
  odd.processing.failures.start = [new NotFoundError("no such workflow")];
  await failureOf(odd.kind.start(odd.begin, {}), NotFoundError);
  expect(() => stepArgs(undefined)).toThrow("workflow-args is no JSON object");
});
