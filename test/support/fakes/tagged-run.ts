/**
 * One experiment, and a run of an action for that experiment without a controller; what the action published can be
 * read.
 */

import type { Experiment } from "../../../src/controller/experiment.ts";
import type { PvOutput, PvValue } from "../../../src/controller/ports/pvs.ts";
import type { PvName } from "../../../src/controller/pvs/index.ts";
import type { Action, ActionContext } from "../../../src/controller/run/action.ts";
import type { ActionResult } from "../../../src/controller/run/outcome.ts";
import { fakeRun } from "./fake-run.ts";

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
  readonly said: readonly string[];
  readonly context: ActionContext;
  readonly run: (action: Action) => Promise<ActionResult>;
}

/** @param inputs what input PVs hold; an input that is not listed holds its initial value */
export function taggedRun(
  inputs: Readonly<Partial<Record<PvName, PvValue>>> = {},
  changes: Partial<ActionContext> = {},
): TaggedRun {
  const one = fakeRun(inputs);
  const context: ActionContext = { ...one, experiment: EXPERIMENT, ...changes };
  return { published: one.published, said: one.said, context, run: (action) => action.run(context) };
}
