/** What the path of a scan says: its name, and where it goes at a destination. Pure. */
import { cleanJson } from "../../base/clean-text.ts";
import { directoryNameProblem } from "../../base/directory-name.ts";
import { ActionError } from "../../base/errors.ts";
import type { ScanTags } from "../ports/queue-ledger.ts";
import type { Manifest } from "../ports/scans.ts";

/** A scan's place at a destination is none, or another scan's: to try again does not help. */
export class PlaceError extends ActionError {}

/** Of a scan without an experiment. */
export const NO_TAGS: ScanTags = { exp: "", ym: "", last: "", gup: "" };
/** Stands for a level that nobody knows, because no experiment was tagged. */
export const UNSORTED = "unsorted";

const partsOf = (path: string): string[] => path.split("/").filter((part) => part !== "");

/** An absolute path in the one spelling under which a scan is known: no empty parts, no `.`, no slash at its end. */
export const plainPath = (path: string): string =>
  `/${partsOf(path)
    .filter((part) => part !== ".")
    .join("/")}`;

/** The last part of a path. */
export const baseName = (path: string): string => partsOf(path).at(-1) ?? "";

/** The scan's name: that of its file without the last extension, or of its folder. */
export function scanName(file: string, isFolder: boolean): string {
  const name = baseName(file);
  return isFolder ? name : name.replace(/(?<=[^])\.[^.]*$/, "");
}

/** A path's parts below a top directory, compared part by part; undefined where the path is not below. */
export function partsBelow(top: string, path: string): readonly string[] | undefined {
  const [above, all] = [partsOf(top), partsOf(path)];
  if (all.includes("..") || all.length < above.length) return undefined;
  return above.every((part, index) => part === all[index]) ? all.slice(above.length) : undefined;
}

export interface PlacedScan {
  readonly file: string;
  readonly tags?: ScanTags | undefined;
  readonly manifest: Pick<Manifest, "folder" | "isFolder">;
}

/**
 * The directory of a scan at a destination, below its top: the template's levels, and a folder's own name.
 * @param template of `{rel}` (the levels between the source's top and the scan), `{exp}`, `{ym}`, `{last}`, `{gup}`,
 * `{scan}` and plain names
 * @param top of the source
 * @param as a folder's name there; absent: its own
 * @throws PlaceError for a level that is no name of a directory
 */
export function placeOf(
  template: string,
  top: string,
  { file, tags = NO_TAGS, manifest }: PlacedScan,
  as?: string,
): readonly string[] {
  const { folder, isFolder } = manifest;
  const below = partsBelow(top, folder);
  if (below === undefined) throw new PlaceError(`${cleanJson(folder)} does not lie below ${top}`);
  const rel = isFolder ? below.slice(0, -1) : below;
  const levels = partsOf(template).flatMap((level) =>
    level === "{rel}" ? rel : level.replace(/\{(\w+)\}/g, (_, key: string) => valueOf(key, tags, file, isFolder)),
  );
  const parts = isFolder ? [...levels, as ?? baseName(folder)] : levels;
  for (const part of parts) {
    const problem = directoryNameProblem(part);
    if (problem !== undefined) throw new PlaceError(`The directory name ${cleanJson(part)} ${problem}`);
  }
  return parts;
}

/**
 * The file with the list of what was sent, which we write beside it. In a folder that other scans share, the scan's
 * name is in the file's; a file of the scan is never replaced.
 */
export function manifestName(scan: string, { isFolder, files }: Pick<Manifest, "isFolder" | "files">): string {
  const name = isFolder ? "manifest.json" : `${scan}.manifest.json`;
  return files.some(({ path }) => path === name) ? `globus-ioc-${name}` : name;
}

function valueOf(key: string, tags: ScanTags, file: string, isFolder: boolean): string {
  if (key === "scan") return scanName(file, isFolder);
  return tags[key as keyof ScanTags] || UNSORTED;
}
