/**
 * Looks at many names at once, and reads many folders. Where the file system answers at once it is asked without Node's
 * threads, which is several times quicker; where each answer takes a while (a network file system), several are asked
 * at once. For a process that has nothing else to do.
 */
import * as fs from "node:fs";
import * as promises from "node:fs/promises";
import { systemClock } from "../../base/clock.ts";
import { codeOf } from "../../base/errors.ts";
import { fewAtATime } from "../../base/few-at-a-time.ts";
import { Slices } from "../../base/in-slices.ts";
import { systemFailure } from "../../base/system-failure.ts";

/** What stands behind a name that cannot be looked at. */
export interface Unreadable {
  /** A clause. */
  readonly why: string;
  /** Whether permission is all that lacks. */
  readonly isDenied: boolean;
}

/** What is in a folder. Neither devices nor sockets. */
export interface FolderNames {
  readonly folders: readonly string[];
  readonly files: readonly string[];
  readonly links: readonly string[];
  /** One of the names that are no UTF-8, as far as it can be shown, and how many there are. */
  readonly odd?: { readonly example: string; readonly count: number };
}

/** As many as Node has threads. */
const AT_ONCE = 4;
/** Calls that mostly take longer than this, in seconds, are worth the threads. */
const SLOW = 0.000_15;
/** Fewer calls than this say nothing about the file system. */
const FEW = 16;
/** Batches until it is seen again whether the file system is still slow. */
const BATCHES = 50;
/** Folders that are larger than this, in bytes, are read piece by piece: their names would fill the memory. */
const LARGE = 1_000_000;
const ENTRIES_AT_ONCE = 1000;
/** Calls between two looks at the clock. */
const MANY = 8;

export class TreeFiles {
  /** Grows with each answer: whether the file system answers at all. */
  answers = 0;
  #slowBatches = 0;
  readonly #slices = new Slices();

  /**
   * @param told what each path is, in any order; undefined: nothing is there any more
   * @param through whether what a link leads to is looked at, not the link
   */
  look(
    paths: readonly string[],
    told: (index: number, found: fs.Stats | undefined | Unreadable) => void,
    through = false,
  ): Promise<void> {
    const [now, soon] = through ? [fs.statSync, promises.stat] : [fs.lstatSync, promises.lstat];
    return this.#each<string, fs.Stats | undefined>(
      paths,
      (path) => now(path, { throwIfNoEntry: false }),
      (path) => soon(path),
      told,
    );
  }

  /** @param told what is in each folder, in any order; undefined: it is not there any more, or no folder */
  names(
    folders: readonly { readonly path: string; readonly bytes: number }[],
    told: (index: number, found: FolderNames | undefined | Unreadable) => void,
  ): Promise<void> {
    return this.#each(
      folders,
      ({ path, bytes }) => (bytes > LARGE ? namesPieceByPiece(path) : sorted(path, readNow(path))),
      async ({ path, bytes }) =>
        bytes > LARGE ? namesPieceByPiece(path) : sorted(path, await promises.readdir(path, { withFileTypes: true })),
      told,
    );
  }

  async #each<T, R>(
    things: readonly T[],
    now: (thing: T) => R,
    soon: (thing: T) => Promise<R>,
    told: (index: number, found: R | undefined | Unreadable) => void,
  ): Promise<void> {
    if (this.#slowBatches > 0) {
      this.#slowBatches--;
      await fewAtATime([...things.keys()], AT_ONCE, async (index) => {
        told(index, await soon(things[index] as T).catch(failed));
        this.answers++;
      });
      return;
    }
    const times: number[] = [];
    for (let from = 0; from < things.length; from += MANY) {
      const since = systemClock.monotonic();
      const to = Math.min(things.length, from + MANY);
      for (let index = from; index < to; index++)
        told(
          index,
          attempt(() => now(things[index] as T)),
        );
      this.answers += to - from;
      times.push((systemClock.monotonic() - since) / (to - from));
      await this.#slices.rest();
    }
    // The median: a single long call may be a process that had to wait for its turn
    const median = times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
    if (things.length >= FEW && median > SLOW) this.#slowBatches = BATCHES;
  }
}

function attempt<R>(work: () => R): R | undefined | Unreadable {
  try {
    return work();
  } catch (thrown) {
    return failed(thrown);
  }
}

/** @throws what is no failure of the file system */
function failed(thrown: unknown): Unreadable | undefined {
  const code = codeOf(thrown);
  if (code === undefined) throw thrown;
  if (code === "ENOENT" || code === "ENOTDIR") return undefined;
  return { why: systemFailure(thrown)?.words ?? code, isDenied: code === "EACCES" || code === "EPERM" };
}

const readNow = (path: string): fs.Dirent[] => fs.readdirSync(path, { withFileTypes: true });

function sorted(path: string, entries: Iterable<fs.Dirent>): FolderNames {
  const [folders, files, links]: [string[], string[], string[]] = [[], [], []];
  let odd: { example: string; count: number } | undefined;
  for (const entry of entries) {
    const { name } = entry;
    if (name.includes("\ufffd") && fs.lstatSync(`${path}/${name}`, { throwIfNoEntry: false }) === undefined)
      odd = { example: odd?.example ?? name, count: (odd?.count ?? 0) + 1 };
    else if (entry.isFile()) files.push(name);
    else if (entry.isDirectory()) folders.push(name);
    else if (entry.isSymbolicLink()) links.push(name);
  }
  return { folders, files, links, ...(odd !== undefined && { odd }) };
}

function namesPieceByPiece(path: string): FolderNames {
  const folder = fs.opendirSync(path, { bufferSize: ENTRIES_AT_ONCE });
  try {
    return sorted(path, entriesOf(folder));
  } finally {
    folder.closeSync();
  }
}

function* entriesOf(folder: fs.Dir): Generator<fs.Dirent> {
  for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) yield entry;
}
