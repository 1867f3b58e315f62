/** What the commands that log in, and those that say who has, work with: one login, opened. */
import type { GlobusAuth } from "../auth.ts";
import type { GlobusCall } from "../call.ts";
import type { TokenStore } from "../token-store.ts";
import type { GlobusTransport } from "../transport.ts";
import type { Inheritance } from "./inherited.ts";

export interface GlobusSession {
  readonly clientId: string;
  readonly transport: GlobusTransport;
  readonly auth: GlobusAuth;
  readonly call: GlobusCall;
  /** The token file of a person's login; absent for a service account. */
  readonly store?: TokenStore;
  /** The resource servers that the settings need a login for, as they are now. */
  readonly needed: () => Promise<readonly string[]>;
  /** What people call a flow, by its id; else its id. */
  readonly nameOfFlow: (id: string) => Promise<string>;
  /** What PAL-XFEL's token file gives; undefined where there is none. @throws UnavailableError */
  readonly inheritance: () => Promise<Inheritance | undefined>;
  close(): Promise<void>;
}
