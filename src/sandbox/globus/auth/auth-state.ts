/**
 * What the simulated Globus Auth remembers: identities, applications, consents, tokens and logins under way. How they
 * come about is in token-grants.ts and authorize.ts.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "../../../base/clock.ts";
import type { Consent, Consents } from "./consents.ts";
import { AUTH_SERVER, resourceServerOf, type ScopeOwners } from "./known-scopes.ts";

export interface TwinIdentity {
  readonly id: string;
  readonly username: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly organization: string | null;
  status: "unused" | "used";
  /** Where its owner proves to be the owner. */
  readonly provider: IdentityProvider;
}

export interface IdentityProvider {
  readonly id: string;
  readonly name: string;
}

/** An application that is registered with Globus. */
export interface TwinClient {
  readonly id: string;
  readonly name: string;
  /** Undefined for a native application, which proves itself by PKCE instead. */
  readonly secret: string | undefined;
  /** Beside these, any port of this machine. */
  readonly redirectUris: readonly string[];
  /** The application after which it was made, for one place. */
  readonly templateId: string | undefined;
  readonly projectId: string | undefined;
}

/** Applications that the same people manage. */
export interface TwinProject {
  readonly id: string;
  readonly name: string;
  readonly contactEmail: string;
  readonly adminIds: readonly string[];
}

/** Who of a person's identities has logged in for an application, by its id, and when: milliseconds since 1970 UTC. */
export interface Session {
  readonly id: string;
  readonly authenticatedById: Map<string, number>;
}

/** What a service may demand of a session. */
export interface SessionPolicy {
  /** Of the identity that has logged in; empty: of any. */
  readonly domains: readonly string[];
  readonly timeoutSeconds: number;
}

/** What the bearer of a token may do: the consents that stood when it was given, as long as they stand. */
export interface AccessToken {
  readonly text: string;
  readonly clientId: string;
  readonly identity: TwinIdentity;
  readonly resourceServer: string;
  /** Separated by blanks, without the scopes that hang on them. */
  readonly scope: string;
  /** The consents to these scopes. */
  readonly roots: readonly Consent[];
  /** The ids of all consents below them that stood when the token was given: what came later is not in it. */
  readonly consents: ReadonlySet<number>;
  /** Milliseconds since 1970 UTC, as `expires`. */
  readonly issued: number;
  expires: number;
  /** With which it was had, if any. */
  readonly refreshToken: string | undefined;
  /** The flow in whose name a service uses it. */
  readonly flow?: string;
  readonly session: Session;
}

/** A login that can be renewed, for one resource server. */
export interface RefreshToken {
  readonly text: string;
  readonly clientId: string;
  readonly identity: TwinIdentity;
  readonly roots: readonly Consent[];
  readonly session: Session;
  /** It ends when nobody uses it for half a year. Milliseconds since 1970 UTC. */
  used: number;
}

/** A login under way: the code that the browser carries back. */
export interface PendingLogin {
  readonly clientId: string;
  readonly identity: TwinIdentity;
  readonly roots: readonly Consent[];
  readonly redirectUri: string;
  readonly challenge: string | undefined;
  readonly session: Session;
  readonly isOffline: boolean;
  readonly state: string;
  readonly nonce: string | undefined;
  readonly expires: number;
}

export interface AuthMemory {
  readonly clock: Clock;
  readonly identities: TwinIdentity[];
  /** What is linked to an identity, without itself. */
  readonly linkedById: ReadonlyMap<string, readonly TwinIdentity[]>;
  readonly projectById: Map<string, TwinProject>;
  readonly policyById: Map<string, SessionPolicy>;
  /** By the application's and the person's ids, with a blank between. */
  readonly sessionByOwner: Map<string, Session>;
  readonly clientById: Map<string, TwinClient>;
  readonly scopeOwners: ScopeOwners;
  /** The flows whose scopes exist, with the scopes that each of them needs of others, as text. */
  readonly dependentsByFlow: Map<string, string>;
  readonly consents: Consents;
  readonly tokenByText: Map<string, AccessToken>;
  readonly refreshByText: Map<string, RefreshToken>;
  readonly pendingByCode: Map<string, PendingLogin>;
}

export interface TokenOwner {
  readonly clientId: string;
  readonly identity: TwinIdentity;
  readonly session: Session;
}

/** The provider of those who have no other. */
export const GLOBUS_ID: IdentityProvider = { id: "41143743-f3c8-4d60-bbdb-eeecaba85bd9", name: "Globus ID" };
const LIFE_SECONDS = 172_800;
const IDLE_MILLISECONDS = 182 * 24 * 3600 * 1000;

/** Gives one access token, for scopes of one resource server. */
export function giveAccessToken(
  auth: AuthMemory,
  { clientId, identity, session }: TokenOwner,
  roots: readonly Consent[],
  refreshToken: string | undefined,
): AccessToken {
  const now = auth.clock.now();
  const standing = roots.flatMap(({ family }) => family);
  for (const consent of standing) consent.used = now;
  const token: AccessToken = {
    text: `Ag${randomBytes(24).toString("hex")}`,
    clientId,
    identity,
    resourceServer: resourceServerOf(roots[0]?.scope ?? AUTH_SERVER),
    scope: roots.map(({ scope }) => scope).join(" "),
    roots,
    consents: new Set(standing.map(({ id }) => id)),
    issued: now,
    expires: now + LIFE_SECONDS * 1000,
    refreshToken,
    session,
  };
  auth.tokenByText.set(token.text, token);
  return token;
}

export function giveRefreshToken(
  auth: AuthMemory,
  { clientId, identity, session }: TokenOwner,
  roots: readonly Consent[],
): RefreshToken {
  const text = `Ag${randomBytes(24).toString("hex")}`;
  const token: RefreshToken = { text, clientId, identity, roots, session, used: auth.clock.now() };
  auth.refreshByText.set(text, token);
  return token;
}

const stands = (roots: readonly Consent[]): boolean => roots.every(({ isRevoked }) => !isRevoked);

/** @returns undefined for what is no token, or none any more */
export function accessTokenOf(auth: AuthMemory, text: string): AccessToken | undefined {
  const token = auth.tokenByText.get(text);
  return token !== undefined && token.expires > auth.clock.now() && stands(token.roots) ? token : undefined;
}

/** @returns undefined for what is no refresh token, or none any more */
export function refreshTokenOf(auth: AuthMemory, text: string): RefreshToken | undefined {
  const token = auth.refreshByText.get(text);
  if (token === undefined || !stands(token.roots)) return undefined;
  return auth.clock.now() - token.used > IDLE_MILLISECONDS ? undefined : token;
}

/** Scopes that belong to the same service, whose token they share. */
export function byResourceServer(roots: readonly Consent[]): ReadonlyMap<string, readonly Consent[]> {
  const byServer = new Map<string, readonly Consent[]>();
  for (const root of roots) {
    if (root.scope === "offline_access") continue;
    const server = resourceServerOf(root.scope);
    byServer.set(server, [...(byServer.get(server) ?? []), root]);
  }
  return byServer;
}

export function identityOf(auth: AuthMemory, id: string): TwinIdentity {
  const known = auth.identities.find((one) => one.id === id);
  if (known === undefined) throw new Error(`the simulated Globus has no identity ${id}`);
  return known;
}

/** An identity that somebody named before its owner ever came. */
export function provisionIdentity(auth: AuthMemory, username: string): TwinIdentity {
  const unknown = { name: null, email: null, organization: null };
  const identity: TwinIdentity = { id: randomUUID(), username, ...unknown, status: "unused", provider: GLOBUS_ID };
  auth.identities.push(identity);
  return identity;
}
