/** `GET /healthz`: whether the IOC does its work, from its own PVs; what of it does not, in sentences. */
import { allPvs, type PvSuffix, statesOf } from "../controller/pvs/index.ts";
import type { WebPvs } from "./ports.ts";

/** Parts without which nothing is done: those of services that are away heal by themselves, and no restart helps. */
const PARTS = [...allPvs().keys()].filter((suffix) => /^Health(IOC|Ledger)$/.test(suffix));

/** @returns one sentence for each thing that is wrong; none: the IOC works */
export function healthProblems(pvs: WebPvs): readonly string[] {
  const stateOf = (suffix: PvSuffix): string => statesOf(suffix)?.[Number(pvs.look(suffix).value)] ?? "";
  const stopped =
    stateOf("ServerRunning") === "Running"
      ? []
      : [
          "ServerRunning is not Running: data management has stopped, or was not started; look at the IOC's log, and start it again.",
        ];
  const down = PARTS.filter((suffix) => stateOf(suffix) === "Down").map((suffix) =>
    String(pvs.look(`${suffix}Message` as PvSuffix).value),
  );
  return [...stopped, ...down];
}
