/** The log file of one command: it has everything that the screen has, and more. */
import { oneLine } from "../base/clean-text.ts";
import type { Clock } from "../base/clock.ts";
import type { Log, LogLevel } from "../base/log.ts";
import type { Troubles } from "../base/troubles.ts";
import type { Settings } from "../config/settings.ts";
import { openLogFile } from "../services/log-file.ts";
import { EXIT } from "./exit-status.ts";
import type { Report, Screen } from "./screen.ts";

export interface CommandLog {
  readonly log: Log;
  /** The screen, whose sentences go to the file as well. */
  readonly screen: Screen;
  /** Writes how the command ended. */
  end(report: Pick<Report, "command" | "state" | "message" | "exitStatus">): void;
  /** Resolves when all is written, or cannot be. */
  close(): Promise<void>;
}

export interface CommandLogOptions {
  readonly general: Settings["general"];
  readonly clock: Clock;
  readonly screen: Screen;
  readonly troubles: Troubles;
}

export function openCommandLog({ general, clock, screen, troubles }: CommandLogOptions): CommandLog {
  const { "log-directory": folder, "log-files": kept, verbose } = general;
  const warn = (sentence: string): void => screen.warn(sentence);
  const trouble = troubles.of("the log file");
  const file = folder === "" ? undefined : openLogFile({ folder, program: "globus", kept, clock, trouble, warn });
  const entry = (level: LogLevel) => (sentence: string) => {
    if (level === "warn" || level === "error") warn(sentence);
    if (level !== "debug" || verbose) file?.sink(oneLine(sentence), level);
  };
  const log: Log = { debug: entry("debug"), info: entry("info"), warn: entry("warn"), error: entry("error") };
  return {
    log,
    screen: loggedScreen(screen, log),
    end: ({ command, state, message, exitStatus }) =>
      file?.sink(oneLine(`${command}: ${state}. ${message}`), exitStatus === EXIT.failed ? "error" : "info"),
    close: async () => file?.close(),
  };
}

const loggedScreen = (screen: Screen, log: Log): Screen => ({
  say: (sentence) => {
    log.info(sentence);
    screen.say(sentence);
  },
  warn: (sentence) => log.warn(sentence), // the log warns on the screen
  show: (title, text) => {
    log.debug(`${title}: ${text}`);
    screen.show(title, text);
  },
  progress: (done, total, what) => screen.progress(done, total, what),
  live: (line) => screen.live(line),
  endProgress: () => screen.endProgress(),
  end: (report) => screen.end(report),
});
