/**
 * Globus Flows, simulated: runs are checked, started, told of, changed and ended. globus.md §3.4; the shapes are
 * those of Globus' published samples.
 */
import { randomUUID } from "node:crypto";
import type { TwinAnswer } from "../../http-twin.ts";
import type { AccessToken, TwinIdentity } from "../auth/auth-state.ts";
import { type Fields, textOf } from "../documents.ts";
import type { Asked, Route } from "../world.ts";
import {
  flowsBody,
  pageByMarker,
  pageSize,
  refuseFlows,
  refuseProblems,
  requireFlowBearer,
  requireFlowsBearer,
  requireResumer,
} from "./answers.ts";
import { flowEmbed, runDocument, withoutPrivate } from "./documents.ts";
import { beginRun, cancelRun, resumeRun } from "./engine.ts";
import { type Flow, flowTime, hasEnded, type TwinRun } from "./flow.ts";
import { forbidden, visibleFlow } from "./flow-routes.ts";
import { RUN_METADATA, RUN_REQUEST, type RunSettings, readRunSettings } from "./flow-settings.ts";
import { inputProblems } from "./json-schema.ts";
import { mayManage, mayStart } from "./roles.ts";
import { applySettings, visibleRun } from "./run-list-routes.ts";

const RUN = "/runs/:run";
const PAGE = { usual: 10, most: 100 };

export const RUN_ROUTES: readonly Route[] = [
  { method: "POST", path: "/flows/:flow/run", answer: startRun },
  { method: "POST", path: "/flows/:flow/validate_run", answer: validateRun },
  { method: "GET", path: RUN, answer: giveRun },
  { method: "PUT", path: RUN, answer: updateRun },
  { method: "GET", path: `${RUN}/log`, answer: giveLog },
  { method: "GET", path: `${RUN}/definition`, answer: giveDefinition },
  { method: "POST", path: `${RUN}/cancel`, answer: cancel },
  { method: "POST", path: `${RUN}/resume`, answer: resume },
  { method: "POST", path: `${RUN}/release`, answer: release },
];

/** A request for a run that may begin. */
interface AskedRun {
  readonly flow: Flow;
  readonly token: AccessToken;
  readonly settings: RunSettings;
  readonly input: Fields;
}

/** What a run and its rehearsal go through, in this order: the token, the flow, the right, the document, the input. */
function runRequest(asked: Asked): AskedRun {
  const token = requireFlowBearer(asked, asked.part("flow"));
  const flow = visibleFlow(asked, asked.part("flow"), token.identity);
  if (!mayStart(flow, token.identity)) throw forbidden("flow", flow.id, "RUN");
  refuseSession(asked, flow);
  const body = flowsBody(asked);
  const { settings, problems } = readRunSettings(body, RUN_REQUEST);
  refuseProblems([
    ...("body" in body ? [] : [{ loc: ["body"], msg: "field required", type: "value_error.missing" }]),
    ...problems,
  ]);
  const input = body["body"] as Fields;
  const wrong = inputProblems(flow.inputSchema, input);
  if (wrong.length === 0) return { flow, token, settings, input };
  const detail = wrong.map(({ path, says }) => ({ loc: [path], type: "InvalidActionInput", msg: says }));
  const message = `Input failed schema validation with ${wrong.length} error${wrong.length === 1 ? "" : "s"}.`;
  throw refuseFlows(400, "FLOW_INPUT_ERROR", detail, { message });
}

/** @throws RefusedAnswer where the flow's authentication policy wants another session */
export function refuseSession({ world }: Asked, flow: Flow, beside: Fields = {}): void {
  const wanted = world.flows.sessionWantedByFlow.get(flow.id);
  if (wanted === undefined) return;
  const detail = "No identity of the session meets the authentication policy of the flow: log in as the policy asks.";
  const more = { ...beside, code: "AuthenticationPolicyRequired", authorization_parameters: wanted };
  throw refuseFlows(403, "AUTHENTICATION_POLICY_REQUIRED", detail, { beside: more });
}

function validateRun(asked: Asked): TwinAnswer {
  runRequest(asked);
  return { status: 200, body: { message: "validation successful" } };
}

function startRun(asked: Asked): TwinAnswer {
  const { flow, token, settings, input } = runRequest(asked);
  const now = asked.world.clock.now();
  const run: TwinRun = {
    id: randomUUID(),
    flow,
    definition: flow.definition,
    inputSchema: flow.inputSchema,
    flowUpdated: flow.updated,
    owner: token.identity,
    token,
    label: settings.label ?? null,
    tags: settings.tags ?? [],
    managers: settings.managers ?? [],
    monitors: settings.monitors ?? [],
    status: "ACTIVE",
    said: undefined,
    started: now,
    ended: undefined,
    details: {},
    log: [],
    data: input,
    at: flow.definition.StartAt,
    action: undefined,
    hindrance: undefined,
    question: undefined,
    isHeld: false,
    held: undefined,
    failure: undefined,
    wantedSession: undefined,
    enter: () => {},
    cancel: () => {},
  };
  asked.world.flows.runById.set(run.id, run);
  beginRun(asked.world, run);
  return { status: 201, body: runDocument(run, token.identity) };
}

function seenRun(asked: Asked): { readonly run: TwinRun; readonly identity: TwinIdentity } {
  const { identity } = requireFlowsBearer(asked, "run_status");
  const run = visibleRun(asked, asked.part("run"), identity);
  refuseSession(asked, run.flow);
  return { run, identity };
}

function managedRun(asked: Asked, permission: string): { readonly run: TwinRun; readonly identity: TwinIdentity } {
  const { identity } = requireFlowsBearer(asked, "run_manage");
  const run = visibleRun(asked, asked.part("run"), identity);
  if (!mayManage(run, identity)) throw forbidden("run", run.id, permission);
  return { run, identity };
}

function giveRun(asked: Asked): TwinAnswer {
  const { run, identity } = seenRun(asked);
  const wantsFlow = /^true$/i.test(asked.request.query.get("include_flow_description") ?? "");
  return {
    status: 200,
    body: { ...runDocument(run, identity), ...(wantsFlow && { flow_description: flowEmbed(run.flow) }) },
  };
}

function giveDefinition(asked: Asked): TwinAnswer {
  const { run } = seenRun(asked);
  const definition = withoutPrivate(run.definition);
  return { status: 200, body: { flow_id: run.flow.id, definition, input_schema: run.inputSchema } };
}

function giveLog(asked: Asked): TwinAnswer {
  const { run } = seenRun(asked);
  const rowsFor = (query: URLSearchParams): Fields[] => {
    const entries = run.log.map(({ time, code, description, details }, index) => {
      return { id: String(index), time: flowTime(time), code, description, details: withoutPrivate(details) };
    });
    return /^true$/i.test(query.get("reverse_order") ?? "") ? entries.toReversed() : entries;
  };
  const { rows, limit, marker } = pageByMarker(
    asked,
    rowsFor,
    (entry) => textOf(entry["id"]),
    (query) => pageSize(query, "limit", PAGE.usual, PAGE.most),
  );
  const entries = rows.map(({ id: _id, ...entry }) => entry);
  return {
    status: 200,
    body: { limit, has_next_page: marker !== null, ...(marker !== null && { marker }), entries },
  };
}

function updateRun(asked: Asked): TwinAnswer {
  const { run, identity } = managedRun(asked, "UPDATE");
  const { settings, problems } = readRunSettings(flowsBody(asked), RUN_METADATA);
  refuseProblems(problems);
  applySettings(run, settings);
  return { status: 200, body: runDocument(run, identity) };
}

function cancel(asked: Asked): TwinAnswer {
  const { run, identity } = managedRun(asked, "CANCEL");
  if (!hasEnded(run)) cancelRun(asked.world, run);
  return { status: 202, body: runDocument(run, identity) };
}

/** The token of the flow, of whoever may manage the run; its consents are what the run's actions go on with. */
function resume(asked: Asked): TwinAnswer {
  const { flows, clock } = asked.world;
  const flow = flows.run(asked.part("run"), clock.now())?.flow;
  if (flow === undefined) throw refuseFlows(404, "NOT_FOUND", `No Run exists with id value ${asked.part("run")}`);
  const token = requireResumer(asked, flow.id);
  const run = visibleRun(asked, asked.part("run"), token.identity);
  if (!mayManage(run, token.identity)) throw forbidden("run", run.id, "RESUME");
  refuseSession(asked, flow);
  if (hasEnded(run)) throw conflict(run, ["ACTIVE", "INACTIVE"]);
  resumeRun(asked.world, run, token);
  return { status: 200, body: runDocument(run, token.identity) };
}

function release(asked: Asked): TwinAnswer {
  const { run, identity } = managedRun(asked, "RELEASE");
  if (!hasEnded(run)) throw conflict(run, ["ENDED", "SUCCEEDED", "FAILED"]);
  asked.world.flows.runById.delete(run.id);
  return { status: 200, body: runDocument(run, identity) };
}

function conflict(run: TwinRun, wanted: readonly string[]): Error {
  const statuses = wanted.map((status) => `'${status}'`).join(", ");
  const detail = `Run ${run.id} has status '${run.status}' but must have status in {${statuses}} for requested operation`;
  return refuseFlows(409, "STATE_CONFLICT", detail);
}
