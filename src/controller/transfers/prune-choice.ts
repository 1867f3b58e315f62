/** Which scans may be deleted at the source, as far as the ledger alone can say. Pure. */
import { cleanJson } from "../../base/clean-text.ts";
import type { ScanRecord } from "../ports/queue-ledger.ts";
import { goesTo, isProven, type QueuedScan, type ScanQueue } from "./scan-queue.ts";

export interface PruneChoice {
  /** Old enough, and proven at all their destinations as the ledger has it; the oldest first. */
  readonly candidates: readonly ScanRecord[];
  /** Old enough, and kept, each with why: a clause. */
  readonly kept: readonly { readonly scan: ScanRecord; readonly why: string }[];
}

export interface PruneRule {
  /** Milliseconds since 1970 UTC: only scans that were seen before. */
  readonly before: number;
  /** The destinations of globus.conf. */
  readonly destinations: readonly string[];
}

export function pruneChoice(queue: ScanQueue, { before, destinations }: PruneRule): PruneChoice {
  const candidates: ScanRecord[] = [];
  const kept: { scan: ScanRecord; why: string }[] = [];
  const paths = new Paths(queue);
  for (const one of queue.scans.values()) {
    const { scan } = one;
    if (scan.seen >= before || scan.freed?.isWhole === true || scan.state === "left") continue;
    const why = keptReason(queue, scan, destinations) ?? paths.clash(scan);
    if (why === undefined) candidates.push(scan);
    else kept.push({ scan, why });
  }
  return { candidates, kept };
}

/**
 * Why a scan is not proven wherever it goes, a clause; undefined: it is.
 * @param destinations those of globus.conf
 */
export function keptReason(
  queue: ScanQueue,
  { id, file }: ScanRecord,
  destinations: readonly string[],
): string | undefined {
  const newest = queue.ofFile(file).at(-1);
  return newest?.scan.id === id ? unprovenReason(newest, destinations) : "it was written again";
}

function unprovenReason(one: QueuedScan, destinations: readonly string[]): string | undefined {
  const { scan, sends } = one;
  if (scan.state === "waiting") return "it still waits for its source";
  if (scan.state === "lost") return "its files were not where they should be";
  for (const { destination, state } of sends.values()) {
    if (state !== "verified") return `it is not proven at ${destination}: ${state}`;
    if (!destinations.includes(destination)) return `there is no [destination ${destination}] in globus.conf any more`;
  }
  const missing = [...(scan.destinations ?? []), ...destinations.filter((name) => goesTo(one, name))].find(
    (name) => !sends.has(name),
  );
  if (missing !== undefined) return `it was never sent to ${missing}`;
  return isProven(one) ? undefined : "it is proven nowhere";
}

/** For a line or a sentence. */
export const pathText = ({ file }: ScanRecord): string => cleanJson(file).slice(1, -1);

/** Scans whose files lie in one another's folders: none of them goes before all are proven. */
class Paths {
  /** Files or folders of scans that are not proven, and all folders above them. */
  readonly #open = new Set<string>();
  readonly #aboveOpen = new Set<string>();

  constructor(queue: ScanQueue) {
    for (const one of queue.scans.values()) {
      const { scan } = one;
      if (isProven(one) || scan.state === "left") continue;
      this.#open.add(scan.file);
      for (const folder of foldersAbove(scan.file)) this.#aboveOpen.add(folder);
    }
  }

  /** A clause. */
  clash({ file }: ScanRecord): string | undefined {
    if (this.#aboveOpen.has(file)) return "a scan that is not proven lies in its folder";
    if (foldersAbove(file).some((folder) => this.#open.has(folder)))
      return "it lies in the folder of a scan that is not proven";
    return undefined;
  }
}

/** `/a/b/c` → `/a`, `/a/b` */
function foldersAbove(path: string): string[] {
  const parts = path.split("/").slice(1, -1);
  return parts.map((_, level) => `/${parts.slice(0, level + 1).join("/")}`);
}
