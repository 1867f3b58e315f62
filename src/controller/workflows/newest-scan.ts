/** The scan that WorkflowRun takes where a person names none: the newest, once its files are at rest. */
import { oneLine } from "../../base/clean-text.ts";
import type { BeamlinePvs } from "../ports/beamline-pvs.ts";
import type { CallOptions } from "../ports/call.ts";
import type { ScanRecord } from "../ports/queue-ledger.ts";
import type { TomoScanScanKey } from "../pvs/tomoscan.ts";
import { RejectedError } from "../run/outcome.ts";
import { scanName } from "../transfers/scan-path.ts";
import type { FindTransfers } from "../transfers/transfer-run.ts";
import type { RunningTransfers } from "../transfers/transfers.ts";
import type { KnownScan } from "./workflow-run.ts";

export interface ScanPlaces {
  readonly find: FindTransfers;
  readonly beamline: Pick<BeamlinePvs, "readText">;
  readonly nameOf: (key: TomoScanScanKey) => string;
}

/**
 * The newest scan of the queue, or else TomoScan's last file.
 * @throws RejectedError while its file is still written, or is not there
 */
export async function newestScan(
  { find, beamline, nameOf }: ScanPlaces,
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
    `The newest scan, ${oneLine(file)}, cannot be taken yet: ${why}. Wait, or name a file with WorkflowFile.`,
  );
