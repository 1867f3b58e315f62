/** Shows the health of every part, and of all together. What a use says is in part-health.ts. */
import { filter, interval, map, merge, startWith, tap } from "rxjs";
import type { PvOutput } from "../ports/pvs.ts";
import { HEALTH_PARTS, HEALTH_STATES, type HealthPart, healthMessagePv, healthPv } from "../pvs/health.ts";
import type { PvName } from "../pvs/index.ts";
import { ANSWERS, UNKNOWN_COUNT } from "../pvs/row.ts";
import type { Watch, WatchContext } from "../run/watch.ts";
import type { HealthBook } from "./health-book.ts";
import { lagMilliseconds, NO_LAG, ownHealth, TICK_SECONDS, ticked } from "./own-health.ts";
import { healthOfAll, type PartHealth } from "./part-health.ts";

/** Ticks between two pictures, and between two lags that are shown. */
const PICTURE_TICKS = 2;
const LAG_TICKS = 10;

/** @param needed names of TomoScan's PVs without which no experiment is known */
export const watchHealth =
  (book: HealthBook, needed: readonly string[]): Watch =>
  ({ pvs, clock, scheduler }) => {
    const shown = new Map<PvName, PvOutput>();
    const put = (name: PvName, value: string | number): void => {
      if (shown.get(name) === value) return;
      shown.set(name, value);
      pvs.put(name, value);
    };
    let lag = NO_LAG;
    const special: Partial<Record<HealthPart, () => PartHealth>> = {
      IOC: () => ownHealth(lag, book.fault),
      TomoScan: () => book.connections.health(needed),
      Watcher: () => watcherHealth(pvs),
    };
    const healthOf = (part: HealthPart): PartHealth => {
      const why = book.offOf(part);
      if (why !== undefined) return { state: "Off", message: why };
      return (special[part] ?? (() => book.healthOf(part)))();
    };
    const show = (): void => {
      const parts = new Map(HEALTH_PARTS.map((part) => [part, healthOf(part)]));
      for (const [part, { state, message }] of parts) {
        put(healthMessagePv(part), message);
        put(healthPv(part), HEALTH_STATES.indexOf(state));
      }
      const all = healthOfAll(parts);
      put("HealthMessage", all.message);
      put("Health", HEALTH_STATES.indexOf(all.state));
    };
    const showLag = (): void => {
      const late = lagMilliseconds(lag);
      put("EventLoopLag", late === undefined ? UNKNOWN_COUNT : Math.round(late * 10) / 10);
    };
    return merge(
      interval(TICK_SECONDS * 1000, scheduler).pipe(
        map((tick) => tick + 1),
        startWith(0),
        tap((tick) => {
          lag = ticked(lag, clock.monotonic(), clock.now());
          if (tick % PICTURE_TICKS === 0) show();
          if (tick % LAG_TICKS === 0) showLag();
        }),
      ),
      pvs.puts$("ErrorAck").pipe(
        filter(({ value }) => value !== 0),
        tap(() => book.acknowledge()),
      ),
    );
  };

/** As the watch over directories tells it itself. */
function watcherHealth(pvs: WatchContext["pvs"]): PartHealth {
  const answer = ANSWERS[Number(pvs.get("WatchAlive"))];
  if (answer === "No") return { state: "Down", message: String(pvs.get("WatchMessage")) };
  return { state: answer === "Yes" ? "OK" : "Unknown", message: "" };
}
