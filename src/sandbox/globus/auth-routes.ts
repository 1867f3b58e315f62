/**
 * Globus Auth, simulated: its routes, and what it tells of identities. Logins are in auth/authorize.ts, tokens in
 * auth/token-grants.ts, consents in auth/consents.ts. globus.md §3.1, §3.2; the shapes are those of Globus' published
 * sample answers.
 */
import type { TwinAnswer } from "../http-twin.ts";
import { provisionIdentity } from "./auth/auth-state.ts";
import { authorize, showCode } from "./auth/authorize.ts";
import { AUTH_SERVER } from "./auth/known-scopes.ts";
import { forbidden, unauthorized } from "./auth/refusals.ts";
import { giveToken } from "./auth/token-grants.ts";
import { type Asked, bearerOf, type Route } from "./world.ts";

const IDENTITY_PROVIDER = "41143743-f3c8-4d60-bbdb-eeecaba85bd9";

export const AUTH_ROUTES: readonly Route[] = [
  { method: "GET", path: "/v2/oauth2/authorize", answer: authorize },
  { method: "GET", path: "/v2/web/auth-code", answer: showCode },
  { method: "POST", path: "/v2/oauth2/token", answer: giveToken },
  { method: "GET", path: "/v2/oauth2/userinfo", answer: tellBearer },
  { method: "GET", path: "/v2/api/identities", answer: listIdentities },
];

/** Who the bearer is: as much as the token's scopes let know. */
function tellBearer(asked: Asked): TwinAnswer {
  const token = bearerOf(asked, AUTH_SERVER);
  if (token === undefined) throw unauthorized();
  const scopes = token.scope.split(" ");
  if (!scopes.includes("openid")) throw forbidden();
  const { id, username, name, email, organization } = token.identity;
  const profile = { preferred_username: username, name, organization, identity_provider: IDENTITY_PROVIDER };
  return {
    status: 200,
    body: { sub: id, ...(scopes.includes("profile") && profile), ...(scopes.includes("email") && { email }) },
  };
}

function listIdentities(asked: Asked): TwinAnswer {
  const { world, request } = asked;
  if (bearerOf(asked, AUTH_SERVER) === undefined) throw unauthorized();
  const list = (name: string): string[] => (request.query.get(name) ?? "").split(",").filter((one) => one !== "");
  const byId = list("ids").flatMap((id) => world.auth.identities.find((one) => one.id === id) ?? []);
  const provision = request.query.get("provision") === "true";
  const byName = list("usernames").flatMap((username) => {
    const known = world.auth.identities.find((one) => one.username.toLowerCase() === username.toLowerCase());
    return known ?? (provision ? provisionIdentity(world.auth, username) : []);
  });
  const identities = [...byId, ...byName].map(({ id, username, name, email, organization, status }) => {
    return { email, id, identity_provider: IDENTITY_PROVIDER, name, organization, status, username };
  });
  return { status: 200, body: { identities } };
}
