/** How a data-management command ends, for the shell: the one place that knows the numbers. */
import { AppError } from "../base/errors.ts";
import type { Outcome } from "../controller/outcome.ts";

export const EXIT = {
  done: 0,
  /** Failed, rejected or cancelled. */
  failed: 1,
  /** The command line or the configuration is wrong, or a question would have to be asked and there is no terminal. */
  usage: 2,
  partial: 3,
} as const;

/** The command line asks for what makes no sense: nothing was done. `main` ends with EXIT.usage. */
export class UsageError extends AppError {}

export const exitStatusOf = ({ state }: Pick<Outcome, "state">): number =>
  state === "Done" ? EXIT.done : state === "Partial" ? EXIT.partial : EXIT.failed;
