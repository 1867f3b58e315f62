/**
 * The proof that a scan has arrived: what was to be sent, compared with what the destination lists, and, where Globus
 * moved it, with Globus' word on each file. Pure.
 */
import { cleanJson } from "../../base/clean-text.ts";
import { inSlices } from "../../base/in-slices.ts";
import type { FoundFile } from "../ports/destinations.ts";
import type { Manifest } from "../ports/scans.ts";

/** Names that a sentence and a PV have room for. */
const MOST_NAMES = 20;
/** Some file systems keep whole, or even, seconds. */
const TIME_SLACK_MILLISECONDS = 2000;

export interface Proof {
  /** Files that are not there, or not as they should be, and files that should not be there. */
  readonly count: number;
  /** A few of them, each with what is wrong. */
  readonly names: readonly string[];
}

/**
 * @param vouched files whose arrival Globus vouches for, by path; undefined: nobody is asked beside the listing
 * @returns undefined when everything has arrived
 */
export async function proofProblem(
  { files, isFolder }: Manifest,
  found: readonly FoundFile[],
  vouched?: ReadonlySet<string>,
): Promise<Proof | undefined> {
  const foundByPath = new Map<string, FoundFile>();
  await inSlices(found, (file) => void foundByPath.set(file.path, file));
  const problems: string[] = [];
  await inSlices(files, ({ path, bytes, modified }) => {
    const there = foundByPath.get(path);
    foundByPath.delete(path);
    if (there === undefined) problems.push(`${cleanJson(path)} is missing`);
    else if (there.bytes !== bytes) problems.push(`${cleanJson(path)} has ${there.bytes} bytes instead of ${bytes}`);
    else if (isOther(there.modified, modified)) problems.push(`${cleanJson(path)} has another time`);
    else if (vouched?.has(path) === false)
      problems.push(`${cleanJson(path)} is there, but Globus does not say that it sent it`);
  });
  if (isFolder) for (const path of foundByPath.keys()) problems.push(`${cleanJson(path)} is none of the scan's files`);
  return problems.length === 0 ? undefined : { count: problems.length, names: problems.slice(0, MOST_NAMES) };
}

const isOther = (there: number | undefined, modified: number): boolean =>
  there !== undefined && Math.abs(there - modified) > TIME_SLACK_MILLISECONDS;

/** As the end of a sentence: `3 files are not as sent: …`. */
export const proofText = ({ count, names }: Proof): string =>
  `${count === 1 ? "1 file is" : `${count} files are`} not as sent: ${names.slice(0, 3).join("; ")}${count > 3 ? "; …" : ""}`;
