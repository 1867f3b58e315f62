/**
 * Globus Auth, simulated: its routes. Logins are in auth/authorize.ts, tokens in auth/token-grants.ts and
 * auth/token-routes.ts, consents in auth/consents.ts, who somebody is in auth/openid.ts and auth/claims.ts.
 */
import { authorize, endBrowserSession, showCode } from "./auth/authorize.ts";
import { tellBearer } from "./auth/claims.ts";
import {
  giveClient,
  listClients,
  listProjects,
  makeClient,
  makeCredential,
  makeProject,
  removeClient,
} from "./auth/client-routes.ts";
import { giveIdentity, listConsents, listIdentities } from "./auth/identity-routes.ts";
import { tellConfiguration, tellKey } from "./auth/openid.ts";
import { giveToken } from "./auth/token-grants.ts";
import { introspect, revoke, validate } from "./auth/token-routes.ts";
import type { Route } from "./world.ts";

export const AUTH_ROUTES: readonly Route[] = [
  { method: "GET", path: "/.well-known/openid-configuration", answer: tellConfiguration },
  { method: "GET", path: "/jwk.json", answer: tellKey },
  { method: "GET", path: "/v2/oauth2/authorize", answer: authorize },
  { method: "GET", path: "/v2/web/auth-code", answer: showCode },
  { method: "GET", path: "/v2/web/logout", answer: endBrowserSession },
  { method: "POST", path: "/v2/oauth2/token", answer: giveToken },
  { method: "POST", path: "/v2/oauth2/token/introspect", answer: introspect },
  { method: "POST", path: "/v2/oauth2/token/validate", answer: validate },
  { method: "POST", path: "/v2/oauth2/token/revoke", answer: revoke },
  { method: "GET", path: "/v2/oauth2/userinfo", answer: tellBearer },
  { method: "GET", path: "/v2/api/identities", answer: listIdentities },
  { method: "GET", path: "/v2/api/identities/:identity", answer: giveIdentity },
  { method: "GET", path: "/v2/api/identities/:identity/consents", answer: listConsents },
  { method: "GET", path: "/v2/api/clients", answer: listClients },
  { method: "POST", path: "/v2/api/clients", answer: makeClient },
  { method: "GET", path: "/v2/api/clients/:client", answer: giveClient },
  { method: "DELETE", path: "/v2/api/clients/:client", answer: removeClient },
  { method: "POST", path: "/v2/api/clients/:client/credentials", answer: makeCredential },
  { method: "GET", path: "/v2/api/projects", answer: listProjects },
  { method: "POST", path: "/v2/api/projects", answer: makeProject },
];
