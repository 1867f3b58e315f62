/**
 * The token end point of the simulated Globus Auth: its three grants, with one access token for each resource server
 * among the scopes. globus.md §3.1; the shapes are those of Globus' published sample answers.
 */
import { createHash } from "node:crypto";
import type { TwinAnswer } from "../../http-twin.ts";
import type { Asked, GlobusWorld } from "../world.ts";
import {
  byResourceServer,
  giveAccessToken,
  giveRefreshToken,
  identityOf,
  type RefreshToken,
  refreshTokenOf,
  type TokenOwner,
  type TwinClient,
} from "./auth-state.ts";
import { unknownScopes, unknownScopeWords } from "./authorize.ts";
import { requireClient } from "./client-proof.ts";
import type { Consent } from "./consents.ts";
import { idToken, issuerOf } from "./openid.ts";
import { apiRefusal, oauthRefusal } from "./refusals.ts";
import { parseScopes } from "./scope-tree.ts";
import { sessionOf } from "./sessions.ts";

type TokenAnswer = Readonly<Record<string, unknown>>;
/** What is granted to whom, with the refresh token of each resource server, if any. */
interface TokenGrant {
  readonly owner: TokenOwner;
  readonly roots: readonly Consent[];
  readonly refresh: (roots: readonly Consent[]) => RefreshToken | undefined;
  readonly state?: string;
  readonly nonce?: string | undefined;
}
type GrantRow = (world: GlobusWorld, client: TwinClient, form: URLSearchParams) => TokenGrant;

/** What each kind of grant wants to see. */
const GRANTS: Readonly<Record<string, GrantRow>> = {
  client_credentials: (world, client, form) => {
    if (client.secret === undefined) throw oauthRefusal(400, "unauthorized_client");
    const { auth } = world;
    const asked = parseScopes(form.get("scope") ?? "") ?? [];
    if (asked.length === 0) throw oauthRefusal(400, "invalid_scope");
    const unknown = unknownScopes(auth, asked);
    if (unknown.length > 0) {
      const words = unknownScopeWords(client.id, unknown);
      throw apiRefusal(400, "UNKNOWN_SCOPE_ERROR", "Unknown scope(s)", words);
    }
    // An application consents for itself by asking.
    const owner = { applicationId: client.id, identityId: client.id, allowsRefresh: false };
    const roots = auth.consents.grant(asked, owner, auth.clock.now());
    const session = sessionOf(auth, client.id, client.id);
    const self = { clientId: client.id, identity: identityOf(auth, client.id), session };
    return { owner: self, roots, refresh: () => undefined };
  },
  refresh_token: (world, client, form) => {
    const old = refreshTokenOf(world.auth, form.get("refresh_token") ?? "");
    if (old === undefined || old.clientId !== client.id) throw oauthRefusal(401, "invalid_grant");
    old.used = world.clock.now();
    if (!world.faults.rotatesRefreshTokens) return { owner: old, roots: old.roots, refresh: () => old };
    world.auth.refreshByText.delete(old.text);
    return { owner: old, roots: old.roots, refresh: (roots) => giveRefreshToken(world.auth, old, roots) };
  },
  authorization_code: (world, client, form) => {
    const { auth } = world;
    const code = form.get("code") ?? "";
    const pending = auth.pendingByCode.get(code);
    // It is good for one attempt, even one that fails.
    auth.pendingByCode.delete(code);
    const verifier = form.get("code_verifier") ?? "";
    if (pending?.challenge !== undefined && verifier === "")
      throw oauthRefusal(400, "invalid_request", "Code verifier required.");
    const shown = createHash("sha256").update(verifier).digest("base64url");
    const fits =
      pending !== undefined &&
      pending.expires > auth.clock.now() &&
      pending.clientId === client.id &&
      pending.redirectUri === form.get("redirect_uri") &&
      (pending.challenge === undefined || pending.challenge === shown) &&
      pending.roots.every(({ isRevoked }) => !isRevoked);
    if (!fits) throw oauthRefusal(401, "invalid_grant");
    const { roots, isOffline, state, nonce } = pending;
    const refresh = (some: readonly Consent[]): RefreshToken | undefined =>
      isOffline ? giveRefreshToken(auth, pending, some) : undefined;
    return { owner: pending, roots, refresh, state, nonce };
  },
};

export function giveToken({ world, request }: Asked): TwinAnswer {
  const form = new URLSearchParams(request.body);
  const grant = GRANTS[form.get("grant_type") ?? ""];
  if (grant === undefined) throw oauthRefusal(400, "unsupported_grant_type");
  const client = requireClient(world.auth, request);
  return { status: 200, body: tokenAnswer(world, grant(world, client, form), issuerOf(request)) };
}

/** The token answer: the first resource server at the top, the others below it. */
function tokenAnswer({ auth }: GlobusWorld, granted: TokenGrant, issuer: string): TokenAnswer {
  const { owner, roots, refresh, state = "", nonce } = granted;
  let signed: string | undefined;
  const grants = [...byResourceServer(roots).values()].map((some) => {
    const refreshToken = refresh(some)?.text;
    const token = giveAccessToken(auth, owner, some, refreshToken);
    if (some.some(({ scope }) => scope === "openid")) signed = idToken(auth, token, { issuer, nonce });
    return {
      access_token: token.text,
      scope: token.scope,
      expires_in: (token.expires - token.issued) / 1000,
      token_type: "Bearer",
      resource_server: token.resourceServer,
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    };
  });
  const [first, ...others] = grants;
  if (first === undefined) throw oauthRefusal(400, "invalid_scope");
  // Who logged in is told at the top, whichever service is first.
  const login = { ...(signed !== undefined && { id_token: signed }), ...(state !== "" && { state }) };
  return { ...first, ...login, other_tokens: others };
}
