/** Credentials for a service, and their state. */
import type { AuthState } from "../pvs/run.ts";
import type { CallOptions } from "./call.ts";

/**
 * What a person runs to log in to Globus.
 * @param flow its id, or the name that it was deployed under
 */
export function loginCommand(flow?: string, { collections = [], isAnew = false }: LoginNeeds = {}): string {
  const options = [
    ...(flow === undefined ? [] : ["--flow", flow]),
    ...collections.flatMap((id) => ["--collection", id]),
    ...(isAnew ? ["--force"] : []),
  ];
  return `\`${["globus-ioc login", ...options].join(" ")}\``;
}

interface LoginNeeds {
  /** Ids of mapped collections that are let in. */
  readonly collections?: readonly string[];
  /** Where somebody is logged in, and that is too long ago. */
  readonly isAnew?: boolean;
}

/** What a person does about a login that Globus refuses. */
export const LOGIN_ADVICE = `run ${loginCommand()}`;

/** The state of credentials once the service has answered. */
export type LoginState = Exclude<AuthState, "Unknown">;

export interface KnownLogin {
  readonly state: LoginState;
  readonly expires?: Date;
  /** True: nothing renews it, and a person must log in again before it expires. */
  readonly isLast?: boolean;
  /** Of LoginNeeded: what is wrong, and what a person does about it, a sentence. */
  readonly why?: string;
}

export interface Identity {
  /** Gets, or renews, the login, and tells its state. */
  state(options: CallOptions): Promise<KnownLogin>;
}
