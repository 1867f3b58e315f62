/** A scan that is announced, as a change of the ledger: a new record, or a known one that is widened. Pure. */
import { cleanJson } from "../../base/clean-text.ts";
import type { QueueChange, ScanRecord } from "../ports/queue-ledger.ts";
import { type AnnouncedScan, isNewest } from "./announced-scan.ts";
import { topText } from "./remedies.ts";
import type { Road } from "./road.ts";
import type { TransferSite } from "./rules.ts";
import { plainPath } from "./scan-path.ts";
import { asSeen, widened } from "./scan-queue.ts";
import { liesBelow } from "./source-gate.ts";

/** What the ledger takes of a scan; `unsent`: why a new one is not sent, a clause. */
export function takenScan(
  road: Road,
  announced: AnnouncedScan,
): { readonly changes: readonly QueueChange[]; readonly unsent?: string | undefined } {
  const file = plainPath(announced.file);
  const unsent = unsentBy(announced, file, road.site);
  const scans = recordsOf(road, file);
  if (isNewest(announced, scans)) return { changes: [] };
  const known = scans.find(({ state, reason }) =>
    unsent === undefined ? state === "waiting" : reason === unsent.reason,
  );
  if (known?.state === "waiting")
    return { changes: changed(known, asSeen(widened(known, announced.destinations), announced)) };
  if (known !== undefined) return { changes: [] };
  const givenUp = announced.isAsked === true ? undefined : givenUpBefore(announced, scans);
  if (givenUp !== undefined) return { changes: changed(givenUp, asSeen(givenUp, announced)) };
  return { changes: [{ scan: newScan(road, { ...announced, file }, unsent) }], unsent: unsent?.reason };
}

/** The oldest first. */
export const recordsOf = ({ queue }: Road, file: string): readonly ScanRecord[] =>
  queue.ofFile(plainPath(file)).map(({ scan }) => scan);

/** The record of a scan that was given up, or left by a rule, as it is told of again. */
function givenUpBefore({ mayBeOld, content }: AnnouncedScan, known: readonly ScanRecord[]): ScanRecord | undefined {
  const last = known.at(-1);
  if (content === undefined)
    return mayBeOld === true && known.every(({ signature }) => signature === undefined) ? last : undefined;
  const isAsTold = last?.content === undefined ? last?.signature === undefined : last.content === content;
  return last?.state === "left" && isAsTold ? last : undefined;
}

const changed = (before: ScanRecord, scan: ScanRecord): QueueChange[] => (scan === before ? [] : [{ scan }]);

/** Why a scan is not sent; undefined: it is. */
function unsentBy({ aborted }: AnnouncedScan, file: string, site: TransferSite): Unsent | undefined {
  const { rules, source } = site;
  const { top } = source.original ?? source.source;
  if (!liesBelow(top, file)) return { state: "lost", reason: `${cleanJson(file)} does not lie below ${topText(site)}` };
  return aborted !== undefined && rules.aborted === "leave"
    ? { state: "left", reason: `it was aborted: ${aborted}` }
    : undefined;
}

interface Unsent {
  readonly state: "left" | "lost";
  /** A clause. */
  readonly reason: string;
}

function newScan(road: Road, announced: AnnouncedScan, unsent: Unsent | undefined): ScanRecord {
  const { aborted, copiesTo, mayBeOld, content, destinations } = announced;
  const tags = announced.tags ?? road.site.tagsOf?.(announced.file);
  return {
    id: road.newId(),
    file: announced.file,
    state: "waiting",
    ...unsent,
    seen: road.clock.now(),
    trigger: announced.trigger,
    ...(tags !== undefined && { tags }),
    ...(aborted !== undefined && road.site.rules.aborted !== "send" && { aborted }),
    ...(mayBeOld === true && { mayBeOld }),
    ...(copiesTo !== undefined && { copiesTo }),
    ...(content !== undefined && { content }),
    ...(destinations !== undefined && { destinations }),
  };
}
