/** Puts the data-management commands of the table on the command line, with their help. Runs no command. */
import type { Command } from "commander";
import type { DataCommand } from "./data-command.ts";
import { DATA_COMMANDS, spellingsOf } from "./data-commands.ts";
import { declareOptions, type GivenOptions } from "./data-options.ts";
import { EXIT_HINT } from "./exit-status.ts";

/**
 * Runs a command.
 * @param read returns the options that were given, or throws what is wrong with them.
 * @param isJson whether --json was given, also where other options are wrong
 */
export type RunData = (row: DataCommand, read: () => GivenOptions, isJson: boolean) => Promise<void>;

const DATA_HEADING = "Data management:";

const SETTINGS_HINT =
  "Every key of globus.conf is an option, too, and wins over the file: --KEY VALUE, or --SECTION-KEY VALUE where several sections have the key.\n`globus-ioc config` writes a file with all of them and what they mean.";

export function addDataCommands(program: Command, run: RunData): void {
  const declarations = new Map<Command, () => void>();
  for (const row of DATA_COMMANDS) {
    const command = program.command(row.name).description(row.about).aliases(spellingsOf(row)).helpGroup(DATA_HEADING);
    let read: (() => GivenOptions) | undefined;
    declarations.set(command, () => {
      read = declareOptions(command, row);
    });
    command
      .addHelpText("after", () => helpAfter(row))
      .action(() => read && run(row, read, command.opts<{ json?: true }>().json === true));
  }
  // Each command has more than a hundred options: they are made for the command that is run.
  program.hook("preSubcommand", (_program, command) => declarations.get(command)?.());
}

function helpAfter(row: DataCommand): string {
  const examples = row.examples.map((one) => `  globus-ioc ${one}`).join("\n");
  const aliases = (row.aliases ?? []).join(", ");
  return [
    "",
    ...(aliases === "" ? [] : [`Also called ${aliases}.`]),
    `Examples:\n${examples}`,
    SETTINGS_HINT,
    EXIT_HINT,
  ].join("\n");
}
