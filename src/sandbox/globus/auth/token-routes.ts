/**
 * What applications ask the simulated Globus Auth about tokens that they hold: introspection, validation, and
 * revocation. The shapes are those of Globus' published sample answers; `validate` is as globus-cli reads it.
 */
import type { TwinAnswer } from "../../http-twin.ts";
import type { Asked } from "../world.ts";
import { type AccessToken, type AuthMemory, accessTokenOf, refreshTokenOf, type TwinClient } from "./auth-state.ts";
import { requireClient } from "./client-proof.ts";
import { issuerOf } from "./openid.ts";
import { oauthRefusal } from "./refusals.ts";
import { identitySetOf, sessionDocument } from "./sessions.ts";

const INACTIVE: TwinAnswer = { status: 200, body: { active: false } };
const tokenOf = ({ request }: Asked): string => new URLSearchParams(request.body).get("token") ?? "";

/** For applications with a secret. */
export function introspect(asked: Asked): TwinAnswer {
  const { world, request } = asked;
  const client = requireClient(world.auth, request);
  if (client.secret === undefined) throw oauthRefusal(401, "invalid_client");
  const token = accessTokenOf(world.auth, tokenOf(asked));
  if (token === undefined) return INACTIVE;
  const include = (new URLSearchParams(request.body).get("include") ?? "").split(",");
  return { status: 200, body: introspection(world.auth, token, issuerOf(request), include) };
}

function introspection(auth: AuthMemory, token: AccessToken, issuer: string, include: readonly string[]): object {
  const { identity } = token;
  const set = identitySetOf(auth, identity);
  return {
    active: true,
    token_type: "Bearer",
    scope: token.scope,
    client_id: token.clientId,
    username: identity.username,
    name: identity.name,
    email: identity.email,
    exp: Math.floor(token.expires / 1000),
    iat: Math.floor(token.issued / 1000),
    nbf: Math.floor(token.issued / 1000),
    sub: identity.id,
    aud: [token.resourceServer, token.clientId],
    iss: issuer,
    ...(include.includes("identity_set") && { identity_set: set.map(({ id }) => id) }),
    ...(include.includes("session_info") && { session_info: sessionDocument(auth, token.session) }),
  };
}

/** Whether an access or refresh token still holds. */
export function validate(asked: Asked): TwinAnswer {
  const { auth } = asked.world;
  const client = requireClient(auth, asked.request);
  const text = tokenOf(asked);
  const token = accessTokenOf(auth, text) ?? refreshTokenOf(auth, text);
  return token === undefined || !mayEnd(auth, client, token) ? INACTIVE : { status: 200, body: { active: true } };
}

/** An application may end its own tokens, and those of the applications that are made after it. */
function mayEnd(auth: AuthMemory, { id }: TwinClient, { clientId }: { readonly clientId: string }): boolean {
  return clientId === id || auth.clientById.get(clientId)?.templateId === id;
}

/** The answer is the same for what never was a token. A refresh token takes along the access tokens that it gave. */
export function revoke(asked: Asked): TwinAnswer {
  const { auth } = asked.world;
  const client = requireClient(auth, asked.request);
  const text = tokenOf(asked);
  const token = auth.tokenByText.get(text) ?? auth.refreshByText.get(text);
  if (token === undefined || !mayEnd(auth, client, token)) return INACTIVE;
  auth.tokenByText.delete(text);
  if (auth.refreshByText.delete(text))
    for (const one of auth.tokenByText.values()) if (one.refreshToken === text) auth.tokenByText.delete(one.text);
  return INACTIVE;
}
