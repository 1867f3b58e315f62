/** Directories on other hosts, and on Globus collections. */
import type { CallOptions } from "./call.ts";

/** What became of one directory. */
export type DirectoryState = "Exists" | "Created";

/** One tree of directories, on one host or one Globus collection. */
export interface DirectoryTree {
  /** The host or collection, as operators know it. */
  readonly name: string;
  /** Absolute path on the host; `makeDirectories` works under it. */
  readonly top: string;
  /**
   * Makes `top`/`parts[0]`/`parts[1]`… where missing, one connection for all. `top` itself must exist.
   * @returns Created if the last part was made now
   */
  makeDirectories(parts: readonly string[], options: CallOptions): Promise<DirectoryState>;
}
