/**
 * What the placeholders of a message template stand for: the PVs of the experiment, and every input PV as it was when
 * the run began. Pure.
 */

import { EXPERIMENT_PVS } from "../../experiment.ts";
import type { PvValue } from "../../ports/pvs.ts";
import { INPUTS, type PvName, statesOf } from "../../pvs/index.ts";
import type { TaggedRequest } from "../../run/action.ts";

/**
 * @param more texts by PV that are found out rather than read, and that win over what PVs hold.
 * @returns by the PV's name
 */
export function placeholderTexts(
  request: TaggedRequest,
  more: Readonly<Partial<Record<PvName, string>>>,
): ReadonlyMap<string, string> {
  const inputs = INPUTS.map((name): [string, string] => [name, stateText(name, request.input(name))]);
  const ofExperiment = Object.entries(EXPERIMENT_PVS).map(([name, read]): [string, string] => [
    name,
    read(request.experiment),
  ]);
  return new Map([...inputs, ...ofExperiment, ...Object.entries(more)]);
}

/** What a PV holds, a state by its name. */
const stateText = (name: PvName, value: PvValue): string => statesOf(name)?.[Number(value)] ?? String(value);
