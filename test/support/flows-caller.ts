/** Asks the simulated Flows as its service account, or as its person, with plain requests. */
import type { GlobusService } from "../../src/sandbox/globus/service.ts";
import type { Answer, Document } from "./globus-caller.ts";

const FLOWS_SCOPE = "https://auth.globus.org/scopes/eec9b274-0c81-4334-bdc2-54e90e689b9a/all";
const TRANSFER_SCOPE = "urn:globus:auth:scope:transfer.api.globus.org:all";

export const flowScope = (flow: string): string =>
  `https://auth.globus.org/scopes/${flow}/flow_${flow.replaceAll("-", "_")}_user`;

type Who = "account" | "person";

/** A new token of the service account, or of the person by the native application. */
export async function newToken(globus: GlobusService, scope: string, who: Who = "account"): Promise<string> {
  const { clientId, secret } = globus.serviceAccount;
  const basic = `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}`;
  const refresh = { grant_type: "refresh_token", client_id: globus.nativeClientId };
  const answer = await fetch(`${globus.url}/v2/oauth2/token`, {
    method: "POST",
    ...(who === "account"
      ? { headers: { authorization: basic }, body: new URLSearchParams({ grant_type: "client_credentials", scope }) }
      : { body: new URLSearchParams({ ...refresh, refresh_token: globus.loginFor(scope) }) }),
  });
  const { access_token: token } = (await answer.json()) as { readonly access_token: string };
  return token;
}

export interface FlowsCaller {
  /** With a token for the service. */
  call(method: string, path: string, body?: Document): Promise<Answer>;
  /** With this token. */
  callWith(token: string, method: string, path: string, body?: Document): Promise<Answer>;
  /** A new token of a flow, with consents to these collections' data. */
  flowToken(flow: string, ...collections: readonly string[]): Promise<string>;
  /** Starts a run. @returns its id. @throws Error where Flows does not let it */
  start(flow: string, input?: Document, more?: Document): Promise<string>;
  run(id: string): Promise<Document>;
  /** The codes of its log. */
  log(id: string): Promise<readonly unknown[]>;
}

export async function callFlows(globus: GlobusService, who: Who = "account"): Promise<FlowsCaller> {
  const own = await newToken(globus, FLOWS_SCOPE, who);
  const callWith: FlowsCaller["callWith"] = async (token, method, path, body) => {
    const answer = await fetch(`${globus.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Document };
  };
  const call: FlowsCaller["call"] = (method, path, body) => callWith(own, method, path, body);
  const flowToken: FlowsCaller["flowToken"] = (flow, ...collections) => {
    const data = collections.map((id) => `*https://auth.globus.org/scopes/${id}/data_access`).join(" ");
    const below = data === "" ? "" : `[*${TRANSFER_SCOPE}[${data}]]`;
    return newToken(globus, `${flowScope(flow)}${below}`, who);
  };
  return {
    call,
    callWith,
    flowToken,
    start: async (flow, input = {}, more = {}) => {
      const token = await flowToken(flow);
      const { status, body } = await callWith(token, "POST", `/flows/${flow}/run`, { body: input, ...more });
      if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
      return body["run_id"] as string;
    },
    run: async (id) => (await call("GET", `/runs/${id}`)).body,
    log: async (id) =>
      ((await call("GET", `/runs/${id}/log?limit=100`)).body["entries"] as Document[]).map(({ code }) => code),
  };
}
