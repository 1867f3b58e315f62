/**
 * Shell commands for environment variables, the folder, the clock and text. channel-access.md §7.2; epics-base:
 * libComRegister.c.
 */
import { globTest } from "../../base/glob.ts";
import { ShellError } from "../../iocsh/parse.ts";
import { required, type ShellCommand, type ShellEnvironment, shellCommand } from "../../iocsh/shell-command.ts";
import { bytesOf } from "../working-directory.ts";
import type { CommandSession } from "./session.ts";

/** The variables of Channel Access and of the shell, in base's order. */
const PARAMETERS = (
  "EPICS_CA_ADDR_LIST EPICS_CA_AUTO_ADDR_LIST EPICS_CA_NAME_SERVERS EPICS_CA_CONN_TMO EPICS_CA_REPEATER_PORT " +
  "EPICS_CA_SERVER_PORT EPICS_CA_MAX_ARRAY_BYTES EPICS_CA_AUTO_ARRAY_BYTES EPICS_CA_BEACON_PERIOD " +
  "EPICS_CA_MAX_SEARCH_PERIOD EPICS_CAS_BEACON_PERIOD EPICS_CAS_BEACON_PORT EPICS_CAS_AUTO_BEACON_ADDR_LIST " +
  "EPICS_CAS_BEACON_ADDR_LIST EPICS_CAS_SERVER_PORT EPICS_CAS_INTF_ADDR_LIST EPICS_CAS_IGNORE_ADDR_LIST " +
  "EPICS_DB_INCLUDE_PATH EPICS_TZ IOCSH_PS1 EPICS_IOCSH_PS1"
).split(" ");

export function environmentCommands({ ioc, directory }: CommandSession): readonly ShellCommand[] {
  return [
    shellCommand({
      name: "epicsEnvSet",
      arguments: [
        { name: "name", kind: "text" },
        { name: "value", kind: "text" },
      ],
      help: "Sets an environment variable.",
      run: ({ shell }, name, value) => {
        if (value === undefined)
          throw new ShellError(`epicsEnvSet needs a value for ${required(name, "epicsEnvSet", "name")}.`);
        shell.environment[required(name, "epicsEnvSet", "name")] = value;
      },
    }),
    shellCommand({
      name: "epicsEnvUnset",
      arguments: [{ name: "name", kind: "text" }],
      help: "Removes an environment variable.",
      run: ({ shell }, name) => {
        delete shell.environment[required(name, "epicsEnvUnset", "name")];
      },
    }),
    shellCommand({
      name: "epicsEnvShow",
      arguments: [{ name: "name or pattern", kind: "text" }],
      help: "Shows environment variables: all, or those whose name matches.",
      run: ({ print, shell }, pattern) => {
        for (const line of environmentLines(shell.environment, pattern ?? "*")) print(line);
      },
    }),
    parameterCommand("epicsParamShow"),
    parameterCommand("epicsPrtEnvParams"),
    shellCommand({
      name: "cd",
      arguments: [{ name: "folder", kind: "text" }],
      help: "Makes a folder the one that relative paths begin in.",
      run: (_, folder) => {
        const target = required(folder, "cd", "folder");
        try {
          directory.change(target);
        } catch (error) {
          throw new ShellError(`The folder ${target} cannot be entered`, { cause: error });
        }
      },
    }),
    shellCommand({
      name: "pwd",
      arguments: [],
      help: "Shows the folder that relative paths begin in.",
      run: ({ print }) => print(Buffer.from(directory.path, "utf8").toString("latin1")),
    }),
    shellCommand({
      name: "date",
      arguments: [],
      help: "Shows the time, local.",
      run: ({ print }) => print(localTime(ioc.clock.now())),
    }),
    shellCommand({
      name: "echo",
      arguments: [{ name: "text", kind: "text" }],
      help: "Prints a text; backslash escapes are resolved.",
      run: ({ print }, text) => print(unescapeEcho(text ?? "")),
    }),
    shellCommand({
      name: "system",
      arguments: [{ name: "command", kind: "text" }],
      help: "Refused: this IOC starts no programs for a script.",
      run: (_, command) => {
        throw new ShellError(`system does not run "${command ?? ""}": this IOC starts no programs for a script.`);
      },
    }),
  ];
}

const parameterCommand = (name: string): ShellCommand =>
  shellCommand({
    name,
    arguments: [],
    help: "Shows the variables that Channel Access and the shell read.",
    run: ({ print, shell }) => {
      for (const parameter of PARAMETERS) {
        const value = shell.environment[parameter];
        print(value === undefined ? `${parameter} is undefined` : `${parameter}: ${value}`);
      }
    },
  });

function environmentLines(environment: ShellEnvironment, pattern: string): string[] {
  const matches = globTest(pattern);
  return Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && matches(name) ? [`${name}=${bytesOf(value).toString("latin1")}`] : [],
  );
}

/** `2026/11/22 02:03:09.915398` */
function localTime(milliseconds: number): string {
  const time = new Date(milliseconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${time.getFullYear()}/${two(time.getMonth() + 1)}/${two(time.getDate())}`;
  const micros = String(Math.floor((milliseconds % 1000) * 1000)).padStart(6, "0");
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${micros}`;
}

const ECHO_ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function unescapeEcho(text: string): string {
  return text.replace(/\\(?:x([\da-fA-F]{1,2})|([^]))/g, (_, hex?: string, other = "") => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return ECHO_ESCAPES[other as string] ?? (other as string);
  });
}
