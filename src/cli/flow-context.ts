/** What the commands of flows work with, and which flow and which run their command lines mean. */

import { existsSync } from "node:fs";
import { cleanJson } from "../base/clean-text.ts";
import type { Log } from "../base/log.ts";
import type { Troubles } from "../base/troubles.ts";
import { UUID } from "../base/uuid.ts";
import type { Settings } from "../config/settings.ts";
import type { FlowSite } from "../controller/flows/flow-site.ts";
import { type NamedFlow, namedFlow } from "../controller/flows/named-flow.ts";
import type { FlowFiles } from "../controller/ports/flow-files.ts";
import { readFlowFile } from "../services/flow-files.ts";
import type { ClientContext } from "./client-command.ts";
import { UsageError } from "./exit-status.ts";
import type { Screen } from "./screen.ts";
import type { TrustTerminal } from "./trust-host.ts";

export interface FlowContext extends ClientContext {
  readonly dialogue: TrustTerminal;
  /** The folder with the templates. */
  readonly templates: string;
  readonly open: (options: { settings: Settings; log: Log; troubles: Troubles }) => Promise<OpenedFlows>;
}

/** Globus, as one command has it open. */
export interface OpenedFlows extends FlowSite {
  close(): Promise<void>;
}

/** What a command of flows has in hand. */
export interface FlowWork extends Omit<FlowContext, "out" | "err" | "open">, FlowSite {
  readonly settings: Settings;
  readonly screen: Screen;
  readonly json: boolean;
}

/**
 * A UUID, the name under which a flow was deployed, or a file with its document.
 * @throws UsageError, ActionError
 */
export async function flowNamed(given: string, files: FlowFiles): Promise<NamedFlow> {
  if (!given.includes("/") && !given.endsWith(".json")) return await namedFlow(given, files);
  if (existsSync(given)) return await readFlowFile(given);
  throw new UsageError(
    `${given} does not exist: give the info file that globus-ioc flow deploy has written, or the flow's name or UUID.`,
  );
}

/** The UUID of a run, as it is or at the end of its page's address. @throws UsageError */
export function runNamed(given: string): string {
  const id = given.replace(/^https?:\/\/[^/]+\/runs\//, "").replace(/\/.*$/, "");
  if (UUID.test(id)) return id.toLowerCase();
  throw new UsageError(`${cleanJson(given)} is no id of a run: give the UUID that globus-ioc flow run has said.`);
}
