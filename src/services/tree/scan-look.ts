/** A look at all the files of a scan: what is in it, since when that has not changed, and when to look again. */
import type { Stats } from "node:fs";
import { cleanJson } from "../../base/clean-text.ts";
import { systemClock } from "../../base/clock.ts";
import { parseCounted } from "../../base/path-pattern.ts";
import type { Mark } from "../../controller/ports/scan-tree.ts";
import { type Folder, sumOf, Tally, type TreeScan } from "./folder.ts";
import { type KnownTree, remedyOf } from "./known-tree.ts";
import type { TreeFiles } from "./tree-files.ts";

/** Until a scan that could not be looked at is tried again. */
const POSTPONED_SECONDS = 1;
/** Folders that are read at once, and files that are looked at at once. */
const FOLDERS = 32;
const FILES = 2000;
/** Scans that are files are looked at together. */
const SCANS = 512;
/** A rest is looked at so often before it is told. */
const LOOKS_A_REST = 4;
/** A scan is left alone for so many times as long as a look took: large ones are not looked at all the time. */
const LOOK_SHARE = 10;
/** Markers of one scan that are told. */
const MOST_MARKS = 100;

/** A folder of a scan, as its files are added. */
interface Below {
  /** From the scan on. */
  readonly parts: readonly string[];
  readonly seed: number;
  /** Whether a file in it is not counted. */
  readonly isExcluded: (name: string) => boolean;
}

export class TreeScanLooks {
  readonly #tree: KnownTree;
  readonly #files: TreeFiles;
  /** A scan that rests is looked at so often, for what its folders' times do not show. */
  readonly #againSeconds: number;
  readonly #counted: readonly ((parts: readonly string[]) => boolean)[];
  readonly #rests: readonly number[];

  constructor(tree: KnownTree, files: TreeFiles, againSeconds: number) {
    this.#tree = tree;
    this.#files = files;
    this.#againSeconds = againSeconds;
    const { counted, restSeconds } = tree.layout;
    this.#counted = counted.map(parseCounted);
    this.#rests = [...restSeconds].sort((a, b) => a - b);
  }

  async lookAtAll(scans: readonly TreeScan[]): Promise<void> {
    for (const scan of scans) scan.isLooking = true;
    for (const scan of scans) if (scan.folder !== undefined) await this.#lookAtFolder(scan, scan.folder);
    const files = scans.filter(({ folder }) => folder === undefined);
    for (let at = 0; at < files.length; at += SCANS) await this.#lookAtFiles(files.slice(at, at + SCANS));
  }

  async #lookAtFiles(scans: readonly TreeScan[]): Promise<void> {
    const begun = systemClock.monotonic();
    await this.#files.look(
      scans.map(({ holder, name }) => `${holder.path}/${name}`),
      (index, found) => {
        const scan = scans[index] as TreeScan;
        if (found === undefined || !("size" in found)) {
          this.#postpone(scan);
          return;
        }
        const tally = this.#tally();
        this.#add(tally, { parts: [], seed: 0, isExcluded: () => false }, scan.name, found);
        this.#conclude(scan, tally, this.#tree.marksBeside(scan), begun);
      },
      true,
    );
  }

  /** It cannot be looked at, or has gone: the sweep says which. */
  #postpone(scan: TreeScan): void {
    scan.isLooking = false;
    scan.dueAt = systemClock.monotonic() + POSTPONED_SECONDS;
  }

  async #lookAtFolder(scan: TreeScan, folder: Folder): Promise<void> {
    const begun = systemClock.monotonic();
    const tally = this.#tally();
    const marks = this.#tree.marksBeside(scan);
    const waiting = [folder];
    while (waiting.length > 0 && !scan.isGone) {
      const folders = waiting.splice(-FOLDERS);
      await this.#addFolders(folders, tally, marks);
      for (const { children } of folders) waiting.push(...(children?.values() ?? []));
    }
    if (folder.wasRead) this.#conclude(scan, tally, marks, begun);
    else this.#postpone(scan);
  }

  async #addFolders(folders: readonly Folder[], tally: Tally, marks: Mark[]): Promise<void> {
    const now = systemClock.monotonic();
    await this.#files.look(
      folders.map(({ path }) => path),
      (index, found) => void this.#tree.seen(folders[index] as Folder, found, now),
    );
    const alive = folders.filter(({ isGone }) => !isGone);
    const below = new Map<Folder, Below>();
    const found: { readonly folder: Folder; readonly name: string }[] = [];
    await this.#files.names(alive, (index, names) => {
      const folder = alive[index] as Folder;
      const taken = this.#tree.take(folder, names, now);
      if (taken === undefined) return;
      const parts = folder.parts.slice(this.#tree.pattern.levels.length);
      below.set(folder, { parts, seed: sumOf(parts.join("/")), isExcluded: this.#excludedIn(folder) });
      for (const name of taken.files) found.push({ folder, name });
    });
    for (let at = 0; at < found.length; at += FILES) {
      const slice = found.slice(at, at + FILES);
      await this.#files.look(
        slice.map(({ folder, name }) => `${folder.path}/${name}`),
        (index, stats) => {
          if (stats === undefined) return;
          const { folder, name } = slice[index] as (typeof slice)[number];
          if ("why" in stats) {
            const path = cleanJson(this.#tree.named(folder, name));
            tally.problem ??= `${path} cannot be looked at: ${stats.why}; its scan is not seen: ${remedyOf(folder, stats)}.`;
            return;
          }
          const place = below.get(folder) as Below;
          if (this.#tree.markers.isMarker(name)) {
            folder.marks?.set(name, stats.mtimeMs);
            if (marks.length < MOST_MARKS)
              marks.push({ path: this.#tree.named(folder, name), modified: stats.mtimeMs });
          } else this.#add(tally, place, name, stats);
        },
        true,
      );
    }
  }

  #excludedIn({ parts }: Folder): Below["isExcluded"] {
    const { isExcluded, pattern } = this.#tree;
    const isOut = parts.some(
      (part, depth) => depth >= pattern.levels.length && isExcluded(part, true, () => parts.slice(0, depth)),
    );
    return (name) => isOut || isExcluded(name, false, () => parts);
  }

  #tally = (): Tally => new Tally(this.#counted.length);

  /** What is excluded is sent with the scan all the same: it has to be at rest, too, but is not counted. */
  #add(tally: Tally, { parts, seed, isExcluded }: Below, name: string, found: Stats): void {
    tally.add(seed, name, found);
    if (this.#counted.length === 0 || isExcluded(name)) return;
    for (const [index, test] of this.#counted.entries())
      if (test([...parts, name])) tally.counts[index] = (tally.counts[index] ?? 0) + 1;
  }

  #conclude(scan: TreeScan, tally: Tally, marks: readonly Mark[], begun: number): void {
    const now = systemClock.monotonic();
    const { content, files, bytes, counts } = tally;
    scan.isLooking = false;
    scan.restedAt = now + LOOK_SHARE * (now - begun);
    scan.problem = tally.problem;
    if (tally.problem !== undefined) {
      scan.dueAt = Math.max(scan.restedAt, now + POSTPONED_SECONDS);
      return;
    }
    if (content !== scan.content) {
      scan.changedAt = now;
      scan.changes++;
    }
    scan.content = content;
    scan.files = files;
    const rested = this.#rests.filter((seconds) => begun - scan.changedAt >= seconds).at(-1) ?? 0;
    scan.dueAt = this.#nextLook(scan, rested, now);
    if (scan.isGone) return;
    const key = [
      content,
      counts.join(),
      marks.map(({ path, modified }) => `${path} ${modified}`).join(),
      rested,
    ].join();
    if (key === scan.told) return;
    scan.told = key;
    this.#tree.tell({
      kind: "scan",
      layout: this.#tree.index,
      scan: {
        path: this.#tree.named(scan.holder, scan.name),
        fields: scan.fields,
        files,
        bytes,
        content,
        counts,
        marks,
        restedSeconds: rested,
      },
    });
  }

  #nextLook(scan: TreeScan, rested: number, now: number): number {
    const { restedAt } = scan;
    if (scan.isStale) {
      scan.isStale = false;
      return restedAt;
    }
    const next = this.#rests.find((seconds) => seconds > rested);
    if (next !== undefined) {
      // One that was never seen to change is most likely an old one: two looks say that it rests
      const between = scan.changes > 1 ? next / LOOKS_A_REST : next;
      return Math.max(restedAt, Math.min(scan.changedAt + next, now + between));
    }
    // Not all at once
    return now + this.#againSeconds * (1 + (sumOf(scan.name) % 100) / 100);
  }
}
