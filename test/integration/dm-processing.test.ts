/**
 * Workflows and processing jobs of the simulated Data Management services, through both of our ways to them: HTTP, and
 * the stand-in for the site's Python package.
 */
import { describe, expect, onTestFinished, test } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import {
  AlreadyExistsError,
  NotFoundError,
  NotOfferedError,
  UnavailableError,
} from "../../src/controller/ports/call.ts";
import type { JobRequest, Processing } from "../../src/controller/ports/workflows.ts";
import type { DmTwin } from "../../src/sandbox/dm/service.ts";
import { dmProcessing } from "../../src/services/dm/processing.ts";
import type { DmWay } from "../../src/services/dm/questions.ts";
import { DM_ROUTES } from "../../src/services/dm/routes.ts";
import { dmSite } from "../support/dm-site.ts";
import { failureOf } from "../support/failure-of.ts";
import { ImpatientClock } from "../support/fakes/impatient-clock.ts";
import { dmOverPython, folderWithDm, STAND_IN, standInSite } from "../support/peers/dm-python-site.ts";
import { needPeers } from "../support/peers/real-peers.ts";

const { missing } = needPeers("python3");
const STAGES = { "01-START": "echo $filePath", "02-CENTRE": "/bin/centre $filePath", "03-DONE": "echo done" };
const call = {};

interface Place {
  readonly processing: Processing;
  readonly twin: DmTwin;
  readonly clock: ImpatientClock;
  readonly owner: string;
  readonly request: (changes?: Partial<JobRequest>) => JobRequest;
}

function placeOf(twin: DmTwin, clock: ImpatientClock, way: DmWay): Place {
  const owner = twin.login.username;
  twin.addWorkflow("tomo", STAGES);
  return {
    processing: dmProcessing(way, silentLog, async () => owner),
    twin,
    clock,
    owner,
    request: (changes) => ({ owner, workflow: "tomo", args: { filePath: "/d/1.h5" }, mark: "mark-1", ...changes }),
  };
}

const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  "over HTTP": async () => {
    const { twin, dm, clock } = await dmSite();
    return placeOf(twin, clock, dm.way);
  },
  "over Python": async () => {
    const clock = new ImpatientClock();
    const { twin, dm } = await standInSite({ twinClock: clock });
    return placeOf(twin, clock, dm.way);
  },
};

describe.skipIf(missing).each(Object.entries(PLACES))("%s", (_, open) => {
  test("workflows are listed, shown, added and replaced", async () => {
    const { processing, owner } = await open();
    const stages = Object.entries(STAGES).map(([id, command]) => ({ id, command }));
    expect(await processing.workflow(owner, "tomo", call)).toEqual({ name: "tomo", owner, description: "", stages });
    const spec = { name: "grüße & so", owner, description: "a", stages: { one: { command: "true" } } };
    await processing.addWorkflow(spec, call);
    await failureOf(processing.addWorkflow(spec, call), AlreadyExistsError);
    expect(await processing.updateWorkflow({ ...spec, description: "b" }, call)).toMatchObject({ description: "b" });
    await failureOf(processing.updateWorkflow({ ...spec, name: "none" }, call), NotFoundError);
    const all = await processing.workflows(owner, call);
    expect(all.map(({ name, description }) => [name, description])).toEqual([
      ["tomo", ""],
      ["grüße & so", "b"],
    ]);
    expect(await processing.workflows("nobody", call)).toEqual([]);
    await failureOf(processing.workflow(owner, "nothing", call), NotFoundError);
  });

  test("a job goes through its stages, with our mark on it, and each stage has what it wrote", async () => {
    const { processing, owner, clock, request } = await open();
    const started = await processing.start(request(), call);
    expect(started).toMatchObject({ owner, workflow: "tomo", status: "pending", stage: "", mark: "mark-1" });
    const job = () => processing.job(owner, started.id, call);
    clock.advance(1);
    expect(await job()).toMatchObject({ status: "running", stage: "01-START" });
    clock.advance(2);
    const second = await job();
    expect(second).toMatchObject({ status: "running", stage: "02-CENTRE", filePath: "/d/1.h5" });
    expect(second.stages.map(({ processes }) => processes[0]?.exitStatus)).toEqual([0, undefined, undefined]);
    expect(second.stages[0]?.processes[0]).toMatchObject({ command: "echo /d/1.h5", output: "/d/1.h5\n" });
    clock.advance(4);
    const ended = await job();
    expect(ended).toMatchObject({ status: "done", stage: "03-DONE" });
    expect((ended.ended ?? 0) - (ended.started ?? 0)).toBe(6000);
    expect(await processing.jobs(owner, 50, call)).toMatchObject([{ id: started.id, mark: "mark-1", status: "done" }]);
    expect(await processing.jobs("nobody", 50, call)).toEqual([]);
  });

  test("a job whose command fails ends in that stage, with its exit status and words", async () => {
    const { processing, owner, clock, twin, request } = await open();
    await twin.misbehave({ jobs: { fails: "02-CENTRE", exitStatus: 3, says: "Traceback\nno centre found\n" } });
    const { id } = await processing.start(request(), call);
    clock.advance(60);
    const job = await processing.job(owner, id, call);
    expect(job).toMatchObject({ status: "failed", stage: "02-CENTRE" });
    expect(job.stages[1]?.processes).toMatchObject([
      { status: "failed", exitStatus: 3, errors: "Traceback\nno centre found\n" },
    ]);
    expect(job.stages[2]?.processes).toEqual([]);
  });

  test("a job without a file fails with the service's own words", async () => {
    const { processing, owner, clock, request } = await open();
    const { id } = await processing.start(request({ args: {} }), call);
    clock.advance(1);
    const job = await processing.job(owner, id, call);
    expect(job).toMatchObject({ status: "failed", stage: "", problem: "Invalid input file specification." });
  });

  test("a job is stopped; one that is not there, or an unknown workflow, is said not to be", async () => {
    const { processing, owner, clock, request } = await open();
    const { id } = await processing.start(request(), call);
    clock.advance(1);
    await processing.stop(owner, id, call);
    expect(await processing.job(owner, id, call)).toMatchObject({ status: "aborting" });
    clock.advance(1);
    expect(await processing.job(owner, id, call)).toMatchObject({ status: "aborted", stage: "01-START" });
    await failureOf(processing.stop(owner, "nothing", call), NotFoundError);
    await failureOf(processing.job(owner, "nothing", call), NotFoundError);
    await failureOf(processing.start(request({ workflow: "nothing" }), call), NotFoundError);
  });

  test("a session that has ended in the middle is begun anew", async () => {
    const { processing, owner, twin, request } = await open();
    const { id } = await processing.start(request(), call);
    await twin.misbehave({ invalidSession: "once" });
    expect(await processing.job(owner, id, call)).toMatchObject({ id });
  });

  test("a start whose answer gets lost is asked for once, and says that it may have happened", async () => {
    const { processing, twin, request, owner } = await open();
    await processing.workflows(owner, call);
    await twin.misbehave({ on: "startProcessingJob", answerLost: true });
    const failure = await failureOf(processing.start(request(), call), UnavailableError);
    expect(failure.mayHaveHappened).toBe(true);
    expect(twin.jobs()).toHaveLength(1);
    await twin.misbehave({});
    expect(await processing.jobs(owner, 50, call)).toMatchObject([{ mark: "mark-1" }]);
  });
});

test("how a job is stopped is not known without the site's routes, and nothing is sent", async () => {
  const { dm, twin } = await dmSite({ routes: DM_ROUTES });
  const { processing, owner, request } = placeOf(twin, new ImpatientClock(), dm.way);
  const { id } = await processing.start(request(), call);
  const sent = twin.requests.length;
  const failure = await failureOf(processing.stop(owner, id, call), NotOfferedError);
  expect(failure.message).toMatch(/stopProcessingJob.*dm-routes\.json/);
  expect(twin.requests).toHaveLength(sent);
});

describe.skipIf(missing)("packages of other versions", () => {
  test("a package without the factory, whose list takes the owner alone, is used all the same", async () => {
    const dm = dmOverPython(
      await folderWithDm(`
class WorkflowProcApi:
    def listProcessingJobs(self, owner):
        return [{"id": "j", "owner": owner, "status": "done"}]
`),
      { urls: { ds: "http://127.0.0.1:9", proc: "http://127.0.0.1:9" } },
    );
    const processing = dmProcessing(dm.way, silentLog, async () => "o");
    expect(await processing.jobs("o", 50, call)).toMatchObject([{ id: "j", owner: "o", status: "done" }]);
    const failure = await failureOf(processing.stop("o", "j", call), NotOfferedError);
    expect(failure.message).toMatch(/no WorkflowProcApi\.stopProcessingJob/);
  });

  test("without its address nothing is started, and the setting is named", async () => {
    const dm = dmOverPython(STAND_IN);
    onTestFinished(() => dm.close());
    const processing = dmProcessing(dm.way, silentLog, async () => "o");
    await expect(processing.workflows("o", call)).rejects.toThrow(
      "The DM processing service has no URL; set [dm] proc-url (DM_PROC_WEB_SERVICE_URL)",
    );
  });
});
