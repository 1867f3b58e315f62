/**
 * What comes behind verified scans, as the settings have it: which step at which destination, and the kinds of steps.
 */
import { ActionError } from "../base/errors.ts";
import type { DestinationSettings } from "../config/settings.ts";
import { createComputeStep } from "../controller/compute/compute-step.ts";
import { watchCompute } from "../controller/compute/compute-watch.ts";
import type { StepRow } from "../controller/ports/steps.ts";
import type { Watch } from "../controller/run/watch.ts";
import type { TransferSite } from "../controller/transfers/rules.ts";
import { computeSite } from "./compute.ts";
import type { GlobusPart } from "./globus.ts";
import type { PartOptions } from "./parts.ts";

export interface StepPart {
  readonly site: Required<Pick<TransferSite, "steps" | "stepKinds">>;
  readonly watches: readonly Watch[];
}

/** Opens nothing and reaches nobody yet. */
export function openSteps(options: PartOptions, globus: Pick<GlobusPart, "compute">): StepPart {
  const { settings, problems } = options;
  const compute = computeSite(settings, globus);
  const steps = settings.destinations.flatMap(
    (one) => problems.collect(`[destination ${one.name}]`, () => rowsOf(one, compute !== undefined)) ?? [],
  );
  return {
    site: { steps, stepKinds: [createComputeStep(compute)] },
    watches: [watchCompute(compute)],
  };
}

/** @throws ActionError for a step that can never begin */
function rowsOf(destination: DestinationSettings, hasCompute: boolean): readonly StepRow[] {
  const { name, compute, top, "step-top": stepTop } = destination;
  if (compute === "") return [];
  if (!hasCompute)
    throw new ActionError("compute is set: set endpoint in the [compute] section, and client-id in [globus-auth], too");
  return [{ destination: name, kind: "compute", what: compute, top: stepTop || top }];
}
