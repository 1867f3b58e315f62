/** The pages of docs/ that are made from tables of the program; written by `npm run docs`, compared by the tests. */
import { Command } from "commander";
import { systemClock } from "../../src/base/clock.ts";
import type { InputOption } from "../../src/cli/data-command.ts";
import { DATA_COMMANDS, inputOptionsOf, pvCommandOf, wordsOf } from "../../src/cli/data-commands.ts";
import { COMMON_OPTIONS, CONFIG_OPTIONS } from "../../src/cli/data-options.ts";
import { exitStatusOf } from "../../src/cli/exit-status.ts";
import { addFlowCommands } from "../../src/cli/flow-program.ts";
import { addForegroundCommands } from "../../src/cli/foreground-program.ts";
import { addPvCommands } from "../../src/cli/pv-program.ts";
import { addQueueCommands, addTriggerCommand } from "../../src/cli/queue-program.ts";
import { addSignInCommands } from "../../src/cli/sign-in-program.ts";
import { addSiteCommands } from "../../src/cli/site-program.ts";
import { addWorkflowCommands } from "../../src/cli/workflow-program.ts";
import {
  DESTINATION_SETTINGS,
  SERVER_SETTINGS,
  SETTINGS,
  type Setting,
  TRIGGER_SETTINGS,
} from "../../src/config/settings.ts";
import { ALIASES } from "../../src/config/settings-aliases.ts";
import { COMMANDS, type CommandState } from "../../src/controller/pvs/commands.ts";
import { allPvs } from "../../src/controller/pvs/index.ts";
import { halvesOf, type PvRow } from "../../src/controller/pvs/row.ts";
import { takesText } from "../../src/controller/run/input-check.ts";
import { succeeded } from "../../src/controller/run/outcome.ts";
import { COMMON_FIELDS } from "../../src/database/common-fields.ts";
import type { DbRecord } from "../../src/database/record.ts";
import type { FieldTable } from "../../src/database/record-type.ts";
import { RECORD_TYPES } from "../../src/database/record-types/index.ts";

import { stateFields } from "../../src/database/record-types/parts/shared-fields.ts";
import { globusDatabase } from "./globus-database.ts";

const row = (...cells: readonly (string | number)[]): string =>
  `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(...head), row(...head.map(() => "---")), ...rows].join("\n");
const page = (title: string, ...parts: readonly string[]): string => `${[`# ${title}`, ...parts].join("\n\n")}\n`;

export function pvsPage(): string {
  const takes = (suffix: string, pv: PvRow): string =>
    pv.takes === undefined ? pv.meaning : `${pv.meaning} Takes ${takesText(suffix)}.`;
  const database = globusDatabase("");
  const all = allPvs();
  const halves = new Set([...all].flatMap(([suffix, pv]) => (pv.isSentence === true ? halvesOf(suffix) : [])));
  const rows = [...all]
    .filter(([suffix]) => !halves.has(suffix))
    .map(([suffix, pv]) => {
      const record = database.record(suffix);
      if (record === undefined) throw new Error(`db/ has no record ${suffix}`);
      const values = pv.states?.join(", ") ?? pv.unit ?? "";
      return row(
        `\`${suffix}\`${pv.isSentence === true ? " +" : ""}`,
        kindText(pv),
        record.type.name,
        values,
        alarmsOf(record, pv),
        takes(suffix, pv),
      );
    });
  const commands = Object.entries(COMMANDS).map(([name, command]) =>
    row(`\`${name}\``, command.meaning, command.group),
  );
  return page(
    "PVs",
    "All names stand behind `$(P)$(R)`, e.g. `2bmb:Globus:`. A result is written by the program alone; a setting is an input that belongs to the beamline rather than to one experiment; what opens data to people, mails or deletes is for managers alone ([access-security.md](access-security.md)). What an input cannot mean is refused: NaN, a number out of its range, a fraction of a whole number, a text that is longer than the PV, a code that is no character; `LastError` says so. (`caput` without `-S` cuts a text to 39 bytes before it sends it.) A sentence that is marked + has two PVs more, its halves: `InitMessage0` and `InitMessage1` hold two lines of at most 80 characters of `InitMessage`, for MEDM, which breaks no line; where the sentence is longer they end in `...`. Made from `src/controller/pvs/` and `db/`.",
    "## Commands",
    table(["command", "what it does", "excludes others of its group"], commands),
    "## How a command ends",
    "Writing 1 to `X` starts the command; `X` returns to 0 when the work is over, and a put-callback (`caput -c`) completes then. Results, `XMessage`, `XTime` and `XStatus` are written before, in this order. Only Done completes without an error: a script that does not read `XStatus` stops where something is missing.",
    table(["XStatus", "is", "put-callback", "exit status of `globus-ioc`"], COMMAND_ENDS.map(endRow)),
    "`caput -c` of EPICS 7 exits with status 1 on ECA_PUTFAIL. pyepics does not tell its users: they read `XStatus`. A start that is refused because the command runs already fails in the same way, and leaves `XStatus` to the run that is under way. A repeat within a second is refused without a word in `LastError`; one that comes when the command has already ended starts it again.",
    "## All",
    table(["suffix", "kind", "record type", "states, or unit", "alarm", "meaning"], rows),
  );
}

/** With who may write it by the shipped access security file. */
const kindText = ({ kind, isManaged }: PvRow): string => (isManaged === true ? `${kind} of managers` : kind);

const SEVERITIES_OF_STATES = stateFields("SV");
const SEVERITIES = ["", "MINOR", "MAJOR", "INVALID"];
const LIMITS = [
  ["HIHI", "HHSV", "from"],
  ["HIGH", "HSV", "from"],
  ["LOW", "LSV", "to"],
  ["LOLO", "LLSV", "to"],
] as const;

/** The values at which a record goes into alarm by itself: `Stalled MAJOR`, `to 5 MINOR`. */
function alarmsOf({ type, fields: all }: DbRecord, { states = [] }: PvRow): string {
  const fields: Readonly<Record<string, unknown>> = all;
  const severityOf = (field: string): string => SEVERITIES[Number(fields[field] ?? 0)] ?? "";
  const isBinary = /^(bi|bo)$/.test(type.name);
  const ofStates = states.map((state, index): [string, string] => [
    state,
    severityOf(isBinary ? ["ZSV", "OSV"][index]! : SEVERITIES_OF_STATES[index]!),
  ]);
  const ofLimits = LIMITS.map(([limit, severity, word]): [string, string] => [
    `${word} ${String(fields[limit])}`,
    severityOf(severity),
  ]);
  const alarms = states.length > 0 ? ofStates : ofLimits;
  return alarms.flatMap(([when, severity]) => (severity === "" ? [] : [`${when} ${severity}`])).join(", ");
}

const COMMAND_ENDS = [
  ["Done", "all of it is done"],
  ["Partial", "some of it is done; `XMessage` says what is missing"],
  ["Failed", "it could not be done"],
  ["Cancelled", "it was stopped, by 0 written to `X`, by `Abort`, or with the IOC"],
  ["Rejected", "a precondition does not hold; nothing was done"],
] as const satisfies readonly (readonly [CommandState, string])[];
const endRow = ([state, is]: (typeof COMMAND_ENDS)[number]): string =>
  row(state, is, succeeded({ state }) ? "succeeds" : "ECA_PUTFAIL", exitStatusOf({ state }));

export function settingsPage(): string {
  const section = (name: string, settings: Readonly<Record<string, Setting<unknown>>>): string =>
    [
      `## [${name}]`,
      table(
        ["key", "default", "is", "meaning"],
        Object.entries(settings).map(([key, one]) =>
          row(`\`${key}\``, one.fallback === "" ? "" : `\`${one.fallback}\``, one.kind.wanted, one.meaning),
        ),
      ),
    ].join("\n\n");
  return page(
    "globus.conf",
    "INI text as Python's configparser reads it. Looked for as `--config`, `$GLOBUS_CONF`, `./globus.conf`, `~/globus.conf`, `~/dmagic.conf`; the first that is found. Every key is an option of the command line, too. Relative file names begin at the file, `~/` at home. Made from `src/config/settings.ts`.",
    ...Object.entries(SETTINGS).map(([name, settings]) => section(name, settings)),
    section("server NAME", SERVER_SETTINGS),
    section("destination NAME", DESTINATION_SETTINGS),
    section("trigger NAME", TRIGGER_SETTINGS),
    "Without a `[server …]` section there are the two of the Python program, voyager (dm) and petrel (globus).",
    [
      "## dmagic.conf, and older files",
      "A file that any version of DMagic or of the Python program globus has written is read as it is. What it has elsewhere:",
      aliasTable(),
    ].join("\n\n"),
  );
}

const aliasTable = (): string =>
  table(
    ["there", "is here"],
    Object.entries(ALIASES).flatMap(([section, keys]) =>
      Object.entries(keys).map(([key, targets]) =>
        row(
          `\`[${section}] ${key}\``,
          targets
            .map((one) =>
              one.section === "server"
                ? `\`${one.key}\` of ${one.of === "dm" ? "each dm server" : "the chosen server"}`
                : `\`[${one.section}] ${one.key}\``,
            )
            .join(" and ") || "nothing",
        ),
      ),
    ),
  );

/** The page of the command line, from the table of its commands. */
export function commandsPage(): string {
  const option = (one: InputOption): string =>
    one.value === undefined
      ? `\`--${one.flag}\`, \`--no-${one.flag}\``
      : `\`--${one.flag} ${wordsOf(one)?.join("|") ?? one.value}\``;
  const flagsOf = (options: typeof COMMON_OPTIONS): string => options.map(([flags]) => `\`${flags}\``).join(", ");
  return page(
    "Commands",
    "Names may be spelt with underscores. `globus-ioc COMMAND --help` has examples, and `globus-ioc ioc --help` says how an IOC is run. Made from `src/cli/data-commands.ts` and from the other commands as `src/cli/` puts them on the command line.",
    "## Data management",
    "`globus-ioc COMMAND` does what the command's PV does, in a process of its own or, with `--ioc`, through the IOC that runs.",
    table(
      ["command", "also", "what it does", "PV", "options: the input PVs that they fill"],
      DATA_COMMANDS.map((one) =>
        row(
          `\`${one.name}\``,
          (one.aliases ?? []).map((alias) => `\`${alias}\``).join(" "),
          one.about,
          pvCommandOf(one) === undefined ? "" : `\`${pvCommandOf(one)}\``,
          inputOptionsOf(one)
            .map((input) => `${option(input)}: ${input.input}`)
            .join("; "),
        ),
      ),
    ),
    `Every command but \`config\` also takes ${flagsOf(COMMON_OPTIONS)}; \`config\` takes ${flagsOf(CONFIG_OPTIONS)}. All of them take \`--server NAME\`, and each key of globus.conf as \`--KEY VALUE\` (or \`--SECTION-KEY VALUE\` where several sections have the key), which wins over the file. What an option puts into an input of a running IOC is put back when the command is over.`,
    "Exit status: 0 done; 1 failed, rejected or cancelled; 2 the command line or the configuration is wrong, or a question has no terminal; 3 partly done.",
    ...otherCommands().map(({ title, about, commands }) => commandGroup(title, about, commands)),
  );
}

interface CommandGroup {
  readonly title: string;
  readonly about: string;
  readonly commands: readonly Command[];
}

/** What is on the command line beside data management, as the program puts it there. */
function otherCommands(): readonly CommandGroup[] {
  const added = (add: (program: Command) => void): readonly Command[] => {
    const program = new Command("globus-ioc");
    add(program);
    return program.commands;
  };
  const never = (): never => {
    throw new Error("a page runs no command");
  };
  const context = {
    environment: { HOME: "~" },
    setZone: never,
    clock: systemClock,
    isTerminal: false,
    ask: never,
    out: never,
    signal: new AbortController().signal,
  };
  return [
    {
      title: "The queue of scans",
      about: "Of the IOC that runs, or of the ledger where none runs ([ledger.md](ledger.md#the-queue-of-scans)).",
      commands: added((program) => {
        addQueueCommands(program, "", never);
        addTriggerCommand(program, "", never);
      }).flatMap((command) => (command.commands.length > 0 ? command.commands : [command])),
    },
    {
      title: "Flows of Globus",
      about: "Without an IOC ([flow-templates.md](flow-templates.md)); `flow run --ioc` lets an IOC do it.",
      commands: added((program) => addFlowCommands(program, "", never)).flatMap((command) =>
        command.commands.length > 0 ? command.commands : [command],
      ),
    },
    {
      title: "Workflows of Data Management",
      about: "Without an IOC ([workflows.md](workflows.md)); `workflow run --ioc` lets an IOC do it.",
      commands: added((program) => addWorkflowCommands(program, "", never)).flatMap((command) => command.commands),
    },
    {
      title: "The Globus login",
      about: "Of a person, or of a service account ([sign-in.md](sign-in.md)).",
      commands: added((program) => addSignInCommands(program, "", never)).flatMap((command) =>
        command.commands.length > 0 ? command.commands : [command],
      ),
    },
    {
      title: "Transfers without an IOC",
      about: "In the foreground, with a queue of their own ([without-epics.md](without-epics.md)).",
      commands: added((program) => addForegroundCommands(program, "", never)),
    },
    {
      title: "A site",
      about: "What is done once, or when something is wrong ([install.md](install.md), [ledger.md](ledger.md)).",
      commands: added((program) => addSiteCommands({ program, heading: "", context, ended: never })),
    },
    {
      title: "Channel Access",
      about: "With the options of the tools of EPICS base.",
      commands: added((program) => addPvCommands(program, never)),
    },
  ];
}

/** One table of the commands, and one of their options; options that all of them have are there once. */
function commandGroup(title: string, about: string, commands: readonly Command[]): string {
  const wholeName = (command: Command): string =>
    [command.parent, command]
      .map((one) => one?.name() ?? "")
      .filter((name) => name !== "globus-ioc")
      .join(" ");
  const called = commands.map((command) =>
    row(
      `\`${`${wholeName(command)} ${command.usage().replace(/ ?\[options\] ?/, "")}`.trim()}\``,
      command
        .aliases()
        .filter((alias) => !alias.includes("_"))
        .map((alias) => `\`${alias}\``)
        .join(" "),
      command.description(),
    ),
  );
  const options = commands.flatMap((command) =>
    command.options.map(({ flags, mandatory, defaultValue, description }) => {
      const usual = [defaultValue ?? (mandatory ? "required" : "")].flat().join(" ");
      return { name: wholeName(command), cells: [`\`${flags}\``, usual, description] as const };
    }),
  );
  const names = new Map<string, string[]>();
  for (const { name, cells } of options)
    names.set(JSON.stringify(cells), [...(names.get(JSON.stringify(cells)) ?? []), name]);
  const rows = [...names].map(([cells, of]) => {
    const isOfAll = of.length === commands.length && of.length > 1;
    return row(...(JSON.parse(cells) as string[]), isOfAll ? "all" : of.map((name) => `\`${name}\``).join(" "));
  });
  return [
    `## ${title}`,
    about,
    table(["command", "also", "what it does"], called),
    table(["option", "default", "meaning", "of"], rows),
  ].join("\n\n");
}

export function recordsPage(): string {
  const fields = (one: FieldTable): string =>
    table(
      ["field", "type", "initial", "meaning"],
      Object.entries(one).map(([name, field]) =>
        row(name, field.type + (field.size === undefined ? "" : `[${field.size}]`), field.initial ?? "", field.prompt),
      ),
    );
  return page(
    "Record types",
    "Made from `src/database/record-types`.",
    ["## Fields of every record", fields(COMMON_FIELDS)].join("\n\n"),
    ...RECORD_TYPES.map((type) => [`## ${type.name}`, type.about, fields(type.fields)].join("\n\n")),
  );
}
