/** What goes on beside the commands: a stream that looks at something and publishes it, until the controller stops. */
import type { Observable, SchedulerLike } from "rxjs";
import type { Clock } from "../../base/clock.ts";
import type { Experiment } from "../experiment.ts";
import type { Pvs } from "../ports/pvs.ts";
import type { CommandName } from "../pvs/commands.ts";
import type { Journal } from "./journal.ts";

export interface WatchContext {
  readonly pvs: Pvs;
  readonly journal: Journal;
  /**
   * The experiment of the settled tag, now and whenever it changes (isSameExperiment); undefined where TomoScan names
   * none. Nothing is emitted while TomoScan is not connected: the experiment may still be the same.
   */
  readonly experiment$: Observable<Experiment | undefined>;
  readonly isRunning: (command: CommandName) => boolean;
  /** Commands that have ended. */
  readonly ended$: Observable<CommandName>;
  readonly clock: Clock;
  /** For tests in virtual time. */
  readonly scheduler?: SchedulerLike;
}

/** The elements of the stream are dropped. A bug may end it in an error: then the watch begins anew (faults.ts). */
export type Watch = (context: WatchContext) => Observable<unknown>;
