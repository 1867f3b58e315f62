/**
 * The proof that a scan has arrived: what was to be sent, compared with what the destination lists, and, where Globus
 * moved it, with Globus' word on each file. Pure.
 */
import { cleanJson } from "../../base/clean-text.ts";
import { Digest } from "../../base/ids.ts";
import { inSlices } from "../../base/in-slices.ts";
import type { FoundFile } from "../ports/destinations.ts";
import type { Manifest } from "../ports/scans.ts";

/** Names that a sentence and a PV have room for. */
const MOST_NAMES = 20;
/** Some file systems keep whole, or even, seconds. */
const TIME_SLACK_MILLISECONDS = 2000;

/** Globus' word on the files of a task that has succeeded. */
export interface Vouched {
  /** Paths of files that it has sent. */
  readonly sent: ReadonlySet<string>;
  /** How many others it has left as they were, having found their checksums equal. */
  readonly skipped: number;
  /** True: what it has sent has times of its own, since nobody asked for those of the source. */
  readonly hasOwnTimes?: true;
}

export interface Proof {
  /** Files that are not there, or not as they should be, and files that should not be there. */
  readonly count: number;
  /** A few of them, each with what is wrong. */
  readonly names: readonly string[];
}

/** Beside the listing, what says that a file of another time is the scan's. */
export interface ProofHelp {
  /** The word behind a task of Globus; undefined: nobody is asked beside the listing. */
  readonly vouched?: Vouched | undefined;
  /** What an earlier proof found: `otherTimes`. */
  readonly times?: string | undefined;
}

/**
 * @param help a file that Globus has skipped keeps the time that it had, so that its time is not compared; nor that of
 * one that it has sent without the source's time
 * @returns undefined when everything has arrived
 */
export async function proofProblem(
  { files, isFolder }: Manifest,
  found: readonly FoundFile[],
  { vouched, times }: ProofHelp = {},
): Promise<Proof | undefined> {
  const foundByPath = new Map<string, FoundFile>();
  await inSlices(found, (file) => void foundByPath.set(file.path, file));
  const isVouched = await vouchedBy(files, vouched);
  const isTimed = (word: Voucher): boolean => word !== "equal" && !(word === "sent" && vouched?.hasOwnTimes === true);
  const isAsProven = times !== undefined && (await timesIn(files, foundByPath)) === times;
  const problems: string[] = [];
  await inSlices(files, ({ path, bytes, modified }) => {
    const there = foundByPath.get(path);
    foundByPath.delete(path);
    if (there === undefined) problems.push(`${cleanJson(path)} is missing`);
    else if (there.bytes !== bytes) problems.push(`${cleanJson(path)} has ${there.bytes} bytes instead of ${bytes}`);
    else if (!isAsProven && isTimed(isVouched(path)) && isOther(there.modified, modified))
      problems.push(`${cleanJson(path)} has another time`);
    else if (isVouched(path) === "unknown")
      problems.push(`${cleanJson(path)} is there, but Globus does not say that it sent it`);
  });
  if (isFolder) for (const path of foundByPath.keys()) problems.push(`${cleanJson(path)} is none of the scan's files`);
  return problems.length === 0 ? undefined : { count: problems.length, names: problems.slice(0, MOST_NAMES) };
}

/**
 * Stands for the times of a scan's files at a destination where they are not those of the source, since Globus has left
 * files that it found equal: a later look tells by it that they are the same still.
 * @returns undefined where they are those of the source
 */
export async function otherTimes({ files }: Manifest, found: readonly FoundFile[]): Promise<string | undefined> {
  const foundByPath = new Map<string, FoundFile>();
  await inSlices(found, (file) => void foundByPath.set(file.path, file));
  let others = 0;
  await inSlices(
    files,
    ({ path, modified }) => void (others += isOther(foundByPath.get(path)?.modified, modified) ? 1 : 0),
  );
  return others === 0 ? undefined : await timesIn(files, foundByPath);
}

async function timesIn(files: Manifest["files"], found: ReadonlyMap<string, FoundFile>): Promise<string> {
  const digest = new Digest();
  await inSlices(files, ({ path }) => {
    digest.add(path);
    digest.add(`${found.get(path)?.modified ?? ""}`);
  });
  return digest.text;
}

type Voucher = "sent" | "equal" | "unknown" | undefined;

/** Globus' word on each file by its path: none where it skipped fewer than it does not name. */
async function vouchedBy(files: Manifest["files"], vouched: Vouched | undefined): Promise<(path: string) => Voucher> {
  if (vouched === undefined) return () => undefined;
  const { sent, skipped } = vouched;
  let others = 0;
  await inSlices(files, ({ path }) => void (others += sent.has(path) ? 0 : 1));
  return (path) => (sent.has(path) ? "sent" : others <= skipped ? "equal" : "unknown");
}

const isOther = (there: number | undefined, modified: number): boolean =>
  there !== undefined && Math.abs(there - modified) > TIME_SLACK_MILLISECONDS;

/** As the end of a sentence: `3 files are not as sent: …`. */
export const proofText = ({ count, names }: Proof): string =>
  `${count === 1 ? "1 file is" : `${count} files are`} not as sent: ${names.slice(0, 3).join("; ")}${count > 3 ? "; …" : ""}`;
