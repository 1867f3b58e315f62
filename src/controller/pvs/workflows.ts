/** PVs of Data Management workflows: what WorkflowRun starts, and its job with the stage that it is in. */
import { input, managed, type PvRow, result, sentence, setting, UNKNOWN_COUNT } from "./row.ts";

/**
 * Starting: it is asked for, and no answer has come. Unclear: none came, and nobody can say whether there is a job.
 * Gone: Data Management no longer knows the job. Unknown: nobody has looked, or the job has a status of its own.
 */
export const WORKFLOW_STATES = [
  "Unknown",
  "None",
  "Starting",
  "Pending",
  "Running",
  "Finalizing",
  "Done",
  "Failed",
  "Skipped",
  "Aborting",
  "Aborted",
  "Timeout",
  "Unclear",
  "Gone",
] as const;
export type WorkflowState = (typeof WORKFLOW_STATES)[number];

const unknown = { initial: UNKNOWN_COUNT } as const;

export const WORKFLOW_ROWS = {
  WorkflowName: managed(setting("WorkflowRun: the workflow, as its owner has named it; empty: `workflow` of [dm].")),
  WorkflowOwner: managed(setting("WorkflowRun: who owns the workflow; empty: the user of the login file of [dm].")),
  WorkflowArgs: managed(
    setting(
      "WorkflowRun: a JSON object with values of the workflow's variables; filePath, experimentName and dataDir are filled in where they are empty.",
    ),
  ),
  WorkflowFile: input("WorkflowRun: the file, as the workflow's commands see it; empty: the newest scan."),
  WorkflowTimeout: setting("WorkflowMonitor: how long it waits; the job itself goes on at Data Management.", {
    initial: 3600,
    unit: "s",
    takes: { least: 1, most: 1_000_000, isWhole: true },
  }),
  WorkflowJob: input("WorkflowMonitor, WorkflowCancel: id of the job; empty: the one of WorkflowRun."),
  WorkflowJobId: result("Id of the job that is shown; empty: there was none."),
  WorkflowJobName: result("Its workflow."),
  WorkflowStatus: result("Its state; None: there was no job.", { states: WORKFLOW_STATES, initial: "Unknown" }),
  WorkflowStage: result("The stage that it is in, or ended in, with its number and how many there are."),
  WorkflowStageNumber: result("Number of that stage, counted from 1; 0: none has begun; -1: nobody knows.", unknown),
  WorkflowStageCount: result("Stages of the workflow; -1: nobody knows.", unknown),
  WorkflowExit: result("Exit status of the command that failed, or else ended last; -1: none has ended.", unknown),
  WorkflowMessage: sentence("How the job stands, or which stage failed and why, in one sentence."),
  WorkflowOutput: result("End of what that command wrote to its standard output."),
  WorkflowErrors: result("End of what it wrote to its standard error."),
  WorkflowStarted: result("When the job started, ISO 8601 with the facility's offset from UTC."),
  WorkflowEnded: result("When it ended; empty: it has not."),
  WorkflowElapsed: result("How long it has run; -1: it has not.", { ...unknown, unit: "s" }),
  WorkflowActive: result("Jobs that this IOC follows and that have not ended; -1: nobody knows.", unknown),
  WorkflowList: result("These jobs, one a line."),
} as const satisfies Readonly<Record<string, PvRow>>;
