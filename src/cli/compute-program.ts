/** Puts `globus-ioc compute`, with what it has below, on the command line. Runs no command. */
import { type Command, Option } from "commander";
import { CLIENT_OPTIONS, type ClientFlags } from "./client-settings.ts";
import { EXIT_HINT } from "./exit-status.ts";

interface ComputeFlags extends ClientFlags {
  readonly json?: true;
  /** An endpoint's UUID. */
  readonly endpoint?: string;
}

export type ComputeAsked = ComputeFlags &
  (
    | { readonly what: "register"; readonly file: string; readonly name: string }
    | { readonly what: "status"; readonly task?: string }
    | {
        readonly what: "run";
        readonly name: string;
        /** A JSON array of arguments. */
        readonly args?: string;
        readonly wait?: true;
      }
  );

const HELP = `
NAME is the name of a function's def, under which it was registered, or its UUID.
Examples:
  globus-ioc compute register recon.py recon
  globus-ioc compute run recon '["/eagle/2-BM/a1.h5"]' --wait
  globus-ioc compute status TASK
${EXIT_HINT}`;

/** @param run runs one of them. @param heading of the commands in the help */
export function addComputeCommands(
  program: Command,
  heading: string,
  run: (request: ComputeAsked) => Promise<void>,
): void {
  const compute = program
    .command("compute")
    .helpGroup(heading)
    .usage("register | status | run")
    .description("functions of Globus Compute: register them, run them, see how their tasks stand")
    .addHelpText("after", HELP);
  const add = (name: string, about: string): Command => {
    const command = compute.command(name).description(about);
    command.addOption(new Option("--json", "one JSON object on standard output, and nothing else"));
    for (const [flags, meaning] of CLIENT_OPTIONS) command.addOption(new Option(flags, meaning));
    command.addOption(new Option("--config <file>", "a globus.conf; none is needed"));
    if (name !== "register")
      command.addOption(new Option("--endpoint <uuid>", "the endpoint; else [compute] endpoint of globus.conf"));
    return command.addHelpText("after", HELP);
  };
  add("register <file> <name>", "register the def NAME of a file of Python, without Python").action(
    (file: string, name: string, flags: ComputeFlags) => run({ what: "register", file, name, ...flags }),
  );
  add("status [task]", "say how a task stands, with what it gave; without TASK whether the endpoint is online").action(
    (task: string | undefined, flags: ComputeFlags) =>
      run({ what: "status", ...(task !== undefined && { task }), ...flags }),
  );
  add("run <name> [args]", "run a function at the endpoint; ARGS is a JSON array of its arguments")
    .option("--wait", "wait until it has ended, at most task-seconds of [compute], and say what it gave")
    .action((name: string, args: string | undefined, flags: ComputeFlags & { readonly wait?: true }) =>
      run({ what: "run", name, ...(args !== undefined && { args }), ...flags }),
    );
}
