/** How a data-management command ends, for the shell: the one place that knows the numbers. */
import { AppError } from "../base/errors.ts";
import type { Outcome } from "../controller/run/outcome.ts";

export const EXIT = {
  done: 0,
  /** Failed, rejected or cancelled. */
  failed: 1,
  /** The command line or the configuration is wrong, or a question would have to be asked and there is no terminal. */
  usage: 2,
  /** Partly done; or what was watched waits for a person. */
  partial: 3,
  /** Ctrl-C ended a command that only watches: one of the Channel Access client, or of a flow's run. */
  interrupted: 130,
} as const;

/** The numbers, for the help. */
export const EXIT_HINT =
  "Exit status: 0 done; 1 failed, rejected or cancelled; 2 the command line or the configuration is wrong, or a question has no terminal; 3 partly done.";

/** The command line makes no sense: nothing was done. program.ts ends with EXIT.usage. */
export class UsageError extends AppError {}

export const exitStatusOf = ({ state }: Pick<Outcome, "state">): number =>
  state === "Done" ? EXIT.done : state === "Partial" ? EXIT.partial : EXIT.failed;
