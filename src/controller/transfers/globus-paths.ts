/** Paths in Globus collections: where the source's files are seen, and where a scan's files go. Pure. */
import { cleanJson } from "../../base/clean-text.ts";
import { ActionError } from "../../base/errors.ts";
import type { Manifest } from "../ports/scans.ts";
import type { SubmittedItem } from "../ports/transfer-tasks.ts";
import type { DestinationRow, SourceRow } from "./rules.ts";
import { partsBelow } from "./scan-path.ts";

export type GlobusRow = DestinationRow & { readonly kind: "globus" };
export type FlowDestination = DestinationRow & { readonly kind: "flow" };
/** Where scans lie in a Globus collection, whoever has brought them there. */
export type CollectionRow = GlobusRow | FlowDestination;

const joined = (...paths: readonly string[]): string =>
  paths
    .map((path) => path.replace(/\/+$/, ""))
    .join("/")
    .replace(/(?<!^)\/{2,}/g, "/");

/** A folder of the source as its collection shows it. @throws ActionError */
function collectionPath({ source, collection }: SourceRow, folder: string): string {
  if (collection === undefined)
    throw new ActionError(`Globus does not see ${source.name}: set collection in the [source] section of globus.conf`);
  const below = partsBelow(source.top, folder);
  if (below === undefined) throw new ActionError(`${cleanJson(folder)} does not lie below ${source.top}`);
  return joined(collection.path, ...below);
}

/** The directory of a scan in a destination's collection. */
export const destinationPath = ({ top }: CollectionRow, parts: readonly string[]): string => joined(top, ...parts);

/** What is asked of Globus for one scan: the folder, or each file. @throws ActionError */
export function itemsOf(
  { folder, isFolder, files }: Manifest,
  source: SourceRow,
  row: CollectionRow,
  parts: readonly string[],
): readonly SubmittedItem[] {
  const [from, to] = [collectionPath(source, folder), destinationPath(row, parts)];
  if (isFolder) return [{ source: `${from}/`, destination: `${to}/`, isFolder: true }];
  return files.map(({ path }) => ({
    source: joined(from, path),
    destination: joined(to, path),
    isFolder: false,
  }));
}
