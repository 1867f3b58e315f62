/** What an action is: what it would do, as sentences for a dry run, and the doing. Plain async functions over ports; no PV is read or written by name alone. */
import type { Experiment } from "./experiment.ts";
import type { ActionResult } from "./outcome.ts";
import type { PvValue } from "./ports.ts";
import type { PvName } from "./pvs.ts";

/** Given to an action for one run. */
export interface ActionContext {
  /** Taken when the run began; does not change under it. */
  readonly experiment: Experiment;
  /** Aborted when the run is to stop; an action hands it to every port it calls. */
  readonly signal: AbortSignal;
  /** Writes a result PV at once. */
  readonly publish: (name: PvName, value: PvValue) => void;
  /** Tells operators one thing that happened on the way. */
  readonly say: (sentence: string) => void;
}

export interface Action {
  /** What `run` would do, one sentence each, found out without leaving the process. */
  plan(experiment: Experiment): readonly string[];
  /** @throws ActionError, RejectedError, CancelledError */
  run(context: ActionContext): Promise<ActionResult>;
}

/** One of the configured servers: a set of ports chosen once, behind what the commands need of it. */
export interface Server {
  /** As ServerName shows it. */
  readonly name: string;
  readonly init: Action;
  /** Where its data are to be seen; "" without a Globus collection. */
  dataLink(experiment: Experiment): string;
}
