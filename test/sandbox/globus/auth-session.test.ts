/** Sessions at the simulated Globus Auth: which of a person's identities have logged in, and what may be demanded. */
import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type GlobusService, startGlobusService } from "../../../src/sandbox/globus/service.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

const VERIFIER = "v".repeat(43);
const BACK = "http://localhost/";

let clock: FakeClock;
let globus: GlobusService;
beforeEach(async () => {
  clock = new FakeClock();
  globus = await startGlobusService({ clock, collections: [] });
});
afterEach(() => globus.close());

/** What the browser carries back. */
async function visit(changes: Readonly<Record<string, string>>): Promise<URLSearchParams> {
  const url = new URL("/v2/oauth2/authorize", globus.url);
  const usual = {
    client_id: globus.nativeClientId,
    redirect_uri: BACK,
    scope: "openid urn:globus:auth:scope:auth.globus.org:view_identity_set",
    response_type: "code",
    code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries({ ...usual, ...changes })) url.searchParams.set(name, value);
  const answer = await fetch(url, { redirect: "manual" });
  return new URL(answer.headers.get("location") ?? "").searchParams;
}
async function post(path: string, form: Readonly<Record<string, string>>, basic = ""): Promise<unknown> {
  const headers = basic === "" ? {} : { authorization: `Basic ${Buffer.from(basic).toString("base64")}` };
  const answer = await fetch(`${globus.url}/v2/oauth2/${path}`, {
    method: "POST",
    body: new URLSearchParams(form),
    headers,
  });
  return answer.json();
}
/** The times of the logins in a token's session, seconds since the start, by user name. */
async function login(changes: Readonly<Record<string, string>>): Promise<() => Promise<object>> {
  const code = (await visit(changes)).get("code") ?? "";
  const form = { grant_type: "authorization_code", client_id: globus.nativeClientId, redirect_uri: BACK };
  const token = (await post("token", { ...form, code, code_verifier: VERIFIER })) as { readonly access_token: string };
  const { clientId, secret } = globus.serviceAccount;
  return async () => {
    const asked = { token: token.access_token, include: "session_info" };
    const told = (await post("token/introspect", asked, `${clientId}:${secret}`)) as {
      readonly session_info: { readonly authentications: Readonly<Record<string, { readonly auth_time: number }>> };
    };
    const rows = Object.entries(told.session_info.authentications);
    return Object.fromEntries(rows.map(([id, { auth_time }]) => [nameOf(id), auth_time - begun]));
  };
}
let begun = 0;
beforeEach(() => (begun = Math.floor(clock.now() / 1000)));
const nameOf = (id: string): string => (id === globus.person.id ? "primary" : "linked");

test("the first login is the primary identity's, and stays until another is asked for", async () => {
  const session = await login({});
  expect(await session()).toEqual({ primary: 0 });
  clock.advance(60);
  expect(await (await login({}))()).toEqual({ primary: 0 });
  expect(await (await login({ prompt: "login" }))()).toEqual({ primary: 60 });
  expect(await session()).toEqual({ primary: 60 });
});

test.each([
  ["an identity", () => ({ session_required_identities: "mcurie@example.org" })],
  ["a domain", () => ({ session_required_single_domain: "nowhere.example,example.org" })],
  ["a policy", () => ({ session_required_policies: globus.addPolicy({ domains: ["example.org"] }) })],
])("%s that is demanded logs in beside the one that has", async (_, demanded) => {
  await login({});
  clock.advance(60);
  expect(await (await login(demanded()))()).toEqual({ primary: 0, linked: 60 });
});

test.each([
  ["an identity of somebody else", { session_required_identities: "noether@example.org" }],
  ["a domain that the person is not of", { session_required_single_domain: "nowhere.example" }],
  ["a second factor, which nobody has", { session_required_mfa: "True" }],
  ["a policy that does not exist", { session_required_policies: "11111111-2222-4333-8444-555555555555" }],
])("%s is refused: the application is told", async (_, demanded) => {
  const back = await visit(demanded);
  expect([back.get("error"), back.has("code")]).toEqual(["access_denied", false]);
});

test("a session that has ended knows of no login, until the next", async () => {
  const session = await login({});
  globus.endSession();
  expect(await session()).toEqual({});
  clock.advance(5);
  await login({});
  expect(await session()).toEqual({ primary: 5 });
  await fetch(`${globus.url}/v2/web/logout`);
  expect(await session()).toEqual({});
});
