/** The shell commands of every IOC, in one list. Commands of a program built on it are registered beside them. */
import type { Shell } from "../../iocsh/shell.ts";
import { LogServers } from "../log-servers.ts";
import { accessCommands } from "./access.ts";
import { autosaveCommands } from "./autosave.ts";
import { environmentCommands } from "./environment.ts";
import { fieldCommands } from "./fields.ts";
import { initCommands } from "./init.ts";
import { iocLogCommands } from "./ioc-log.ts";
import { listCommands } from "./lists.ts";
import { loadCommands, REGISTRAR_NAMES, registrarCommand } from "./load.ts";
import { putLogCommands } from "./put-log.ts";
import { reportCommands } from "./reports.ts";
import type { CommandSession } from "./session.ts";
import { SHELL_COMMANDS } from "./shell.ts";
import { variableCommands } from "./variables.ts";

/** Registers every command of channel-access.md §7.2 that is there. */
export function registerIocCommands(shell: Shell, session: CommandSession): void {
  shell.register(SHELL_COMMANDS);
  for (const group of [
    environmentCommands,
    loadCommands,
    initCommands,
    accessCommands,
    listCommands,
    fieldCommands,
    reportCommands,
    autosaveCommands,
  ]) {
    shell.register(group(session));
  }
  const servers = new LogServers(session.ioc);
  for (const group of [iocLogCommands, putLogCommands, variableCommands]) shell.register(group(session, servers));
  shell.registerFamily(REGISTRAR_NAMES, registrarCommand);
}
