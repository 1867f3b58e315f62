/** Credentials for a service, and their state. */
import type { AuthState } from "../pvs/run.ts";
import type { CallOptions } from "./call.ts";

/** The state of credentials once the service has answered. */
export type LoginState = Exclude<AuthState, "Unknown">;

export interface KnownLogin {
  readonly state: LoginState;
  readonly expires?: Date;
  /** True: nothing renews it, and a person must log in again before it expires. */
  readonly isLast?: boolean;
}

export interface Identity {
  /** Gets, or renews, the login, and tells its state. */
  state(options: CallOptions): Promise<KnownLogin>;
}
