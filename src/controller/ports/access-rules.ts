/** Who may read a directory of a Globus guest collection. */
import type { CallOptions } from "./call.ts";
import type { DirectoryState } from "./directories.ts";

/** A rule: who may use a directory of a collection. */
export interface AccessGrant {
  /** The rule's id, for `revoke`. */
  readonly id: string;
  /** Globus identity. */
  readonly identity: string;
  /** Globus user name, such as `noether@example.org`; the identity where no name can be found. */
  readonly username: string;
  readonly name?: string;
  readonly email?: string;
  /** The rule's directory, with a slash at its end. */
  readonly path: string;
  /** `r` or `rw`. */
  readonly permissions: string;
}

/** Access rules of one Globus guest collection. */
export interface AccessRules {
  /** The collection, as operators know it. */
  readonly name: string;
  /** Rules for the directory itself, which is given as its parts below the collection's top. */
  list(parts: readonly string[], options: CallOptions): Promise<readonly AccessGrant[]>;
  /**
   * Lets the Globus user with this name, or e-mail address, read the directory.
   * @returns Exists when a rule lets the user read it already
   * @throws NotFoundError when Globus knows nobody by this name, and cannot make an identity for it
   */
  grant(parts: readonly string[], username: string, options: CallOptions): Promise<DirectoryState>;
  /** Takes a rule away. @throws NotFoundError when the rule is gone already */
  revoke(id: string, options: CallOptions): Promise<void>;
}
