/** The PVs that tell of the followed jobs. WorkflowStatus comes last: who waits for it then reads settled values. */
import { oneLine } from "../../base/clean-text.ts";
import { clauseOf } from "../../base/errors.ts";
import { facilityIso } from "../../base/facility-time.ts";
import { UNKNOWN_COUNT } from "../pvs/row.ts";
import { WORKFLOW_STATES, type WorkflowState } from "../pvs/workflows.ts";
import type { RunContext } from "../run/action.ts";
import { type FollowedJob, isOpen, type JobBoard } from "./job-board.ts";
import { jobText, stageNumber, stageText, stateOf, toldProcess } from "./job-words.ts";

type Put = RunContext["publish"];

/** What stands beside the jobs. */
export interface ShowOptions {
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
  /** Why the service does not tell now; the PVs keep what it told last. */
  readonly trouble?: unknown;
}

export function showJobs(put: Put, { newest, jobs }: Pick<JobBoard, "newest" | "jobs">, options: ShowOptions): void {
  const open = jobs.filter(isOpen);
  put("WorkflowList", open.map(lineOf).join("\n"));
  put("WorkflowActive", open.length);
  put("WorkflowJobId", newest?.id ?? "");
  put("WorkflowJobName", newest?.workflow ?? "");
  showStage(put, newest);
  showTimes(put, newest, options.now);
  put("WorkflowMessage", messageOfRun(newest, options));
  put("WorkflowStatus", WORKFLOW_STATES.indexOf(stateOfRun(newest)));
}

function showStage(put: Put, run: FollowedJob | undefined): void {
  const job = run?.job;
  const told = job === undefined ? undefined : toldProcess(job)?.process;
  put("WorkflowStage", job === undefined ? "" : stageText(job));
  put("WorkflowStageNumber", (job === undefined ? undefined : stageNumber(job)) ?? UNKNOWN_COUNT);
  put("WorkflowStageCount", job?.stages.length || UNKNOWN_COUNT);
  put("WorkflowExit", told?.exitStatus ?? UNKNOWN_COUNT);
  put("WorkflowOutput", endOf(told?.output));
  put("WorkflowErrors", endOf(told?.errors));
}

/** Bytes that the PVs of a command's words hold, without the NUL. */
const WORDS_BYTES = 2047;
/** A text that is too long loses its beginning: the end says what was wrong. */
function endOf(text = ""): string {
  let end = text.trimEnd();
  while (Buffer.byteLength(end) > WORDS_BYTES) end = end.slice(Math.max(1, end.length - WORDS_BYTES));
  return end;
}

function showTimes(put: Put, run: FollowedJob | undefined, now: number): void {
  const { started, ended } = run?.job ?? {};
  const time = (at: number | undefined): string => (at === undefined ? "" : facilityIso(new Date(at)));
  put("WorkflowStarted", time(started));
  put("WorkflowEnded", time(ended));
  const seconds = started === undefined ? UNKNOWN_COUNT : Math.max(0, ((ended ?? now) - started) / 1000);
  put("WorkflowElapsed", seconds);
}

/** How a run stands, as operators see it. */
function stateOfRun(run: FollowedJob | undefined): WorkflowState {
  if (run === undefined || run.lost === "never") return "None";
  if (run.lost === "gone") return "Gone";
  if (run.lost === "unclear") return "Unclear";
  return run.job === undefined ? (run.id === undefined ? "Starting" : "Unknown") : stateOf(run.job);
}

function messageOfRun(run: FollowedJob | undefined, { trouble }: ShowOptions): string {
  if (run === undefined) return "No workflow was run.";
  if (trouble !== undefined) return `${runText(run).replace(/\.$/, "")}; now it cannot be seen: ${clauseOf(trouble)}.`;
  return runText(run);
}

/** A sentence on how a run stands. */
export function runText(run: FollowedJob): string {
  const name = oneLine(run.workflow);
  if (run.lost === "never") return `No job came of the start of the workflow ${name}: start it again.`;
  if (run.lost === "unclear")
    return `Nobody can say whether the workflow ${name} was started: look for its job with globus-ioc workflow jobs before it is started again.`;
  if (run.lost === "gone") {
    const last = run.job === undefined ? "" : `; when it was seen last, ${small(jobText(run.job))}`;
    return `Data Management no longer knows the job ${run.id ?? ""} of the workflow ${name}${last.replace(/\.$/, "")}.`;
  }
  if (run.job !== undefined) return jobText(run.job);
  return run.id === undefined
    ? `The workflow ${name} was asked for, and Data Management has not told of its job yet.`
    : `The job ${run.id} of the workflow ${name} is looked for.`;
}
const small = (sentence: string): string => sentence.replace(/^The /, "the ");

function lineOf(run: FollowedJob): string {
  const stage = run.job === undefined ? "" : stageText(run.job);
  return [run.id ?? "(no id yet)", run.workflow, stateOfRun(run), stage, run.about]
    .map(oneLine)
    .filter((one) => one !== "")
    .join("  ");
}
