/**
 * Globus Auth, simulated: logins that consent by themselves, the three grants of the token end point, and identities.
 * One access token per resource server, as the real Auth gives. globus.md §3.1, §3.2; the shapes are those of Globus'
 * published sample answers.
 */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { TwinAnswer } from "../http-twin.ts";
import {
  type Asked,
  bearerOf,
  type GlobusWorld,
  RefusedAnswer,
  type Route,
  type TwinIdentity,
  type TwinLogin,
} from "./world.ts";

const AUTH_SERVER = "auth.globus.org";
const FLOWS_SERVICE_ID = "eec9b274-0c81-4334-bdc2-54e90e689b9a";
const LIFE_SECONDS = 172_800;
const IDENTITY_PROVIDER = "41143743-f3c8-4d60-bbdb-eeecaba85bd9";

export const AUTH_ROUTES: readonly Route[] = [
  { method: "GET", path: "/v2/oauth2/authorize", answer: authorize },
  { method: "POST", path: "/v2/oauth2/token", answer: giveToken },
  { method: "GET", path: "/v2/oauth2/userinfo", answer: tellBearer },
  { method: "GET", path: "/v2/api/identities", answer: listIdentities },
];

/** A person who consents to everything at once: the browser is sent back with a code. */
function authorize({ world, request }: Asked): TwinAnswer {
  const { query } = request;
  const redirectUri = query.get("redirect_uri") ?? "";
  const clientId = query.get("client_id") ?? "";
  if (clientId !== world.nativeClientId || !URL.canParse(redirectUri)) throw refusal(400, "invalid_request");
  const code = randomBytes(15).toString("hex");
  const scope = query.get("scope") ?? "";
  world.pendingByCode.set(code, {
    clientId,
    identity: world.person,
    scope,
    redirectUri,
    challenge: query.get("code_challenge") ?? undefined,
    isOffline: query.get("access_type") === "offline" || scope.split(" ").includes("offline_access"),
  });
  const back = new URL(redirectUri);
  back.searchParams.set("code", code);
  back.searchParams.set("state", query.get("state") ?? "");
  return { status: 302, headers: { location: back.href }, body: "" };
}

type GrantRow = (
  world: GlobusWorld,
  form: URLSearchParams,
  authorization: string | undefined,
) => Readonly<Record<string, unknown>>;

/** What each kind of grant wants to see. */
const GRANTS: Readonly<Record<string, GrantRow>> = {
  client_credentials: (world, form, authorization) => {
    const { clientId, secret } = world.serviceAccount;
    const expected = `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}`;
    if (authorization !== expected) throw refusal(401, "invalid_client");
    return tokensFor(world, serviceIdentity(world), form.get("scope") ?? "", undefined);
  },
  refresh_token: (world, form) => {
    const old = form.get("refresh_token") ?? "";
    const login = world.loginByRefreshToken.get(old);
    if (login === undefined || login.clientId !== form.get("client_id")) throw refusal(401, "invalid_grant");
    if (!world.faults.rotatesRefreshTokens) return tokensFor(world, login.identity, login.scope, () => old);
    world.loginByRefreshToken.delete(old);
    return tokensFor(world, login.identity, login.scope, rememberLogin(world, login.clientId, login.identity));
  },
  authorization_code: (world, form) => {
    const code = form.get("code") ?? "";
    const pending = world.pendingByCode.get(code);
    world.pendingByCode.delete(code);
    const verifier = form.get("code_verifier") ?? "";
    const shown = createHash("sha256").update(verifier).digest("base64url");
    const fits =
      pending !== undefined &&
      pending.clientId === form.get("client_id") &&
      pending.redirectUri === form.get("redirect_uri") &&
      (pending.challenge === undefined || pending.challenge === shown);
    if (!fits) throw refusal(401, "invalid_grant");
    const remember = rememberLogin(world, pending.clientId, pending.identity);
    return {
      ...tokensFor(world, pending.identity, pending.scope, pending.isOffline ? remember : undefined),
      state: "_default",
    };
  },
};

function giveToken({ world, request }: Asked): TwinAnswer {
  const form = new URLSearchParams(request.body);
  const grant = GRANTS[form.get("grant_type") ?? ""];
  if (grant === undefined) throw refusal(400, "unsupported_grant_type");
  return { status: 200, body: grant(world, form, request.headers.authorization) };
}

/** Makes a refresh token for one resource server's scopes. */
type Remember = (scope: string) => string;

const rememberLogin =
  (world: GlobusWorld, clientId: string, identity: TwinIdentity): Remember =>
  (scope) => {
    const text = `Ag${randomBytes(24).toString("hex")}`;
    const login: TwinLogin = { clientId, identity, scope };
    world.loginByRefreshToken.set(text, login);
    return text;
  };

/** The token answer: the first resource server at the top, the others below it. */
function tokensFor(
  world: GlobusWorld,
  identity: TwinIdentity,
  scope: string,
  remember: Remember | undefined,
): Readonly<Record<string, unknown>> {
  const scopesByServer = new Map<string, string[]>();
  for (const one of splitScopes(scope)) {
    if (one === "offline_access") continue;
    const server = resourceServerOf(one);
    scopesByServer.set(server, [...(scopesByServer.get(server) ?? []), one]);
  }
  const grants = [...scopesByServer].map(([server, scopes]) => {
    const text = `Ag${randomBytes(24).toString("hex")}`;
    const granted = scopes.join(" ");
    world.tokenByText.set(text, {
      identity,
      resourceServer: server,
      scope: granted,
      expires: world.clock.now() + LIFE_SECONDS * 1000,
    });
    return {
      access_token: text,
      // The scopes below another are consents, not part of what the token says of itself.
      scope: scopes.map((one) => one.replace(/\[.*\]$/, "")).join(" "),
      expires_in: LIFE_SECONDS,
      token_type: "Bearer",
      resource_server: server,
      ...(remember !== undefined && { refresh_token: remember(granted) }),
      ...(scopes.includes("openid") && { id_token: "header.payload.signature" }),
    };
  });
  const [first, ...others] = grants;
  if (first === undefined) throw refusal(400, "invalid_scope");
  return { ...first, other_tokens: others };
}

/** Scopes are separated by blanks, but not by those inside of brackets. */
function splitScopes(text: string): string[] {
  return text.match(/[^\s[\]]+(\[(?:[^[\]]|\[[^[\]]*\])*\])?/g) ?? [];
}

function resourceServerOf(scope: string): string {
  const urn = /^urn:globus:auth:scope:([^:]+):/.exec(scope)?.[1];
  const id = /\/scopes\/([^/]+)\//.exec(scope)?.[1];
  if (id === FLOWS_SERVICE_ID) return "flows.globus.org";
  return urn ?? id ?? AUTH_SERVER;
}

function serviceIdentity(world: GlobusWorld): TwinIdentity {
  const { clientId } = world.serviceAccount;
  const known = world.identities.find(({ id }) => id === clientId);
  if (known === undefined) throw new Error("the service account has no identity");
  return known;
}

/** Who the bearer is: as much as the token's scopes let know. */
function tellBearer(asked: Asked): TwinAnswer {
  const token = bearerOf(asked, AUTH_SERVER);
  if (token === undefined) throw refusal(401, "UNAUTHORIZED");
  const scopes = token.scope.split(" ");
  if (!scopes.includes("openid")) throw refusal(403, "FORBIDDEN");
  const { id, username, name, email, organization } = token.identity;
  const profile = { preferred_username: username, name, organization, identity_provider: IDENTITY_PROVIDER };
  return {
    status: 200,
    body: { sub: id, ...(scopes.includes("profile") && profile), ...(scopes.includes("email") && { email }) },
  };
}

function listIdentities(asked: Asked): TwinAnswer {
  const { world, request } = asked;
  if (bearerOf(asked, AUTH_SERVER) === undefined) throw refusal(401, "UNAUTHORIZED");
  const list = (name: string): string[] => (request.query.get(name) ?? "").split(",").filter((one) => one !== "");
  const byId = list("ids").flatMap((id) => world.identities.find((one) => one.id === id) ?? []);
  const provision = request.query.get("provision") === "true";
  const byName = list("usernames").flatMap((username) => {
    const known = world.identities.find((one) => one.username.toLowerCase() === username.toLowerCase());
    return known ?? (provision ? provisioned(world, username) : []);
  });
  const identities = [...byId, ...byName].map(({ id, username, name, email, organization, status }) => {
    return { email, id, identity_provider: IDENTITY_PROVIDER, name, organization, status, username };
  });
  return { status: 200, body: { identities } };
}

function provisioned(world: GlobusWorld, username: string): TwinIdentity {
  const identity: TwinIdentity = {
    id: randomUUID(),
    username,
    name: null,
    email: null,
    organization: null,
    status: "unused",
  };
  world.identities.push(identity);
  return identity;
}

/** Auth's two forms: OAuth errors are one word, those of its API are documents. */
function refusal(status: number, code: string): RefusedAnswer {
  if (code !== "UNAUTHORIZED" && code !== "FORBIDDEN") return new RefusedAnswer({ status, body: { error: code } });
  const error = {
    status: String(status),
    id: randomUUID(),
    code,
    detail: "Call must be authenticated",
    title: "Unauthorized",
  };
  return new RefusedAnswer({
    status,
    body: { errors: [error], error_description: "Unauthorized", error: "unauthorized" },
  });
}
