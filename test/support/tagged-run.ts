/** One experiment, and a run of an action for it without a controller: what it published can be read. */
import type { Action, ActionContext } from "../../src/controller/action.ts";
import type { Experiment } from "../../src/controller/experiment.ts";
import type { ActionResult } from "../../src/controller/outcome.ts";
import type { PvOutput, PvValue } from "../../src/controller/ports.ts";
import type { PvName } from "../../src/controller/pvs.ts";

export const EXPERIMENT: Experiment = {
  name: "2026-03-Levy-1014288",
  uncleanedName: "2026-03-Lévy-1014288",
  yearMonth: "2026-03",
  piLastName: "Levy",
  proposalNumber: "1014288",
  proposalTitle: "Foams",
  esafNumber: "",
};

export interface TaggedRun {
  readonly published: Readonly<Partial<Record<PvName, PvOutput>>>;
  readonly context: ActionContext;
  run(action: Action): Promise<ActionResult>;
}

/** @param inputs what the input PVs hold; the others hold 0 */
export function taggedRun(
  inputs: Readonly<Partial<Record<PvName, PvValue>>> = {},
  changes: Partial<ActionContext> = {},
): TaggedRun {
  const published: Partial<Record<PvName, PvOutput>> = {};
  const context: ActionContext = {
    experiment: EXPERIMENT,
    signal: new AbortController().signal,
    input: (name) => inputs[name] ?? 0,
    publish: (name, value) => void (published[name] = value),
    say: () => {},
    ...changes,
  };
  return { published, context, run: (action) => action.run(context) };
}
