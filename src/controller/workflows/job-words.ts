/**
 * What is said of a processing job: its state, its stage, and why it failed, with the words of the command that did.
 * Pure.
 */
import { oneLine } from "../../base/clean-text.ts";
import type { JobStage, ProcessingJob, StageProcess } from "../ports/workflows.ts";
import type { WorkflowState } from "../pvs/workflows.ts";

/** What each word of Data Management means to operators. A word that is not here is Unknown. */
const STATE_BY_STATUS: Readonly<Record<string, WorkflowState>> = {
  pending: "Pending",
  running: "Running",
  finalizing: "Finalizing",
  done: "Done",
  failed: "Failed",
  skipped: "Skipped",
  aborting: "Aborting",
  aborted: "Aborted",
  timeout: "Timeout",
};
const OVER: readonly WorkflowState[] = ["Done", "Failed", "Skipped", "Aborted", "Timeout"];
const WELL: readonly WorkflowState[] = ["Done", "Skipped"];
/** Characters of a command's words in a sentence. */
const MOST_WORDS = 160;

export const stateOf = ({ status }: ProcessingJob): WorkflowState => STATE_BY_STATUS[status] ?? "Unknown";

/** Whether nothing more comes: also of a job with a status of its own that says when it ended. */
export const isOver = (job: ProcessingJob): boolean =>
  OVER.includes(stateOf(job)) || (stateOf(job) === "Unknown" && job.ended !== undefined);
export const hasEndedWell = (job: ProcessingJob): boolean => WELL.includes(stateOf(job));

/** Number of the stage that the job is in, counted from 1; 0: none has begun; undefined: nobody can say. */
export function stageNumber({ stage, stages }: ProcessingJob): number | undefined {
  if (stages.length === 0) return undefined;
  const index = stages.findIndex(({ id }) => id === stage);
  if (index >= 0) return index + 1;
  return stage === "" ? stages.findLastIndex(({ processes }) => processes.length > 0) + 1 : undefined;
}

/** `030-EXPORT (3 of 6)`; "" before the first. */
export function stageText(job: ProcessingJob): string {
  const number = stageNumber(job);
  const id = oneLine(job.stage === "" ? (job.stages[(number ?? 0) - 1]?.id ?? "") : job.stage);
  return id === "" || number === undefined ? id : `${id} (${number} of ${job.stages.length})`;
}

const hasFailed = ({ status, exitStatus }: StageProcess): boolean =>
  status === "failed" || (exitStatus !== undefined && exitStatus !== 0);

interface ToldProcess {
  readonly stage: JobStage;
  readonly process: StageProcess;
}

/** The command that failed, or else the command that ended last. */
export function toldProcess({ stages }: ProcessingJob): ToldProcess | undefined {
  const all = stages.flatMap((stage) => stage.processes.map((process) => ({ stage, process })));
  return (
    all.find(({ process }) => hasFailed(process)) ?? all.findLast(({ process }) => process.exitStatus !== undefined)
  );
}

/** The last line that a command wrote: programs say last what was wrong. */
function lastLine(text: string): string {
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  return oneLine(line).slice(0, MOST_WORDS);
}

/** Why the job did not end well, a clause; "": nobody says. */
function whyText(job: ProcessingJob): string {
  const told = toldProcess(job);
  const own = job.problem === undefined ? "" : oneLine(job.problem).replace(/\.$/, "");
  if (told === undefined || !hasFailed(told.process)) return own;
  const { exitStatus, errors, output } = told.process;
  const words = lastLine(errors) || lastLine(output) || own;
  const exit = exitStatus === undefined ? "" : `exit status ${exitStatus}`;
  return [exit, words].filter((one) => one !== "").join(": ");
}

const VERBS: Readonly<Record<WorkflowState, string>> = {
  None: "is none",
  Starting: "begins",
  Pending: "waits for its turn",
  Running: "runs",
  Finalizing: "comes to its end",
  Done: "has ended well",
  Failed: "has failed",
  Skipped: "was skipped",
  Aborting: "is being aborted",
  Aborted: "was aborted",
  Timeout: "was given up by Data Management for its time",
  Unclear: "may have begun",
  Gone: "is not known to Data Management any more",
  Unknown: "",
};

/** A sentence: `The workflow recon has failed in its stage 02-CENTRE (2 of 3), exit status 3: no centre found.` */
export function jobText(job: ProcessingJob): string {
  const state = stateOf(job);
  const word = state === "Unknown" ? `is "${oneLine(job.status)}"` : VERBS[state];
  const remark = state === "Unknown" ? ", a status that is not known here" : "";
  const stage = stageText(job);
  const where = stage === "" || state === "Done" ? "" : ` in its stage ${stage}`;
  const why = hasEndedWell(job) ? doneRemark(job) : whyText(job);
  const joint = /^(exit status|but) /.test(why) ? ", " : ": ";
  return `The workflow ${oneLine(job.workflow) || "of the job"} ${word}${where}${remark}${why === "" ? "" : joint + why}.`;
}

/** A job that ended well although a command of it did not. */
function doneRemark(job: ProcessingJob): string {
  const told = toldProcess(job);
  return told === undefined || !hasFailed(told.process)
    ? ""
    : `but a command of its stage ${oneLine(told.stage.id)} ended with exit status ${told.process.exitStatus ?? "unknown"}`;
}
