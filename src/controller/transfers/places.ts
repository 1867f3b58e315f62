/** Where a scan goes at a destination, and that no other scan is there already: neither would be whole any more. */
import { cleanJson } from "../../base/clean-text.ts";
import { SourceChangedError } from "../ports/call.ts";
import type { ScanRecord, SendRecord } from "../ports/queue-ledger.ts";
import type { Manifest } from "../ports/scans.ts";
import { isClosed, isSubmitted } from "./queue-states.ts";
import type { Road } from "./road.ts";
import type { DestinationRow } from "./rules.ts";
import { baseName, type PlacedScan, PlaceError, placeOf } from "./scan-path.ts";
import { otherThan } from "./source-files.ts";

/**
 * The directory of a scan at a destination, below its top.
 * @throws PlaceError where it is none, or another scan's with other files
 */
export async function ownPlace(
  road: Road,
  scan: ScanRecord,
  manifest: Manifest,
  row: DestinationRow,
): Promise<readonly string[]> {
  const { queue, site } = road;
  const at = (placed: PlacedScan): readonly string[] =>
    placeOf(row.template, site.source.source.top, placed, row.kind === "copy" ? row.as : undefined);
  const parts = at({ file: scan.file, tags: scan.tags, manifest });
  const name = baseName(scan.file);
  // Where a version of the scan is there already, it has the place since then
  const since =
    queue.ofFile(scan.file).findLast(({ sends }) => sends.get(row.name)?.state === "verified")?.scan.id ?? "";
  for (const { scan: other, sends } of queue.named(name)) {
    const placed = placedAs(other);
    if (other.file === scan.file || placed === undefined || placed.manifest.isFolder !== manifest.isFolder) continue;
    if (other.id < since || !holdsIts(sends.get(row.name), scan.id)) continue;
    if (attempt(() => at(placed))?.join("/") !== parts.join("/")) continue;
    if (await isSameScan(road, manifest, other)) continue;
    const place = [...parts, ...(manifest.isFolder ? [] : [name])].join("/");
    throw new PlaceError(
      `${cleanJson(place)} at ${row.name} is the place of ${cleanJson(other.file)}, another scan: rename one of them, or let the destination's path tell them apart, as {rel} does`,
    );
  }
  return parts;
}

/** Undefined of a scan that was never at rest. */
function placedAs({ file, tags, folder, isFolder = false }: ScanRecord): PlacedScan | undefined {
  return folder === undefined ? undefined : { file, tags, manifest: { folder, isFolder } };
}

/** Whether another scan is there, on its way there, or goes there before the scan with this id. */
const holdsIts = (send: SendRecord | undefined, id: string): boolean =>
  send !== undefined && (send.state === "verified" || isSubmitted(send) || (!isClosed(send) && send.scan < id));

/** A scan that was moved at the source is the same: its files may be written over by themselves. */
async function isSameScan(road: Road, manifest: Manifest, other: ScanRecord): Promise<boolean> {
  if (other.bytes !== manifest.files.reduce((sum, { bytes }) => sum + bytes, 0)) return false;
  const before = await road.manifestOf(other).catch((thrown: unknown) => {
    if (!(thrown instanceof SourceChangedError)) throw thrown;
    return undefined; // the ledger has lost its files, and nobody can say
  });
  if (before === undefined) return false;
  const moved = { ...before, folder: manifest.folder };
  return (await otherThan(manifest, moved)) === undefined && (await otherThan(moved, manifest)) === undefined;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined; // a place that is none
  }
}
