/** Asks the simulated Transfer as its service account does, with plain requests. */
import { randomUUID } from "node:crypto";
import type { GlobusService } from "../../src/sandbox/globus/service.ts";

export type Document = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly body: Document;
}

export interface GlobusCaller {
  call(method: string, path: string, body?: Document): Promise<Answer>;
  /** Submits, with a submission id of its own unless `document` has one. @returns the task's id */
  submit(document: Document): Promise<string>;
  task(id: string): Promise<Document>;
  /** The rows of a list of a task, as `event_list`. */
  rows(id: string, list: string): Promise<readonly Document[]>;
}

const SCOPE = "urn:globus:auth:scope:transfer.api.globus.org:all";

export async function callGlobus(globus: GlobusService): Promise<GlobusCaller> {
  const { clientId, secret } = globus.serviceAccount;
  const granted = await fetch(`${globus.url}/v2/oauth2/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope: SCOPE }),
  });
  const { access_token: token } = (await granted.json()) as { readonly access_token: string };
  const call = async (method: string, path: string, body?: Document): Promise<Answer> => {
    const answer = await fetch(`${globus.url}/v0.10${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Document };
  };
  return {
    call,
    submit: async (document) => {
      const path = document["endpoint"] === undefined ? "/transfer" : "/delete";
      const { status, body } = await call("POST", path, { submission_id: randomUUID(), ...document });
      if (status !== 202) throw new Error(`${status} ${JSON.stringify(body)}`);
      return body["task_id"] as string;
    },
    task: async (id) => (await call("GET", `/task/${id}`)).body,
    rows: async (id, list) => (await call("GET", `/task/${id}/${list}`)).body["DATA"] as readonly Document[],
  };
}
