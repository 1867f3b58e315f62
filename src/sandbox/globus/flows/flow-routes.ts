/**
 * Globus Flows, simulated: flows are made, changed, listed and taken away. globus.md §3.4; the shapes are
 * those of Globus' published samples. How Flows refuses a second flow of a free account is not published: ours is a
 * guess.
 */
import { randomUUID } from "node:crypto";
import type { TwinAnswer } from "../../http-twin.ts";
import type { TwinIdentity } from "../auth/auth-state.ts";
import { type Fields, textOf } from "../documents.ts";
import { ordered } from "../list-query.ts";
import type { Asked, GlobusWorld, Route } from "../world.ts";
import {
  flowsBody,
  pageByMarker,
  pageSize,
  queryValues,
  refuseFlows,
  refuseProblems,
  requireFlowsBearer,
} from "./answers.ts";
import { definitionScopes } from "./definition.ts";
import { deletedFlowDocument, flowDocument } from "./documents.ts";
import type { Flow, FlowDefinition, FlowSettings } from "./flow.ts";
import { readFlowSettings } from "./flow-settings.ts";
import { FREE_FLOW_MILLISECONDS } from "./flows-world.ts";
import { flowRoles, mayAdministrate } from "./roles.ts";

const FLOW = "/flows/:flow";
const PAGE = { usual: 20, most: 100 };

export const FLOW_ROUTES: readonly Route[] = [
  { method: "GET", path: "/flows", answer: listFlows },
  { method: "POST", path: "/flows", answer: createFlow },
  { method: "POST", path: "/flows/validate", answer: validateFlow },
  { method: "GET", path: FLOW, answer: giveFlow },
  { method: "PUT", path: FLOW, answer: updateFlow },
  { method: "DELETE", path: FLOW, answer: deleteFlow },
];

/** A flow that somebody may see. @throws RefusedAnswer 404 for what is not there for them */
export function visibleFlow(asked: Asked, id: string, identity: TwinIdentity): Flow {
  const flow = asked.world.flows.flow(id, asked.world.clock.now());
  if (flow === undefined || flowRoles(flow, identity).length === 0)
    throw refuseFlows(404, "NOT_FOUND", `No Flow exists with id value ${id}`);
  return flow;
}

/** @throws RefusedAnswer 403 */
export const forbidden = (kind: "flow" | "run", id: string, permission: string): Error =>
  refuseFlows(
    403,
    "FORBIDDEN",
    `You do not have the necessary permissions to perform this action on the ${kind} with id value ${id}. ` +
      `Missing permissions: ${permission}.`,
  );

/** A flow of somebody who may change it. */
function ownFlow(asked: Asked, permission: string): { readonly flow: Flow; readonly identity: TwinIdentity } {
  const { identity } = requireFlowsBearer(asked, "manage_flows");
  const flow = visibleFlow(asked, asked.part("flow"), identity);
  if (!mayAdministrate(flow, identity)) throw forbidden("flow", flow.id, permission);
  return { flow, identity };
}

const EMPTY: Omit<FlowSettings, "title" | "definition"> = {
  subtitle: "",
  description: "",
  keywords: [],
  inputSchema: {},
  viewers: [],
  starters: [],
  administrators: [],
  runManagers: [],
  runMonitors: [],
  subscription: undefined,
};

/** Makes a flow that has been checked. */
export function addFlow(
  world: GlobusWorld,
  owner: TwinIdentity,
  settings: Partial<FlowSettings> & { readonly title: string; readonly definition: FlowDefinition },
  fixed: { readonly id?: string; readonly policy?: string | undefined } = {},
): Flow {
  const { flows } = world;
  const now = world.clock.now();
  const expires = settings.subscription === undefined ? now + FREE_FLOW_MILLISECONDS : Infinity;
  const { id = randomUUID(), policy } = fixed;
  const made = { id, owner, groups: world.groups, policy, created: now, updated: now, expires };
  const flow: Flow = { ...EMPTY, ...settings, ...made };
  flows.flowById.set(flow.id, flow);
  makeScope(world, flow);
  return flow;
}

function createFlow(asked: Asked): TwinAnswer {
  const { flows, clock } = asked.world;
  const { identity } = requireFlowsBearer(asked, "manage_flows");
  const body = flowsBody(asked);
  const { settings, problems } = readFlowSettings(body, flows, ["authentication_policy_id"]);
  const missing = ["title", "definition", "input_schema"].filter((name) => !(name in body));
  refuseProblems([
    ...missing.map((name) => ({ loc: [name], msg: "field required", type: "value_error.missing" })),
    ...problems,
  ]);
  const { title = "", definition, subscription } = settings;
  const isFree = (flow: Flow): boolean => flow.owner.id === identity.id && flow.subscription === undefined;
  if (subscription === undefined && flows.flows(clock.now()).some(isFree))
    throw refuseFlows(
      403,
      "FORBIDDEN",
      "Without a subscription a user has one flow at a time: delete the other or name a subscription_id.",
    );
  const policy = textOf(body["authentication_policy_id"]) || undefined;
  const made = { ...settings, title, definition: definition as FlowDefinition };
  return { status: 201, body: flowDocument(addFlow(asked.world, identity, made, { policy }), identity) };
}

function validateFlow(asked: Asked): TwinAnswer {
  const { flows } = asked.world;
  requireFlowsBearer(asked, "view_flows");
  const { definition, input_schema } = flowsBody(asked);
  const given = { definition, ...(input_schema !== undefined && { input_schema }) };
  refuseProblems(readFlowSettings(given, flows, []).problems);
  return { status: 200, body: { scopes: definitionScopes(definition as FlowDefinition, flows) } };
}

function giveFlow(asked: Asked): TwinAnswer {
  const { identity } = requireFlowsBearer(asked, "view_flows");
  return { status: 200, body: flowDocument(visibleFlow(asked, asked.part("flow"), identity), identity) };
}

function updateFlow(asked: Asked): TwinAnswer {
  const { flow, identity } = ownFlow(asked, "UPDATE");
  const { flows, clock } = asked.world;
  const body = flowsBody(asked);
  const { settings, problems } = readFlowSettings(body, flows, ["flow_owner"]);
  refuseProblems(problems);
  Object.assign(flow, settings, { updated: clock.now() });
  makeScope(asked.world, flow);
  if ("subscription" in settings)
    flow.expires = settings.subscription === undefined ? flow.created + FREE_FLOW_MILLISECONDS : Infinity;
  return { status: 200, body: flowDocument(flow, identity) };
}

/** The flow's scope, with what its actions need below it, which a person may withdraw one by one. */
function makeScope({ auth, flows }: GlobusWorld, { id, definition }: Flow): void {
  const scopes = new Set(Object.values(definitionScopes(definition, flows)).flat());
  auth.dependentsByFlow.set(id, [...scopes].map((scope) => `*${scope}`).join(" "));
}

function deleteFlow(asked: Asked): TwinAnswer {
  const { flow, identity } = ownFlow(asked, "DELETE");
  const { flows, clock } = asked.world;
  flows.flowById.delete(flow.id);
  return { status: 200, body: deletedFlowDocument(flow, identity, clock.now()) };
}

function listFlows(asked: Asked): TwinAnswer {
  const { identity } = requireFlowsBearer(asked, "view_flows");
  const rowsFor = (query: URLSearchParams): Fields[] => {
    const roles = queryValues(query, "filter_roles").map((role) => role.replace(/s$/, ""));
    const wanted = roles.length === 0 ? ["flow_owner"] : roles;
    const found = asked.world.flows
      .flows(asked.world.clock.now())
      .filter((flow) => flowRoles(flow, identity).some((role) => wanted.includes(role)))
      .map((flow) => flowDocument(flow, identity, true))
      .filter((flow) => isFound(flow, query));
    return ordered(found, query.getAll("orderby").join(","));
  };
  const { rows, limit, marker } = pageByMarker(
    asked,
    rowsFor,
    (flow) => textOf(flow["id"]),
    (query) => pageSize(query, "per_page", PAGE.usual, PAGE.most),
  );
  return { status: 200, body: { flows: rows, limit, has_next_page: marker !== null, marker } };
}

/** By filter, the fields that it looks at; one of its values is somewhere in one of them, in any case. */
const TEXT_FILTERS: Readonly<Record<string, readonly string[]>> = {
  filter_title: ["title"],
  filter_subtitle: ["subtitle"],
  filter_description: ["description"],
  filter_keywords: ["keywords"],
  filter_scope_string: ["globus_auth_scope"],
  filter_fulltext: ["title", "subtitle", "flow_owner", "description", "id", "flow_administrators"],
};

function isFound(flow: Fields, query: URLSearchParams): boolean {
  return Object.entries(TEXT_FILTERS).every(([filter, fields]) => {
    const wanted = queryValues(query, filter).map((one) => one.toLowerCase());
    const texts = fields.flatMap((field) => {
      const value = flow[field];
      return (Array.isArray(value) ? value : [value]).map((one) => textOf(one).toLowerCase());
    });
    return wanted.length === 0 || wanted.some((one) => texts.some((text) => text.includes(one)));
  });
}
