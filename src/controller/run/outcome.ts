/** How a run of a command stands or ended, as operators see it, and how a failure becomes an outcome. */
import { ActionError, asSentence, CancelledError, messageOf } from "../../base/errors.ts";
import type { CommandState } from "../pvs/commands.ts";
import type { PvName } from "../pvs/index.ts";
import type { Severity } from "../pvs/run.ts";

export interface Outcome {
  /** `Refused`: a second start was turned away; the run that is under way goes on. */
  readonly state: Exclude<CommandState, "Idle"> | "Refused";
  /** One sentence; empty for Running. */
  readonly message: string;
  /** The input whose value, or emptiness, the command was rejected for. */
  readonly input?: PvName;
  /** A bug of ours, for the log. */
  readonly stack?: string;
}

/** What an action that came to its end returns. */
export interface ActionResult {
  readonly state: "Done" | "Partial";
  readonly message: string;
}

/** The IOC stops: what goes on by itself behind the restart is not given up, as it is where a person cancels. */
export class StoppingError extends CancelledError {}
export const STOPPING = "The IOC stops.";

/** A precondition of the action does not hold: nothing was done. */
export class RejectedError extends ActionError {}

/** An input's value makes no sense. The message names the PV. */
export class InputError extends RejectedError {
  readonly input: PvName;
  constructor(input: PvName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.input = input;
  }
}

export const RUNNING: Outcome = { state: "Running", message: "" };
export const refused = (message: string): Outcome => ({ state: "Refused", message });
export const rejected = (message: string): Outcome => ({ state: "Rejected", message });

/** The outcome of an action that threw. @param signal of its run, aborted when cancellation had been asked for */
export function failureOutcome(thrown: unknown, signal: AbortSignal): Outcome {
  if (thrown instanceof CancelledError) return { state: "Cancelled", message: thrown.message };
  if (signal.aborted) return { state: "Cancelled", message: messageOf(signal.reason) };
  if (thrown instanceof InputError) return { ...rejected(asSentence(thrown.message)), input: thrown.input };
  if (thrown instanceof RejectedError) return rejected(asSentence(thrown.message));
  if (thrown instanceof ActionError) return { state: "Failed", message: asSentence(messageOf(thrown)) };
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  return {
    state: "Failed",
    message: asSentence(`Internal error: ${messageOf(thrown)}`),
    ...(stack === undefined ? {} : { stack }),
  };
}

/**
 * Whether a put-callback that waits for the outcome succeeds: only where nothing is missing, so that a script that
 * reads no state stops.
 */
export const succeeded = ({ state }: Pick<Outcome, "state">): boolean => state === "Done";

/** Severity of the message PV for an outcome. */
export function severityOf(outcome: Outcome): Severity {
  if (outcome.state === "Failed") return "MAJOR";
  return outcome.state === "Done" || outcome.state === "Running" ? "NO_ALARM" : "MINOR";
}
