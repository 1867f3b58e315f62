/**
 * Scans of which a trigger cannot tell whether they are known already, as the last scan of a TomoScan that is connected
 * anew: they are looked at without a word, and announced only where they are not what was sent.
 */
import { NotFoundError } from "../ports/call.ts";
import type { AnnouncedScan } from "./announced-scan.ts";
import { type Road, signatureOf } from "./road.ts";
import { plainPath } from "./scan-path.ts";
import { filesAtSource } from "./source-files.ts";
import { verdictOn } from "./verdict.ts";
import { Wake } from "./wake.ts";

/** Seconds until a scan is looked at again that could not be looked at. */
const AGAIN_SECONDS = 60;

export class Rechecks {
  readonly #road: Road;
  readonly #announce: (scan: AnnouncedScan) => void;
  readonly #wake = new Wake();
  /** Scans that were found to be new. */
  readonly #checked = new WeakSet<AnnouncedScan>();
  #scans: AnnouncedScan[] = [];

  /** @param announce takes the scans that are new */
  constructor(road: Road, announce: (scan: AnnouncedScan) => void) {
    this.#road = road;
    this.#announce = announce;
  }

  /** Takes a scan of whose file a version is known. @returns false where the scan is surely new */
  takes(scan: AnnouncedScan): boolean {
    // What a watch has seen of a scan says by itself whether it is known
    if (scan.mayBeOld !== true || scan.content !== undefined) return false;
    if (this.#checked.has(scan) || this.#signatureOf(scan) === undefined) return false;
    this.#scans.push(scan);
    this.#wake.call();
    return true;
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      const scans = this.#scans;
      this.#scans = [];
      const left: AnnouncedScan[] = [];
      for (const scan of scans) if (!(await this.#check(scan, signal))) left.push(scan);
      this.#scans = [...left, ...this.#scans];
      await this.#wake.wait(this.#road.clock, left.length === 0 ? Infinity : AGAIN_SECONDS, signal);
    }
  }

  /** @returns whether it is known now what the scan is */
  async #check(scan: AnnouncedScan, signal: AbortSignal): Promise<boolean> {
    try {
      const { mayBeOld: _, ...rest } = scan;
      const found = await filesAtSource(this.#road.site.source, { ...rest, file: plainPath(scan.file) }, signal);
      if (typeof found === "string") return false;
      if ((await signatureOf(found)) === this.#signatureOf(scan)) return true;
      this.#checked.add(scan);
      this.#announce(scan);
      return true;
    } catch (thrown) {
      const verdict = verdictOn(thrown, signal);
      this.#road.logBug(verdict, thrown);
      return thrown instanceof NotFoundError || verdict.isBug; // what is gone now was sent before, or is being sent
    }
  }

  /** Of the newest version of the file that is known; undefined: none is. */
  #signatureOf({ file }: AnnouncedScan): string | undefined {
    return this.#road.queue.ofFile(plainPath(file)).findLast(({ scan }) => scan.signature !== undefined)?.scan
      .signature;
  }
}
