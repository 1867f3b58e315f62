/**
 * Whether a scan that Globus has brought to a collection is there: each file is listed and compared with what was to be
 * sent, and with Globus' word on it. For tasks of Transfer and for runs of flows alike; it follows neither.
 */
import { asSentence } from "../../base/errors.ts";
import { NotFoundError } from "../ports/call.ts";
import type { FoundFile } from "../ports/destinations.ts";
import type { ScanRecord } from "../ports/queue-ledger.ts";
import type { Manifest } from "../ports/scans.ts";
import type { TaskReport, TransferTasks } from "../ports/transfer-tasks.ts";
import { type CollectionRow, destinationPath } from "./globus-paths.ts";
import { Listings } from "./listings.ts";
import { otherTimes, type Proof, proofProblem, proofText, type Vouched } from "./proof.ts";
import { type Road, signatureOf } from "./road.ts";
import { baseName, placeOf } from "./scan-path.ts";
import { verdictOn } from "./verdict.ts";

/** What has come to its end, with one scan or several. */
export interface Arrival {
  readonly row: CollectionRow;
  readonly scans: readonly string[];
  /** What the sends of its scans name: the id of the submission, or ours of the run. */
  readonly carrier: string;
  /** What it was, for sentences: `The transfer of a.h5 to petrel`. */
  readonly title: string;
  /** When it was put down, milliseconds since 1970 UTC. */
  readonly at: number;
  /** Globus' id of it. */
  readonly task: string;
  /** Why it has failed, a clause; undefined: it has succeeded. */
  readonly failure: string | undefined;
  /** To try again does not help: a person has ended it. */
  readonly isFinal: boolean;
  /**
   * Globus' word on what was sent, by full path, one of which must hold for all files of a scan; undefined: Globus does
   * not name all that it has sent, and the list of files counts alone. At least one.
   */
  readonly words: readonly (Vouched | undefined)[];
  /** What to do where a proof lacks something, a clause; "": nothing in particular. */
  readonly hint?: string;
}

/**
 * Proves each scan that is still wanted. What cannot be looked at now is looked at again later.
 * @throws why something cannot be looked at now; the signal's reason
 */
export async function settleScans(
  road: Road,
  tasks: TransferTasks,
  arrival: Arrival,
  signal: AbortSignal,
): Promise<void> {
  const found = new Listings(tasks, arrival.row.collection);
  let unknown: unknown;
  for (const scan of arrival.scans) {
    try {
      await prove(road, scan, arrival, found, signal);
    } catch (thrown) {
      if (!(await isDecided(road, scan, arrival.row, thrown, signal))) unknown ??= thrown;
    }
  }
  if (unknown !== undefined) throw unknown;
}

/** Globus' word on the files of a task that has succeeded; undefined where it does not name them all. */
export async function wordOf(
  tasks: TransferTasks,
  { id, filesTransferred, filesSkipped }: TaskReport,
  signal: AbortSignal,
): Promise<Vouched | undefined> {
  const arrived = await tasks.arrived(id, { signal });
  if (arrived.length < filesTransferred) return undefined; // Globus hides some paths from us
  return { sent: new Set(arrived.map(({ destination }) => destination)), skipped: filesSkipped };
}

/** Takes the failure of a proof. @returns false where the scan can be proven later */
async function isDecided(
  road: Road,
  scan: string,
  { name }: CollectionRow,
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

async function prove(road: Road, id: string, arrival: Arrival, found: Listings, signal: AbortSignal): Promise<void> {
  const { row, failure, carrier, title, task, at, isFinal, hint = "" } = arrival;
  const scan = road.queue.scans.get(id)?.scan;
  const send = road.queue.send(id, row.name);
  if (scan === undefined || send?.state !== "submitted" || send.submission !== carrier) return;
  const failed = (reason: string, missing?: Proof): Promise<void> => {
    const why = { reason: asSentence(`${title} failed: ${reason}`), isFinal, task };
    const end = { state: "failed", ...why, ...(missing !== undefined && { missing }) } as const;
    return road.ended(id, row.name, end, scan.signature);
  };
  if (failure !== undefined) return await failed(failure);
  const manifest = await road.manifestOf(scan);
  if (await hasChanged(road, scan, manifest, signal))
    return await road.lookAnew(id, row.name, "its files have changed while they were sent");
  const { folder, files } = await filesThere(road, manifest, scan, row, found, signal);
  const problem = await bestProof(manifest, files, below(folder, arrival.words));
  if (problem !== undefined) return await failed(`${proofText(problem)}${hint === "" ? "" : `; ${hint}`}`, problem);
  const times = await otherTimes(manifest, files);
  const seconds = Math.max(0, (road.clock.now() - at) / 1000);
  const verified = { state: "verified", bytes: scan.bytes ?? 0, seconds, task } as const;
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

/** What lies where a scan was sent. */
async function filesThere(
  { site }: Road,
  manifest: Manifest,
  { file, tags }: ScanRecord,
  row: CollectionRow,
  found: Listings,
  signal: AbortSignal,
): Promise<{ readonly folder: string; readonly files: readonly FoundFile[] }> {
  const folder = destinationPath(row, placeOf(row.template, site.source.source.top, { file, tags, manifest }));
  const isDeep = manifest.isFolder || manifest.files.some(({ path }) => path.includes("/"));
  return { folder, files: await found.of(folder, isDeep, signal) };
}

/** Undefined where one of the words proves everything; otherwise what the first lacks. */
async function bestProof(
  manifest: Manifest,
  files: readonly FoundFile[],
  words: Arrival["words"],
): Promise<Proof | undefined> {
  let first: Proof | undefined;
  for (const vouched of words) {
    const problem = await proofProblem(manifest, files, { vouched });
    if (problem === undefined) return undefined;
    first ??= problem;
  }
  return first;
}

/** Words with paths of files below a folder alone, from the folder on. */
const below = (folder: string, words: Arrival["words"]): Arrival["words"] =>
  words.map((word) => (word === undefined ? undefined : { ...word, sent: pathsBelow(folder, word.sent) }));

const pathsBelow = (folder: string, paths: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...paths].filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1)));
