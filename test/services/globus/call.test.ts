/** Which token a call to Globus takes, and when it takes another. */
import { beforeEach, expect, test } from "vitest";
import type { TokenSource } from "../../../src/services/globus/auth.ts";
import { createGlobusCall, type GlobusRequest } from "../../../src/services/globus/call.ts";
import { LoginNeededError, parseRefusal, refusalError } from "../../../src/services/globus/errors.ts";
import type { GlobusTransport } from "../../../src/services/globus/transport.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

let asked: string[];
let canConsent: boolean;
/** What Globus says to a token; undefined: it takes it. */
let refuses: (token: string) => object | undefined;

const tokens: TokenSource = {
  token: () => Promise.resolve("held"),
  renewed: (server, refused) => Promise.resolve(`renewed behind ${refused} of ${server}`),
  withScopes: (_server, scopes) => {
    return Promise.resolve(canConsent && scopes.length > 0 ? `with ${scopes.join(" ")}` : undefined);
  },
};

const transport: GlobusTransport = {
  clock: new FakeClock(),
  heard: undefined,
  exchange: async ({ what, send, advice }) => {
    let token = "";
    const take = (_url: unknown, init: RequestInit = {}): Promise<Response> => {
      token = new Headers(init.headers).get("authorization")?.replace("Bearer ", "") ?? "";
      return Promise.resolve(new Response(null));
    };
    await send({ fetch: { options: { __callable: take } } });
    asked.push(token);
    const document = refuses(token);
    const refusal = document === undefined ? undefined : parseRefusal(403, document);
    if (refusal !== undefined) throw refusalError(what, refusal, advice);
    return { token };
  },
  close: () => Promise.resolve(),
};

const call = createGlobusCall(tokens, transport);
const REQUEST: GlobusRequest = {
  what: "start the flow nightly",
  resourceServer: "f",
  repeatable: false,
  send: async (headers, sdk) => {
    const ask = sdk.fetch?.options?.__callable ?? fetch;
    return await ask("http://127.0.0.1/", { headers });
  },
};

beforeEach(() => {
  asked = [];
  canConsent = false;
  refuses = () => undefined;
});

test("a request takes a token that holds", async () => {
  await expect(call(REQUEST, {})).resolves.toEqual({ token: "held" });
});

test("a request that wants a new token gets one with its scopes from a login that may consent, or a renewed one", async () => {
  const request = { ...REQUEST, newTokenWith: ["s[*t]"] };
  await expect(call(request, {})).resolves.toEqual({ token: "renewed behind held of f" });
  canConsent = true;
  await expect(call(request, {})).resolves.toEqual({ token: "with s[*t]" });
  await expect(call({ ...REQUEST, newTokenWith: [] }, {})).resolves.toEqual({ token: "renewed behind held of f" });
});

test("a flow that has changed since the token was made is asked once more, with a new one", async () => {
  const missing = { error: { code: "MISSING_SCOPE", detail: "This action requires the following scope: x" } };
  refuses = (token) => (token === "held" ? missing : undefined);
  await expect(call(REQUEST, {})).resolves.toEqual({ token: "renewed behind held of f" });
  refuses = () => missing;
  asked = [];
  const request = { ...REQUEST, advice: { flow: "nightly" } };
  await expect(call(request, {})).rejects.toThrow(LoginNeededError);
  await expect(call(request, {})).rejects.toThrow(
    "the login lacks a consent, run `globus-ioc login --flow nightly` (MISSING_SCOPE",
  );
  expect(asked).toHaveLength(4);
});
