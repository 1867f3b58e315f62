/** What the commands of workflows work with. */
import type { Log } from "../base/log.ts";
import type { Settings } from "../config/settings.ts";
import type { Processing } from "../controller/ports/workflows.ts";
import type { ClientContext } from "./client-command.ts";
import type { Screen } from "./screen.ts";

export interface WorkflowContext extends ClientContext {
  readonly open: (options: { settings: Settings; log: Log }) => OpenedProcessing;
}

/** Data Management's processing service, as one command has it open. */
export interface OpenedProcessing {
  readonly processing: Processing;
  close(): Promise<void>;
}

/** What a command of workflows has in hand. */
export interface WorkflowWork extends Omit<WorkflowContext, "out" | "err" | "open"> {
  readonly processing: Processing;
  readonly settings: Settings;
  readonly screen: Screen;
  readonly json: boolean;
  /** As given; else the user of the login. */
  readonly owner: () => Promise<string>;
}
