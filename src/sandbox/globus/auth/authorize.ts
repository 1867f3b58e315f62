/**
 * The page of the simulated Globus Auth that a person logs in at. The person is at the browser already, consents to all
 * but what `consents.withheld` names, and is sent back with a code; `/v2/web/auth-code` shows that code to whom must
 * carry it by hand. globus.md §3.1. What goes wrong before the application is known, the person sees; the rest is
 * carried back. The words are those of oauthlib, which the real Auth's are.
 */
import { randomBytes } from "node:crypto";
import type { TwinAnswer, TwinRequest } from "../../http-twin.ts";
import type { Asked } from "../world.ts";
import type { AuthMemory, TwinClient } from "./auth-state.ts";
import { isKnownScope } from "./known-scopes.ts";
import { htmlPage, inHtml, pageRefusal } from "./refusals.ts";
import { type AskedScope, everyScope, parseScopes } from "./scope-tree.ts";
import { sessionOf, wantedLogins } from "./sessions.ts";

const CODE_SECONDS = 600;
/** Of the real Auth, for which this service stands in: its page is shown here. */
const REAL_CODE_PAGE = "https://auth.globus.org/v2/web/auth-code";
const OAUTH_FAILURE = ["OAUTH_AUTH_REQUEST_FAILURE", "Error processing OAuth2 request"] as const;

export function authorize({ world, request }: Asked): TwinAnswer {
  const { query } = request;
  const { auth } = world;
  const client = clientOf(auth, query);
  const back = redirectOf(auth, client, request);
  const state = query.get("state") ?? "";
  const carryBack = (answer: Readonly<Record<string, string>>): TwinAnswer => {
    for (const [name, value] of Object.entries({ ...answer, ...(state !== "" && { state }) }))
      back.searchParams.set(name, value);
    return { status: 302, headers: { location: back.href }, body: "" };
  };
  const refuse = (error: string, description: string): TwinAnswer =>
    carryBack({ error, error_description: description });
  if (query.get("response_type") !== "code")
    return refuse("unsupported_response_type", "The response_type must be code.");
  const challenge = query.get("code_challenge") ?? undefined;
  if (client.secret === undefined && challenge === undefined)
    return refuse("invalid_request", "Code challenge required.");
  if (challenge !== undefined && query.get("code_challenge_method") !== "S256")
    return refuse("invalid_request", "Transform algorithm not supported.");
  const asked = askedScopes(auth, client, query.get("scope") ?? "");
  const isOffline = query.get("access_type") === "offline" || asked.some(({ scope }) => scope === "offline_access");
  if (world.faults.personDeclines) return refuse("access_denied", "The resource owner denied the request.");
  const session = sessionOf(auth, client.id, world.person.id);
  const logins = wantedLogins(auth, world.person, session, query);
  if (typeof logins === "string") return refuse("access_denied", logins);
  for (const { id } of logins) session.authenticatedById.set(id, auth.clock.now());
  const owner = { applicationId: client.id, identityId: world.person.id, allowsRefresh: isOffline };
  const roots = auth.consents.grant(asked, owner, auth.clock.now());
  if (roots.length === 0) return refuse("access_denied", "The resource owner denied the request.");
  const code = randomBytes(15).toString("hex");
  auth.pendingByCode.set(code, {
    clientId: client.id,
    identity: world.person,
    roots,
    redirectUri: query.get("redirect_uri") ?? "",
    challenge,
    session,
    isOffline,
    state,
    nonce: query.get("nonce") ?? undefined,
    expires: auth.clock.now() + CODE_SECONDS * 1000,
  });
  return carryBack({ code });
}

function clientOf(auth: AuthMemory, query: URLSearchParams): TwinClient {
  const id = query.get("client_id");
  const client = auth.clientById.get(id ?? "");
  const message = id === null ? "Missing client_id parameter." : "Invalid client_id parameter value.";
  if (client === undefined) throw pageRefusal(...OAUTH_FAILURE, message, auth.clock.now());
  return client;
}

/** Where the browser is sent back to; for the page of the real Auth, this service's own. */
function redirectOf(auth: AuthMemory, client: TwinClient, { query, headers }: TwinRequest): URL {
  const text = query.get("redirect_uri") ?? "";
  const refuse = (message: string): Error => pageRefusal(...OAUTH_FAILURE, message, auth.clock.now());
  if (text === "") throw refuse("Missing redirect URI.");
  if (!URL.canParse(text)) throw refuse("Invalid redirect URI.");
  const ownCodePage = `http://${headers.host ?? ""}/v2/web/auth-code`;
  if (text === REAL_CODE_PAGE || text === ownCodePage) return new URL(ownCodePage);
  const url = new URL(text);
  const isHere = url.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (!isHere && !client.redirectUris.includes(text)) throw refuse("Mismatching redirect URI.");
  return url;
}

function askedScopes(auth: AuthMemory, client: TwinClient, text: string): readonly AskedScope[] {
  const asked = parseScopes(text) ?? [];
  const refuse = (code: string, title: string, message: string): Error =>
    pageRefusal(code, title, message, auth.clock.now());
  if (asked.length === 0) throw refuse("INVALID_SCOPE_ERROR", "Invalid scope", `${client.name} asked for no scope`);
  const unknown = unknownScopes(auth, asked);
  if (unknown.length > 0)
    throw refuse("UNKNOWN_SCOPE_ERROR", "Unknown scope(s)", unknownScopeWords(client.id, unknown));
  return asked;
}

export const unknownScopes = (auth: AuthMemory, asked: readonly AskedScope[]): readonly string[] =>
  everyScope(asked).filter((scope) => !isKnownScope(scope, auth.scopeOwners));

export const unknownScopeWords = (clientId: string, unknown: readonly string[]): string =>
  `client_id=${clientId} requested unknown scopes: [${unknown.map((scope) => `'${scope}'`).join(", ")}]`;

/** The browser forgets who was logged in; what applications have been given stays. */
export function endBrowserSession({ world }: Asked): TwinAnswer {
  for (const { authenticatedById } of world.auth.sessionByOwner.values()) authenticatedById.clear();
  return htmlPage(200, "Globus: logged out", ["<h1>You have been logged out</h1>"]);
}

/** What a person copies into the program that cannot be sent back to. */
export function showCode({ request }: Asked): TwinAnswer {
  const { query } = request;
  const code = query.get("code");
  const error = query.get("error");
  const lines =
    code === null
      ? [
          "<h1>Authorization failed</h1>",
          `<p>${inHtml(`${error ?? "no code was given"}: ${query.get("error_description") ?? ""}`)}</p>`,
        ]
      : [
          "<h1>Native App Authorization Code</h1>",
          "<p>Copy this authorization code into the application that asked for it.</p>",
          `<textarea id="auth-code" readonly>${inHtml(code)}</textarea>`,
        ];
  return htmlPage(200, "Globus: authorization code", lines);
}
