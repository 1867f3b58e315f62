/**
 * Shell commands that send the IOC's log to a log server. channel-access.md §7.2; epics-base: iocLog.c,
 * libComRegister.c.
 */
import { ShellError } from "../../iocsh/parse.ts";
import { required, type ShellCommand, type ShellEnvironment, shellCommand } from "../../iocsh/shell-command.ts";
import type { LogClient, LogServer } from "../log-client.ts";
import { type LogServers, parseLogServer, portOf } from "../log-servers.ts";
import { bytesOf } from "../working-directory.ts";
import type { CommandSession } from "./session.ts";

const HOST = "EPICS_IOC_LOG_INET";
const PORT = "EPICS_IOC_LOG_PORT";
const DEFAULT_PORT = 7004;

export function iocLogCommands({ ioc }: CommandSession, servers: LogServers): readonly ShellCommand[] {
  let client: LogClient | undefined;
  return [
    shellCommand({
      name: "iocLogInit",
      arguments: [],
      help: `Sends the IOC's log to the log server that ${HOST} and ${PORT} (${DEFAULT_PORT}) name.`,
      run: ({ shell, print }) => {
        if (servers.isDisabled) return print("iocLogInit has no effect: setIocLogDisable is 1.");
        if (client !== undefined) return print(`iocLogInit: the log goes to ${client.name} already.`);
        const opened = servers.open(serverOf(shell.environment));
        client = opened;
        const stop = ioc.logLines.add((line) => {
          if (!servers.isDisabled) opened.send(bytesOf(line).toString("latin1"));
        });
        ioc.addRunning("the connection to the log server", async () => {
          stop();
          await opened.close();
        });
      },
    }),
    shellCommand({
      name: "iocLogPrefix",
      arguments: [{ name: "prefix", kind: "text" }],
      help: "A text before each line for a log server, also of the put log; once.",
      run: (_, prefix) => servers.setPrefix(required(prefix, "iocLogPrefix", "prefix")),
    }),
    shellCommand({
      name: "iocLogShow",
      arguments: [{ name: "level", kind: "integer" }],
      help: "Tells of the log server that iocLogInit named; 2: also what waits for it.",
      run: ({ print }, level) => {
        if (client === undefined) return print("The IOC's log goes to no log server: iocLogInit has not run.");
        for (const line of servers.lines(client, level ?? 0)) print(line);
      },
    }),
    shellCommand({
      name: "setIocLogDisable",
      arguments: [{ name: "0 or 1", kind: "integer" }],
      help: "1: nothing of the IOC's log is sent to a log server. The put log is.",
      run: (_, value) => {
        if (value !== 0 && value !== 1)
          throw new ShellError(`setIocLogDisable: ${value ?? "nothing"} is neither 0 nor 1.`);
        servers.isDisabled = value === 1;
      },
    }),
  ];
}

/** @throws ShellError, LogServerError */
function serverOf(environment: ShellEnvironment): LogServer {
  const host = environment[HOST]?.trim() ?? "";
  if (host === "") throw new ShellError(`iocLogInit: ${HOST} names no host: set it with epicsEnvSet before.`);
  const digits = environment[PORT] ?? String(DEFAULT_PORT);
  const port = portOf(digits);
  if (port === undefined) throw new ShellError(`iocLogInit: ${PORT} "${digits}" is no port: give 1 to 65535.`);
  return parseLogServer(`${host}:${port}`, port, `${HOST} and ${PORT}`);
}
