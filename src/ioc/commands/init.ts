/**
 * Shell commands that start and pause the IOC, and commands of softIoc that mean nothing here and say so.
 * channel-access.md §7.2.
 */
import { ShellError } from "../../iocsh/parse.ts";
import { type ShellCommand, shellCommand } from "../../iocsh/shell-command.ts";
import type { CommandSession } from "./session.ts";

/** softIoc's commands that tune or prepare what this IOC does without. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  errlogInit: "messages are written at once",
  errlogInit2: "messages are written at once",
  eltc: "messages always go to the console",
  scanOnceSetQueueSize: "the queue grows as it must",
  callbackSetQueueSize: "the queue grows as it must",
  callbackParallelThreads: "records process one after the other",
  var: "this IOC has no such variables",
};

/** Until access security is there, none of these may seem to protect anything. */
const SECURITY = ["asSetFilename", "asSetSubstitutions", "asInit"] as const;

export function initCommands({ ioc }: CommandSession): readonly ShellCommand[] {
  return [
    shellCommand({
      name: "iocInit",
      arguments: [],
      help: "Initializes the records, starts the Channel Access server and scanning.",
      run: () => ioc.init(),
    }),
    shellCommand({
      name: "iocPause",
      arguments: [],
      help: "Stops scanning; puts still process.",
      run: () => ioc.pause(),
    }),
    shellCommand({
      name: "iocRun",
      arguments: [],
      help: "Goes on after iocPause.",
      run: () => ioc.resume(),
    }),
    ...SECURITY.map((name) =>
      shellCommand({
        name,
        arguments: [{ name: "file or macros", kind: "text" }],
        help: "Refused: access security is not yet supported.",
        run: (_, value) => {
          throw new ShellError(securityRefusal(`${name}(${value === undefined ? "" : `"${value}"`})`));
        },
      }),
    ),
    ...Object.entries(WITHOUT_EFFECT).map(([name, why]) =>
      shellCommand({
        name,
        arguments: [{ name: "values", kind: "words" }],
        help: `Accepted, without effect: ${why}.`,
        run: ({ print }) => print(`${name} has no effect: ${why}.`),
      }),
    ),
  ];
}

/** Why a request for access security is refused. @param what the command, or the option with its file */
export const securityRefusal = (what: string): string =>
  `${what}: access security is not yet supported; without it every client may write. Leave it out to run the IOC that way.`;
