/** How a command that is no command PV ends: watch, transfer, queue, trigger. */
import { asSentences, messageOf } from "../base/errors.ts";
import { ConfigError } from "../config/config.ts";
import { failureOutcome } from "../controller/run/outcome.ts";
import { EXIT, UsageError } from "./exit-status.ts";
import type { Report } from "./screen.ts";

/** How a command ended, but for its name. */
export type Ending = Omit<Report, "command" | "results">;

type Details = NonNullable<Ending["details"]>;

export const done = (message: string, details: Details = {}): Ending => ({
  state: "Done",
  message,
  exitStatus: EXIT.done,
  details,
});

export const failed = (message: string, details: Details = {}): Ending => ({
  state: "Failed",
  message,
  exitStatus: EXIT.failed,
  details,
});

/** The end of a command that threw. @param signal aborted when the command was to end */
export function failureEnding(thrown: unknown, signal: AbortSignal): Ending {
  if (thrown instanceof UsageError || thrown instanceof ConfigError)
    return { state: "Usage", message: asSentences(messageOf(thrown)), exitStatus: EXIT.usage };
  const { state, message, stack } = failureOutcome(thrown, signal);
  return { state, message: stack ?? message, exitStatus: EXIT.failed };
}
