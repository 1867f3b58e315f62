/**
 * What the simulated Flows' routes share: the form of its refusals, who the bearer is and what a token lets do, bodies,
 * and pages by marker.
 */

import { randomUUID } from "node:crypto";
import { isJsonObject } from "../../../base/json-object.ts";
import { type AccessToken, accessTokenOf } from "../auth/auth-state.ts";
import { FLOWS_SERVER, flowScope } from "../auth/known-scopes.ts";
import { parseScopes } from "../auth/scope-tree.ts";
import { type Fields, textOf } from "../documents.ts";
import { type Asked, hasConsent, RefusedAnswer } from "../world.ts";

const SCOPES = "https://auth.globus.org/scopes/eec9b274-0c81-4334-bdc2-54e90e689b9a";

/** One thing that is wrong with a document that was sent. */
export interface FlowsProblem {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

/** A refusal in Flows' form. */
export function refuseFlows(
  status: number,
  code: string,
  detail: string | readonly FlowsProblem[],
  more: { readonly message?: string; readonly beside?: Fields } = {},
): RefusedAnswer {
  const { message, beside = {} } = more;
  const error = { code, detail, ...(message !== undefined && { message }) };
  return new RefusedAnswer({ status, body: { ...beside, error, debug_id: randomUUID() } });
}

/** @throws RefusedAnswer 422 with every problem, if there is one */
export function refuseProblems(problems: readonly FlowsProblem[]): void {
  if (problems.length === 0) return;
  const told = problems.map(({ loc, msg }) => `$.${loc.join(".")}: ${msg}`).join(" ");
  const message = `${problems.length} validation error${problems.length === 1 ? "" : "s"} in body. ${told}`;
  throw refuseFlows(422, "UNPROCESSABLE_ENTITY", problems, { message });
}

export type FlowsScope = "manage_flows" | "view_flows" | "run_status" | "run_manage";

/** What each scope of the service lets do beside what its name says. */
const IMPLIES: Readonly<Record<FlowsScope, readonly FlowsScope[]>> = {
  manage_flows: [],
  view_flows: ["manage_flows"],
  run_status: ["run_manage"],
  run_manage: [],
};

/** The bearer of a token that is valid for whatever service. */
function anyBearer(asked: Asked): AccessToken {
  const text = /^Bearer (\S+)$/.exec(asked.request.headers.authorization ?? "")?.[1];
  const token = text === undefined ? undefined : accessTokenOf(asked.world.auth, text);
  if (token === undefined) throw refuseFlows(401, "AUTHENTICATION_ERROR", "Expired or invalid Bearer token");
  return token;
}

/** The bearer of a token for the service, with the right for this. */
export function requireFlowsBearer(asked: Asked, scope: FlowsScope): AccessToken {
  const token = anyBearer(asked);
  const granted = new Set(token.scope.split(" "));
  const isEnough = [scope, ...IMPLIES[scope], "all"].some((one) => granted.has(`${SCOPES}/${one}`));
  if (token.resourceServer !== FLOWS_SERVER || !isEnough) throw missingScope(`${SCOPES}/${scope}`);
  return token;
}

/** The bearer of a token for this flow alone, with consents to what the flow's actions need now. */
export function requireFlowBearer(asked: Asked, flow: string): AccessToken {
  const token = anyBearer(asked);
  const needed = parseScopes(asked.world.auth.dependentsByFlow.get(flow) ?? "") ?? [];
  const hasAll = needed.every(({ scope }) => hasConsent(token, [flowScope(flow), scope]));
  if (token.resourceServer !== flow || !hasAll) throw missingScope(flowScope(flow));
  return token;
}

/** The bearer of a token for this flow alone, whatever its consents are. */
export function requireResumer(asked: Asked, flow: string): AccessToken {
  const token = anyBearer(asked);
  if (token.resourceServer !== flow) throw missingScope(flowScope(flow));
  return token;
}

const missingScope = (scope: string): RefusedAnswer =>
  refuseFlows(403, "MISSING_SCOPE", `This action requires the following scope: ${scope}`);

export function flowsBody(asked: Asked): Fields {
  try {
    const body: unknown = JSON.parse(asked.request.body);
    if (isJsonObject(body)) return body;
  } catch {
    // said below
  }
  const problem = { loc: [], msg: "The body is not a JSON object", type: "value_error" };
  throw refuseFlows(422, "UNPROCESSABLE_ENTITY", [problem]);
}

/** A query's values, which may be separated by commas. */
export const queryValues = (query: URLSearchParams, name: string): string[] =>
  query.getAll(name).flatMap((one) => one.split(",").filter((part) => part !== ""));

export interface FlowsPage<R> {
  readonly rows: readonly R[];
  readonly limit: number;
  readonly marker: string | null;
}

/**
 * A page of rows in the order that `rowsFor` gives them. The marker holds the question that was asked first, as Flows
 * says: what is asked beside it is ignored.
 */
export function pageByMarker<R>(
  asked: Asked,
  rowsFor: (query: URLSearchParams) => readonly R[],
  idOf: (row: R) => string,
  size: (query: URLSearchParams) => number,
): FlowsPage<R> {
  const given = asked.request.query.get("marker");
  const { query, after } = given === null ? { query: asked.request.query, after: "" } : readMarker(given);
  const rows = rowsFor(query);
  const limit = size(query);
  const from = after === "" ? 0 : rows.findIndex((row) => idOf(row) === after) + 1;
  const page = rows.slice(from, from + limit);
  const last = page.at(-1);
  const isMore = last !== undefined && from + limit < rows.length;
  return { rows: page, limit, marker: isMore ? writeMarker(query, idOf(last)) : null };
}

const writeMarker = (query: URLSearchParams, after: string): string =>
  Buffer.from(JSON.stringify([query.toString(), after])).toString("base64url");

function readMarker(text: string): { readonly query: URLSearchParams; readonly after: string } {
  try {
    const [query, after] = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as unknown[];
    return { query: new URLSearchParams(textOf(query)), after: textOf(after) };
  } catch {
    throw refuseFlows(400, "BAD_REQUEST", "The marker is not valid");
  }
}

/** A page size within limits. @throws RefusedAnswer for another */
export function pageSize(query: URLSearchParams, name: string, usual: number, most: number): number {
  const text = query.get(name);
  if (text === null) return usual;
  const size = Number(text);
  if (Number.isInteger(size) && size >= 1 && size <= most) return size;
  const problem = { loc: ["query", name], msg: `${name} must be from 1 to ${most}`, type: "value_error" };
  throw refuseFlows(422, "UNPROCESSABLE_ENTITY", [problem]);
}
