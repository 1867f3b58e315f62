/**
 * What an action is: its plan, as sentences for a dry run, and its run. Plain async functions over ports; an action
 * reads and writes PVs through its context alone, so that the command line runs it as the IOC does.
 */
import type { Experiment } from "../experiment.ts";
import type { DataManagement } from "../ports/data-management.ts";
import type { PvOutput, PvValue } from "../ports/pvs.ts";
import type { CommandName, FreeCommand } from "../pvs/commands.ts";
import type { PvName } from "../pvs/index.ts";
import type { ActionResult } from "./outcome.ts";

/** What an action is asked to do. */
export interface ActionRequest {
  /** Input and setting PVs as they were when the run began. */
  readonly input: (name: PvName) => PvValue;
  /** Texts are as long as they were given: none went through a PV, which might have cut it. */
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
  /** Whether another command runs now; absent where no command can run beside. */
  readonly isRunning?: (command: CommandName) => boolean;
}

/** What is known of a run when its work begins. */
export interface RunAbout {
  /** A dry run, which has no effect. */
  readonly isDry: boolean;
  readonly server: string;
  readonly experiment?: string;
}

/** For commands that work on the tagged experiment. */
export interface TaggedRequest extends ActionRequest {
  /** The experiment as it was when the run began. */
  readonly experiment: Experiment;
}
export interface ActionContext extends RunContext, TaggedRequest {}

/** An action of a command that needs no tag. */
export interface FreeAction {
  /**
   * What `run` would do, as sentences without a full stop, found out without asking any service.
   * @throws RejectedError
   */
  readonly plan: (request: ActionRequest) => readonly string[] | Promise<readonly string[]>;
  /** @throws ActionError, RejectedError, CancelledError */
  readonly run: (context: RunContext) => Promise<ActionResult>;
}

/** An action of a command that needs a tag. Every FreeAction is an Action, too. */
export interface Action {
  readonly plan: (request: TaggedRequest) => readonly string[] | Promise<readonly string[]>;
  readonly run: (context: ActionContext) => Promise<ActionResult>;
}

/** Actions by command: FreeCommands have a FreeAction. */
export type Actions = { readonly [N in CommandName]?: ActionOf<N> };
export type ActionOf<N extends CommandName> = N extends FreeCommand ? FreeAction : Action;

/** One of the configured servers: its ports were chosen once, and the commands see actions. */
export interface Server {
  /** The server's name in ServerName. */
  readonly name: string;
  /** dm: a Data Management server. globus: a Globus collection. */
  readonly kind: "dm" | "globus";
  /** What the commands do on this server; a command without an action does not exist here. */
  readonly actions: Actions;
  /** Keeps the server's experiments; absent where experiments are directories, of which nobody keeps a list. */
  readonly dataManagement?: DataManagement;
  /** Web address of the experiment's data; "" without a Globus collection. */
  dataLink(experiment: Experiment): string;
}

/** An input PV's text, without blanks around it. */
export const textInput = ({ input }: ActionRequest, name: PvName): string => String(input(name)).trim();
/** Whether an input PV is Yes, or Armed. */
export const flagInput = ({ input }: ActionRequest, name: PvName): boolean => Number(input(name)) === 1;
