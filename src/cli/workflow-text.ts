/** What `globus-ioc workflow` shows to people: tables of workflows and jobs, and one job in full. Pure. */
import { cleanLines, oneLine } from "../base/clean-text.ts";
import { facilitySecond } from "../base/facility-time.ts";
import type { JobStage, ProcessingJob, WorkflowReport } from "../controller/ports/workflows.ts";
import { stageText, stateOf } from "../controller/workflows/job-words.ts";

/** Lines in columns that are as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map(oneLine));
  const widths = (clean[0] ?? []).map((_, column) => Math.max(...clean.map((row) => (row[column] ?? "").length)));
  return clean
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export const workflowTable = (all: readonly WorkflowReport[]): string =>
  table([
    ["NAME", "STAGES", "DESCRIPTION"],
    ...all.map(({ name, stages, description }) => [name, String(stages.length), description]),
  ]);

/** Titles, each with its lines. */
export const workflowParts = ({ description, stages }: WorkflowReport): readonly (readonly [string, string])[] => [
  ...(description === "" ? [] : [["What it is for", description] as const]),
  ...stages.map(({ id, command }) => [id, command] as const),
];

const timeText = (at: number | undefined): string => (at === undefined ? "" : facilitySecond(new Date(at)));
/** The status in the service's own word, where it is not known here. */
const stateText = (job: ProcessingJob): string => (stateOf(job) === "Unknown" ? job.status : stateOf(job));

/** The newest last. */
export const jobTable = (jobs: readonly ProcessingJob[]): string =>
  table([
    ["SUBMITTED", "ID", "WORKFLOW", "STATE", "STAGE", "FILE"],
    ...jobs.map((job) => [
      timeText(job.submitted),
      job.id,
      job.workflow,
      stateText(job),
      stageText(job) || "-",
      job.filePath ?? "-",
    ]),
  ]);

/** Titles, each with its lines: the job, and each stage that has begun. */
export function jobParts(job: ProcessingJob): readonly (readonly [string, string])[] {
  const lines = [
    ["id", job.id],
    ["owner", job.owner],
    ["state", stateText(job)],
    ["stage", stageText(job)],
    ["file", job.filePath],
    ["experiment", job.experimentName],
    ["submitted", timeText(job.submitted)],
    ["started", timeText(job.started)],
    ["ended", timeText(job.ended)],
    ["Data Management says", job.problem],
  ].flatMap(([label, text]) => (text === undefined || text === "" ? [] : [`${label}: ${oneLine(text)}`]));
  return [
    [job.workflow || "The job", lines.join("\n")],
    ...job.stages
      .filter(({ processes }) => processes.length > 0)
      .map((stage) => [stage.id, stageLines(stage)] as const),
  ];
}

function stageLines({ processes }: JobStage): string {
  return processes
    .flatMap(({ command, status, exitStatus, output, errors }) => [
      `command: ${oneLine(command)}`,
      `${status}${exitStatus === undefined ? "" : `, exit status ${exitStatus}`}`,
      ...written("output", output),
      ...written("errors", errors),
    ])
    .join("\n");
}

const written = (what: string, text: string): readonly string[] =>
  text.trim() === "" ? [] : [`${what}:`, cleanLines(text.trimEnd()).replace(/^/gm, "  ")];
