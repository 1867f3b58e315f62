/** Puts on the command line what transfers without an IOC: watch, transfer and transfer-scan. Runs no command. */
import type { Command } from "commander";
import { TRIGGER_SETTINGS } from "../config/settings.ts";
import { NOISE } from "../controller/transfers/triggers/presets.ts";
import { MARKERS, TREE_KINDS } from "../controller/transfers/triggers/trigger-settings.ts";
import { CLIENT_OPTIONS } from "./client-settings.ts";
import { spellingsOf } from "./data-commands.ts";
import { EXIT_HINT } from "./exit-status.ts";
import type { ForegroundRequest, TransferFlags, TransferScanFlags, WatchFlags } from "./foreground-plan.ts";
import { TREE_KEYS } from "./foreground-tree.ts";

/** Options that all of them have. */
const COMMON: readonly (readonly [flags: string, meaning: string])[] = [
  ["--source-collection <uuid>", "the Globus collection that shows the data; else [source] collection of globus.conf"],
  ["--dest-collection <uuid>", "the Globus collection to send to; without it to a folder that this machine sees"],
  ["--experiment <name>", "the experiment of scans whose path names none; else unsorted"],
  [
    "--ledger <folder>",
    "where it is kept what was sent; else a folder of its own below $XDG_STATE_HOME/globus-ioc/ways",
  ],
  ["--dry-run", "say what would be sent where, and send nothing"],
  ["--settle-seconds <seconds>", "how long files must not change before they are sent"],
  ...CLIENT_OPTIONS,
  ["--flow-id <flow>", "send by runs of this flow, a UUID or its name; else Globus Transfer moves the data itself"],
  ["--config <file>", "a globus.conf; none is needed"],
  ["--json", "one JSON object on standard output, and nothing else"],
];

const MAP = [
  "--path-map <map...>",
  "where the collection shows a folder of this machine, as /xfel/ffs=/~ (the usual)",
] as const;
const LAYOUT = [
  "--dest-layout <path>",
  "levels between the destination's folder and a scan: {exp}, {scan} and plain names",
  "{exp}/rawData",
] as const;

const HELP = (alias: string, examples: readonly string[]): string =>
  [
    "",
    `Also called ${alias}.`,
    "It runs in the foreground, without an IOC and without EPICS. Ctrl-C and SIGTERM finish the step under way; the same command goes on with the rest.",
    `Examples:\n${examples.map((one) => `  globus-ioc ${one}`).join("\n")}`,
    EXIT_HINT,
  ].join("\n");

const USUAL = { kind: "marker", scans: "each folder in the tree" } as const;

/** As the table of settings has it. */
function meaningOf(key: (typeof TREE_KEYS)[number]): string {
  const { meaning, fallback } = TRIGGER_SETTINGS[key];
  const own = key === "kind" ? `how a scan says that it is complete: ${TREE_KINDS.join(", ")}` : meaning;
  const [, said, empty = ""] = /^(.*?)(?:; empty: (.*?))?\.?$/.exec(own) ?? ["", own];
  const usual = key === "kind" || key === "scans" ? USUAL[key] : fallback || empty;
  return `${said?.[0]?.toLowerCase()}${said?.slice(1)}; else ${usual}`;
}

/** @param run runs one of them. @param heading of the commands in the help */
export function addForegroundCommands(
  program: Command,
  heading: string,
  run: (request: ForegroundRequest) => Promise<void>,
): void {
  const add = (name: string, alias: string, about: string, examples: readonly string[]): Command =>
    program
      .command(name)
      .aliases(spellingsOf({ name, aliases: [alias] }))
      .helpGroup(heading)
      .description(about)
      .addHelpText("after", HELP(alias, examples));
  const withCommon = (command: Command): Command => {
    for (const option of COMMON) command.option(...option);
    return command;
  };
  const watch = add(
    "watch",
    "watch-and-trigger",
    "send each scan of a directory tree when it is complete: a marker file says so, or what --kind names",
    [
      "watch --watchdir /xfel/ffs/dat/ue_251023_FXL/rawData --dry-run",
      "watch --watchdir /xfel/ffs/dat/ue_251023_FXL/rawData --source-collection UUID --dest-collection UUID --dest-base-path /backup --patterns .done .complete",
      "watch --watchdir /xfel/ffs/dat --preset pal-xfel --kind quiet --quiet-seconds 120 --dest-base-path /backup",
    ],
  )
    .requiredOption("--watchdir <folder>", "the tree, on this machine")
    .option("--dest-base-path <folder>", "the folder at the destination below which experiments lie")
    .option("--trigger <name>", "a [trigger NAME] of globus.conf says which scans, and when they are complete")
    .option("--patterns <patterns...>", `how names of markers end; else ${MARKERS.join(" ")}`)
    .option("--exclude <patterns...>", `folders and files that are no scans and lead to none; else ${NOISE.join(" ")}`);
  for (const key of TREE_KEYS) watch.option(`--${key} <${key}>`, meaningOf(key));
  withCommon(
    watch
      .option("--once", "one sweep; ends when all that it has found is sent")
      .option(...LAYOUT)
      .option(...MAP),
  ).action((flags: WatchFlags) => run({ what: "watch", ...flags }));
  withCommon(
    add("transfer", "run-transfer-flow", "send one file or folder, and wait until it is there", [
      "transfer --source-path /data/scan001 --dest-path /archive/scan001",
      "transfer --source-collection UUID --source-path /~/dat/ue_251023_FXL/rawData/scan001 --dest-collection UUID --dest-path /backup/ue_251023_FXL/rawData/scan001",
    ])
      .requiredOption("--source-path <path>", "the file or folder: in the collection, or of this machine")
      .requiredOption("--dest-path <path>", "what it is called there")
      .option("--label <text>", "the label of the Globus task"),
  ).action((flags: TransferFlags) => run({ what: "transfer", ...flags }));
  withCommon(
    add(
      "transfer-scan",
      "pal-xfel-auto-transfer",
      "send the folder of one scan below its experiment, and wait until it is proven there",
      [
        "transfer-scan --scan-dir /xfel/ffs/dat/ue_251023_FXL/rawData/251023_alignment_00001_DIR --source-collection UUID --dest-collection UUID --dest-base /backup",
      ],
    )
      .requiredOption("--scan-dir <folder>", "the folder of the scan, on this machine")
      .option("--dest-base <folder>", "the folder at the destination below which experiments lie", "/backup")
      .option(...LAYOUT)
      .option(...MAP),
  ).action((flags: TransferScanFlags) => run({ what: "transfer-scan", ...flags }));
}
