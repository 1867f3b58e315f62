/**
 * Counts the files below a directory, and their bytes, within bounds: a beamline's tree may hold millions. It lists nothing itself, follows no symbolic
 * link, and does not know where the directory is: the caller's `list` does.
 */
import type { Clock } from "./clock.ts";

export interface TreeEntry {
  readonly name: string;
  /** Links and devices are `other`: neither counted nor followed. */
  readonly kind: "file" | "directory" | "other";
  /** Of a file. */
  readonly bytes: number;
}

export interface TreeCountOptions {
  /** The entries of a directory, some at a time; the first directory is "", those below it are named from it, as `a/b`. */
  readonly list: (path: string) => AsyncIterable<readonly TreeEntry[]>;
  /** Whether a failure to list a directory below the first concerns that one alone; others end the count. */
  readonly isLocal: (thrown: unknown) => boolean;
  readonly limits: TreeLimits;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

export interface TreeLimits {
  readonly entries: number;
  /** Levels below the first directory. */
  readonly depth: number;
  readonly seconds: number;
}

/** For a look that an operator waits for. */
export const QUICK_LOOK: TreeLimits = { entries: 20_000, depth: 16, seconds: 10 };

export interface TreeCount {
  readonly files: number;
  readonly bytes: number;
  /** False: there is more than was counted, because a limit was reached or a directory could not be listed. */
  readonly complete: boolean;
}

/** @throws what `list` throws for the first directory, and what is not local; the signal's reason */
export async function countTree(options: TreeCountOptions): Promise<TreeCount> {
  const { limits, clock, list, isLocal, signal } = options;
  const began = clock.monotonic();
  const waiting = [{ path: "", depth: 0 }];
  const count = { files: 0, bytes: 0, complete: true };
  let entries = 0;
  const visit = async ({ path, depth }: { readonly path: string; readonly depth: number }): Promise<boolean> => {
    for await (const batch of list(path)) {
      signal?.throwIfAborted();
      for (const { name, kind, bytes } of batch) {
        if (++entries > limits.entries) return false;
        if (kind === "file") {
          count.files++;
          count.bytes += bytes;
        } else if (kind === "directory") {
          if (depth < limits.depth) waiting.push({ path: path === "" ? name : `${path}/${name}`, depth: depth + 1 });
          else count.complete = false;
        }
      }
      if (clock.monotonic() - began >= limits.seconds) return false;
    }
    return true;
  };
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    try {
      if (!(await visit(next))) return { ...count, complete: false };
    } catch (thrown) {
      if (next.path === "" || !isLocal(thrown)) throw thrown;
      count.complete = false;
    }
  }
  return count;
}
