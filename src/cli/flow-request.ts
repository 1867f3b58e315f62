/** What `globus-ioc flow …` can be asked, as the options of flow-program.ts give it. */
import type { ClientFlags } from "./client-settings.ts";

interface FlowFlags extends ClientFlags {
  readonly json?: true;
}

export interface DeployFlags {
  /** A template of flows/, or what the flow is called here. */
  readonly name?: string;
  readonly definition?: string;
  readonly inputSchema?: string;
  readonly title?: string;
  readonly subtitle?: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly subscriptionId?: string;
  readonly infoFile?: string;
  readonly starter?: readonly string[];
  readonly viewer?: readonly string[];
  readonly takeOver?: true;
  readonly dryRun?: true;
}

export interface ValidateFlags {
  /** A file, or a template. */
  readonly file?: string;
  readonly inputSchema?: string;
  readonly offline?: true;
}

export interface RunFlags {
  readonly flow?: string;
  readonly flowId?: string;
  readonly sourceCollection?: string;
  readonly sourcePath?: string;
  readonly destCollection?: string;
  readonly destPath?: string;
  readonly label?: string;
  readonly tags?: readonly string[];
  /** A file with a JSON object. */
  readonly input?: string;
  readonly inputJson?: string;
  /** Absent: what the source is, is looked up. */
  readonly recursive?: boolean;
  readonly wait?: true;
  readonly interval?: string;
  readonly dryRun?: true;
  readonly ioc?: string | true;
}

export interface MonitorFlags {
  readonly run?: string;
  readonly runId?: string;
  /** Of the samples: the run says it itself. */
  readonly flowId?: string;
  readonly interval?: string;
  readonly untilInactive?: true;
}

export type FlowRequest = FlowFlags &
  (
    | ({ readonly what: "deploy" } & DeployFlags)
    | { readonly what: "list" }
    | { readonly what: "show"; readonly flow: string }
    | ({ readonly what: "validate" } & ValidateFlags)
    | ({ readonly what: "run" } & RunFlags)
    | ({ readonly what: "monitor" } & MonitorFlags)
    | { readonly what: "log"; readonly run: string }
    | { readonly what: "cancel"; readonly run: string }
    | { readonly what: "resume"; readonly run: string }
    | { readonly what: "respond"; readonly run: string; readonly answer?: string }
    | { readonly what: "delete"; readonly flow: string; readonly yes?: true }
  );
