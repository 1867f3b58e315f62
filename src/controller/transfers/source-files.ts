/** The files of a scan where it is sent from: at the host that wrote them, or TomoScan's copy of them. */
import { cleanJson } from "../../base/clean-text.ts";
import { inSlices } from "../../base/in-slices.ts";
import { NotFoundError } from "../ports/call.ts";
import type { ScanRecord } from "../ports/queue-ledger.ts";
import type { Manifest, ScanFile, ScanSource } from "../ports/scans.ts";
import type { SourceRow } from "./rules.ts";
import { baseName, partsBelow } from "./scan-path.ts";

/**
 * The files to send; a clause where they are not what they must be yet.
 * @throws what the source throws
 */
export async function filesAtSource(
  { source, original }: SourceRow,
  scan: Pick<ScanRecord, "file" | "copiesTo">,
  signal: AbortSignal,
): Promise<Manifest | string> {
  if (original === undefined) return source.look(scan.file, { signal });
  if (scan.copiesTo === undefined)
    return `TomoScan copies nothing to ${source.name} (CopyToAnalysisDir is off), from where scans are sent`;
  const first = await original.look(scan.file, { signal });
  const copies = await Promise.all(
    copyPlaces(scan.copiesTo, original.top, scan.file).map((place) => lookOrGone(source, place, signal)),
  );
  const problems = copies.map((copy) => copyProblem(scan.file, first, copy));
  const whole = copies[problems.indexOf(undefined)];
  return whole ?? problems.find((problem) => problem !== NOT_COME) ?? NOT_COME;
}

/**
 * Compares what is left of a scan of which some files were deleted with the scan.
 * @returns the first path that is not as the scan had it; undefined: there is none
 */
export async function otherThan(rest: Manifest, whole: Manifest): Promise<string | undefined> {
  if (rest.folder !== whole.folder || rest.isFolder !== whole.isFolder) return rest.folder;
  const byPath = new Map<string, ScanFile>();
  await inSlices(whole.files, (file) => void byPath.set(file.path, file));
  let other: string | undefined;
  await inSlices(rest.files, ({ path, bytes, modified }) => {
    const file = byPath.get(path);
    if (file?.bytes !== bytes || file.modified !== modified) other ??= path;
  });
  return other;
}

/**
 * Where TomoScan may have copied a file: with scp below the last two folders of its path, with fdt below its path from
 * the top directory on. integration.md §1.5.
 * @param to as `user@host:/dir/`
 */
function copyPlaces(to: string, top: string, file: string): readonly string[] {
  const directory = to.replace(/^[^/]*:/, "").replace(/\/+$/, "");
  const folders = file.split("/").slice(1, -1);
  const below = partsBelow(top, file)?.slice(0, -1) ?? folders;
  return [...new Set([folders.slice(-2), below, []].map((parts) => [directory, ...parts, baseName(file)].join("/")))];
}

async function lookOrGone(source: ScanSource, place: string, signal: AbortSignal): Promise<Manifest | undefined> {
  try {
    return await source.look(place, { signal });
  } catch (thrown) {
    if (thrown instanceof NotFoundError) return undefined;
    throw thrown;
  }
}

const NOT_COME = "TomoScan's copy of it has not come yet";

/**
 * Why a copy is not the original yet, a clause. Of a scan that is a file, TomoScan copies that file alone. Times are
 * the copying program's matter.
 */
function copyProblem(file: string, original: Manifest, copy: Manifest | undefined): string | undefined {
  if (copy === undefined) return NOT_COME;
  const copied = new Map(copy.files.map(({ path, bytes }) => [path, bytes]));
  const wanted = original.isFolder ? original.files : original.files.filter(({ path }) => path === baseName(file));
  for (const { path, bytes } of wanted) {
    const there = copied.get(path);
    if (there === undefined) return `the copy of ${cleanJson(path)} has not come yet`;
    if (there !== bytes) return `the copy of ${cleanJson(path)} has ${there} of ${bytes} bytes`;
  }
  return undefined;
}
