/** The inputs of one run: every input and setting PV, read once when the run begins, so that none changes during it. */
import type { Pvs, PvValue } from "../ports/pvs.ts";
import { PVS, type PvName } from "../pvs/index.ts";

const INPUTS = (Object.keys(PVS) as PvName[]).filter((name) => PVS[name].kind !== "result");

/** What the PVs hold now. @returns by name; a result PV reads as empty */
export function takeInputs(pvs: Pick<Pvs, "get">): (name: PvName) => PvValue {
  const taken = new Map(INPUTS.map((name) => [name, pvs.get(name)]));
  return (name) => taken.get(name) ?? "";
}
