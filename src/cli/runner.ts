/**
 * What runs a PV command for the command line: the actions in this process (local-runner.ts), or a running IOC
 * (ioc-runner.ts). The questions that are asked before (dialogues.ts) know no more than this.
 */

import type { PvOutput } from "../controller/ports/pvs.ts";
import type { CommandName } from "../controller/pvs/commands.ts";
import type { PvName } from "../controller/pvs/index.ts";
import { failureOutcome, type Outcome } from "../controller/run/outcome.ts";
import type { InputName } from "./data-commands.ts";

export interface Runner {
  /** Fills an input. @throws RejectedError when it is not taken: an arm that may not be armed now */
  set(name: InputName, value: string | number): Promise<void>;
  /** Runs a command to its end; does not throw for what the command does. */
  run(name: CommandName): Promise<Outcome>;
  /** What a PV holds now; undefined where nothing has been published. */
  value(name: PvName): Promise<PvOutput | undefined>;
  /**
   * The experiment that commands would work on, with what is known of it, one line each.
   * @throws RejectedError without one
   */
  experiment(): Promise<{ readonly name: string; readonly details: readonly string[] }>;
  /**
   * Names of the server's experiments of this year and the last, the latest first; none where nobody keeps a list, and
   * absent where only their names could be typed.
   */
  experiments?(): Promise<readonly string[]>;
}

/** How a runner tells what happens while it runs. */
export interface RunnerEvents {
  /** One thing that happened, a sentence. */
  readonly say: (sentence: string) => void;
  readonly began: (name: CommandName) => void;
  readonly ended: (name: CommandName) => void;
  /** A PV has this value now. @param isNew false for what it held before the command began */
  readonly changed: (name: PvName, value: PvOutput, isNew: boolean) => void;
}

export interface RunnerOptions extends RunnerEvents {
  /** Stops what runs, in order. */
  readonly signal: AbortSignal;
  /** A failure that the caller wants itself, instead of an outcome. */
  readonly passes?: (thrown: unknown) => boolean;
}

/** One run of a command, told from beginning to end; what it throws becomes its outcome. */
export async function runTold(
  name: CommandName,
  { signal, passes, say, began, ended }: RunnerOptions,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  began(name);
  try {
    return await work();
  } catch (thrown) {
    if (passes?.(thrown) === true) throw thrown;
    const outcome = failureOutcome(thrown, signal);
    if (outcome.stack !== undefined) say(outcome.stack);
    return outcome;
  } finally {
    ended(name);
  }
}

/** A number that a PV holds; 0 where it holds none. */
export const numberOf = (value: PvOutput | undefined): number =>
  typeof value === "number" || typeof value === "string" ? Number(value) || 0 : 0;
/** The lines of a text that a PV holds. */
export const linesOf = (value: PvOutput | undefined): string[] =>
  typeof value === "string" ? value.split("\n").filter((line) => line.trim() !== "") : [];
