/** What the commands of Globus Compute work with. */
import type { Clock } from "../base/clock.ts";
import type { Environment } from "../base/environment.ts";
import type { Log } from "../base/log.ts";
import type { Troubles } from "../base/troubles.ts";
import type { Settings } from "../config/settings.ts";
import type { ComputeSite } from "../controller/compute/compute-site.ts";
import type { Screen } from "./screen.ts";

export interface ComputeContext {
  readonly environment: Environment;
  /** Tells every local time in this zone; empty: in the host's zone. */
  readonly setZone: (zone: string) => void;
  readonly clock: Clock;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  readonly isTerminal: boolean;
  /** Write text as it is. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** The command line, for the log file. */
  readonly commandLine: string;
  readonly open: (options: {
    settings: Settings;
    log: Log;
    troubles: Troubles;
  }) => Promise<ComputeSite & { close(): Promise<void> }>;
}

/** What a command has in hand. */
export interface ComputeWork extends ComputeSite, Pick<ComputeContext, "clock" | "signal"> {
  readonly screen: Screen;
}
