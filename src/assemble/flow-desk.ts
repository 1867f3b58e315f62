/** Globus Flows for one command, without an IOC. Chooses implementations and decides nothing else. */
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Troubles } from "../base/troubles.ts";
import { ConfigError } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";
import type { FlowSite } from "../controller/flows/flow-site.ts";
import { flowSite } from "./flows.ts";
import { openGlobus } from "./globus.ts";
import { type MutableEnvironment, type PartOptions, Problems } from "./parts.ts";

export interface FlowDeskOptions {
  readonly settings: Settings;
  readonly environment: MutableEnvironment;
  readonly clock: Clock;
  readonly log: Log;
  readonly troubles: Troubles;
}

export interface FlowDesk extends FlowSite {
  close(): Promise<void>;
}

/** Reaches nobody yet. @throws ConfigError; ActionError where Globus is off */
export async function openFlowDesk(options: FlowDeskOptions): Promise<FlowDesk> {
  const closers: PartOptions["closers"] = [];
  const close = async (): Promise<void> => {
    await Promise.all(closers.map(async (one) => one()));
  };
  const problems = new Problems();
  try {
    const site = flowSite(options, openGlobus({ ...options, problems, closers }));
    problems.throwIfAny();
    if (site === undefined)
      throw new ConfigError([
        "There is no Globus login: set client-id in the [globus-auth] section of globus.conf, or give --client-id, or GLOBUS_CLIENT_ID in the environment",
      ]);
    await readNames(site, options.log);
    return { ...site, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** So that each flow is called as it was deployed; a file that is none of a flow is not what this command is about. */
async function readNames({ files }: FlowSite, log: Log): Promise<void> {
  for (const name of await files.names())
    await files.read(name).catch((thrown: unknown) => log.debug(messageOf(thrown)));
}
