/**
 * What becomes of the scans of a Globus task that has ended: each is proven at its destination, or has failed. It
 * follows no task; that is task-watch.ts.
 */
import { oneLine } from "../../base/clean-text.ts";
import { asSentence } from "../../base/errors.ts";
import { NotFoundError } from "../ports/call.ts";
import type { FoundFile } from "../ports/destinations.ts";
import type { ScanRecord, SubmissionRecord } from "../ports/queue-ledger.ts";
import type { Manifest } from "../ports/scans.ts";
import type { TaskReport, TransferTasks } from "../ports/transfer-tasks.ts";
import type { AskedTransfers } from "./asked-transfers.ts";
import { destinationPath, type GlobusRow } from "./globus-paths.ts";
import { Listings } from "./listings.ts";
import { otherTimes, type Proof, type ProofHelp, proofProblem, proofText, type Vouched } from "./proof.ts";
import { type Road, signatureOf } from "./road.ts";
import { baseName, placeOf } from "./scan-path.ts";
import { titleOf } from "./submissions.ts";
import { wordsFor } from "./task-words.ts";
import { verdictOn } from "./verdict.ts";

/** A submission that Globus has accepted. */
export type AcceptedRecord = SubmissionRecord & { readonly task: string };

export interface TaskEndOptions {
  readonly road: Road;
  readonly tasks: TransferTasks;
  readonly rows: readonly GlobusRow[];
  /** Told of the end of a transfer that a person has asked for. */
  readonly onAskedEnd: AskedTransfers["ended"];
}

/** How a task ended. */
interface EndedTask {
  readonly record: AcceptedRecord;
  /** Undefined: Globus no longer has the task. */
  readonly report: TaskReport | undefined;
  /** Why we have ended it, a clause. */
  readonly stopped: string | undefined;
}

/** What the proofs of all scans of a task share. */
interface Evidence {
  readonly row: GlobusRow;
  /** Why the task has failed, a clause; undefined: it has succeeded. */
  readonly failure: string | undefined;
  /** By full path; undefined: Globus does not name all that it has sent. */
  readonly vouched: Vouched | undefined;
  readonly found: Listings;
}

/**
 * Proves each scan of an ended task that is still wanted, and forgets the submission. What cannot be looked at now is
 * looked at again later.
 * @throws why something cannot be looked at now; the signal's reason
 */
export async function settleTask(options: TaskEndOptions, end: EndedTask, signal: AbortSignal): Promise<void> {
  const { road, tasks, rows, onAskedEnd } = options;
  const { record, report } = end;
  const failure = failureOf(end);
  const row = rows.find(({ name }) => name === record.destination);
  if (row !== undefined && road.queue.isWanted(record) && record.scans.length > 0) {
    const vouched = failure === undefined ? await vouchedFor(tasks, record.task, report, signal) : undefined;
    const evidence = { row, failure, vouched, found: new Listings(tasks, row.collection) };
    let unknown: unknown;
    for (const scan of record.scans) {
      try {
        await prove(road, scan, end, evidence, signal);
      } catch (thrown) {
        if (!(await isDecided(road, scan, row, thrown, signal))) unknown ??= thrown;
      }
    }
    if (unknown !== undefined) throw unknown;
  }
  await road.change(() => [{ forgetSubmission: record.submission.id }]);
  if (record.scans.length === 0) onAskedEnd(record, report, failure);
}

/** Takes the failure of a proof. @returns false where the scan can be proven later */
async function isDecided(
  road: Road,
  scan: string,
  { name }: GlobusRow,
  thrown: unknown,
  signal: AbortSignal,
): Promise<boolean> {
  const verdict = verdictOn(thrown, signal);
  if (verdict.about === "source") await road.lookAnew(scan, name, verdict.sentence);
  else if (verdict.about === "scan") {
    road.logBug(verdict, thrown);
    await road.ended(scan, name, { state: "failed", reason: verdict.sentence });
  } else return false;
  return true;
}

async function vouchedFor(
  tasks: TransferTasks,
  task: string,
  report: TaskReport | undefined,
  signal: AbortSignal,
): Promise<Vouched | undefined> {
  if (report === undefined) return undefined;
  const arrived = await tasks.arrived(task, { signal });
  if (arrived.length < report.filesTransferred) return undefined; // Globus hides some paths from us
  return { sent: new Set(arrived.map(({ destination }) => destination)), skipped: report.filesSkipped };
}

async function prove(road: Road, id: string, end: EndedTask, evidence: Evidence, signal: AbortSignal): Promise<void> {
  const { record } = end;
  const { row, failure } = evidence;
  const scan = road.queue.scans.get(id)?.scan;
  const send = road.queue.send(id, row.name);
  if (scan === undefined || send?.state !== "submitted" || send.submission !== record.submission.id) return;
  const failed = (reason: string, missing?: Proof): Promise<void> =>
    road.ended(
      id,
      row.name,
      {
        state: "failed",
        reason: asSentence(`${titleOf(road, record)} failed: ${reason}`),
        isFinal: isCancelled(end),
        ...(missing !== undefined && { missing }),
        task: record.task,
      },
      scan.signature,
    );
  if (failure !== undefined) return await failed(failure);
  const manifest = await road.manifestOf(scan);
  if (await hasChanged(road, scan, manifest, signal))
    return await road.lookAnew(id, row.name, "its files have changed while they were sent");
  const there = await filesThere(road, manifest, scan, evidence, signal);
  const problem = await proofProblem(manifest, there.files, there);
  if (problem !== undefined) return await failed(proofText(problem), problem);
  const times = await otherTimes(manifest, there.files);
  const seconds = Math.max(0, (road.clock.now() - record.at) / 1000);
  const verified = { state: "verified", bytes: scan.bytes ?? 0, seconds, task: record.task } as const;
  await road.ended(id, row.name, { ...verified, ...(times !== undefined && { times }) }, scan.signature);
}

/** Whether the source is another now. Where it is gone, what has arrived is all that is left of it. */
async function hasChanged(
  { site }: Road,
  { file }: ScanRecord,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<boolean> {
  const path = manifest.isFolder ? manifest.folder : `${manifest.folder}/${baseName(file)}`;
  try {
    const now = await site.source.source.look(path, { signal });
    return (await signatureOf(manifest)) !== (await signatureOf(now));
  } catch (thrown) {
    if (thrown instanceof NotFoundError) return false;
    throw thrown;
  }
}

/** What lies where a scan was sent, and Globus' word on it. */
async function filesThere(
  { site }: Road,
  manifest: Manifest,
  { file, tags }: ScanRecord,
  { row, vouched, found }: Evidence,
  signal: AbortSignal,
): Promise<Pick<ProofHelp, "vouched"> & { readonly files: readonly FoundFile[] }> {
  const folder = destinationPath(row, placeOf(row.template, site.source.source.top, { file, tags, manifest }));
  const isDeep = manifest.isFolder || manifest.files.some(({ path }) => path.includes("/"));
  const files = await found.of(folder, isDeep, signal);
  return vouched === undefined ? { files } : { files, vouched: { ...vouched, sent: pathsBelow(folder, vouched.sent) } };
}

/** Paths of files below a folder, from the folder on. */
const pathsBelow = (folder: string, paths: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...paths].filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1)));

/** Why a task has failed, a clause; undefined: it has not. */
function failureOf({ report, stopped }: EndedTask): string | undefined {
  if (report === undefined) return "Globus no longer has the task";
  const { state, fatal, cancelledByAdmin, skippedErrors } = report;
  if (cancelledByAdmin !== undefined) {
    const said = oneLine(cancelledByAdmin).trim();
    return `an administrator has cancelled it${said === "" ? "" : ` (${said})`}`;
  }
  if (state === "SUCCEEDED") return skippedErrors === 0 ? undefined : `files that Globus left out: ${skippedErrors}`;
  if (stopped !== undefined) return stopped;
  return fatal === undefined
    ? "Globus gives no reason"
    : (wordsFor(fatal.code)?.words ?? `${fatal.code}: ${oneLine(fatal.description)}`);
}

/** Whether a person has cancelled the task at Globus. */
const isCancelled = ({ report, stopped }: EndedTask): boolean =>
  report?.cancelledByAdmin !== undefined || (stopped === undefined && /^CANCELL?ED$/.test(report?.fatal?.code ?? ""));
