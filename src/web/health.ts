/** `GET /healthz`: whether the IOC does its work, from its own PVs; what of it does not, in sentences. */
import { HEALTH_STATES, type HealthPart, healthMessagePv, healthPv } from "../controller/pvs/health.ts";
import { statesOf } from "../controller/pvs/index.ts";
import type { WebPvs } from "./ports.ts";

/** Parts without which nothing is done. Services that are away come back by themselves, and no restart helps. */
const PARTS: readonly HealthPart[] = ["IOC", "Ledger"];

/** @returns one sentence for each thing that is wrong; none: the IOC works */
export function healthProblems(pvs: WebPvs): readonly string[] {
  const isRunning = statesOf("ServerRunning")?.[Number(pvs.look("ServerRunning").value)] === "Running";
  const down = PARTS.filter((part) => HEALTH_STATES[Number(pvs.look(healthPv(part)).value)] === "Down");
  return [
    ...(isRunning
      ? []
      : [
          "ServerRunning is not Running: data management has stopped, or was not started; look at the IOC's log, and start it again.",
        ]),
    ...down.map((part) => String(pvs.look(healthMessagePv(part)).value)),
  ];
}
