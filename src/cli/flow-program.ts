/**
 * THE table of the commands of flows, and what puts them on the command line: `globus-ioc flow …`, and the names that
 * PAL-XFEL's programs have. Runs no command.
 */
import { type Command, Option } from "commander";
import { CLIENT_OPTIONS } from "./client-settings.ts";
import { EXIT_HINT } from "./exit-status.ts";
import type { FlowRequest } from "./flow-request.ts";

type FlowOption = readonly [flags: string, meaning: string];

interface FlowRow {
  readonly what: FlowRequest["what"];
  /** `<run>`, `[flow]`: what stands behind the name. */
  readonly argument?: readonly [flags: string, meaning: string];
  /** The name of PAL-XFEL's program that does the same, as a command of its own. */
  readonly also?: string;
  readonly about: string;
  readonly options?: readonly FlowOption[];
  /** Command lines, without `globus-ioc flow` before them. */
  readonly examples: readonly string[];
  /** More to know, sentences. */
  readonly help?: string;
}

const FLOW: FlowOption = ["<flow>", "the flow: the name under which it was deployed, its UUID, or an info file"];
const RUN: FlowOption = ["<run>", "the run, a UUID"];
const INTERVAL: FlowOption = ["--interval <seconds>", "seconds between two looks; else [flows] watch-seconds, or 5"];

const MONITOR_HELP = `The command ends as the run does: 0 SUCCEEDED; 1 FAILED, cancelled or ENDED; with --until-inactive 3 where a person is needed.
A run that is INACTIVE has not ended: what it waits for is said, and it is watched on. Ctrl-C ends the watching, not the run.`;

const FLOW_COMMANDS: readonly FlowRow[] = [
  {
    what: "deploy",
    argument: ["[name]", "a template, or what a definition of your own is to be called here; else beamline"],
    also: "deploy-flow",
    about: "deploy a flow, or change the one that was deployed before; never one that others have made",
    options: [
      ["--definition <file>", "a definition of your own, such as transfer_flow.json"],
      ["--input-schema <file>", "its input schema, such as transfer_schema.json"],
      ["--title <text>", "what it is called at Globus; else globus-ioc and the name"],
      ["--subtitle <text>", "a line below the title"],
      ["--description <text>", "what it is for"],
      ["--keywords <words...>", "keywords beside globus-ioc"],
      ["--subscription-id <uuid>", "the subscription that it is under, or DEFAULT; else [flows] subscription-id"],
      ["--info-file <file>", "keep what Globus says of it there, such as flow_info.json, and not in [flows] directory"],
      ["--starter <urns...>", "who may start it, as urn:globus:auth:identity:UUID or urn:globus:groups:id:UUID"],
      ["--viewer <urns...>", "who may see it"],
      ["--take-over", "change a flow of this login that was not made by globus-ioc"],
      ["--dry-run", "say what would be done, and change nothing"],
    ],
    examples: [
      "deploy transfer",
      "deploy pal --definition transfer_flow.json --input-schema transfer_schema.json --info-file flow_info.json",
    ],
  },
  {
    what: "list",
    about: "list the flows that this login may see, and the names that they have here",
    examples: ["list"],
  },
  {
    what: "show",
    argument: FLOW,
    about: "show a flow: its steps, what its runs are given, and until when Globus keeps it",
    examples: ["show transfer", "show flow_info.json --json"],
  },
  {
    what: "validate",
    argument: ["[file]", "a file with a definition, or a template"],
    about: "say what is wrong with a definition, here and at Globus, and what would be rewritten",
    options: [
      ["--input-schema <file>", "its input schema"],
      ["--offline", "do not ask Globus"],
    ],
    examples: ["validate transfer_flow.json --input-schema transfer_schema.json", "validate beamline --offline"],
  },
  {
    what: "run",
    argument: ["[flow]", "the flow, as for show; else --flow-id, or flow of [flows]"],
    about: "start one run of a flow, once, and say its id and its page",
    options: [
      ["--flow-id <flow>", "the same as the flow itself"],
      ["--source-collection <uuid>", "the collection that has the data; else collection of [source]"],
      ["--source-path <path>", "the file or folder there"],
      ["--dest-collection <uuid>", "the collection to which they go"],
      ["--dest-path <path>", "what it is called there"],
      ["--label <text>", "what the run is called at Globus, behind an id of its own; else the source's path"],
      ["--tags <words...>", "its tags"],
      ["--input <file>", "a JSON object with more of the input; wins over [flows] input-file"],
      ["--input-json <json>", "the same as a text; wins over --input"],
      ["--recursive", "the source is a folder; else it is looked up"],
      ["--no-recursive", "the source is a file"],
      ["--wait", "monitor the run until it has ended"],
      INTERVAL,
      ["--dry-run", "say what would be sent, let Globus check it, and start nothing"],
      ["--ioc [prefix]", "let a running IOC do it, through FlowRun"],
    ],
    examples: [
      "run transfer --source-collection UUID --source-path /~/dat/ue_251023_FXL/rawData/scan001 --dest-collection UUID --dest-path /backup/ue_251023_FXL/rawData/scan001",
      'run beamline --input-json \'{"action":"transfer-verify-delete"}\' --source-path /data/scan001/ --dest-path /archive/scan001/ --wait',
    ],
    help: MONITOR_HELP,
  },
  {
    what: "monitor",
    argument: ["[run]", "the run, a UUID"],
    also: "monitor-flow",
    about: "follow a run until it has ended, and end as it does",
    options: [
      ["--run-id <run>", "the same as the run itself"],
      ["--flow-id <flow>", "accepted, and needless: the run says which flow it is of"],
      INTERVAL,
      ["--until-inactive", "end where the run waits for a person, with status 3"],
    ],
    examples: ["monitor RUN", "monitor RUN --until-inactive --json"],
    help: MONITOR_HELP,
  },
  { what: "log", argument: RUN, about: "show all that a run has done, the oldest first", examples: ["log RUN"] },
  { what: "cancel", argument: RUN, about: "end a run before its time", examples: ["cancel RUN"] },
  {
    what: "resume",
    argument: RUN,
    about: "let a run go on that is INACTIVE, or say what it needs first",
    examples: ["resume RUN"],
  },
  {
    what: "respond",
    argument: RUN,
    about: "answer the question that a run waits with; asks at a terminal",
    options: [["--answer <answer>", "its number, or how its words begin"]],
    examples: ["respond RUN", "respond RUN --answer keep"],
  },
  {
    what: "delete",
    argument: FLOW,
    about: "delete a flow at Globus; asks at a terminal; its runs go on",
    options: [["--yes", "without a question"]],
    examples: ["delete transfer"],
  },
];

const COMMON: readonly FlowOption[] = [
  ["--json", "one JSON object on standard output, and nothing else"],
  ...CLIENT_OPTIONS,
  ["--config <file>", "a globus.conf; none is needed"],
];

/** @param run runs one of them. @param heading of the commands in the help */
export function addFlowCommands(program: Command, heading: string, run: (request: FlowRequest) => Promise<void>): void {
  const flow = program
    .command("flow")
    .helpGroup(heading)
    .usage(FLOW_COMMANDS.map(({ what }) => what).join(" | "))
    .description("flows of Globus: deploy them, run them, follow their runs")
    .addHelpText("after", `\n${EXIT_HINT}`);
  for (const row of FLOW_COMMANDS) {
    declare(flow.command(named(row.what, row)), row, run);
    if (row.also === undefined) continue;
    const command = program.command(named(row.also, row)).alias(row.also.replaceAll("-", "_"));
    declare(command.helpGroup(heading), row, run);
  }
}

const named = (name: string, { argument }: FlowRow): string =>
  argument === undefined ? name : `${name} ${argument[0]}`;

function declare(command: Command, row: FlowRow, run: (request: FlowRequest) => Promise<void>): void {
  const { what, argument, about, options = [], examples, help } = row;
  command.description(about);
  for (const [flags, meaning] of [...options, ...COMMON]) command.addOption(new Option(flags, meaning));
  command.addHelpText("after", () =>
    [
      "",
      ...(argument === undefined ? [] : [`${argument[0].replace(/[<>[\]]/g, "").toUpperCase()}: ${argument[1]}.`]),
      ...(row.also === undefined ? [] : [`Also called globus-ioc ${row.also}.`]),
      ...(help === undefined ? [] : [help]),
      `Examples:\n${examples.map((one) => `  globus-ioc flow ${one}`).join("\n")}`,
      EXIT_HINT,
    ].join("\n"),
  );
  const key = argument?.[0].replace(/[<>[\]]/g, "");
  command.action((...given: unknown[]) => {
    const flags = (key === undefined ? given[0] : given[1]) as Readonly<Record<string, unknown>>;
    const value = key === undefined ? undefined : given[0];
    return run({ what, ...flags, ...(key !== undefined && value !== undefined && { [key]: value }) } as FlowRequest);
  });
}
