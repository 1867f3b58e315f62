/** Globus Compute for one command, without an IOC. Chooses implementations and decides nothing else. */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Troubles } from "../base/troubles.ts";
import { ConfigError } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";
import type { ComputeSite } from "../controller/compute/compute-site.ts";
import { computeSite } from "./compute.ts";
import { openGlobus } from "./globus.ts";
import { type MutableEnvironment, type PartOptions, Problems } from "./parts.ts";

export interface ComputeDeskOptions {
  readonly settings: Settings;
  readonly environment: MutableEnvironment;
  readonly clock: Clock;
  readonly log: Log;
  readonly troubles: Troubles;
}

export interface ComputeDesk extends ComputeSite {
  close(): Promise<void>;
}

/** Reaches nobody yet. @throws ConfigError where Globus is off */
export async function openComputeDesk(options: ComputeDeskOptions): Promise<ComputeDesk> {
  const closers: PartOptions["closers"] = [];
  const close = async (): Promise<void> => {
    await Promise.all(closers.map(async (one) => one()));
  };
  const problems = new Problems();
  try {
    const site = computeSite(options.settings, openGlobus({ ...options, problems, closers }), true);
    problems.throwIfAny();
    if (site === undefined)
      throw new ConfigError([
        "There is no Globus login: set client-id in the [globus-auth] section of globus.conf, or give --client-id, or GLOBUS_CLIENT_ID in the environment",
      ]);
    return { ...site, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}
