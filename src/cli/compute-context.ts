/** What the commands of Globus Compute work with. */
import type { Log } from "../base/log.ts";
import type { Troubles } from "../base/troubles.ts";
import type { Settings } from "../config/settings.ts";
import type { ComputeSite } from "../controller/compute/compute-site.ts";
import type { ClientContext } from "./client-command.ts";
import type { Screen } from "./screen.ts";

export interface ComputeContext extends ClientContext {
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
