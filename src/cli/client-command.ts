/**
 * One command of a client from its options to its exit status: settings, time zone, log file and screen before it, and
 * behind it how it ended, on the screen and in the log.
 */
import type { Clock } from "../base/clock.ts";
import type { Environment } from "../base/environment.ts";
import type { Log } from "../base/log.ts";
import { Troubles } from "../base/troubles.ts";
import type { SettingOption } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";
import { type ClientFlags, clientSettings } from "./client-settings.ts";
import { openCommandLog } from "./command-log.ts";
import { type Ending, failureEnding } from "./ending.ts";
import { JsonScreen, type Screen, TextScreen, wantsColours } from "./screen.ts";

export interface ClientContext {
  readonly environment: Environment;
  /** Tells every local time in this zone; empty: in the host's zone. */
  readonly setZone: (zone: string) => void;
  readonly clock: Clock;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Write text as it is. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** The command line, for the log file. */
  readonly commandLine: string;
}

interface ClientCommand {
  /** As the end names it: `flow run`. */
  readonly name: string;
  readonly flags: ClientFlags & { readonly json?: true };
  /** Settings that other options give. */
  readonly options?: readonly SettingOption[];
}

/** What a command has in hand before it opens anything. */
export interface ClientRoom {
  readonly settings: Settings;
  readonly log: Log;
  readonly troubles: Troubles;
  /** What is said here is in the log file as well. */
  readonly screen: Screen;
}

/** @throws nothing but bugs: every failure is reported. @returns the exit status */
export async function runClientCommand(
  command: ClientCommand,
  context: ClientContext,
  perform: (room: ClientRoom) => Promise<Ending>,
): Promise<number> {
  const { out, err, isTerminal, environment, signal } = context;
  const hasColours = wantsColours(isTerminal, environment);
  const isJson = command.flags.json === true;
  const screen = isJson ? new JsonScreen(out) : new TextScreen({ out, err, isTerminal, hasColours, isVerbose: true });
  const ending = await logged(command, context, screen, perform).catch((thrown: unknown) =>
    failureEnding(thrown, signal),
  );
  screen.end({ command: command.name, results: new Map(), ...ending });
  return ending.exitStatus;
}

/** With a log file of its own. */
async function logged(
  { name, flags, options }: ClientCommand,
  { environment, setZone, clock, signal, commandLine }: ClientContext,
  screen: Screen,
  perform: (room: ClientRoom) => Promise<Ending>,
): Promise<Ending> {
  const settings = clientSettings(flags, environment, options);
  setZone(settings.general["time-zone"]);
  const troubles = new Troubles();
  troubles.listen(({ sentence, isOver }) => (isOver ? screen.say(sentence) : screen.warn(sentence)));
  const kept = openCommandLog({ general: settings.general, clock, screen, troubles });
  try {
    kept.log.info(commandLine);
    const ending = await perform({ settings, log: kept.log, troubles, screen: kept.screen }).catch((thrown: unknown) =>
      failureEnding(thrown, signal),
    );
    kept.end({ command: name, ...ending });
    return ending;
  } finally {
    await kept.close();
  }
}
