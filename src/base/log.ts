/**
 * Named loggers that write one line a record. Where the lines go is the caller's choice (standard output and standard
 * error by default).
 */

import { oneLine } from "./clean-text.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LEVELS)[number];

/** One function a level; each takes a complete sentence. */
export type Log = Readonly<Record<LogLevel, (sentence: string) => void>>;

/** Receives one finished line, without a line end. */
export type LogSink = (line: string, level: LogLevel) => void;

const toConsole: LogSink = (line, level) => {
  (level === "error" || level === "warn" ? process.stderr : process.stdout).write(`${line}\n`);
};

/**
 * A logger whose lines begin with the level (but for `info`) and `name`.
 * @param least the lowest level that is written
 */
export function createLog(name: string, sink: LogSink = toConsole, least: LogLevel = "info"): Log {
  const from = LEVELS.indexOf(least);
  const entry = (level: LogLevel) => (sentence: string) => {
    if (LEVELS.indexOf(level) < from) return;
    sink(`${level === "info" ? "" : `${level}: `}${name}: ${oneLine(sentence)}`, level);
  };
  return { debug: entry("debug"), info: entry("info"), warn: entry("warn"), error: entry("error") };
}

/** A logger that drops everything. */
export const silentLog: Log = createLog("", () => {});

/** A logger that hands each sentence to all of them. */
export function teeLog(...logs: readonly Log[]): Log {
  const entry = (level: LogLevel) => (sentence: string) => {
    for (const log of logs) log[level](sentence);
  };
  return { debug: entry("debug"), info: entry("info"), warn: entry("warn"), error: entry("error") };
}
