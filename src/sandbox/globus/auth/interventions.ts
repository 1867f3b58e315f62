/** What persons and administrators do to logins and consents behind an application's back, as soon as it is called. */
import { randomUUID } from "node:crypto";
import { type AuthMemory, giveRefreshToken, identityOf, type TwinIdentity } from "./auth-state.ts";
import { scopesOf } from "./scope-tree.ts";
import { sessionOf } from "./sessions.ts";

/** A consent that stands. */
export interface StandingConsent {
  readonly clientId: string;
  readonly username: string;
  /** From the scope that the application asked for down to the one that is consented to. */
  readonly scopes: readonly string[];
}

export interface AuthInterventions {
  /** Every access token that was given so far is over. */
  expireTokens(): void;
  /** Every refresh token that was given so far is refused. */
  endLogins(): void;
  /** A refresh token as a login of the person would have given it, with consents to these scopes. */
  loginFor(scope: string): string;
  /** Every consent that stands. */
  consents(): readonly StandingConsent[];
  /** The person unticks this scope at every login from now on. @returns what ticks it again */
  withhold(scope: string): () => void;
  /**
   * The person withdraws every consent to this scope. One that was asked for without a `*` takes along what it hangs
   * on. Access and refresh tokens for what is withdrawn end at once.
   */
  revokeConsent(scope: string): void;
  /** Nobody has logged in any more: what wants a session refuses until the person logs in again. */
  endSession(): void;
  /**
   * What services may demand of sessions: a login with an identity of one of these domains (none: of any), that is not
   * older than so many seconds. @returns its id
   */
  addPolicy(policy: { readonly domains?: readonly string[]; readonly timeoutSeconds?: number }): string;
}

export function authInterventions(auth: AuthMemory, clientId: string, person: TwinIdentity): AuthInterventions {
  return {
    expireTokens: () => auth.tokenByText.clear(),
    endLogins: () => auth.refreshByText.clear(),
    loginFor: (scope) => {
      const owner = { applicationId: clientId, identityId: person.id, allowsRefresh: true };
      const roots = auth.consents.grant(scopesOf(scope), owner, auth.clock.now());
      const session = sessionOf(auth, clientId, person.id);
      return giveRefreshToken(auth, { clientId, identity: person, session }, roots).text;
    },
    consents: () =>
      auth.consents.all.map(({ applicationId, identityId, scopes }) => ({
        clientId: applicationId,
        username: identityOf(auth, identityId).username,
        scopes,
      })),
    withhold: (scope) => {
      auth.consents.withheld.add(scope);
      return () => void auth.consents.withheld.delete(scope);
    },
    revokeConsent: (scope) => {
      for (const one of auth.consents.all) if (one.scope === scope && !one.isRevoked) auth.consents.revoke(one);
    },
    endSession: () => {
      for (const { authenticatedById } of auth.sessionByOwner.values()) authenticatedById.clear();
    },
    addPolicy: ({ domains = [], timeoutSeconds = Infinity }) => {
      const id = randomUUID();
      auth.policyById.set(id, { domains, timeoutSeconds });
      return id;
    },
  };
}
