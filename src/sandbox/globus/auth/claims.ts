/** What the simulated Globus Auth tells of the person behind a token: as much as the token's scopes let know. */
import type { TwinAnswer } from "../../http-twin.ts";
import { type Asked, bearerOf } from "../world.ts";
import type { AccessToken, AuthMemory, TwinIdentity } from "./auth-state.ts";
import { AUTH_SERVER } from "./known-scopes.ts";
import { forbidden, unauthorized } from "./refusals.ts";
import { identitySetOf } from "./sessions.ts";

const VIEW_IDENTITY_SET = "urn:globus:auth:scope:auth.globus.org:view_identity_set";

export function tellBearer(asked: Asked): TwinAnswer {
  const token = bearerOf(asked, AUTH_SERVER);
  if (token === undefined) throw unauthorized();
  if (!token.scope.split(" ").includes("openid")) throw forbidden();
  return { status: 200, body: identityClaims(asked.world.auth, token) };
}

export function identityClaims(auth: AuthMemory, token: AccessToken): object {
  const { identity } = token;
  const scopes = token.scope.split(" ");
  const last = lastLogin(token, identity);
  const profile = {
    preferred_username: identity.username,
    name: identity.name,
    organization: identity.organization,
    identity_provider: identity.provider.id,
    identity_provider_display_name: identity.provider.name,
    last_authentication: last,
  };
  return {
    sub: identity.id,
    ...(scopes.includes("profile") && profile),
    ...(scopes.includes("email") && { email: identity.email }),
    ...(scopes.includes(VIEW_IDENTITY_SET) && {
      identity_set: identitySetOf(auth, identity).map((one) => setMember(one, lastLogin(token, one))),
    }),
  };
}

/** One of the person's identities, as introspection and the person's own page tell it. */
function setMember(identity: TwinIdentity, last: number | null): object {
  const { id, username, name, email, organization, provider, status } = identity;
  const of = { identity_provider: provider.id, identity_provider_display_name: provider.name };
  return { sub: id, username, name, email, organization, ...of, status, last_authentication: last };
}

function lastLogin({ session }: AccessToken, { id }: TwinIdentity): number | null {
  const at = session.authenticatedById.get(id);
  return at === undefined ? null : Math.floor(at / 1000);
}
