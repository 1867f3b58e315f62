/**
 * What runs a PV command for the command line: the actions in this process (local-runner.ts), or a running IOC
 * (ioc-runner.ts). The dialogues (dialogues.ts) know no more of a run than this interface.
 */

import type { PvOutput } from "../controller/ports/pvs.ts";
import type { CommandName } from "../controller/pvs/commands.ts";
import type { InputName, PvName } from "../controller/pvs/index.ts";
import { failureOutcome, type Outcome } from "../controller/run/outcome.ts";

export interface Runner {
  /**
   * Fills an input.
   * @throws RejectedError when the input does not take the value, such as an arm that may not be armed now
   */
  set(name: InputName, value: string | number): Promise<void>;
  /** Runs a command to its end; does not throw for what the command does. */
  run(name: CommandName): Promise<Outcome>;
  /** What a PV holds now; undefined where nothing was published yet. */
  value(name: PvName): Promise<PvOutput | undefined>;
  /**
   * The experiment that commands would work on, with the known details, one line each.
   * @throws RejectedError without an experiment
   */
  experiment(): Promise<{ readonly name: string; readonly details: readonly string[] }>;
  /**
   * Names of the server's experiments of this year and the last, the latest first; none where nobody keeps a list. A
   * runner without this function cannot list them: the person types a name.
   */
  experiments?(): Promise<readonly string[]>;
}

/** What a runner tells while a command runs. */
export interface RunnerEvents {
  /** One thing that happened, a sentence. */
  readonly say: (sentence: string) => void;
  readonly began: (name: CommandName) => void;
  readonly ended: (name: CommandName) => void;
  /** A PV has this value now. @param isNew false for the value that it held before the command began */
  readonly changed: (name: PvName, value: PvOutput, isNew: boolean) => void;
}

export interface RunnerOptions extends RunnerEvents {
  /** Stops the running command, in order. */
  readonly signal: AbortSignal;
  /** Whether the caller wants a failure thrown, instead of an outcome. */
  readonly passes?: (thrown: unknown) => boolean;
}

/** One run of a command, told from beginning to end; an error becomes its outcome. */
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

/** The number that a PV holds; 0 where it holds no number. */
export const numberOf = (value: PvOutput | undefined): number =>
  typeof value === "number" || typeof value === "string" ? Number(value) || 0 : 0;
/** The lines of a text that a PV holds. */
export const linesOf = (value: PvOutput | undefined): string[] =>
  typeof value === "string" ? value.split("\n").filter((line) => line.trim() !== "") : [];
