/** Credentials for a service, and their state. */
import type { AuthState } from "../pvs/run.ts";
import type { CallOptions } from "./call.ts";

/**
 * What a person runs to log in to Globus.
 * @param flow its id, or the name that it was deployed under
 */
export function loginCommand(flow?: string, { collections = [], session }: LoginNeeds = {}): string {
  const anew = [
    ...(session?.policies ?? []).flatMap((id) => ["--policy", id]),
    ...(session?.domains ?? []).flatMap((domain) => ["--domain", domain]),
  ];
  const options = [
    ...(flow === undefined ? [] : ["--flow", flow]),
    ...collections.flatMap((id) => ["--collection", id]),
    ...(session !== undefined && anew.length === 0 ? ["--force"] : anew),
  ];
  return `\`${["globus-ioc login", ...options].join(" ")}\``;
}

interface LoginNeeds {
  /** Ids of mapped collections that are let in. */
  readonly collections?: readonly string[];
  /** What a login of this moment must meet; absent: the login that there is will do. */
  readonly session?: Pick<SessionNeed, "policies" | "domains">;
}

/** What Globus wants of the session in which somebody logs in. */
export interface SessionNeed {
  /** Ids of policies. */
  readonly policies: readonly string[];
  /** Of one of these the identity must be. */
  readonly domains: readonly string[];
  /** In words. */
  readonly message: string;
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
