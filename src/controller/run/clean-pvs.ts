/**
 * Our own PVs, with every text that the program writes made clean on its way into the PV, whatever action, watch or
 * service the text came from.
 */
import { cleanLines, oneLine } from "../../base/clean-text.ts";
import type { PvOutput, Pvs } from "../ports/pvs.ts";

/** Reads, and puts by clients, stay as they are. A text keeps its line ends, an array's elements have none. */
export const cleanPvs = (pvs: Pvs): Pvs => ({
  get: (suffix) => pvs.get(suffix),
  value$: (suffix) => pvs.value$(suffix),
  puts$: (suffix) => pvs.puts$(suffix),
  put: (suffix, value) => pvs.put(suffix, clean(value)),
  nameStates: (suffix, names) => pvs.nameStates(suffix, names.map(oneLine)),
  finish: (suffix, succeeded) => pvs.finish(suffix, succeeded),
});

function clean(value: PvOutput): PvOutput {
  if (typeof value === "string") return cleanLines(value);
  if (typeof value === "number") return value;
  return value.every((one) => typeof one === "string") ? value.map(oneLine) : value;
}
