/** Which steps follow a scan that is verified at a destination, with what the scan is called there. Pure. */
import type { QueueChange, ScanRecord, SendRecord } from "../ports/queue-ledger.ts";
import type { TransferSite } from "../transfers/rules.ts";
import { baseName, placeOf } from "../transfers/scan-path.ts";
import type { StepBook } from "./step-book.ts";

/**
 * The steps that a proof brings, for the change in which it is put down. A version of a scan that was proven there
 * before has its step already, whatever became of it.
 * @param send as it is now
 */
export function stepsAfter(site: TransferSite, book: StepBook, scan: ScanRecord, send: SendRecord): QueueChange[] {
  const { destination, state, at } = send;
  if (state !== "verified") return [];
  return (site.steps ?? []).flatMap(({ destination: of, kind, what, top }): QueueChange[] => {
    if (of !== destination || book.of({ scan: scan.id, destination, kind }) !== undefined) return [];
    const path = pathAt(site, scan, destination, top);
    return [{ step: { scan: scan.id, destination, kind, what, path, state: "queued", attempts: 0, at } }];
  });
}

/** The scan's file, or its folder, below another name of the destination's top. */
function pathAt(site: TransferSite, scan: ScanRecord, destination: string, top: string): string {
  const row = site.destinations.find(({ name }) => name === destination);
  const { file, tags, folder = "", isFolder = false } = scan;
  const as = row?.kind === "copy" ? row.as : undefined;
  const place = { file, tags, manifest: { folder, isFolder } };
  const parts = placeOf(row?.template ?? "", site.source.source.top, place, as);
  return `${top.replace(/\/+$/, "")}/${[...parts, ...(isFolder ? [] : [baseName(file)])].join("/")}`;
}
