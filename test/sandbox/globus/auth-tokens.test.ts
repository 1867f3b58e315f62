/** What the simulated Globus Auth gives to whom: tokens for each service, the consents in them, and its refusals. */
import { createHash, randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type GlobusService, startGlobusService } from "../../../src/sandbox/globus/service.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

const TRANSFER = "urn:globus:auth:scope:transfer.api.globus.org:all";
const TIMERS = "524230d7-ea86-4a52-8312-86065a9e0417";
const FLOWS = "eec9b274-0c81-4334-bdc2-54e90e689b9a";
const COMPUTE = "facd7ccc-c5f4-42aa-916b-a0e270e2c2a9";
const UNKNOWN_FLOW = "11111111-2222-4333-8444-555555555555";
const scopeUrl = (owner: string, name: string): string => `https://auth.globus.org/scopes/${owner}/${name}`;
const CODE_PAGE = "https://auth.globus.org/v2/web/auth-code";

type Fields = Readonly<Record<string, unknown>>;
interface Answer {
  readonly status: number;
  readonly json: Fields;
}

let clock: FakeClock;
let globus: GlobusService;
beforeEach(async () => {
  clock = new FakeClock();
  globus = await startGlobusService({
    clock,
    collections: [
      { name: "guest" },
      { name: "mapped", isMapped: true, folders: ["/data"] },
      { name: "secret", isMapped: true, isHighAssurance: true },
    ],
  });
});
afterEach(() => globus.close());

const dataAccess = (collection: string): string => scopeUrl(globus.collection(collection).id, "data_access");

/** A form to the token end point. */
async function post(form: Readonly<Record<string, string>>, authorization?: string): Promise<Answer> {
  const body = new URLSearchParams(form);
  const headers = authorization === undefined ? {} : { authorization };
  const answer = await fetch(`${globus.url}/v2/oauth2/token`, { method: "POST", body, headers });
  return { status: answer.status, json: (await answer.json()) as Fields };
}
function asAccount(scope: string): Promise<Answer> {
  const { clientId, secret } = globus.serviceAccount;
  const basic = `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}`;
  return post({ grant_type: "client_credentials", scope }, basic);
}
const tokensOf = ({ json }: Answer): readonly Fields[] => [json, ...((json["other_tokens"] ?? []) as Fields[])];
const serversOf = (answer: Answer): readonly unknown[] => tokensOf(answer).map((one) => one["resource_server"]);

const verifier = randomBytes(32).toString("base64url");
const challenge = createHash("sha256").update(verifier).digest("base64url");

function authorize(changes: Readonly<Record<string, string | undefined>>): Promise<Response> {
  const url = new URL("/v2/oauth2/authorize", globus.url);
  const usual = {
    client_id: globus.nativeClientId,
    redirect_uri: CODE_PAGE,
    scope: TRANSFER,
    state: "here",
    response_type: "code",
    code_challenge: challenge,
    code_challenge_method: "S256",
    access_type: "offline",
  };
  for (const [name, value] of Object.entries({ ...usual, ...changes }))
    if (value !== undefined) url.searchParams.set(name, value);
  return fetch(url, { redirect: "manual" });
}
const carriedBack = (answer: Response): URLSearchParams => new URL(answer.headers.get("location") ?? "").searchParams;
const codeFor = async (scope: string): Promise<string> =>
  carriedBack(await authorize({ scope })).get("code") ?? "no code";
const exchange = (code: string, changes: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  post({
    grant_type: "authorization_code",
    client_id: globus.nativeClientId,
    redirect_uri: CODE_PAGE,
    code,
    code_verifier: verifier,
    ...changes,
  });
const login = async (scope: string): Promise<Answer> => exchange(await codeFor(scope));
const refresh = (token: unknown): Promise<Answer> =>
  post({ grant_type: "refresh_token", refresh_token: String(token), client_id: globus.nativeClientId });
/** Whether the token may list the mapped collection. */
async function lists(token: unknown): Promise<string> {
  const url = `${globus.url}/v0.10/operation/endpoint/${globus.collection("mapped").id}/ls?path=/`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${String(token)}` } });
  const { code, DATA } = (await answer.json()) as { readonly code?: string; readonly DATA?: unknown };
  return code ?? (Array.isArray(DATA) ? "listed" : "");
}

test("each service has a token of its own, by the resource server that the real Auth names", async () => {
  const scopes = [
    "openid",
    "urn:globus:auth:scope:auth.globus.org:manage_projects",
    TRANSFER,
    scopeUrl(FLOWS, "all"),
    scopeUrl(COMPUTE, "all"),
    scopeUrl(TIMERS, "timer"),
    "urn:globus:auth:scope:groups.api.globus.org:all",
  ];
  const answer = await asAccount(scopes.join(" "));
  expect(serversOf(answer)).toEqual([
    "auth.globus.org",
    "transfer.api.globus.org",
    "flows.globus.org",
    "funcx_service",
    TIMERS,
    "groups.api.globus.org",
  ]);
  expect(answer.json["scope"]).toBe("openid urn:globus:auth:scope:auth.globus.org:manage_projects");
});

test.each([
  ["a flow that was never deployed", () => scopeUrl(UNKNOWN_FLOW, `flow_${UNKNOWN_FLOW.replaceAll("-", "_")}_user`)],
  ["data access to a guest collection", () => `${TRANSFER}[*${dataAccess("guest")}]`],
  ["data access to a collection for high assurance", () => `${TRANSFER}[*${dataAccess("secret")}]`],
  ["a word", () => "everything"],
])("%s has no scope: an account and a person are told which", async (_, scopeOf) => {
  const scope = scopeOf();
  const named = /[^[*]*?([^[*\]]+)\]?$/.exec(scope)?.[1];
  const refused = await asAccount(scope);
  expect([refused.status, JSON.stringify(refused.json)]).toEqual([400, expect.stringContaining(`'${named}'`)]);
  const page = await authorize({ scope });
  expect(page.status).toBe(400);
  const text = await page.text();
  expect(text).toContain("UNKNOWN_SCOPE_ERROR");
  expect(text).toContain(`requested unknown scopes: ['${named}']`);
});

describe("consents", () => {
  test("a consent is in the tokens that are given after it, and in no others", async () => {
    const first = await login(TRANSFER);
    expect(await lists(first.json["access_token"])).toBe("ConsentRequired");
    const second = await login(`${TRANSFER}[*${dataAccess("mapped")}]`);
    expect(await lists(first.json["access_token"])).toBe("ConsentRequired");
    expect(await lists(second.json["access_token"])).toBe("listed");
    const renewed = await refresh(first.json["refresh_token"]);
    expect(await lists(renewed.json["access_token"])).toBe("listed");
    expect(globus.consents().map(({ scopes }) => scopes)).toEqual([[TRANSFER], [TRANSFER, dataAccess("mapped")]]);
  });

  test("an account consents by asking, for all tokens after it", async () => {
    const bare = await asAccount(TRANSFER);
    expect(await lists(bare.json["access_token"])).toBe("ConsentRequired");
    await asAccount(`${TRANSFER}[*${dataAccess("mapped")}]`);
    expect(await lists((await asAccount(TRANSFER)).json["access_token"])).toBe("listed");
  });

  test("a scope that the person unticks is missing, until it is ticked", async () => {
    const tick = globus.withhold(dataAccess("mapped"));
    const asked = `${TRANSFER}[*${dataAccess("mapped")}]`;
    expect(await lists((await login(asked)).json["access_token"])).toBe("ConsentRequired");
    // An account consents for itself, whatever a person thinks of it.
    expect(await lists((await asAccount(asked)).json["access_token"])).toBe("listed");
    tick();
    expect(await lists((await login(asked)).json["access_token"])).toBe("listed");
    globus.withhold(TRANSFER);
    const { json } = await login(`openid ${TRANSFER}`);
    expect(json["resource_server"]).toBe("auth.globus.org");
    expect(carriedBack(await authorize({})).get("error")).toBe("access_denied");
  });

  test("a withdrawn consent ends the tokens of its scope, and their renewal, and nothing else", async () => {
    const [transfer, openid] = tokensOf(await login(`${TRANSFER} openid`));
    globus.revokeConsent(TRANSFER);
    expect(await lists(transfer?.["access_token"])).toBe("AuthenticationFailed");
    expect(await refresh(transfer?.["refresh_token"])).toEqual({ status: 401, json: { error: "invalid_grant" } });
    expect((await refresh(openid?.["refresh_token"])).status).toBe(200);
  });

  test("one that was optional leaves what it hung on; one that was not takes it along", async () => {
    const optional = await login(`${TRANSFER}[*${dataAccess("mapped")}]`);
    globus.revokeConsent(dataAccess("mapped"));
    expect(await lists(optional.json["access_token"])).toBe("ConsentRequired");
    expect((await refresh(optional.json["refresh_token"])).status).toBe(200);
    const required = await login(`${TRANSFER}[${dataAccess("mapped")}]`);
    globus.revokeConsent(dataAccess("mapped"));
    expect(await lists(required.json["access_token"])).toBe("AuthenticationFailed");
    expect((await refresh(required.json["refresh_token"])).status).toBe(401);
  });

  test("what is given anew after it was withdrawn is another consent: the old token has not got it", async () => {
    const asked = `${TRANSFER}[*${dataAccess("mapped")}]`;
    const old = await login(asked);
    globus.revokeConsent(dataAccess("mapped"));
    const renewed = await login(asked);
    expect(await lists(old.json["access_token"])).toBe("ConsentRequired");
    expect(await lists(renewed.json["access_token"])).toBe("listed");
  });
});

describe("a login that goes wrong", () => {
  test.each([
    ["an unknown application", { client_id: UNKNOWN_FLOW }, "Invalid client_id parameter value."],
    ["no application", { client_id: undefined }, "Missing client_id parameter."],
    ["a redirect that is not registered", { redirect_uri: "https://example.org/" }, "Mismatching redirect URI."],
    ["no redirect", { redirect_uri: undefined }, "Missing redirect URI."],
  ])("%s: the person sees it on a page", async (_, changes, words) => {
    const page = await authorize(changes);
    expect([page.status, page.headers.get("content-type")]).toEqual([400, "text/html; charset=utf-8"]);
    const text = await page.text();
    expect(text).toContain(words);
    expect(text).toContain("OAUTH_AUTH_REQUEST_FAILURE");
  });

  test.each([
    ["no PKCE", { code_challenge: undefined }, "invalid_request"],
    ["PKCE in plain text", { code_challenge_method: "plain" }, "invalid_request"],
    ["another kind of answer", { response_type: "token" }, "unsupported_response_type"],
  ])("%s: it is carried back to the application with its state", async (_, changes, error) => {
    const back = carriedBack(await authorize({ redirect_uri: "http://localhost:12345/", ...changes }));
    expect([back.get("error"), back.get("state"), back.has("code")]).toEqual([error, "here", false]);
  });

  test("a person who declines", async () => {
    globus.faults.personDeclines = true;
    const answer = await authorize({ redirect_uri: "http://127.0.0.1:12345/" });
    expect(answer.headers.get("location")).toMatch(/^http:\/\/127\.0\.0\.1:12345\/\?error=access_denied&/);
  });

  test.each([
    ["another verifier", { code_verifier: `${verifier}x` }, 401, "invalid_grant"],
    ["no verifier", { code_verifier: "" }, 400, "invalid_request"],
    ["another redirect", { redirect_uri: "http://localhost/" }, 401, "invalid_grant"],
    ["an unknown application", { client_id: UNKNOWN_FLOW }, 401, "invalid_client"],
    ["a secret of an application that has none", { client_secret: "x" }, 401, "invalid_client"],
  ])("a code with %s", async (_, changes, status, error) => {
    const answer = await exchange(await codeFor(TRANSFER), changes);
    expect([answer.status, answer.json["error"]]).toEqual([status, error]);
  });

  test("a code is good once, and for ten minutes", async () => {
    const code = await codeFor(TRANSFER);
    expect((await exchange(code)).status).toBe(200);
    expect(await exchange(code)).toEqual({ status: 401, json: { error: "invalid_grant" } });
    const late = await codeFor(TRANSFER);
    clock.advance(600);
    expect((await exchange(late)).json["error"]).toBe("invalid_grant");
  });
});

test.each(["Basic %", `Basic ${Buffer.from("100%:x").toString("base64")}`, "Basic !", "Bearer x"])(
  "an application that proves itself by %j is none",
  async (authorization) => {
    const answer = await post({ grant_type: "client_credentials", scope: TRANSFER }, authorization);
    expect([answer.status, answer.json["error"]]).toEqual([401, "invalid_client"]);
  },
);

test("a code that must be carried by hand is shown on the page of this service, whose page that is", async () => {
  const answer = await authorize({});
  const location = answer.headers.get("location") ?? "";
  expect(location).toContain(`${globus.url}/v2/web/auth-code?code=`);
  const page = await (await fetch(location)).text();
  expect(page).toContain(`<textarea id="auth-code" readonly>${carriedBack(answer).get("code")}</textarea>`);
});

test("a login without access_type=offline cannot be renewed", async () => {
  const code = carriedBack(await authorize({ access_type: undefined })).get("code") ?? "";
  const { json } = await exchange(code);
  expect(json["refresh_token"]).toBeUndefined();
  expect(json["state"]).toBe("here");
});

test("a refresh token lasts as long as it is used, and half a year without", async () => {
  const { json } = await login(TRANSFER);
  const halfYear = 182 * 24 * 3600;
  for (const wait of [halfYear, halfYear]) {
    clock.advance(wait);
    expect((await refresh(json["refresh_token"])).status).toBe(200);
  }
  clock.advance(halfYear + 1);
  expect(await refresh(json["refresh_token"])).toEqual({ status: 401, json: { error: "invalid_grant" } });
});

test("a collection that wants a session of its policy refuses any other, and says which", async () => {
  const policy = globus.addPolicy({ domains: ["globusid.org"], timeoutSeconds: 60 });
  const letIn = globus.requirePolicy("guest", policy);
  const guest = globus.collection("guest").id;
  const token = (await login(TRANSFER)).json["access_token"];
  const list = async (): Promise<Answer> => {
    const headers = { authorization: `Bearer ${String(token)}` };
    const answer = await fetch(`${globus.url}/v0.10/operation/endpoint/${guest}/ls?path=/`, { headers });
    return { status: answer.status, json: (await answer.json()) as Fields };
  };
  expect((await list()).status).toBe(200);
  clock.advance(61);
  expect(await list()).toMatchObject({
    status: 403,
    json: { code: "PermissionDenied", authorization_parameters: { session_required_policies: [policy] } },
  });
  await authorize({ prompt: "login" });
  expect((await list()).status).toBe(200);
  globus.endSession();
  expect((await list()).status).toBe(403);
  letIn();
  expect((await list()).status).toBe(200);
});
