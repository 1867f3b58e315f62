/** DM's JSON of workflows and processing jobs → the port's shapes, read tolerantly (data-management.md §7.9). */
import * as z from "zod";
import type { JobStage, ProcessingJob, StageProcess, WorkflowReport } from "../../controller/ports/workflows.ts";
import { listOf, neededText, optionalNumber, optionalText, present } from "./members.ts";

/** The argument that comes back as a member of the job. */
export const MARK_KEY = "globusIocRun";
/** Of what a command has written, its end is kept: a program says what was wrong last. */
const MOST_WORDS = 4000;

const words = z
  .unknown()
  .optional()
  .transform((value) => (typeof value === "string" ? value.slice(-MOST_WORDS) : ""));
/** Seconds since 1970 → milliseconds. */
const moment = optionalNumber.transform((seconds) => (seconds === undefined ? undefined : seconds * 1000));
/** By key; no object at all counts as an empty one. */
const table = <S extends z.ZodType>(entry: S) =>
  z
    .record(z.string(), entry)
    .nullish()
    .transform((value) => Object.entries(value ?? {}) as readonly [string, z.output<S>][]);

const stageProcess = z
  .object({ command: words, status: optionalText, exitStatus: optionalNumber, stdOut: words, stdErr: words })
  .transform(
    ({ command, status, exitStatus, stdOut, stdErr }): StageProcess => ({
      command,
      status: status?.toLowerCase() ?? "",
      ...present({ exitStatus }),
      output: stdOut,
      errors: stdErr,
    }),
  );

const stage = z.object({ command: words, childProcesses: table(stageProcess) });
const stages = table(stage).transform((all) =>
  all.map(
    ([id, { command, childProcesses }]): JobStage => ({
      id,
      command,
      // Their keys are numbers that run on through the stages.
      processes: childProcesses.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, one]) => one),
    }),
  ),
);

/** One workflow. */
export const workflowAnswer = z
  .object({ name: neededText, owner: neededText, description: optionalText, stages })
  .transform(
    ({ name, owner, description, stages: all }): WorkflowReport => ({
      name,
      owner,
      description: description ?? "",
      stages: all.map(({ id, command }) => ({ id, command })),
    }),
  );
export const workflowsAnswer = listOf(workflowAnswer);

const members = z.object({
  id: neededText,
  owner: neededText,
  status: neededText,
  stage: optionalText,
  workflow: z.object({ name: optionalText, stages }).nullish(),
  [MARK_KEY]: optionalText,
  filePath: optionalText,
  experimentName: optionalText,
  submissionTime: moment,
  startTime: moment,
  endTime: moment,
  errorMessage: optionalText,
});

/** One job. */
export const jobAnswer = members.transform(
  ({ id, owner, status, stage: at, workflow, filePath, experimentName, ...rest }): ProcessingJob => ({
    id,
    owner,
    workflow: workflow?.name ?? "",
    status: status.toLowerCase(),
    stage: at ?? "",
    stages: workflow?.stages ?? [],
    ...present({
      mark: rest[MARK_KEY],
      filePath,
      experimentName,
      submitted: rest.submissionTime,
      started: rest.startTime,
      ended: rest.endTime,
      problem: rest.errorMessage,
    }),
  }),
);
export const jobsAnswer = listOf(jobAnswer);
