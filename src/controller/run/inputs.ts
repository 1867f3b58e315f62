/** The inputs of one run: every input and setting PV, read once when the run begins, so that none changes during it. */
import type { Pvs, PvValue } from "../ports/pvs.ts";
import { INPUTS, type PvName } from "../pvs/index.ts";

/** What the PVs hold now. @returns by name; a result PV reads as empty */
export function takeInputs(pvs: Pick<Pvs, "get">): (name: PvName) => PvValue {
  const taken = new Map<PvName, PvValue>(INPUTS.map((name) => [name, pvs.get(name)]));
  return (name) => taken.get(name) ?? "";
}
