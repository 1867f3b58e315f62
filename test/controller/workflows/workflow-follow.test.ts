import { describe, expect, test } from "vitest";
import { ActionError, CancelledError } from "../../../src/base/errors.ts";
import {
  AccessDeniedError,
  NotFoundError,
  NotOfferedError,
  UnavailableError,
} from "../../../src/controller/ports/call.ts";
import { WORKFLOW_STATES } from "../../../src/controller/pvs/workflows.ts";
import { InputError, RejectedError } from "../../../src/controller/run/outcome.ts";
import { JobBoard } from "../../../src/controller/workflows/job-board.ts";
import { workflowCancel, workflowMonitor } from "../../../src/controller/workflows/workflow-follow.ts";
import { failureOf } from "../../support/failure-of.ts";
import { ended, FakeJobMemory, FakeProcessing, inStage, jobOf } from "../../support/fakes/fake-processing.ts";
import { type FakeRun, fakeRun } from "../../support/fakes/fake-run.ts";
import { ImpatientClock } from "../../support/fakes/impatient-clock.ts";

class Bench {
  readonly processing = new FakeProcessing();
  readonly memory = new FakeJobMemory();
  readonly clock = new ImpatientClock();
  readonly board = new JobBoard(this.memory);
  readonly options = { processing: this.processing, board: this.board, clock: this.clock, pollSeconds: 5 };

  /** As WorkflowRun leaves it. */
  async started(): Promise<this> {
    const asked = { mark: "m", owner: "dm2bm", workflow: "tomo", about: "/a.h5", since: this.clock.now() };
    const job = jobOf({ mark: "m" });
    this.processing.known.set(job.id, job);
    await this.board.ask({ ...asked, id: job.id });
    await this.board.know("m", { job });
    return this;
  }
  /** The job is that from the n-th look on. */
  at(look: number, job: ReturnType<typeof jobOf> | undefined): void {
    const { processing } = this;
    const ask = processing.job.bind(processing);
    let looks = 0;
    processing.job = (...call) => {
      if (++looks === look) {
        if (job === undefined) processing.known.clear();
        else processing.set(job);
      }
      return ask(...call);
    };
  }
  monitor(context: FakeRun = fakeRun()) {
    return workflowMonitor(this.options).run(context);
  }
  cancel(context: FakeRun = fakeRun()) {
    return workflowCancel(this.options).run(context);
  }
}

const stateIn = ({ published }: FakeRun): string | undefined => WORKFLOW_STATES[Number(published.WorkflowStatus)];

describe("WorkflowMonitor", () => {
  test("ends with the job, and shows its stage on the way", async () => {
    const bench = await new Bench().started();
    bench.processing.set(inStage(2, [ended({ exitStatus: 0, output: "halfway\n" })]));
    bench.at(3, inStage(3, [ended({ output: "ready\n" })], "done"));
    const context = fakeRun();
    const seen: unknown[] = [];
    const watching = {
      ...context,
      publish: (...[name, value]: Parameters<FakeRun["publish"]>) => {
        context.publish(name, value);
        if (name === "WorkflowStage" && value !== seen.at(-1)) seen.push(value);
      },
    };
    expect(await workflowMonitor(bench.options).run(watching)).toEqual({
      state: "Done",
      message: "The workflow tomo has ended well.",
    });
    expect(seen).toEqual(["", "02-CENTRE (2 of 3)", "03-DONE (3 of 3)"]);
    expect(context.published).toMatchObject({
      WorkflowOutput: "ready",
      WorkflowExit: 0,
      WorkflowStageNumber: 3,
      WorkflowStageCount: 3,
      WorkflowActive: 0,
    });
    expect(stateIn(context)).toBe("Done");
  });

  test("fails with the stage, the exit status and the words of a job that failed", async () => {
    const bench = await new Bench().started();
    bench.at(1, inStage(2, [ended({ status: "failed", exitStatus: 3, errors: "no centre\n" })], "failed"));
    const context = fakeRun();
    const failure = await failureOf(bench.monitor(context), ActionError);
    expect(failure.message).toBe(
      "The workflow tomo has failed in its stage 02-CENTRE (2 of 3), exit status 3: no centre.",
    );
    expect(context.published).toMatchObject({ WorkflowExit: 3, WorkflowErrors: "no centre" });
  });

  test("gives up after WorkflowTimeout, and says that the job goes on", async () => {
    const bench = await new Bench().started();
    bench.processing.set(inStage(2));
    const failure = await failureOf(bench.monitor(fakeRun({ WorkflowTimeout: 12 })), ActionError);
    expect(failure.message).toBe(
      "The job job-1 has not ended within 12 s (WorkflowTimeout), and goes on at Data Management: The workflow tomo runs in its stage 02-CENTRE (2 of 3)",
    );
    expect(bench.clock.waits).toEqual([5, 5, 2]);
    expect(bench.board.jobs).toHaveLength(1);
  });

  test("outlives a service that is down for a while, and tells of it once", async () => {
    const bench = await new Bench().started();
    bench.processing.failures.job = [new UnavailableError("down"), new UnavailableError("down")];
    bench.processing.set(inStage(3, [ended()], "done"));
    const context = fakeRun();
    expect((await bench.monitor(context)).state).toBe("Done");
    expect(context.said).toEqual(["The job cannot be seen now: down."]);
  });

  test("ends where the login is refused", async () => {
    const bench = await new Bench().started();
    bench.processing.failures.job = [new AccessDeniedError("who are you?")];
    await failureOf(bench.monitor(), AccessDeniedError);
  });

  test("a job that the service forgets is said to be gone, after some looks", async () => {
    const bench = await new Bench().started();
    bench.processing.set(inStage(2));
    bench.at(2, undefined);
    const context = fakeRun();
    const failure = await failureOf(bench.monitor(context), ActionError);
    expect(failure.message).toBe(
      "Data Management no longer knows the job job-1 of the workflow tomo; when it was seen last, the workflow tomo runs in its stage 02-CENTRE (2 of 3).",
    );
    expect([bench.processing.count("job"), stateIn(context)]).toEqual([4, "Gone"]);
  });

  test("Abort ends the wait and not the job", async () => {
    const bench = await new Bench().started();
    const context = fakeRun();
    bench.clock.after(1, () => context.abort(new CancelledError("Aborted on request.")));
    const failure = await failureOf(bench.monitor(context), CancelledError);
    expect(failure.message).toBe("Aborted on request. The job goes on at Data Management.");
    expect(bench.processing.count("stop")).toBe(0);
  });

  test("takes up a job that somebody else has started", async () => {
    const bench = new Bench();
    bench.processing.known.set("x-9", jobOf({ ...inStage(3, [ended()], "done"), id: "x-9", filePath: "/b.h5" }));
    const context = fakeRun({ WorkflowJob: "x-9" });
    expect((await bench.monitor(context)).state).toBe("Done");
    expect(context.published).toMatchObject({ WorkflowJobId: "x-9", WorkflowJobName: "tomo" });
    const failure = await failureOf(bench.monitor(fakeRun({ WorkflowJob: "nobody" })), NotFoundError);
    expect(failure.message).toBe("there is no job nobody");
  });

  test("without a job, or with an id that is none, nothing is asked", async () => {
    const bench = new Bench();
    await failureOf(bench.monitor(), RejectedError);
    await failureOf(bench.monitor(fakeRun({ WorkflowJob: "../x" })), InputError);
    expect(bench.processing.calls).toEqual([]);
  });
});

describe("WorkflowCancel", () => {
  test("stops the job, which is followed until it is over", async () => {
    const bench = await new Bench().started();
    bench.processing.set(inStage(2));
    const context = fakeRun();
    expect((await bench.cancel(context)).message).toBe(
      "Data Management was asked to stop the job job-1; WorkflowStatus follows it.",
    );
    expect(stateIn(context)).toBe("Aborting");
  });

  test("a job that has ended is left as it is", async () => {
    const bench = await new Bench().started();
    bench.processing.set(inStage(3, [ended()], "done"));
    expect((await bench.cancel()).message).toBe("The job job-1 had ended before: The workflow tomo has ended well.");
    expect(bench.processing.count("stop")).toBe(0);
  });

  test("where nobody knows how a job is stopped, that is said", async () => {
    const bench = await new Bench().started();
    bench.processing.failures.stop = [new NotOfferedError("not known here")];
    await failureOf(bench.cancel(), NotOfferedError);
  });
});
