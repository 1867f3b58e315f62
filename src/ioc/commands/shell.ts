/**
 * Shell commands about the shell itself: help, exit, the error policy, scripts within scripts. channel-access.md §7.1;
 * epics-base: iocsh.cpp.
 */
import { globTest } from "../../base/glob.ts";
import { parseMacros } from "../../base/macros.ts";
import { ShellError } from "../../iocsh/parse.ts";
import {
  type ErrorPolicy,
  required,
  type ShellCommand,
  type ShellContext,
  shellCommand,
} from "../../iocsh/shell-command.ts";

const COLUMNS = 80;
const POLICIES = "continue | break | halt | wait <seconds>";

export const SHELL_COMMANDS: readonly ShellCommand[] = [
  shellCommand({
    name: "help",
    arguments: [{ name: "command or pattern ...", kind: "words" }],
    help: "Lists the commands, or explains those that are named.",
    run: (context, names) => (names.length === 0 ? listCommands(context) : explain(context, names)),
  }),
  shellCommand({
    name: "exit",
    arguments: [],
    help: "Ends the script; at the prompt, the IOC.",
    run: ({ shell }) => shell.exit(),
  }),
  shellCommand({
    name: "on",
    arguments: [
      { name: "error", kind: "text" },
      { name: POLICIES, kind: "text" },
      { name: "seconds", kind: "number" },
    ],
    help: "Says what an error in this script leads to: continue (default), break off the script, halt until the IOC is ended, wait and continue.",
    run: ({ shell }, error, policy, seconds) => {
      const chosen = policyOf(policy, seconds);
      if (error !== "error" || chosen === undefined) throw new ShellError(`Usage: on error [${POLICIES}]`);
      shell.setErrorPolicy(chosen);
    },
  }),
  shellCommand({
    name: "iocshLoad",
    arguments: [
      { name: "script", kind: "text" },
      { name: "macros", kind: "text" },
    ],
    help: "Runs a script with macros that hold in its lines.",
    run: ({ shell }, script, macros) =>
      shell.runWhole(required(script, "iocshLoad", "script"), parseMacros(macros ?? "")),
  }),
  shellCommand({
    name: "iocshRun",
    arguments: [
      { name: "line", kind: "text" },
      { name: "macros", kind: "text" },
    ],
    help: "Runs a line with macros that hold in it; write its macros in single quotes.",
    run: ({ shell }, line, macros) => shell.runCommand(required(line, "iocshRun", "line"), parseMacros(macros ?? "")),
  }),
  shellCommand({
    name: "iocshCmd",
    arguments: [{ name: "line", kind: "text" }],
    help: "Runs a line.",
    run: ({ shell }, line) => shell.runCommand(required(line, "iocshCmd", "line")),
  }),
];

function policyOf(policy: string | undefined, seconds: number | undefined): ErrorPolicy | undefined {
  if (policy === "continue" || policy === "break" || policy === "halt") return policy;
  return policy === "wait" && seconds !== undefined && seconds >= 0 ? { wait: seconds } : undefined;
}

function listCommands({ print, shell }: ShellContext): void {
  const names = shell.commands().map((command) => command.name);
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const perLine = Math.max(1, Math.floor(COLUMNS / width));
  for (let at = 0; at < names.length; at += perLine) {
    print(
      names
        .slice(at, at + perLine)
        .map((name) => name.padEnd(width))
        .join("")
        .trimEnd(),
    );
  }
  print("");
  print("Type 'help <command>' for the arguments of a command; <command> may have * and ?.");
}

function explain({ print, shell }: ShellContext, names: readonly string[]): void {
  for (const name of names) {
    const found = shell.commands().filter((command) => globTest(name)(command.name));
    if (found.length === 0) print(`No command matches ${name}.`);
    for (const command of found) {
      print([command.name, ...command.arguments.map((argument) => `'${argument.name}'`)].join(" "));
      print(`    ${command.help.replaceAll("\n", "\n    ")}`);
    }
  }
}
