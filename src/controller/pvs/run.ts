/** PVs of what happens: what is being done, the last event, the log, and whether the program lives. */
import { button, type Digit, lines, NO_YES, type Result, result, sentence, setting, UNKNOWN_COUNT } from "./row.ts";

/** Bytes that Message and LastError hold, without the NUL. */
export const EVENT_BYTES = 1023;
/** Lines of the log that have a PV of their own. */
export const LOG_LINES = 10;
type LogLine = `LogLine${Digit}`;
export const logLine = (index: number): LogLine => `LogLine${index as Digit}`;

export const SEVERITIES = ["NO_ALARM", "MINOR", "MAJOR"] as const;
export type Severity = (typeof SEVERITIES)[number];
export const AUTH_STATES = ["Unknown", "Off", "OK", "Expiring", "LoginNeeded"] as const;
/** The state of credentials, as AuthDM and AuthGlobus show it. */
export type AuthState = (typeof AUTH_STATES)[number];
const login = (what: string): Result =>
  result(`Credentials for ${what}; Unknown before the service has answered.`, {
    states: AUTH_STATES,
    initial: "Unknown",
  });

export const RUN_ROWS = {
  Status: result("What is being done, in one line; Done when nothing is."),
  Message: sentence("The last event, in one sentence."),
  MessageSeverity: result("How grave the last event is.", { states: SEVERITIES }),
  LastError: sentence("The last failure or refusal; stays until ErrorAck."),
  ErrorAck: button("Writing 1 empties LastError."),
  Log: result("The latest events with their times at the facility, newest first, one a line."),
  ...lines<LogLine>("LogLine", LOG_LINES, (line) => result(`${line} Log.`)),
  Busy: result("Whether any command runs.", { states: ["Done", "Busy"] }),
  ActiveCommand: result("The commands that run, separated by blanks."),
  RequestId: result("Grows by 1 with each command that is accepted, so that a script can match an answer."),
  Abort: button("Writing 1 asks all running commands to stop at their next safe point."),
  Testing: setting("Yes: a dry run. Everything is planned and published, nothing leaves the process.", {
    states: NO_YES,
    initial: "No",
  }),
  ServerRunning: result("Whether the program behind the PVs is alive.", { states: ["Stopped", "Running"] }),
  Watchdog: result("Counts down each second; the program resets it. ServerRunning is Stopped when it reaches 0."),
  AuthDM: login("Data Management"),
  AuthGlobus: login("Globus"),
  TokenExpires: result("Time until the Globus token expires; -1: there is none, or nobody knows.", {
    initial: UNKNOWN_COUNT,
    unit: "h",
  }),
  Version: result("Version of globus-ioc."),
  Hostname: result("Host that the program runs on."),
  StartTime: result("When the program started, ISO 8601 with the facility's offset from UTC."),
  Uptime: result("Time since then, D days, HH:MM:SS."),
  Heartbeat: result("Grows by 1 each second."),
} as const;
