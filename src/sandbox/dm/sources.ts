/**
 * The source directories that the simulated Data Management service sees: those of the simulated data host, and such as
 * tests only count. It looks and changes nothing. Like DM it takes `@host:/path` and a bare path, and finds nothing in
 * a directory that does not exist.
 */
import { type Dirent, readdirSync, statSync } from "node:fs";
import path from "node:path";

/** Names of files → when each changed last, milliseconds since 1970. */
export type FileTimes = ReadonlyMap<string, number>;

export class DmSources {
  /** Files in a directory that exists only as a number, by the directory's very text. */
  readonly filesByDirectory = new Map<string, number>();
  readonly #root: string | undefined;

  /** @param root folder of this machine that is the data host's `/`; undefined: there is no such host */
  constructor(root: string | undefined) {
    this.#root = root;
  }
  /** The files that are there now, those of its folders too. @param directory as a DAQ is told it */
  filesIn(directory: string): FileTimes {
    const count = this.filesByDirectory.get(directory);
    if (count !== undefined) return new Map(Array.from({ length: count }, (_, index) => [String(index), 0]));
    const [, onHost] = /^(?:@[^:/]+:)?(\/.*)$/.exec(directory) ?? [];
    if (this.#root === undefined || onHost === undefined) return new Map();
    // An absolute path has nothing above its root.
    return new Map(filesBelow(path.join(this.#root, path.posix.normalize(onHost))));
  }
}

/** Links are not followed. */
function* filesBelow(folder: string): Generator<[string, number]> {
  for (const entry of entriesOf(folder)) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(name);
    const changed = entry.isFile() ? statSync(name, { throwIfNoEntry: false })?.mtimeMs : undefined;
    if (changed !== undefined) yield [name, changed];
  }
}

/** None for a folder that is missing or cannot be read. */
function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
