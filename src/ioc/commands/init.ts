/**
 * Shell commands that start and pause the IOC, and commands of softIoc that mean nothing here and say so.
 * channel-access.md §7.2.
 */
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
};

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
