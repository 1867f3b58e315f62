/** `globus-ioc workflow run | wait`: starts a job, and follows one, as WorkflowRun and WorkflowMonitor do. */

import { facilitySecond } from "../base/facility-time.ts";
import { AgeIds } from "../base/ids.ts";
import type { PvValue } from "../controller/ports/pvs.ts";
import type { ProcessingJob } from "../controller/ports/workflows.ts";
import type { PvName } from "../controller/pvs/index.ts";
import type { RunContext } from "../controller/run/action.ts";
import { argsOf } from "../controller/workflows/job-args.ts";
import { JobBoard } from "../controller/workflows/job-board.ts";
import { LateError, workflowMonitor } from "../controller/workflows/workflow-follow.ts";
import { workflowRun } from "../controller/workflows/workflow-run.ts";
import { type Ending, failureEnding } from "./ending.ts";
import { EXIT, UsageError } from "./exit-status.ts";
import type { WorkflowWork } from "./workflow-context.ts";
import { numberOf } from "./workflow-look.ts";
import type { StartFlags, WorkflowRequest } from "./workflow-request.ts";

type JobRequestLine = WorkflowRequest & { readonly what: "run" };

/** Nobody waits longer. */
const MOST_SECONDS = 1_000_000;
/** What this process knows of jobs is gone with it. */
const NO_MEMORY = { left: () => ({ jobs: [] }), keep: async () => {} };

export async function startJob(request: JobRequestLine, work: WorkflowWork): Promise<Ending> {
  const { processing, clock, settings } = work;
  if (request.timeout !== undefined && request.wait !== true)
    throw new UsageError("--timeout goes with --wait: without it nothing is waited for.");
  const seconds = numberOf(request.timeout, MOST_SECONDS, "--timeout");
  const board = new JobBoard(NO_MEMORY);
  const marks = new AgeIds();
  const start = workflowRun({
    processing,
    dm: { experimentByName: (name) => Promise.resolve({ name }) }, // without a tag nobody asks for its directory
    board,
    clock,
    usual: settings.dm.workflow,
    newMark: () => marks.next(clock.now()),
    newestScan: () => Promise.resolve(undefined),
    told: {
      follows: (id) => `globus-ioc workflow status ${id} tells of it`,
      later: "globus-ioc workflow jobs shows whether there is one",
    },
  });
  const context = contextOf(inputsOf(request), work);
  if (request.dryRun === true)
    return { state: "Done", message: `Dry run: ${(await start.plan(context)).join("; ")}.`, exitStatus: EXIT.done };
  const { message } = await start.run(context);
  const job = board.newest?.job;
  if (request.wait !== true || job === undefined)
    return { state: "Done", message, exitStatus: EXIT.done, details: { job } };
  work.screen.say(message);
  return await followed(board, { ...work, job, seconds });
}

/** @throws UsageError */
function inputsOf({ name, args, file, experiment, owner }: StartFlags & { readonly owner?: string }) {
  const given = argsOf(args ?? "");
  if (given === undefined) throw new UsageError(`--args is no JSON object: write it as '{"qmap": "default.hdf"}'.`);
  if (file === undefined && (given["filePath"] ?? "") === "")
    throw new UsageError("No file is named, and Data Management fails a job without one: give --file.");
  const all = experiment === undefined ? given : { ...given, experimentName: experiment };
  return new Map<PvName, PvValue>([
    ["WorkflowName", name ?? ""],
    ["WorkflowOwner", owner ?? ""],
    ["WorkflowArgs", JSON.stringify(all)],
    ["WorkflowFile", file ?? ""],
  ]);
}

export async function waitForJob(id: string, timeout: string | undefined, work: WorkflowWork): Promise<Ending> {
  const { processing, owner, clock, signal } = work;
  const seconds = numberOf(timeout, MOST_SECONDS, "--timeout");
  const board = new JobBoard(NO_MEMORY);
  const of = await owner();
  const job = await processing.job(of, id, { signal });
  await board.ask({ mark: id, owner: of, workflow: job.workflow, about: job.filePath ?? "", since: clock.now(), id });
  await board.know(id, { job });
  return await followed(board, { ...work, job, seconds });
}

interface Following extends WorkflowWork {
  readonly job: ProcessingJob;
  /** To wait at most. */
  readonly seconds: number;
}

/** Ends as the job does. */
async function followed(board: JobBoard, work: Following): Promise<Ending> {
  const { processing, clock, settings, seconds, job, signal, screen } = work;
  const pollSeconds = settings.dm["watch-seconds"];
  const context = contextOf(new Map<PvName, PvValue>([["WorkflowTimeout", seconds]]), work);
  const ending = await workflowMonitor({ processing, board, clock, pollSeconds })
    .run(context)
    .then(
      ({ message }): Ending => ({ state: "Done", message, exitStatus: EXIT.done }),
      (thrown: unknown): Ending => {
        const failed = failureEnding(thrown, signal);
        if (thrown instanceof LateError) return { ...failed, state: "Running", exitStatus: EXIT.partial };
        if (!signal.aborted) return failed;
        const again = `globus-ioc workflow wait ${job.id} follows it again.`;
        return { ...failed, message: `${failed.message} ${again}`, exitStatus: EXIT.interrupted };
      },
    );
  screen.endProgress();
  return { ...ending, details: { job: board.newest?.job ?? job } };
}

/** For one of the actions: what it publishes of the stage is said, each once. */
function contextOf(inputs: ReadonlyMap<PvName, PvValue>, { screen, signal, clock }: WorkflowWork): RunContext {
  let stage = "";
  return {
    input: (name) => inputs.get(name) ?? "",
    isUncut: true,
    signal,
    publish: (name, value) => {
      if (name !== "WorkflowStage" || typeof value !== "string" || value === stage || value === "") return;
      stage = value;
      screen.say(`${facilitySecond(new Date(clock.now()))}  ${stage}`);
    },
    say: (sentence, severity) => (severity === undefined ? screen.say(sentence) : screen.warn(sentence)),
  };
}
