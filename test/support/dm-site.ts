/** The simulated DM service with our client before it, on a clock that the test moves. */
import { onTestFinished } from "vitest";
import { createLog } from "../../src/base/log.ts";
import { SANDBOX_DM_ROUTES } from "../../src/sandbox/dm/routes.ts";
import { type DmTwin, startDmTwin } from "../../src/sandbox/dm/service.ts";
import { STATION } from "../../src/sandbox/people.ts";
import { createDmHttp, type DmHttp, type DmHttpOptions } from "../../src/services/dm/over-http.ts";
import { routesWith } from "../../src/services/dm/routes.ts";
import { ImpatientClock } from "./fakes/impatient-clock.ts";

export interface DmSite {
  readonly twin: DmTwin;
  readonly dm: DmHttp;
  readonly clock: ImpatientClock;
  /** Everything that the client logged, debug included. */
  readonly log: readonly string[];
  /** How many requests went to paths that contain `part`. */
  readonly count: (part: string) => number;
}

/**
 * The simulated service and our client; both are stopped when the test ends.
 * @param changes to the client's options
 * @param dataRoot the simulated service's option of that name
 */
export async function dmSite(changes: Partial<DmHttpOptions> = {}, dataRoot?: string): Promise<DmSite> {
  const clock = new ImpatientClock();
  const twin = await startDmTwin({ clock, ...(dataRoot !== undefined && { dataRoot }) });
  onTestFinished(() => twin.close());
  const log: string[] = [];
  const dm = createDmHttp({
    urls: twin.urls,
    station: STATION.name,
    login: twin.login,
    routes: routesWith(SANDBOX_DM_ROUTES, "sandbox"),
    clock,
    log: createLog("dm", (line) => log.push(line), "debug"),
    ...changes,
  });
  onTestFinished(() => dm.close());
  const count = (part: string): number => twin.requests.filter(({ path }) => path.includes(part)).length;
  return { twin, dm, clock, log, count };
}
