/**
 * The files of one simulated Globus collection, in memory: directories, and files that have a size and no content.
 * Knows nothing of HTTP, tokens or who may do what.
 */
import { posix } from "node:path";

export interface FileEntry {
  readonly type: "dir" | "file";
  readonly bytes: number;
  /** Milliseconds since 1970 UTC. */
  readonly modified: number;
}

/** Absolute and without a slash at its end; `/~/` is the root. */
export function normalPath(path: string): string {
  const plain = posix.resolve("/", path.replace(/^\/?~/, ""));
  return plain === "" ? "/" : plain;
}

export class FileTree {
  readonly #entryByPath = new Map<string, FileEntry>();

  constructor(now: number) {
    this.#entryByPath.set("/", { type: "dir", bytes: 0, modified: now });
  }
  at(path: string): FileEntry | undefined {
    return this.#entryByPath.get(normalPath(path));
  }
  /** The entries directly in a directory, by name. */
  list(path: string): (readonly [string, FileEntry])[] {
    const above = normalPath(path);
    return [...this.#entryByPath]
      .filter(([one]) => one !== "/" && posix.dirname(one) === above)
      .map(([one, entry]) => [posix.basename(one), entry] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }
  /** One directory, whose parent must exist. */
  makeDirectory(path: string, now: number): "made" | "exists" | "noParent" {
    const at = normalPath(path);
    if (this.#entryByPath.has(at)) return "exists";
    if (this.#entryByPath.get(posix.dirname(at))?.type !== "dir") return "noParent";
    this.#entryByPath.set(at, { type: "dir", bytes: 0, modified: now });
    return "made";
  }
  /** One file, or with `bytes` undefined one directory, with all the directories above it. */
  put(path: string, bytes: number | undefined, now: number): void {
    const at = normalPath(path);
    if (at !== "/") this.put(posix.dirname(at), undefined, now);
    if (bytes !== undefined) this.#entryByPath.set(at, { type: "file", bytes, modified: now });
    else if (!this.#entryByPath.has(at)) this.#entryByPath.set(at, { type: "dir", bytes: 0, modified: now });
  }
  /** A path with all below it; nothing where there is no such path. */
  remove(path: string): void {
    const top = normalPath(path);
    for (const one of this.#entryByPath.keys())
      if (one === top || one.startsWith(`${top}/`)) this.#entryByPath.delete(one);
  }
  /** Every file at or below a path, with its path relative to it. */
  filesBelow(path: string): (readonly [string, FileEntry])[] {
    const top = normalPath(path);
    return [...this.#entryByPath]
      .filter(([one, { type }]) => type === "file" && (one === top || one.startsWith(posix.join(top, "/"))))
      .map(([one, entry]) => [posix.relative(top, one), entry] as const);
  }
}
