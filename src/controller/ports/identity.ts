/** Credentials for a service, and how they stand. */
import type { AuthState } from "../pvs/run.ts";
import type { CallOptions } from "./call.ts";

/** How credentials stand once the service has answered. */
export type LoginState = Exclude<AuthState, "Unknown">;

export interface Identity {
  /** Gets, or renews, what the other Globus ports need. */
  state(options: CallOptions): Promise<{ readonly state: LoginState; readonly expires?: Date }>;
}
