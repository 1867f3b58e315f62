/**
 * The shell's `var`: those of base's variables that mean something here. channel-access.md §7.2; epics-base: iocsh.cpp.
 */
import { ShellError } from "../../iocsh/parse.ts";
import { type ShellCommand, shellCommand } from "../../iocsh/shell-command.ts";
import type { LogServers } from "../log-servers.ts";
import type { CommandSession } from "./session.ts";

/** A variable that is 0 or 1. */
interface Switch {
  readonly about: string;
  readonly get: () => boolean;
  readonly set: (isOn: boolean) => void;
}

export function variableCommands({ ioc }: CommandSession, servers: LogServers): readonly ShellCommand[] {
  const switches: Readonly<Record<string, Switch>> = {
    asCheckClientIP: {
      about: "access security judges hosts by their addresses",
      get: () => ioc.access.checksAddress,
      set: (isOn) => {
        ioc.access.checksAddress = isOn;
      },
    },
    iocLogDisable: {
      about: "nothing of the IOC's log is sent to a log server",
      get: () => servers.isDisabled,
      set: (isOn) => {
        servers.isDisabled = isOn;
      },
    },
  };
  const abouts = Object.entries(switches).map(([name, { about }]) => `${name} 1: ${about}.`);
  return [
    shellCommand({
      name: "var",
      arguments: [
        { name: "variable", kind: "text" },
        { name: "value", kind: "text" },
      ],
      help: ["Shows variables, or sets one.", ...abouts].join("\n"),
      run: ({ print }, name, value) => {
        const chosen = name === undefined ? undefined : switches[name];
        if (name !== undefined && chosen === undefined)
          return print(`var ${name} has no effect: this IOC has no such variable.`);
        if (chosen === undefined || value === undefined) {
          for (const [one, { get }] of Object.entries(switches))
            if (name === undefined || one === name) print(`${one} = ${get() ? 1 : 0}`);
        } else if (/^\s*[01]\s*$/.test(value)) chosen.set(value.trim() === "1");
        else throw new ShellError(`var ${name} "${value}": the value is 0 or 1.`);
      },
    }),
  ];
}
