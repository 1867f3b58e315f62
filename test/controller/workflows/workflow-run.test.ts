import { describe, expect, test } from "vitest";
import { ActionError, CancelledError } from "../../../src/base/errors.ts";
import { AccessDeniedError, NotFoundError, OffError, UnavailableError } from "../../../src/controller/ports/call.ts";
import { WORKFLOW_STATES } from "../../../src/controller/pvs/workflows.ts";
import { InputError, RejectedError } from "../../../src/controller/run/outcome.ts";
import { JobBoard } from "../../../src/controller/workflows/job-board.ts";
import {
  type KnownScan,
  TOLD_BY_PVS,
  type WorkflowOptions,
  workflowRun,
} from "../../../src/controller/workflows/workflow-run.ts";
import { failureOf } from "../../support/failure-of.ts";
import { FakeJobMemory, FakeProcessing, jobOf } from "../../support/fakes/fake-processing.ts";
import { type FakeRun, fakeRun } from "../../support/fakes/fake-run.ts";
import { ImpatientClock } from "../../support/fakes/impatient-clock.ts";

const SCAN: KnownScan = {
  file: "/data/a1.h5",
  name: "a1",
  tags: { exp: "2026-03-Levy-1", ym: "2026-03", last: "Levy", gup: "1" },
};
const LOST = new UnavailableError("the connection was cut", { mayHaveHappened: true });

class Bench {
  readonly processing = new FakeProcessing();
  readonly memory = new FakeJobMemory();
  readonly clock = new ImpatientClock();
  board = new JobBoard(this.memory);
  scan: KnownScan | undefined = SCAN;
  marks = 0;
  usual = "";

  get options(): WorkflowOptions {
    return {
      processing: this.processing,
      dm: { experimentByName: async (name) => ({ name, dataDirectory: `/gdata/${name}/data` }) },
      board: this.board,
      clock: this.clock,
      usual: this.usual,
      told: TOLD_BY_PVS,
      newMark: () => `mark-${++this.marks}`,
      newestScan: async () => this.scan,
    };
  }
  run(context: FakeRun = fakeRun({ WorkflowName: "tomo" })) {
    return workflowRun(this.options).run(context);
  }
  /** The next process, with what the last has left on disk. */
  restart(): void {
    this.board = new JobBoard(this.memory);
  }
}

const stateIn = ({ published }: FakeRun): string | undefined => WORKFLOW_STATES[Number(published.WorkflowStatus)];

describe("what is sent", () => {
  test("the newest scan and its experiment, with a mark of ours, as the user of the login", async () => {
    const bench = new Bench();
    const context = fakeRun({ WorkflowName: "tomo" });
    const { state, message } = await bench.run(context);
    expect(bench.processing.requests).toEqual([
      {
        owner: "dm2bm",
        workflow: "tomo",
        args: { filePath: SCAN.file, experimentName: SCAN.tags?.exp },
        mark: "mark-1",
      },
    ]);
    expect([state, message]).toEqual([
      "Done",
      "Data Management has accepted the job job-1 of the workflow tomo for /data/a1.h5; WorkflowStatus follows it.",
    ]);
    expect(context.published).toMatchObject({ WorkflowJobId: "job-1", WorkflowJobName: "tomo", WorkflowActive: 1 });
    expect(stateIn(context)).toBe("Pending");
  });

  test("what a person writes instead: owner, file, arguments; the scan is not asked for then", async () => {
    const bench = new Bench();
    bench.board.experiment = {
      name: "2026-04-Wu-2",
      uncleanedName: "2026-04-Wu-2",
      yearMonth: "2026-04",
      piLastName: "Wu",
      proposalNumber: "2",
      proposalTitle: "",
      esafNumber: "",
    };
    await bench.run(
      fakeRun({
        WorkflowName: "tomo",
        WorkflowOwner: "somebody",
        WorkflowFile: "/data/b2.h5",
        WorkflowArgs: '{"dataDir": "", "out": "{scan}-{last}"}',
      }),
    );
    expect(bench.processing.requests[0]).toMatchObject({
      owner: "somebody",
      args: {
        filePath: "/data/b2.h5",
        experimentName: "2026-04-Wu-2",
        dataDir: "/gdata/2026-04-Wu-2/data",
        out: "b2-Wu",
      },
    });
    expect(bench.processing.count("user")).toBe(0);
  });

  test("the workflow of the settings, where a person names none", async () => {
    const bench = new Bench();
    bench.usual = "recon";
    await bench.run(fakeRun());
    await bench.run();
    expect(bench.processing.requests.map(({ workflow }) => workflow)).toEqual(["recon", "tomo"]);
  });

  test.each([[""], ['{"filePath": ""}']])("without a scan and a file nothing is asked (%j)", async (args) => {
    const bench = new Bench();
    bench.scan = undefined;
    const failure = await failureOf(bench.run(fakeRun({ WorkflowName: "tomo", WorkflowArgs: args })), InputError);
    expect([failure.input, failure.message]).toEqual([
      "WorkflowFile",
      "No scan is known, and Data Management fails a job without a file: set WorkflowFile, or filePath in WorkflowArgs",
    ]);
    expect([bench.processing.requests, bench.memory.left().jobs]).toEqual([[], []]);
  });

  test.each([
    [
      {},
      "WorkflowName is empty: write the workflow's name, which globus-ioc workflow list shows, or set workflow in [dm]",
    ],
    [{ WorkflowName: "tomo", WorkflowArgs: "filePath=/a" }, "WorkflowArgs is no JSON object"],
  ])("%j is refused and nothing is asked", async (inputs, sentence) => {
    const bench = new Bench();
    const failure = await failureOf(bench.run(fakeRun(inputs)), InputError);
    expect(failure.message).toContain(sentence);
    expect(bench.processing.calls).toEqual([]);
  });

  test("a file that would do harm in a shell is refused", async () => {
    const bench = new Bench();
    await failureOf(bench.run(fakeRun({ WorkflowName: "tomo", WorkflowFile: "/a;reboot" })), RejectedError);
    bench.scan = { ...SCAN, file: "/data/$(reboot).h5" };
    await failureOf(bench.run(), RejectedError);
    expect(bench.processing.requests).toEqual([]);
  });
});

describe("a start that fails", () => {
  test("for a workflow that is not there is said with the command that helps, and is followed no more", async () => {
    const bench = new Bench();
    bench.processing.failures.start = [new NotFoundError("no")];
    const failure = await failureOf(bench.run(), ActionError);
    expect(failure.message).toContain(
      "dm2bm has no workflow tomo: globus-ioc workflow list shows those that there are",
    );
    expect([bench.board.jobs, bench.memory.jobs]).toEqual([[], []]);
  });

  test("leaves the PVs with the job before it, which had ended", async () => {
    const bench = new Bench();
    await bench.run();
    await bench.board.know("mark-1", { job: jobOf({ status: "done" }) });
    bench.processing.failures.start = [new NotFoundError("no")];
    const context = fakeRun({ WorkflowName: "nothing" });
    await failureOf(bench.run(context), ActionError);
    expect([context.published.WorkflowJobId, stateIn(context)]).toEqual(["job-1", "Done"]);
  });

  test.each([new OffError("off"), new AccessDeniedError("no"), new UnavailableError("down")])(
    "surely (%s) is followed no more",
    async (thrown) => {
      const bench = new Bench();
      bench.processing.failures.start = [thrown];
      await expect(bench.run()).rejects.toBe(thrown);
      expect(bench.memory.jobs).toEqual([]);
      await bench.run();
      expect(bench.processing.requests).toHaveLength(1);
    },
  );

  test("without an answer is found by its mark, and not repeated", async () => {
    const bench = new Bench();
    bench.processing.answerLost = LOST;
    const context = fakeRun({ WorkflowName: "tomo" });
    expect((await bench.run(context)).message).toContain("has accepted the job job-1");
    expect(bench.processing.count("start")).toBe(1);
    expect(context.said.join()).toContain("did not come: the connection was cut; its job is looked for");
    expect(bench.memory.jobs).toMatchObject([{ mark: "mark-1", id: "job-1" }]);
  });

  test("without an answer and without a job is told, 30 s later; the next start goes", async () => {
    const bench = new Bench();
    bench.processing.failures.start = [LOST];
    const context = fakeRun({ WorkflowName: "tomo" });
    const failure = await failureOf(bench.run(context), ActionError);
    expect(failure.message).toContain("No job came of the start of the workflow tomo: start it again.");
    expect(bench.clock.waits).toEqual([5, 25]);
    expect(stateIn(context)).toBe("None");
    await bench.run();
    expect(bench.processing.count("start")).toBe(2);
  });

  test("without an answer while the list cannot be read is found out about by the next WorkflowRun", async () => {
    const bench = new Bench();
    bench.processing.answerLost = LOST;
    bench.processing.failures.jobs = [new UnavailableError("down")];
    const context = fakeRun({ WorkflowName: "tomo" });
    const failure = await failureOf(bench.run(context), ActionError);
    expect(failure.message).toContain("may have begun or not, and the list of jobs cannot be read (down)");
    expect(stateIn(context)).toBe("Starting");
    bench.restart();
    const next = fakeRun({ WorkflowName: "tomo" });
    await bench.run(next);
    expect(next.said).toContain("The job job-1 of the workflow tomo was found, whose start had no answer.");
    expect(bench.board.jobs.map(({ id }) => id)).toEqual(["job-1", "job-2"]);
  });

  test("of which nobody can say whether it was one is told once, and the next start goes", async () => {
    const bench = new Bench();
    bench.processing.failures.start = [LOST];
    bench.processing.isSilent = true;
    for (let i = 0; i < 30; i++) bench.processing.known.set(`j${i}`, jobOf({ id: `j${i}` }));
    const context = fakeRun({ WorkflowName: "tomo" });
    const failure = await failureOf(bench.run(context), ActionError);
    expect(failure.message).toContain("Nobody can say whether the workflow tomo was started");
    expect(stateIn(context)).toBe("Unclear");
    await bench.run();
    expect(bench.processing.count("start")).toBe(2);
  });

  test("by Abort says that the job may have begun, and it is looked for later", async () => {
    const bench = new Bench();
    const context = fakeRun({ WorkflowName: "tomo" });
    bench.processing.start = async () => {
      context.abort(new CancelledError("Aborted on request."));
      throw new CancelledError("Aborted on request.");
    };
    const failure = await failureOf(bench.run(context), CancelledError);
    expect(failure.message).toBe(
      "Aborted on request. The job may have begun: WorkflowStatus shows it once Data Management has told, and the next WorkflowRun looks first.",
    );
    expect(bench.memory.jobs).toMatchObject([{ mark: "mark-1" }]);
  });

  test("at the service itself fails with the service's words", async () => {
    const bench = new Bench();
    bench.processing.start = async ({ mark }) =>
      jobOf({ mark, status: "failed", problem: "Invalid input file specification." });
    const failure = await failureOf(bench.run(), ActionError);
    expect(failure.message).toBe("The workflow tomo has failed: Invalid input file specification.");
  });
});

describe("the memory", () => {
  test("holds the start before the service is asked, and the job once it is known", async () => {
    const bench = new Bench();
    const ask = bench.processing.start.bind(bench.processing);
    let before: unknown;
    bench.processing.start = (request) => {
      before = structuredClone(bench.memory.jobs);
      return ask(request);
    };
    await bench.run();
    const asked = { mark: "mark-1", owner: "dm2bm", workflow: "tomo", about: SCAN.file, since: bench.clock.now() };
    expect(before).toEqual([asked]);
    expect(bench.memory.jobs).toEqual([{ ...asked, id: "job-1" }]);
  });

  test("that cannot be written keeps nobody from running a workflow, and is told", async () => {
    const bench = new Bench();
    bench.memory.failures.push(new ActionError("/x is full"), new ActionError("/x is full"));
    const context = fakeRun({ WorkflowName: "tomo" });
    expect((await bench.run(context)).state).toBe("Done");
    expect(context.said[0]).toBe("The jobs that are followed cannot be remembered: /x is full.");
  });

  test("that is damaged is told, and begun anew", async () => {
    const bench = new Bench();
    bench.memory.problem = "/x is damaged.";
    const context = fakeRun({ WorkflowName: "tomo" });
    await bench.run(context);
    expect(context.said).toContain("/x is damaged.");
    expect(bench.memory.jobs).toHaveLength(1);
  });
});

test("a dry run asks nobody and says what it would do", () => {
  const bench = new Bench();
  expect(workflowRun(bench.options).plan(fakeRun({ WorkflowName: "tomo", WorkflowFile: "/a.h5" }))).toEqual([
    "would start a job of the workflow tomo of the user of [dm] login-file with /a.h5",
  ]);
  expect(bench.processing.calls).toEqual([]);
});
