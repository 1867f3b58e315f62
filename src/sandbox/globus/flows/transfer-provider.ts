/**
 * The action providers of Globus Transfer, simulated: they ask the simulated Transfer in the name of the run's owner,
 * as the real ones do. An action's id is not the task's. globus.md §3.4.
 */
import { randomUUID } from "node:crypto";
import { ACCESS_ROUTES } from "../access-routes.ts";
import { askInside, dependentToken, type InsideAnswer } from "../ask-inside.ts";
import { dataAccessScope, flowScope, TRANSFER_SCOPE } from "../auth/known-scopes.ts";
import { type Fields, textOf } from "../documents.ts";
import { ENDPOINT_ROUTES } from "../endpoint-routes.ts";
import { SUBMIT_ROUTES } from "../submit-routes.ts";
import { TASK_ROUTES } from "../task-routes.ts";
import { TRANSFER_ROUTES } from "../transfer-routes.ts";
import { type GlobusWorld, hasConsent, hasDataAccess } from "../world.ts";
import { type ActionCall, type ActionProvider, ActionRefused, ConsentMissing } from "./action-provider.ts";
import type { ActionStatus } from "./flow.ts";

const SERVICE = "https://transfer.actions.globus.org";
const ROUTES = [...SUBMIT_ROUTES, ...TASK_ROUTES, ...TRANSFER_ROUTES, ...ACCESS_ROUTES, ...ENDPOINT_ROUTES];

/** Asks Transfer in the name of the run's flow. @throws ConsentMissing */
function askTransfer(
  world: GlobusWorld,
  { token, flow }: ActionCall,
  method: string,
  path: string,
  sent: { readonly query?: Readonly<Record<string, string>>; readonly body?: Fields } = {},
): InsideAnswer {
  const own = dependentToken(world, token, [flowScope(flow), TRANSFER_SCOPE]);
  if (own === undefined) throw new ConsentMissing(TRANSFER_SCOPE);
  const answer = askInside(world, ROUTES, { ...own, flow }, { method, path: `/v0.10${path}`, ...sent });
  const [scope] = (answer.body["required_scopes"] ?? []) as readonly string[];
  if (answer.body["code"] === "ConsentRequired") throw new ConsentMissing(scope ?? TRANSFER_SCOPE);
  return answer;
}

/** Transfer looks at the consent once the task runs; the action wants it at once. @throws ConsentMissing */
function requireDataAccess(world: GlobusWorld, { token, flow }: ActionCall, collections: readonly string[]): void {
  const scopes = collections.flatMap((id) => {
    const collection = world.collectionById.get(id);
    return collection !== undefined && hasDataAccess(world, collection) ? dataAccessScope(id) : [];
  });
  const lacking = scopes.filter((scope) => !hasConsent(token, [flowScope(flow), TRANSFER_SCOPE, scope]));
  if (lacking.length > 0) throw new ConsentMissing(`${TRANSFER_SCOPE}[${lacking.map((one) => `*${one}`).join(" ")}]`);
}

/** A task is submitted and followed. */
function taskProvider(world: GlobusWorld, kind: "transfer" | "delete"): ActionProvider {
  const look = (call: ActionCall, { details }: ActionStatus): ActionStatus => {
    const { body } = askTransfer(world, call, "GET", `/task/${textOf(details["task_id"])}`);
    const status = textOf(body["status"]) as ActionStatus["status"];
    return { status, details: body };
  };
  return {
    scope: TRANSFER_SCOPE,
    start: (call, input) => {
      const collections =
        kind === "delete" ? [input["endpoint"]] : [input["source_endpoint"], input["destination_endpoint"]];
      requireDataAccess(world, call, collections.map(textOf));
      const items = (Array.isArray(input["DATA"]) ? (input["DATA"] as Fields[]) : []).map((item) => {
        return { DATA_TYPE: `${kind}_item`, ...item };
      });
      const label = input["label"] ?? `For Action id ${call.actionId}`;
      const document = { submission_id: randomUUID(), DATA_TYPE: kind, ...input, label, DATA: items };
      const { status, body } = askTransfer(world, call, "POST", `/${kind}`, { body: document });
      if (status !== 202) throw new ActionRefused(body);
      return look(call, { status: "ACTIVE", details: body });
    },
    look,
    cancel: (call, { details }) => void askTransfer(world, call, "POST", `/task/${textOf(details["task_id"])}/cancel`),
  };
}

/** One question to Transfer, answered at once. */
function operation(ask: (call: ActionCall, input: Fields) => InsideAnswer): ActionProvider {
  return {
    scope: TRANSFER_SCOPE,
    start: (call, input) => {
      const { status, body } = ask(call, input);
      return { status: status < 300 ? "SUCCEEDED" : "FAILED", details: body };
    },
    look: (_call, last) => last,
    cancel: () => {},
  };
}

const id = (input: Fields): string => textOf(input["endpoint_id"]);
const plainText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Parameters of a question, but for the collection. */
const asQuery = ({ endpoint_id: _id, ...input }: Fields): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(input).map(([name, value]) => [name, plainText(value)]));

/** The providers by what stands behind the service's address. */
function providers(world: GlobusWorld): Readonly<Record<string, ActionProvider>> {
  const onCollection = (call: ActionCall, name: string, input: Fields): InsideAnswer =>
    askTransfer(world, call, "GET", `/operation/endpoint/${id(input)}/${name}`, { query: asQuery(input) });
  return {
    transfer: taskProvider(world, "transfer"),
    delete: taskProvider(world, "delete"),
    mkdir: operation((call, input) => {
      const body = { DATA_TYPE: "mkdir", path: input["path"] };
      return askTransfer(world, call, "POST", `/operation/endpoint/${id(input)}/mkdir`, { body });
    }),
    ls: operation((call, input) => onCollection(call, "ls", input)),
    // What is not there is an answer, too: published flows look at `details.code`.
    stat: operation((call, input) => {
      const answer = onCollection(call, "stat", input);
      return answer.body["code"] === "NotFound" ? { ...answer, status: 200 } : answer;
    }),
    collection_info: operation((call, input) => askTransfer(world, call, "GET", `/endpoint/${id(input)}`)),
    manage_permission: operation((call, input) => managePermission(world, call, input)),
  };
}

function managePermission(world: GlobusWorld, call: ActionCall, input: Fields): InsideAnswer {
  const { operation: wanted, endpoint_id: _id, rule_id: rule, ...body } = input;
  const rules = `/endpoint/${id(input)}/access`;
  const document = { DATA_TYPE: "access", ...body };
  switch (textOf(wanted)) {
    case "CREATE":
      return askTransfer(world, call, "POST", rules, { body: document });
    case "UPDATE":
      return askTransfer(world, call, "PUT", `${rules}/${textOf(rule)}`, { body: document });
    case "DELETE":
      return askTransfer(world, call, "DELETE", `${rules}/${textOf(rule)}`);
    case "LIST":
      return askTransfer(world, call, "GET", `${rules}_list`);
    default:
      throw new ActionRefused({ code: "BadRequest", message: `operation ${JSON.stringify(wanted)} is not known` });
  }
}

/** Makes the providers of Transfer known to Flows. */
export function addTransferProviders(world: GlobusWorld): void {
  for (const [name, provider] of Object.entries(providers(world)))
    world.flows.providerByUrl.set(`${SERVICE}/${name}`, provider);
}
