/** Credentials for a service, and how they stand. */
import type { CallOptions } from "./call.ts";

/** Credentials' state, as the AuthDM and AuthGlobus PVs show it (decision 15). */
export type AuthState = "Off" | "OK" | "Expiring" | "LoginNeeded";

export interface Identity {
  /** Gets, or renews, what the other Globus ports need. */
  state(options: CallOptions): Promise<{ readonly state: AuthState; readonly expires?: Date }>;
}
