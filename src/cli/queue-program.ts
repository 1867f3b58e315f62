/** Puts `globus-ioc queue`, with what it has below, and `trigger` on the command line. Runs no command. */
import { type Command, InvalidArgumentError } from "commander";
import { EXIT_HINT } from "./exit-status.ts";
import type { QueueRequest } from "./queue-command.ts";
import type { TriggerRequest } from "./trigger-command.ts";

const CONFIG = ["--config <file>", "the configuration that names the ledger; else as for every command"] as const;
const LEDGER = ["--ledger <folder>", "the ledger's folder, as globus-ioc watch names it"] as const;
const JSON_OPTION = ["--json", "one JSON object on standard output, and nothing else"] as const;

const HELP = `
SCAN is a scan's name, with or without its extension, its path, its id, or the beginning of its id.
The IOC that runs is asked; where none runs, the ledger itself.
Examples:
  globus-ioc queue list --state failed
  globus-ioc queue show a1
  globus-ioc queue retry --all
  globus-ioc queue export queue.jsonl
${EXIT_HINT}`;

const count = (text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`"${text}" is not a whole number.`);
};

/** What commander holds of a command's options. */
interface Flags {
  readonly config?: string;
  readonly ledger?: string;
  readonly json?: true;
}

/** @param run runs one of them. @param heading of the commands in the help */
export function addQueueCommands(
  program: Command,
  heading: string,
  run: (request: QueueRequest) => Promise<void>,
): void {
  const queue = program
    .command("queue")
    .helpGroup(heading)
    .usage("list | show | retry | drop | reconcile | export")
    .description("the queue of scans: what is sent where, what failed, and what becomes of that")
    .addHelpText("after", HELP);
  const add = (name: string, about: string): Command =>
    queue
      .command(name)
      .description(about)
      .option(...CONFIG)
      .option(...LEDGER)
      .addHelpText("after", `\n${EXIT_HINT}`);
  add("list", "list the scans, the newest last")
    .option(JSON_OPTION[0], JSON_OPTION[1])
    .option("--state <state>", "only scans in this state: Waiting, Queued, Sending, Verified, Retrying, Failed or Left")
    .option("--experiment <name>", "only scans of this experiment")
    .option("--destination <name>", "only scans that go there")
    .option("--name <glob>", "only scans of such a name, with * and ?")
    .option("--last <number>", "only the newest; without it a table has 200, and --json all", count)
    .action((flags: Flags & Omit<QueueRequest & { what: "list" }, "what">) => run({ what: "list", ...flags }));
  add("show <scan>", "show one scan: its files, where it goes, and why it is not there")
    .option(JSON_OPTION[0], JSON_OPTION[1])
    .option("--files <number>", "name so many of its files, at most 1000", count, 20)
    .action((scan: string, flags: Flags & { files: number }) => run({ what: "show", scan, ...flags }));
  add("retry [scans...]", "try what has failed again, at once")
    .option(JSON_OPTION[0], JSON_OPTION[1])
    .option("--all", "all scans that have failed")
    .action((scans: string[], flags: Flags & { all?: true }) => run({ what: "retry", scans, ...flags }));
  add("drop <scans...>", "give scans up, where they are not proven: they are sent no more; asks at a terminal")
    .option(JSON_OPTION[0], JSON_OPTION[1])
    .option("--yes", "without a question")
    .action((scans: string[], flags: Flags & { yes?: true }) => run({ what: "drop", scans, ...flags }));
  add("reconcile", "let the IOC compare disk, ledger and destinations, and say what is missing where")
    .option(JSON_OPTION[0], JSON_OPTION[1])
    .option("--enqueue", "take what is at all its destinations into the ledger, and queue what is not")
    .action((flags: Flags & { enqueue?: true }) => run({ what: "reconcile", ...flags }));
  add("export [file]", "write all records of the queue as lines of JSON, to a new file or standard output").action(
    (file: string | undefined, flags: Flags) => run({ what: "export", ...flags, ...(file !== undefined && { file }) }),
  );
}

const TRIGGER_HELP = `
SCAN is the path of a scan's file or folder, as the source host names it. It is sent as if a trigger had announced it, once
its files are at rest. Where no process has the ledger, the scan waits beside it.
Examples:
  globus-ioc trigger /data/2026-03/Levy-1/scan_001.h5
  globus-ioc trigger /data/2026-03/Levy-1/scan_001.h5 --to archive
${EXIT_HINT}`;

/** @param run runs it. @param heading of the commands in the help */
export function addTriggerCommand(
  program: Command,
  heading: string,
  run: (request: TriggerRequest) => Promise<void>,
): void {
  program
    .command("trigger <scans...>")
    .helpGroup(heading)
    .description("put scans into the queue by hand, also while no IOC runs")
    .option("--to <destinations...>", "only to these destinations, by their names in globus.conf")
    .option(...CONFIG)
    .option(...LEDGER)
    .option(...JSON_OPTION)
    .addHelpText("after", TRIGGER_HELP)
    .action((scans: string[], flags: Flags & { to?: string[] }) => run({ scans, ...flags }));
}
