/**
 * Frees the source's disk: deletes old scans that are proven at all their destinations, each looked at again at that
 * moment: the source must be as it was sent, and every destination is listed and compared with what was sent. Whatever
 * cannot be seen, or is not so, keeps the scan. That a deletion begins is in the ledger before the first file goes.
 */
import { cleanJson } from "../../base/clean-text.ts";
import { ActionError, CancelledError, clauseOf, messageOf } from "../../base/errors.ts";
import { NotFoundError, UnavailableError } from "../ports/call.ts";
import type { FreedFiles, ScanRecord } from "../ports/queue-ledger.ts";
import type { Manifest, Removed, ScanDisk } from "../ports/scans.ts";
import { RejectedError } from "../run/outcome.ts";
import { DestinationLooks, standingText } from "./at-destinations.ts";
import { keptReason, pathText, pruneChoice } from "./prune-choice.ts";
import { nameOf, type Road, signatureOf } from "./road.ts";
import { baseName } from "./scan-path.ts";
import { goesTo, LedgerFailedError, type QueuedScan } from "./scan-queue.ts";
import { SharedFiles } from "./shared-files.ts";
import { otherThan } from "./source-files.ts";

export interface PruneOptions {
  readonly days: number;
  /** Whether everything is only looked at. */
  readonly isPlan: boolean;
  readonly signal: AbortSignal;
  /** Gets a line for each scan that is old enough. */
  readonly onLine: (line: string) => void;
  readonly onSums: (sums: Pruned) => void;
}

export interface Pruned {
  /** Scans that may go, or have gone. */
  readonly scans: number;
  readonly files: number;
  readonly bytes: number;
  /** Old enough, and kept, or deleted in part. */
  readonly kept: number;
}

const DAY_MILLISECONDS = 86_400_000;
const NOT_ALLOWED = "Deleting scans is off: set allow-prune = True in the [source] section of globus.conf.";

/** Why nothing may be deleted now, however much it is wanted. */
export const pruneProblem = (mayPrune: boolean): string | undefined => (mayPrune ? undefined : NOT_ALLOWED);

/**
 * @throws RejectedError; LedgerFailedError, after which nothing more is deleted; CancelledError, which says what was
 * deleted; ActionError for a bug of ours
 */
export async function prune(road: Road, options: PruneOptions): Promise<Pruned> {
  const { site } = road;
  const { disk } = site.source;
  if (disk === undefined)
    throw new RejectedError("Nothing is sent: there is no [destination …] section in globus.conf.");
  const problem = options.isPlan ? undefined : pruneProblem(site.rules.mayPrune);
  if (problem !== undefined) throw new RejectedError(problem);
  if (!options.isPlan && road.isDry) throw new RejectedError("Testing is Yes: nothing is deleted; set it to No.");
  return await new Pruning(road, disk, options).run();
}

class Pruning {
  readonly #road: Road;
  readonly #disk: ScanDisk;
  readonly #options: PruneOptions;
  readonly #looks: DestinationLooks;
  readonly #shared: SharedFiles;
  #sums: Pruned = { scans: 0, files: 0, bytes: 0, kept: 0 };

  constructor(road: Road, disk: ScanDisk, options: PruneOptions) {
    const { source, tasks } = road.site;
    this.#road = road;
    this.#disk = disk;
    this.#options = options;
    this.#shared = new SharedFiles(road);
    this.#looks = new DestinationLooks({ top: source.source.top, tasks, remembers: options.isPlan });
  }

  async run(): Promise<Pruned> {
    const { clock, queue, site } = this.#road;
    const { days } = this.#options;
    const rule = {
      before: clock.now() - days * DAY_MILLISECONDS,
      destinations: site.destinations.map(({ name }) => name),
    };
    const { candidates, kept } = pruneChoice(queue, rule);
    for (const { scan, why } of kept) this.#keep(scan, why);
    this.#options.onSums(this.#sums);
    for (const { id } of candidates) {
      this.#stopIfHeld();
      const one = queue.scans.get(id);
      if (one === undefined) continue;
      const why = keptReason(queue, one.scan, rule.destinations); // it may be otherwise by now
      if (why === undefined) await this.#one({ scan: one.scan, sends: new Map(one.sends) }, rule.before);
      else this.#keep(one.scan, why);
      this.#options.onSums(this.#sums);
    }
    return this.#sums;
  }

  #stopIfAborted(): void {
    const { signal, isPlan } = this.#options;
    if (signal.aborted) throw new CancelledError(`${messageOf(signal.reason)} ${prunedText(this.#sums, isPlan)}`);
  }

  /** An operator may have set Testing since it began. */
  #stopIfHeld(): void {
    this.#stopIfAborted();
    const { dryReason } = this.#road;
    if (dryReason === undefined || this.#options.isPlan) return;
    throw new CancelledError(`Ended, since ${dryReason}: ${prunedText(this.#sums, false)}`);
  }

  /** @throws LedgerFailedError */
  async #one(one: QueuedScan, before: number): Promise<void> {
    const { scan } = one;
    let manifest: Manifest;
    try {
      manifest = await this.#road.manifestOf(scan);
      await this.#requireSource(scan, manifest, before);
      await this.#requireDestinations(one, manifest);
      const shared = await this.#shared.reason(scan, manifest, this.#options.signal);
      if (shared !== undefined) throw new ActionError(shared);
    } catch (thrown) {
      this.#refused(scan, thrown);
      return;
    }
    if (this.#options.isPlan) await this.#planned(scan, manifest);
    else await this.#delete(one, manifest);
  }

  /** The scan is as it was sent, or an earlier deletion has left a part of it. */
  async #requireSource(scan: ScanRecord, manifest: Manifest, before: number): Promise<void> {
    const { signal, isPlan } = this.#options;
    if ((await signatureOf(manifest)) !== scan.signature)
      throw new ActionError("what the ledger says of its files is not what was sent");
    if (manifest.files.some(({ modified }) => modified >= before)) throw new ActionError("its files are not that old");
    if (!isPlan) await this.#disk.unmark(manifest, { signal });
    const now = await this.#atSource(scan, manifest);
    if (now === undefined || (await signatureOf(now)) === scan.signature) return;
    if (scan.freed === undefined) throw new ActionError("its files have changed since it was sent");
    const other = await otherThan(now, manifest);
    if (other !== undefined) throw new ActionError(`${cleanJson(other)} is not as it was sent`);
  }

  /** @returns undefined where an earlier deletion has taken it; each file that it left is looked at before it goes */
  async #atSource(scan: ScanRecord, { isFolder, folder }: Manifest): Promise<Manifest | undefined> {
    const path = isFolder ? folder : `${folder}/${baseName(scan.file)}`;
    try {
      return await this.#road.site.source.source.look(path, { signal: this.#options.signal });
    } catch (thrown) {
      if (scan.freed !== undefined && thrown instanceof NotFoundError) return undefined;
      throw thrown;
    }
  }

  /** Every destination has it now, and none of them is the source itself. */
  async #requireDestinations(one: QueuedScan, manifest: Manifest): Promise<void> {
    const { scan } = one;
    const { signal, isPlan } = this.#options;
    const { destinations } = this.#road.site;
    const mayLack = scan.freed !== undefined;
    const marked = isPlan ? undefined : await this.#disk.mark(manifest, { signal, mayLack });
    try {
      for (const row of destinations) {
        if (!goesTo(one, row.name)) continue;
        const times = one.sends.get(row.name)?.times;
        const sought = { file: scan.file, tags: scan.tags, manifest, times, ...(marked !== undefined && { marked }) };
        const [standing] = await this.#looks.of(row, [sought], signal);
        if (standing === undefined || standing.is !== "there")
          throw new ActionError(standing === undefined ? "it was not looked at" : standingText(row.name, standing));
      }
    } finally {
      if (marked !== undefined) await this.#disk.unmark(manifest, { signal });
    }
  }

  async #planned(scan: ScanRecord, manifest: Manifest): Promise<void> {
    const { signal } = this.#options;
    try {
      const { files, bytes } = await this.#disk.remove(manifest, {
        signal,
        isPlan: true,
        mayLack: scan.freed !== undefined,
      });
      this.#count({ files, bytes });
      this.#options.onLine(`${pathText(scan)}: would be deleted, ${sizeText({ files, bytes })}`);
    } catch (thrown) {
      this.#refused(scan, thrown);
    }
  }

  async #delete(one: QueuedScan, manifest: Manifest): Promise<void> {
    const { clock } = this.#road;
    const { scan } = one;
    const { signal } = this.#options;
    this.#stopIfHeld();
    const earlier = scan.freed ?? { files: 0, bytes: 0 };
    const at = clock.now();
    const begun = await this.#begin(one, { ...earlier, at, isWhole: false });
    if (begun === undefined) return this.#keep(scan, "it is another in the ledger than a moment ago");
    let removed: Removed;
    try {
      removed = await this.#disk.remove(manifest, { signal, isPlan: false, mayLack: scan.freed !== undefined });
    } catch (thrown) {
      // Where nobody can say what was deleted, the ledger keeps that it had begun.
      if (hasDoneNothing(thrown)) await this.#put(begun, scan.freed);
      this.#refused(scan, thrown);
      return;
    }
    const { problem } = removed;
    const files = earlier.files + removed.files;
    const bytes = earlier.bytes + removed.bytes;
    const isWhole = problem === undefined;
    const freed: FreedFiles = isWhole
      ? { at, isWhole, files: manifest.files.length, bytes: scan.bytes ?? bytes }
      : { at, isWhole, files, bytes, problem };
    this.#road.logLine({ scan: nameOf(scan), id: scan.id, file: scan.file, freed });
    this.#count(removed, isWhole);
    await this.#put(begun, freed);
    if (isWhole) this.#options.onLine(`${pathText(scan)}: deleted, ${sizeText(removed)}`);
    else this.#options.onLine(`${pathText(scan)}: deleted in part, ${sizeText(removed)}. ${problem}`);
    if (!isWhole) this.#road.say(`${nameOf(scan)} was deleted in part (Prune goes on with it): ${problem}`, "MINOR");
  }

  /**
   * @returns the record as it is now; undefined where it has changed while it was looked at
   * @throws LedgerFailedError
   */
  async #begin({ scan, sends }: QueuedScan, freed: FreedFiles): Promise<ScanRecord | undefined> {
    const { queue } = this.#road;
    let after: ScanRecord | undefined;
    await this.#road.change(() => {
      const now = queue.scans.get(scan.id);
      const isSame =
        now?.scan === scan &&
        now.sends.size === sends.size &&
        [...sends].every(([name, send]) => now.sends.get(name) === send);
      if (!isSame || queue.ofFile(scan.file).at(-1) !== now) return [];
      after = { ...scan, freed };
      return [{ scan: after }];
    });
    return after;
  }

  /** @returns the record as it is now @throws LedgerFailedError */
  async #put({ id }: ScanRecord, freed: FreedFiles | undefined): Promise<ScanRecord> {
    const { queue } = this.#road;
    let after: ScanRecord | undefined;
    await this.#road.change(() => {
      const found = queue.scans.get(id);
      if (found === undefined) return [];
      const { freed: _, ...rest } = found.scan;
      after = { ...rest, ...(freed !== undefined && { freed }) };
      return [{ scan: after }];
    });
    if (after === undefined) throw new ActionError(`The ledger has lost the scan ${id}; nothing of it was deleted`);
    return after;
  }

  #count({ files, bytes }: Pick<Removed, "files" | "bytes">, isWhole = true): void {
    const { scans, files: before, bytes: soFar, kept } = this.#sums;
    const sums = { files: before + files, bytes: soFar + bytes };
    this.#sums = { scans: scans + (isWhole ? 1 : 0), ...sums, kept: kept + (isWhole ? 0 : 1) };
  }

  #keep(scan: ScanRecord, why: string): void {
    this.#sums = { ...this.#sums, kept: this.#sums.kept + 1 };
    this.#options.onLine(`${pathText(scan)}: kept, ${why}`);
  }

  /** @throws what is no matter of the one scan */
  #refused(scan: ScanRecord, thrown: unknown): void {
    this.#stopIfAborted();
    if (thrown instanceof LedgerFailedError || !(thrown instanceof ActionError)) throw thrown;
    this.#keep(scan, clauseOf(thrown));
  }
}

const hasDoneNothing = (thrown: unknown): boolean =>
  thrown instanceof ActionError && !(thrown instanceof UnavailableError && thrown.mayHaveHappened);

const sizeText = ({ files, bytes }: Pick<Removed, "files" | "bytes">): string =>
  `${files === 1 ? "1 file" : `${files} files`}, ${bytes} bytes`;

/** What was deleted, or would be, in one sentence. */
export function prunedText(sums: Pruned, isPlan: boolean): string {
  const { scans, kept } = sums;
  const what = `${scans === 1 ? "1 scan" : `${scans} scans`} ${isPlan ? "would be" : scans === 1 ? "was" : "were"} deleted`;
  return `${what} (${sizeText(sums)}), and ${kept} kept.`;
}
