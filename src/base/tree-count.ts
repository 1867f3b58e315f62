/**
 * Counts the files below a directory, and their bytes, within bounds: a beamline's tree may hold millions. It lists
 * nothing itself, follows no symbolic link, and does not know where the directory is: the caller's `list` does.
 */
import { orAbort } from "./or-abort.ts";

export interface TreeEntry {
  readonly name: string;
  /** Links and devices are `other`: neither counted nor followed. */
  readonly kind: "file" | "directory" | "other";
  /** Of a file. */
  readonly bytes: number;
}

export interface TreeCountOptions {
  /**
   * The entries of a directory, some at a time; the first directory is "", those below it are named from it, as `a/b`.
   */
  readonly list: (path: string) => AsyncIterable<readonly TreeEntry[]>;
  /**
   * Whether a failure to list a directory below the first concerns that directory alone; other failures end the count.
   */
  readonly isLocal: (thrown: unknown) => boolean;
  readonly limits: TreeLimits;
  /** Aborted when the time is over; what was counted until then is the count. */
  readonly late: AbortSignal;
  readonly signal?: AbortSignal | undefined;
}

export interface TreeLimits {
  readonly entries: number;
  /** Levels below the first directory. */
  readonly depth: number;
}

export interface TreeCount {
  readonly files: number;
  readonly bytes: number;
  /** False: there is more than was counted, because a limit was reached or a directory could not be listed. */
  readonly complete: boolean;
}

/**
 * @throws what `list` throws for the first directory, and what is not local; the signal's reason; `late`'s where
 * nothing was listed before
 */
export async function countTree(options: TreeCountOptions): Promise<TreeCount> {
  const { late, signal } = options;
  const count = { entries: 0, files: 0, bytes: 0, complete: true };
  const until = AbortSignal.any(signal === undefined ? [late] : [late, signal]);
  try {
    await orAbort(walk(options, count, until), until);
  } catch (thrown) {
    signal?.throwIfAborted();
    if (!late.aborted || count.entries === 0) throw thrown;
    count.complete = false;
  }
  const { files, bytes, complete } = count;
  return { files, bytes, complete };
}

/** Adds to `count` until all is listed, a limit reached, or `until` aborted. */
async function walk(
  { limits, list, isLocal }: TreeCountOptions,
  count: { entries: number; files: number; bytes: number; complete: boolean },
  until: AbortSignal,
): Promise<void> {
  const waiting = [{ path: "", depth: 0 }];
  const visit = async ({ path, depth }: { readonly path: string; readonly depth: number }): Promise<boolean> => {
    for await (const batch of list(path)) {
      until.throwIfAborted();
      for (const { name, kind, bytes } of batch) {
        if (++count.entries > limits.entries) return false;
        if (kind === "file") {
          count.files++;
          count.bytes += bytes;
        } else if (kind === "directory") {
          if (depth < limits.depth) waiting.push({ path: path === "" ? name : `${path}/${name}`, depth: depth + 1 });
          else count.complete = false;
        }
      }
    }
    return true;
  };
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    try {
      if (!(await visit(next))) {
        count.complete = false;
        return;
      }
    } catch (thrown) {
      until.throwIfAborted();
      if (next.path === "" || !isLocal(thrown)) throw thrown;
      count.complete = false;
    }
  }
}
