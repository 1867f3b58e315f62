/**
 * What an action is: what it would do, as sentences for a dry run, and the doing. Plain async functions over ports; an
 * action reads and writes PVs through its context alone, so that the command line runs it as the IOC does.
 */
import type { Experiment } from "../experiment.ts";
import type { DataManagement } from "../ports/data-management.ts";
import type { PvOutput, PvValue } from "../ports/pvs.ts";
import type { CommandName, FreeCommand } from "../pvs/commands.ts";
import type { PvName } from "../pvs/index.ts";
import type { ActionResult } from "./outcome.ts";

/** What an action is asked to do. */
export interface ActionRequest {
  /** Input and setting PVs as they were when the run began; they do not change under it. */
  readonly input: (name: PvName) => PvValue;
  /** Texts are as long as they were given: none went through a PV, which holds so many characters and no more. */
  readonly isUncut?: boolean;
}

/** Given to an action for one run. */
export interface RunContext extends ActionRequest {
  /** Aborted when the run is to stop; an action hands it to every port it calls. */
  readonly signal: AbortSignal;
  /** Writes a result PV at once. */
  readonly publish: (name: PvName, value: PvOutput) => void;
  /** Tells operators one thing that happened on the way; MINOR: they should look at it. */
  readonly say: (sentence: string, severity?: "MINOR") => void;
  /** Whether another command runs now; absent where none runs beside. */
  readonly isRunning?: (command: CommandName) => boolean;
}

/** For commands that work on the tagged experiment. */
export interface TaggedRequest extends ActionRequest {
  /** Taken when the run began; does not change under it. */
  readonly experiment: Experiment;
}
export interface ActionContext extends RunContext, TaggedRequest {}

/** An action of a command that needs no tag. */
export interface FreeAction {
  /**
   * What `run` would do, one sentence each without a full stop, found out without leaving the process.
   * @throws RejectedError
   */
  readonly plan: (request: ActionRequest) => readonly string[];
  /** @throws ActionError, RejectedError, CancelledError */
  readonly run: (context: RunContext) => Promise<ActionResult>;
}

/** An action of a command that needs one. Every FreeAction is one, too. */
export interface Action {
  readonly plan: (request: TaggedRequest) => readonly string[];
  readonly run: (context: ActionContext) => Promise<ActionResult>;
}

/** Actions by command: FreeCommands have a FreeAction. */
export type Actions = { readonly [N in CommandName]?: ActionOf<N> };
export type ActionOf<N extends CommandName> = N extends FreeCommand ? FreeAction : Action;

/** One of the configured servers: a set of ports chosen once, behind what the commands need of it. */
export interface Server {
  /** As ServerName shows it. */
  readonly name: string;
  /** dm: a Data Management server. globus: a Globus collection. */
  readonly kind: "dm" | "globus";
  /** What the commands do there; one that is missing does not exist on such a server. */
  readonly actions: Actions;
  /** Keeps its experiments; absent where they are directories, of which nobody keeps a list. */
  readonly dataManagement?: DataManagement;
  /** Where its data are to be seen; "" without a Globus collection. */
  dataLink(experiment: Experiment): string;
}

/** An input PV's text, without blanks around it. */
export const textInput = ({ input }: ActionRequest, name: PvName): string => String(input(name)).trim();
/** Whether an input PV is Yes, or Armed. */
export const flagInput = ({ input }: ActionRequest, name: PvName): boolean => Number(input(name)) === 1;
