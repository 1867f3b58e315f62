/**
 * Old scans that the ledger does not know and that a watch has found: it was lost, or another program has sent them.
 * They are looked for at their destinations before they are sent, and not sent to those that have them.
 */
import type { ScanRecord } from "../ports/queue-ledger.ts";
import type { Manifest } from "../ports/scans.ts";
import { DestinationLooks } from "./at-destinations.ts";
import type { Road } from "./road.ts";
import { goesTo } from "./scan-queue.ts";

/** A scan whose newest file was this old when it was announced may have been sent before. */
const OLD_SECONDS = 300;
/** How long a listing of a folder serves all scans in it. */
const LISTED_SECONDS = 60;

export class ThereAlready {
  readonly #road: Road;
  #looks: DestinationLooks | undefined;
  #until = 0;

  constructor(road: Road) {
    this.#road = road;
  }

  /**
   * @returns the destinations at which a scan is proven; one that does not answer is none of them
   * @throws the signal's reason; a bug of ours
   */
  async of(scan: ScanRecord, manifest: Manifest, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    if (!this.#mayHaveBeenSent(scan, manifest)) return found;
    const { file, tags, destinations } = scan;
    for (const row of this.#road.site.destinations) {
      if (!goesTo({ scan: { ...(destinations !== undefined && { destinations }) }, sends: NONE }, row.name)) continue;
      const [standing] = await this.#current().of(row, [{ file, tags, manifest }], signal);
      if (standing?.is === "there") found.add(row.name);
    }
    return found;
  }

  #mayHaveBeenSent({ id, file, content, seen }: ScanRecord, { files }: Manifest): boolean {
    if (content === undefined || this.#road.queue.ofFile(file).some(({ scan }) => scan.id !== id)) return false;
    return files.every(({ modified }) => modified < seen - OLD_SECONDS * 1000);
  }

  #current(): DestinationLooks {
    const { clock, site } = this.#road;
    const now = clock.monotonic();
    if (this.#looks === undefined || now >= this.#until) {
      this.#looks = new DestinationLooks({ top: site.source.source.top, tasks: site.tasks, remembers: true });
      this.#until = now + LISTED_SECONDS;
    }
    return this.#looks;
  }
}

const NONE = new Map();
