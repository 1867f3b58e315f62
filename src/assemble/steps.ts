/**
 * What comes behind verified scans, as the settings have it: which step at which destination, and the kinds of steps.
 */
import { ActionError } from "../base/errors.ts";
import { AgeIds } from "../base/ids.ts";
import type { DestinationSettings } from "../config/settings.ts";
import { createComputeStep } from "../controller/compute/compute-step.ts";
import { watchCompute } from "../controller/compute/compute-watch.ts";
import type { StepKind, StepRow } from "../controller/ports/steps.ts";
import type { Processing } from "../controller/ports/workflows.ts";
import type { Watch } from "../controller/run/watch.ts";
import type { TransferSite } from "../controller/transfers/rules.ts";
import type { FindTransfers } from "../controller/transfers/transfer-run.ts";
import { argsOf } from "../controller/workflows/job-args.ts";
import { createWorkflowStep, stepArgs, type WorkflowStepRow } from "../controller/workflows/workflow-step.ts";
import { computeSite } from "./compute.ts";
import type { GlobusPart } from "./globus.ts";
import type { PartOptions } from "./parts.ts";

export interface StepPart {
  readonly site: Required<Pick<TransferSite, "steps" | "stepKinds">>;
  readonly watches: readonly Watch[];
}

export interface StepServices {
  readonly globus: Pick<GlobusPart, "compute">;
  /** Data Management's processing service; absent where nothing follows a scan. */
  readonly processing?: Processing;
  readonly find: FindTransfers;
}

/** Opens nothing and reaches nobody yet. */
export function openSteps(options: PartOptions, { globus, processing, find }: StepServices): StepPart {
  const { settings, problems } = options;
  const compute = computeSite(settings, globus);
  const steps = settings.destinations.flatMap(
    (one) => problems.collect(`[destination ${one.name}]`, () => rowsOf(one, compute !== undefined)) ?? [],
  );
  return {
    site: {
      steps,
      stepKinds: [
        createComputeStep(compute),
        ...(processing === undefined ? [] : [workflowStep(options, processing, find)]),
      ],
    },
    watches: [watchCompute(compute)],
  };
}

function workflowStep(
  { settings, clock, problems }: PartOptions,
  processing: Processing,
  find: FindTransfers,
): StepKind {
  const { dm, destinations } = settings;
  const marks = new AgeIds();
  const rows = destinations.flatMap((one): [string, WorkflowStepRow][] => {
    const args = problems.collect(`[destination ${one.name}]`, () => stepArgs(argsOf(one["workflow-args"])));
    return args === undefined ? [] : [[one.name, { owner: one["workflow-owner"], args }]];
  });
  return createWorkflowStep({
    processing,
    clock,
    pollSeconds: dm["watch-seconds"],
    limitSeconds: dm["job-hours"] * 3600,
    newMark: () => marks.next(clock.now()),
    rows: new Map(rows),
    tagsOf: (scan) => {
      const transfers = find();
      return typeof transfers === "string" ? undefined : transfers.road.queue.scans.get(scan)?.scan.tags;
    },
  });
}

/** @throws ActionError for a step that can never begin */
function rowsOf(destination: DestinationSettings, hasCompute: boolean): readonly StepRow[] {
  const { name, compute, workflow, top, "step-top": stepTop } = destination;
  if (compute !== "" && !hasCompute)
    throw new ActionError("compute is set: set endpoint in the [compute] section, and client-id in [globus-auth], too");
  const row = (kind: StepRow["kind"], what: string): readonly StepRow[] =>
    what === "" ? [] : [{ destination: name, kind, what, top: stepTop || top }];
  return [...row("compute", compute), ...row("workflow", workflow)];
}
