/** What is remembered of a folder of a watched tree, and of a scan in it, from sweep to sweep. Reads nothing. */
import type { Stats } from "node:fs";

/**
 * Seconds that a folder's time must have stood still before it says that nothing has changed: as long as the coarsest
 * clock of a file system, and a little. Measured by our own clock alone: that of a file server may go wrong.
 */
const SETTLED_SECONDS = 2.5;

export class Folder {
  readonly name: string;
  readonly parent: Folder | undefined;
  /** As the file system is asked; below a link that is followed not as it is named. */
  readonly path: string;
  readonly depth: number;
  /** The scan that it belongs to. */
  readonly scan: TreeScan | undefined;
  children: Map<string, Folder> | undefined;
  /** Of scans that are files. */
  scans: Map<string, TreeScan> | undefined;
  /** Marker files, and when they were modified; not a number where it has to be seen yet. */
  marks: Map<string, number> | undefined;
  bytes = 0;
  /** Of the names that were read last. */
  namesSum = 0;
  isGone = false;
  #modified = Number.NaN;
  /** Since when its time is what it is. */
  #since = 0;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(name: string, parent: Folder | undefined, path: string, scan: TreeScan | undefined) {
    this.name = name;
    this.parent = parent;
    this.path = path;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    this.scan = scan;
  }

  get wasRead(): boolean {
    return this.#readAt > Number.NEGATIVE_INFINITY;
  }
  get modified(): number {
    return this.#modified;
  }

  /** @returns whether its names may differ from those that were read */
  note({ mtimeMs, size }: Stats, now: number): boolean {
    if (mtimeMs !== this.#modified) {
      this.#modified = mtimeMs;
      this.#since = now;
    }
    this.bytes = size;
    return this.#readAt < this.#since + SETTLED_SECONDS;
  }

  /** What was read of it does not hold, whatever its time says. */
  doubt(now: number): void {
    this.#since = now;
  }

  /** @param at when the reading began */
  read(at: number): void {
    this.#readAt = at;
  }

  /** Below the root. */
  get parts(): readonly string[] {
    return this.parent === undefined ? [] : [...this.parent.parts, this.name];
  }
}

export class TreeScan {
  /** Where it lies. */
  readonly holder: Folder;
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Undefined where the scan is a file. */
  folder: Folder | undefined;
  /** Markers that lie beside it. */
  beside: Map<string, number> | undefined;
  files = 0;
  content = "";
  /** Monotonic seconds, all of them. */
  changedAt = 0;
  dueAt = 0;
  /** Before that it is not looked at without need. */
  restedAt = 0;
  /** Looks until now that found other content than the one before. */
  changes = 0;
  isLooking = false;
  /** Something was seen while it was looked at: it is looked at again. */
  isStale = false;
  isGone = false;
  /** Why files of it cannot be seen, a sentence; then nothing is told of it. */
  problem: string | undefined;
  told = "";

  constructor(holder: Folder, name: string, fields: Readonly<Record<string, string>>) {
    this.holder = holder;
    this.name = name;
    this.fields = fields;
  }
}

/** What a look at a scan adds up; the order of files does not matter. */
export class Tally {
  files = 0;
  bytes = 0;
  readonly counts: number[];
  /** The first file that could not be looked at, a sentence. */
  problem: string | undefined;
  #newest = 0;
  #sum = 0;

  constructor(counted: number) {
    this.counts = Array.from({ length: counted }, () => 0);
  }

  /** @param seed of the folder that the file is in, below the scan */
  add(seed: number, name: string, { size, mtimeMs }: Stats): void {
    this.files++;
    this.bytes += size;
    this.#newest = Math.max(this.#newest, mtimeMs);
    this.#sum = (this.#sum + mixed(mixed(sumOf(name, seed), size), mtimeMs)) >>> 0;
  }

  get content(): string {
    return [this.files, this.bytes, this.#newest, this.#sum.toString(36)].join("-");
  }
}

/** FNV-1a over a text's UTF-16 units. */
export function sumOf(text: string, seed = 0x811c9dc5): number {
  let sum = seed;
  for (let index = 0; index < text.length; index++) sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193);
  return sum >>> 0;
}

const mixed = (sum: number, number: number): number =>
  Math.imul(Math.imul(sum ^ (number >>> 0), 0x01000193) ^ Math.floor(number / 0x1_0000_0000), 0x01000193) ^
  Math.round((number % 1) * 1_000_000);
