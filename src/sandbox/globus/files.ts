/**
 * The files of one simulated Globus collection: a folder of this machine, of which the collection's `/` and `/~/` are
 * the top. Nothing outside of it is read or written, by no `..` and no symbolic link. Knows nothing of HTTP, tokens or
 * who may do what.
 */
import {
  type Dirent,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path, { posix } from "node:path";

export interface FileEntry {
  readonly type: "dir" | "file";
  readonly bytes: number;
  /** Milliseconds since 1970 UTC. */
  readonly modified: number;
}

/** Absolute and without a slash at its end; `/~/` is the root. */
export function normalPath(collectionPath: string): string {
  return posix.resolve("/", collectionPath.replace(/^\/?~/, ""));
}

/** Whether `collectionPath` is `top` or below it. */
export function isBelow(collectionPath: string, top: string): boolean {
  const [one, above] = [normalPath(collectionPath), normalPath(top)];
  return one === above || one.startsWith(above === "/" ? "/" : `${above}/`);
}

/** As Node's own errors: only the code counts. */
class PathError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export class CollectionFiles {
  /** Where `/` of the collection is on this machine, without links in it. */
  readonly folder: string;

  /** @param folder exists */
  constructor(folder: string) {
    this.folder = realpathSync.native(folder);
  }
  /** What a path leads to; undefined where that is nothing, or outside. */
  at(collectionPath: string): FileEntry | undefined {
    try {
      const found = statSync(this.real(collectionPath));
      if (!found.isDirectory() && !found.isFile()) return undefined;
      const type = found.isDirectory() ? "dir" : "file";
      return { type, bytes: type === "dir" ? 0 : found.size, modified: found.mtimeMs };
    } catch {
      return undefined;
    }
  }
  /** The entries directly in a directory, by name. @throws as Node where it cannot be read */
  list(collectionPath: string): (readonly [name: string, entry: FileEntry])[] {
    return this.names(collectionPath).flatMap(({ name }) => {
      const entry = this.at(posix.join(normalPath(collectionPath), name));
      return entry === undefined ? [] : [[name, entry] as const];
    });
  }
  /** As `list`, without a look at each entry. */
  names(collectionPath: string): Dirent[] {
    return readdirSync(this.real(collectionPath), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  /** One directory, whose parent must exist. */
  makeDirectory(collectionPath: string): "made" | "exists" | "noParent" {
    if (this.at(collectionPath) !== undefined) return "exists";
    if (this.at(posix.dirname(normalPath(collectionPath)))?.type !== "dir") return "noParent";
    mkdirSync(this.real(collectionPath));
    return "made";
  }
  /** One directory with all the directories above it. */
  makeDirectories(collectionPath: string): void {
    mkdirSync(this.real(collectionPath), { recursive: true });
  }
  /**
   * One file with this content, or with so many bytes of nothing, or with undefined one directory; with all the
   * directories above it.
   */
  put(collectionPath: string, content: number | string | Uint8Array | undefined, now: number): void {
    if (content === undefined) return this.makeDirectories(collectionPath);
    this.makeDirectories(posix.dirname(normalPath(collectionPath)));
    const file = this.real(collectionPath);
    writeFileSync(file, typeof content === "number" ? "" : content);
    if (typeof content === "number") truncateSync(file, content);
    utimesSync(file, now / 1000, now / 1000);
  }
  /** A path with all below it; nothing where there is no such path. */
  remove(collectionPath: string): void {
    rmSync(this.#own(collectionPath), { recursive: true, force: true });
  }
  /** @throws as Node, and where the new path is taken */
  rename(from: string, to: string): void {
    const target = this.#own(to);
    if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) throw new PathError("EEXIST", `${to} exists`);
    renameSync(this.#own(from), target);
  }
  /**
   * Where a path is on this machine, with its links followed; what does not exist yet is below what does.
   * @throws PathError where a link leads out of the folder, or to nothing
   */
  real(collectionPath: string): string {
    const wanted = path.join(this.folder, normalPath(collectionPath));
    let above = wanted;
    let found = resolved(above);
    while (found === undefined) {
      if (lstatSync(above, { throwIfNoEntry: false }) !== undefined) throw outside(collectionPath); // a link to nothing
      above = path.dirname(above);
      found = resolved(above);
    }
    if (found !== this.folder && !found.startsWith(this.folder + path.sep)) throw outside(collectionPath);
    return path.join(found, path.relative(above, wanted));
  }
  /** Where the entry itself is, be it a link or not. */
  #own(collectionPath: string): string {
    const plain = normalPath(collectionPath);
    if (plain === "/") throw new PathError("EACCES", "the top of the collection stays");
    return path.join(this.real(posix.dirname(plain)), posix.basename(plain));
  }
}

const outside = (collectionPath: string): PathError =>
  new PathError("EACCES", `${collectionPath} is not below the top of the collection`);

/** A path without links in it; undefined where nothing is. */
function resolved(file: string): string | undefined {
  try {
    return realpathSync.native(file);
  } catch {
    return undefined;
  }
}
