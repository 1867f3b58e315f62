/** Who may read a directory of a Globus guest collection. */
import type { CallOptions } from "./call.ts";
import type { DirectoryState } from "./directories.ts";

/** One who may use a directory of a collection. */
export interface AccessGrant {
  /** The rule's id; what is taken away is taken by it. */
  readonly id: string;
  /** Globus identity. */
  readonly identity: string;
  /** Globus user name, such as `noether@example.org`; the identity where it cannot be looked up. */
  readonly username: string;
  readonly name?: string;
  readonly email?: string;
  /** Directory that it is for, with a slash at its end. */
  readonly path: string;
  /** `r` or `rw`. */
  readonly permissions: string;
}

/** Access rules of one Globus guest collection. */
export interface AccessRules {
  /** The collection, as operators know it. */
  readonly name: string;
  /** Rules for this very directory, given as its parts below the collection's top. */
  list(parts: readonly string[], options: CallOptions): Promise<readonly AccessGrant[]>;
  /**
   * Lets the Globus user of that name, or e-mail address, read the directory.
   * @returns Exists when a rule says so already
   * @throws NotFoundError when Globus knows nobody by that name, and may not make an identity for it
   */
  grant(parts: readonly string[], username: string, options: CallOptions): Promise<DirectoryState>;
  /** Takes a rule away. @throws NotFoundError when it is gone already */
  revoke(id: string, options: CallOptions): Promise<void>;
}
