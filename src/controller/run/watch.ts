/** What goes on beside the commands: a stream that looks at something and publishes it, until the controller stops. */
import type { Observable, SchedulerLike } from "rxjs";
import type { Clock } from "../../base/clock.ts";
import type { Experiment } from "../experiment.ts";
import type { Pvs } from "../ports/pvs.ts";
import { COMMAND_PARTS, COMMAND_STATES, type CommandName } from "../pvs/commands.ts";
import type { Journal } from "./journal.ts";

export interface WatchContext {
  readonly pvs: Pvs;
  readonly journal: Journal;
  /**
   * The experiment of the settled tag, now and when it is another one (isSameExperiment); undefined where TomoScan
   * names none. Nothing comes while TomoScan is not connected: nobody knows then, and what was the experiment may still
   * be.
   */
  readonly experiment$: Observable<Experiment | undefined>;
  /** Commands that have ended. */
  readonly ended$: Observable<CommandName>;
  readonly clock: Clock;
  /** For tests in virtual time. */
  readonly scheduler?: SchedulerLike;
}

/** Its stream's elements are dropped; it must not end in an error. */
export type Watch = (context: WatchContext) => Observable<unknown>;

/** Whether a command runs now, as its PVs have it. */
export const isRunning = (pvs: Pick<Pvs, "get">, name: CommandName): boolean =>
  pvs.get(`${name}${COMMAND_PARTS.status.suffix}`) === COMMAND_STATES.indexOf("Running");
