/** Globus Flows, simulated: the questions of runs are listed, shown and answered. globus.md §3.4; published samples. */
import { isJsonObject } from "../../../base/json-object.ts";
import type { TwinAnswer } from "../../http-twin.ts";
import type { TwinIdentity } from "../auth/auth-state.ts";
import { type Fields, textOf } from "../documents.ts";
import { ordered } from "../list-query.ts";
import type { Asked, Route } from "../world.ts";
import { flowsBody, pageByMarker, pageSize, queryValues, refuseFlows, requireFlowsBearer } from "./answers.ts";
import { flowTime, flowTimeOrNull, identityUrn, type WebInput } from "./flow.ts";
import { webInputRoles } from "./roles.ts";
import { refuseSession } from "./run-routes.ts";
import { answerQuestion } from "./web-inputs.ts";

const WEB_INPUT = "/web_inputs/:input";
const PAGE = { usual: 20, most: 100 };

export const WEB_INPUT_ROUTES: readonly Route[] = [
  { method: "GET", path: "/web_inputs", answer: listWebInputs },
  { method: "GET", path: WEB_INPUT, answer: giveWebInput },
  { method: "POST", path: `${WEB_INPUT}/respond`, answer: respond },
];

/** What a list tells of a question. */
function summaryOf(input: WebInput, identity: TwinIdentity): Fields {
  const { run } = input;
  return {
    id: input.id,
    status: input.closed === undefined ? "open" : "closed",
    user_roles: webInputRoles(input, identity),
    input_type: "selection",
    title: input.title,
    flow: { id: run.flow.id, title: run.flow.title },
    run: { id: run.id, label: run.label },
    created_timestamp: flowTime(input.created),
    edited_timestamp: flowTime(input.edited),
    closed_timestamp: flowTimeOrNull(input.closed),
  };
}

function documentOf(input: WebInput, identity: TwinIdentity): Fields {
  const { title: _title, ...summary } = summaryOf(input, identity);
  return {
    ...summary,
    input_schema: {
      $schema: "http://json-schema.org/draft-07/schema",
      title: "Please select an option",
      type: "string",
      oneOf: input.options.map(({ id, label, description }) => ({ const: id, title: label, description })),
    },
    context: input.context,
    options: input.options.map(({ id, label, description }) => ({ option_id: id, label, description })),
    roles: { viewer_urns: input.viewers, respondent_urns: input.respondents },
    creator_urn: identityUrn(input.run.owner.id),
  };
}

/** The question that the path names, for somebody with a role on it. */
function visibleInput(asked: Asked): { readonly input: WebInput; readonly identity: TwinIdentity } {
  const { identity } = requireFlowsBearer(asked, "run_status");
  const id = asked.part("input");
  const input = asked.world.flows.webInputById.get(id);
  if (input === undefined || webInputRoles(input, identity).length === 0)
    throw refuseFlows(404, "NOT_FOUND", `No Web Input exists with id value ${id}`);
  return { input, identity };
}

function giveWebInput(asked: Asked): TwinAnswer {
  const { input, identity } = visibleInput(asked);
  refuseSession(asked, input.run.flow, { web_input_summary: summaryOf(input, identity) });
  return { status: 200, body: documentOf(input, identity) };
}

function respond(asked: Asked): TwinAnswer {
  const { input, identity } = visibleInput(asked);
  const { id } = input;
  if (!webInputRoles(input, identity).includes("respondent"))
    throw refuseFlows(403, "FORBIDDEN", `User does not have respondent role on web input ${id}`);
  refuseSession(asked, input.run.flow, { web_input_summary: summaryOf(input, identity) });
  const { response } = flowsBody(asked);
  const value = isJsonObject(response) ? response["value"] : undefined;
  if (input.closed !== undefined) throw refuseFlows(409, "STATE_CONFLICT", `Web Input ${id} is already closed.`);
  const option = input.options.find((one) => one.id === value);
  if (option === undefined)
    throw refuseFlows(422, "UNPROCESSABLE_ENTITY", `'${textOf(value)}' is not a registered option id for this input.`);
  answerQuestion(asked.world, input, option, identity);
  return { status: 200, body: { status: "ok" } };
}

function listWebInputs(asked: Asked): TwinAnswer {
  const { identity } = requireFlowsBearer(asked, "run_status");
  const rowsFor = (query: URLSearchParams): Fields[] => {
    const fits = (filter: string, values: readonly string[]): boolean => {
      const wanted = queryValues(query, filter);
      return wanted.length === 0 || wanted.some((one) => values.includes(one));
    };
    const found = [...asked.world.flows.webInputById.values()]
      .filter((input) => webInputRoles(input, identity).length > 0)
      .filter((input) => fits("filter_roles", webInputRoles(input, identity)))
      .filter(({ closed }) => fits("filter_states", [closed === undefined ? "open" : "closed"]))
      .filter(({ run }) => fits("filter_flow_ids", [run.flow.id]) && fits("filter_run_ids", [run.id]))
      .map((input) => summaryOf(input, identity))
      .toReversed();
    return ordered(found, queryValues(query, "orderby").join(","));
  };
  const { rows, marker } = pageByMarker(
    asked,
    rowsFor,
    (row) => textOf(row["id"]),
    (query) => pageSize(query, "per_page", PAGE.usual, PAGE.most),
  );
  return { status: 200, body: { web_input_summaries: rows, marker } };
}
