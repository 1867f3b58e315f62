/** THE table of the commands of workflows, and what puts them on the command line. Runs no command. */
import { type Command, Option } from "commander";
import { EXIT_HINT } from "./exit-status.ts";
import type { WorkflowRequest } from "./workflow-request.ts";

type WorkflowOption = readonly [flags: string, meaning: string];

interface WorkflowRow {
  readonly what: WorkflowRequest["what"];
  /** `<job>`, `[name]`: what stands behind the name. */
  readonly argument?: readonly [flags: string, meaning: string];
  readonly about: string;
  readonly options?: readonly WorkflowOption[];
  /** Command lines, without `globus-ioc workflow` before them. */
  readonly examples: readonly string[];
}

const JOB: WorkflowOption = ["<job>", "the job's id, which workflow run has said and workflow jobs lists"];
const TIMEOUT: WorkflowOption = ["--timeout <seconds>", "wait so long at most; the job goes on, and the status is 3"];
const OWNER: WorkflowOption = ["--owner <user>", "whose workflows and jobs; else the user of [dm] login-file"];

const WORKFLOW_COMMANDS: readonly WorkflowRow[] = [
  { what: "list", about: "list the workflows, with their stages", examples: ["list", "list --owner user2bm --json"] },
  {
    what: "show",
    argument: ["<name>", "the workflow"],
    about: "show a workflow: its stages with their commands",
    examples: ["show recon"],
  },
  {
    what: "save",
    argument: ["<file>", "a workflow as Data Management has it: a JSON object with name, owner and stages"],
    about: "add a workflow to Data Management, or replace one",
    options: [["--replace", "replace the workflow of that name"]],
    examples: ["save recon.json", "save recon.json --replace"],
  },
  {
    what: "run",
    argument: ["[name]", "the workflow; else workflow of [dm]"],
    about: "start one job of a workflow, once, and say its id",
    options: [
      ["--file <path>", "the file, as the workflow's commands see it"],
      ["--experiment <name>", "the experiment"],
      ["--args <json>", "a JSON object with values of the workflow's variables"],
      ["--wait", "wait until the job has ended, and end as it does"],
      TIMEOUT,
      ["--dry-run", "say what would be started, and start nothing"],
      ["--ioc [prefix]", "let a running IOC do it, through WorkflowRun, for its newest scan"],
    ],
    examples: ["run recon --file /data/2026-03/a1.h5 --wait", "run --ioc"],
  },
  {
    what: "jobs",
    about: "list the jobs, the newest last",
    options: [
      ["--last <number>", "only the newest; else 20"],
      ["--active", "only those that have not ended"],
    ],
    examples: ["jobs", "jobs --active --json"],
  },
  {
    what: "status",
    argument: JOB,
    about: "show a job: its stages, and what they wrote; 0 it has ended well, 1 it has not, 3 it is under way",
    examples: ["status 7e01fb97-44b1-4b7f-b1ca-d08624eb8c77"],
  },
  {
    what: "wait",
    argument: JOB,
    about: "wait until a job has ended, and end as it does; Ctrl-C ends the waiting, not the job",
    options: [TIMEOUT],
    examples: ["wait 7e01fb97-44b1-4b7f-b1ca-d08624eb8c77 --timeout 600"],
  },
  {
    what: "cancel",
    argument: JOB,
    about: "stop a job, where [dm] routes-file or the site's package says how",
    examples: ["cancel 7e01fb97-44b1-4b7f-b1ca-d08624eb8c77"],
  },
];

const COMMON: readonly WorkflowOption[] = [
  OWNER,
  ["--json", "one JSON object on standard output, and nothing else"],
  ["--log-directory <folder>", "where the log file goes; else [general] log-directory of globus.conf, or ~/logs"],
  ["--config <file>", "the globus.conf whose [dm] section says where Data Management is"],
];

/** @param run runs one of them. @param heading of the commands in the help */
export function addWorkflowCommands(
  program: Command,
  heading: string,
  run: (request: WorkflowRequest) => Promise<void>,
): void {
  const workflow = program
    .command("workflow")
    .helpGroup(heading)
    .usage(WORKFLOW_COMMANDS.map(({ what }) => what).join(" | "))
    .description("workflows of Data Management: start them, follow their jobs")
    .addHelpText("after", `\n${EXIT_HINT}`);
  for (const row of WORKFLOW_COMMANDS) declare(workflow, row, run);
}

const plainName = (flags: string): string => flags.replace(/[<>[\]]/g, "");

function declare(workflow: Command, row: WorkflowRow, run: (request: WorkflowRequest) => Promise<void>): void {
  const { what, argument, about, options = [], examples } = row;
  const command = workflow.command(argument === undefined ? what : `${what} ${argument[0]}`).description(about);
  for (const [flags, meaning] of [...options, ...COMMON]) command.addOption(new Option(flags, meaning));
  command.addHelpText("after", () =>
    [
      "",
      ...(argument === undefined ? [] : [`${plainName(argument[0]).toUpperCase()}: ${argument[1]}.`]),
      `Examples:\n${examples.map((one) => `  globus-ioc workflow ${one}`).join("\n")}`,
      EXIT_HINT,
    ].join("\n"),
  );
  const key = argument === undefined ? undefined : plainName(argument[0]);
  command.action((...given: unknown[]) => {
    const flags = (key === undefined ? given[0] : given[1]) as Readonly<Record<string, unknown>>;
    const value = key === undefined ? undefined : given[0];
    const named = key !== undefined && value !== undefined ? { [key]: value } : {};
    return run({ what, ...flags, ...named } as WorkflowRequest);
  });
}
