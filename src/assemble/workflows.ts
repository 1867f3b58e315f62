/** Workflows of Data Management as the settings have them: the commands on their jobs, and the watch over those. */
import path from "node:path";
import { visible } from "../base/clean-text.ts";
import { AgeIds } from "../base/ids.ts";
import type { CallOptions } from "../controller/ports/call.ts";
import type { ScanRecord } from "../controller/ports/queue-ledger.ts";
import type { JobMemory } from "../controller/ports/workflows.ts";
import type { Actions } from "../controller/run/action.ts";
import { RejectedError } from "../controller/run/outcome.ts";
import type { Watch } from "../controller/run/watch.ts";
import { scanName } from "../controller/transfers/scan-path.ts";
import type { FindTransfers } from "../controller/transfers/transfer-run.ts";
import type { RunningTransfers } from "../controller/transfers/transfers.ts";
import { JobBoard } from "../controller/workflows/job-board.ts";
import { workflowCancel, workflowMonitor } from "../controller/workflows/workflow-follow.ts";
import { type KnownScan, workflowRun } from "../controller/workflows/workflow-run.ts";
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
  const pollSeconds = settings.dm["job-seconds"];
  const marks = new AgeIds();
  const newestScan = (call: CallOptions): Promise<KnownScan | undefined> => scanNow(about, call);
  const newMark = (): string => marks.next(clock.now());
  const follow = { processing, board, clock, pollSeconds };
  return {
    actions: {
      WorkflowRun: workflowRun({ processing, dm, board, clock, newMark, newestScan }),
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

/**
 * The newest scan of the queue, or else TomoScan's last file.
 * @throws RejectedError while its file is still written, or is not there
 */
async function scanNow(
  { find, beamline, nameOf }: WorkflowPartOptions,
  call: CallOptions,
): Promise<KnownScan | undefined> {
  const transfers = find();
  const newest = typeof transfers === "string" ? undefined : newestOf(transfers);
  if (newest !== undefined) return scanOfQueue(newest);
  const file = await beamline.readText(nameOf("fullFileName"), call);
  if (file === undefined || file === "") return undefined;
  const isScanning = (await beamline.readText(nameOf("startScan"), call)) ?? "";
  if (/^(1|acquire|scan|yes|on)$/i.test(isScanning)) throw unfinished(file, "TomoScan may still write it");
  return { file, name: scanName(file, false) };
}

function newestOf({ road }: RunningTransfers): ScanRecord | undefined {
  let newest: ScanRecord | undefined;
  for (const { scan } of road.queue.scans.values()) if (newest === undefined || scan.id > newest.id) newest = scan;
  return newest;
}

function scanOfQueue({ file, state, reason = "its files are looked at", tags, isFolder }: ScanRecord): KnownScan {
  if (state === "waiting" || state === "lost") throw unfinished(file, reason);
  return { file, name: scanName(file, isFolder ?? false), ...(tags !== undefined && { tags }) };
}

const unfinished = (file: string, why: string): RejectedError =>
  new RejectedError(
    `The newest scan, ${visible(file)}, cannot be taken yet: ${why}. Wait, or name a file with WorkflowFile.`,
  );
