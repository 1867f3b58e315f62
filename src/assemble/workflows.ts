/** Workflows of Data Management as the settings have them: the commands on their jobs, and the watch over those. */
import path from "node:path";
import { AgeIds } from "../base/ids.ts";
import type { CallOptions } from "../controller/ports/call.ts";
import type { JobMemory } from "../controller/ports/workflows.ts";
import type { Actions } from "../controller/run/action.ts";
import type { Watch } from "../controller/run/watch.ts";
import type { FindTransfers } from "../controller/transfers/transfer-run.ts";
import { JobBoard } from "../controller/workflows/job-board.ts";
import { newestScan } from "../controller/workflows/newest-scan.ts";
import { workflowCancel, workflowMonitor } from "../controller/workflows/workflow-follow.ts";
import { TOLD_BY_PVS, workflowRun } from "../controller/workflows/workflow-run.ts";
import { watchWorkflows } from "../controller/workflows/workflow-watch.ts";
import { createAskedJobsFile } from "../services/asked-jobs-file.ts";
import { ledgerFolder } from "../services/ledger/files.ts";
import type { DmPart } from "./dm.ts";
import type { PartOptions } from "./parts.ts";
import type { TriggerPartOptions } from "./triggers.ts";

export interface WorkflowPart {
  readonly actions: Pick<Actions, "WorkflowRun" | "WorkflowMonitor" | "WorkflowCancel">;
  readonly watches: readonly Watch[];
}

export interface WorkflowPartOptions extends TriggerPartOptions {
  readonly dm: DmPart;
  readonly find: FindTransfers;
  /** The prefix of the IOC's PVs; absent for the command line, which remembers nothing. */
  readonly prefix?: string | undefined;
}

export function openWorkflows(options: PartOptions, about: WorkflowPartOptions): WorkflowPart {
  const { settings, clock } = options;
  const { processing, dm } = about.dm;
  const board = new JobBoard(memoryOf(options, about.prefix));
  const pollSeconds = settings.dm["watch-seconds"];
  const marks = new AgeIds();
  const scan = (call: CallOptions): ReturnType<typeof newestScan> => newestScan(about, call);
  const newMark = (): string => marks.next(clock.now());
  const follow = { processing, board, clock, pollSeconds };
  return {
    actions: {
      WorkflowRun: workflowRun({
        processing,
        dm,
        board,
        clock,
        usual: settings.dm.workflow,
        told: TOLD_BY_PVS,
        newMark,
        newestScan: scan,
      }),
      WorkflowMonitor: workflowMonitor(follow),
      WorkflowCancel: workflowCancel(follow),
    },
    watches: [watchWorkflows(follow)],
  };
}

/** Each IOC has one file, beside the ledger. */
function memoryOf({ settings, environment }: PartOptions, prefix: string | undefined): JobMemory {
  if (prefix === undefined) return { left: () => ({ jobs: [] }), keep: async () => {} };
  const folder = ledgerFolder(settings.ledger.path, environment);
  return createAskedJobsFile(path.join(folder, `workflows-${encodeURIComponent(prefix)}.json`));
}
