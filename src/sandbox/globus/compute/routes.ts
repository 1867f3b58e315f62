/**
 * The simulated Globus Compute: functions are registered, tasks submitted to end points and their results fetched,
 * within the service's limits. Its forms are those of globus-sdk-python 4.10, services/compute and
 * testing/data/compute.
 */
import { randomUUID } from "node:crypto";
import type { TwinAnswer } from "../../http-twin.ts";
import type { AccessToken } from "../auth/auth-state.ts";
import { COMPUTE_SERVER } from "../auth/known-scopes.ts";
import { type Fields, textOf } from "../documents.ts";
import { type Asked, bearerOf, RefusedAnswer, type Route } from "../world.ts";
import { unpack } from "./packing.ts";
import {
  type ComputeEndpoint,
  type ComputeFunction,
  type ComputeTask,
  MOST_BYTES,
  MOST_REQUESTS,
  PERIOD_SECONDS,
} from "./room.ts";

export const COMPUTE_ROUTES: readonly Route[] = [
  { method: "GET", path: "/v2/version", answer: version },
  { method: "POST", path: "/v3/functions", answer: register },
  { method: "GET", path: "/v2/functions/:id", answer: showFunction },
  { method: "GET", path: "/v2/endpoints/:id", answer: showEndpoint },
  { method: "GET", path: "/v2/endpoints/:id/status", answer: endpointStatus },
  { method: "POST", path: "/v3/endpoints/:id/submit", answer: submit },
  { method: "GET", path: "/v2/tasks/:id", answer: showTask },
  { method: "POST", path: "/v2/batch_status", answer: batchStatus },
  { method: "GET", path: "/v2/taskgroup/:id", answer: showGroup },
];

/** A refusal in Compute's form. */
const refuse = (status: number, code: string, reason: string, headers?: Record<string, string>): RefusedAnswer =>
  new RefusedAnswer({
    status,
    ...(headers !== undefined && { headers }),
    body: { status: "Failed", code, reason, error_args: [], http_status_code: status },
  });

/** The bearer, within the limits. */
function admit(asked: Asked): AccessToken {
  const bearer = bearerOf(asked, COMPUTE_SERVER);
  if (bearer === undefined) throw refuse(401, "UNAUTHORIZED", "The token is not active, or not for Globus Compute");
  const seconds = asked.world.compute.admits(bearer.identity.id);
  if (seconds > 0)
    throw refuse(429, "TOO_MANY_REQUESTS", `More than ${MOST_REQUESTS} requests in ${PERIOD_SECONDS} seconds`, {
      "Retry-After": String(seconds),
    });
  if (Buffer.byteLength(asked.request.body) > MOST_BYTES)
    throw refuse(413, "PAYLOAD_TOO_LARGE", `The request has more than ${MOST_BYTES} bytes`);
  return bearer;
}

function bodyOf({ request }: Asked): Fields {
  try {
    return JSON.parse(request.body) as Fields;
  } catch {
    throw refuse(422, "SEMANTICALLY_INVALID", "Request payload failed validation: it is not JSON");
  }
}

function version({ request }: Asked): TwinAnswer {
  const api = "1.45.0";
  if (request.query.get("service") !== "all") return { status: 200, body: JSON.stringify(api) };
  const body = { api, min_sdk_version: "2.0.0", min_ep_version: "2.0.0", min_endpoint_version: "2.0.0", git_sha: "" };
  return { status: 200, body };
}

function register(asked: Asked): TwinAnswer {
  const { identity } = admit(asked);
  const { function_name: name, function_code: code, description, meta, public: isPublic } = bodyOf(asked);
  if (textOf(name) === "" || textOf(code) === "")
    throw refuse(422, "SEMANTICALLY_INVALID", "Request payload failed validation: function_name and function_code");
  const made = asked.world.compute.register({
    name: textOf(name),
    code: textOf(code),
    description: textOf(description) || null,
    meta: meta ?? null,
    owner: identity.id,
    isPublic: isPublic === true,
  });
  return { status: 200, body: { function_uuid: made.id } };
}

function functionOf({ world }: Asked, id: string, { identity }: AccessToken): ComputeFunction {
  const found = world.compute.functionById.get(id);
  if (found === undefined || (found.owner !== identity.id && !found.isPublic))
    throw refuse(404, "FUNCTION_NOT_FOUND", `Function ${id} could not be resolved`);
  return found;
}

function showFunction(asked: Asked): TwinAnswer {
  const { id, name, code, description, meta } = functionOf(asked, asked.part("id"), admit(asked));
  const body = { function_uuid: id, function_name: name, function_code: code, description, metadata: meta };
  return { status: 200, body };
}

function endpointOf({ world }: Asked, id: string): ComputeEndpoint {
  const found = world.compute.endpointById.get(id);
  if (found === undefined) throw refuse(404, "ENDPOINT_NOT_FOUND", `Endpoint ${id} could not be resolved`);
  return found;
}

function showEndpoint(asked: Asked): TwinAnswer {
  admit(asked);
  const { id, name } = endpointOf(asked, asked.part("id"));
  const body = {
    uuid: id,
    name,
    display_name: name,
    description: null,
    multi_user: false,
    public: false,
    hostname: "login.example.org",
    local_user: "beamline",
    ip_address: "127.0.0.1",
    endpoint_version: "4.19.0",
    sdk_version: "4.19.0",
    endpoint_config: "",
    user_config_template: "",
    user_config_schema: {},
    subscription_uuid: null,
  };
  return { status: 200, body };
}

function endpointStatus(asked: Asked): TwinAnswer {
  admit(asked);
  const endpoint = endpointOf(asked, asked.part("id"));
  const waiting = [...asked.world.compute.taskById.values()].filter(
    (task) => task.endpoint === endpoint && task.ended === undefined,
  );
  const details = {
    total_workers: 1,
    idle_workers: endpoint.isOnline && waiting.length === 0 ? 1 : 0,
    pending_tasks: waiting.length,
    outstanding_tasks: waiting.length,
    managers: 1,
  };
  return { status: 200, body: { status: endpoint.isOnline ? "online" : "offline", details } };
}

function submit(asked: Asked): TwinAnswer {
  const bearer = admit(asked);
  const endpoint = endpointOf(asked, asked.part("id"));
  const { tasks, task_group_id: wanted } = bodyOf(asked);
  const { compute } = asked.world;
  const isGroup = (task: ComputeTask): boolean => task.group === wanted && task.owner === bearer.identity.id;
  if (wanted !== undefined && ![...compute.taskById.values()].some(isGroup))
    throw refuse(404, "TASK_GROUP_NOT_FOUND", `Task group ${textOf(wanted)} could not be resolved`);
  const group = wanted === undefined ? randomUUID() : textOf(wanted);
  const asks = Object.entries((tasks ?? {}) as Record<string, unknown>).flatMap(([id, payloads]) => {
    const fn = functionOf(asked, id, bearer);
    return (Array.isArray(payloads) ? payloads : []).map((payload) => ({ fn, payload: payloadOf(payload) }));
  });
  if (asks.length === 0) throw refuse(422, "SEMANTICALLY_INVALID", "Request payload failed validation: no tasks");
  const begun: Record<string, string[]> = {};
  for (const { fn, payload } of asks) {
    const task = compute.begin({ owner: bearer.identity.id, endpoint, fn, payload, group });
    (begun[fn.id] ??= []).push(task.id);
  }
  const body = { request_id: randomUUID(), task_group_id: group, endpoint_id: endpoint.id, tasks: begun };
  return { status: 202, body };
}

function payloadOf(payload: unknown): string {
  try {
    const text = textOf(payload);
    if (unpack(text).length === 2) return text;
  } catch {
    // it is told below
  }
  throw refuse(422, "SEMANTICALLY_INVALID", "Request payload failed validation: arguments are not packed");
}

/** The document of a task; undefined where it is not there, or not the bearer's. */
function taskDocument({ world }: Asked, { identity }: AccessToken, id: string): Fields | undefined {
  const look = world.compute.look(id);
  if (look === "lost" || look.task.owner !== identity.id) return undefined;
  const { task, status } = look;
  const { ended } = task;
  if (ended === undefined) return { task_id: id, status };
  task.isFetched = true;
  const details = {
    os: "Linux",
    python_version: "3.12.6",
    dill_version: "0.3.9",
    globus_compute_sdk_version: "4.19.0",
    task_transitions: { "execution-start": (task.began ?? 0) / 1000, "execution-end": ended.at / 1000 },
  };
  return { task_id: id, status, ...ended.outcome, completion_t: String(ended.at / 1000), details };
}

function showTask(asked: Asked): TwinAnswer {
  const id = asked.part("id");
  const body = taskDocument(asked, admit(asked), id);
  if (body === undefined) throw refuse(404, "TASK_NOT_FOUND", `Task ${id} could not be resolved`);
  return { status: 200, body };
}

function batchStatus(asked: Asked): TwinAnswer {
  const bearer = admit(asked);
  const { task_ids: ids } = bodyOf(asked);
  const rows = (Array.isArray(ids) ? ids : []).flatMap((id) => {
    const document = taskDocument(asked, bearer, textOf(id));
    return document === undefined ? [] : [[textOf(id), document] as const];
  });
  return { status: 200, body: { response: "batch", results: Object.fromEntries(rows) } };
}

function showGroup(asked: Asked): TwinAnswer {
  const { identity } = admit(asked);
  const id = asked.part("id");
  const tasks = [...asked.world.compute.taskById.values()].filter(
    ({ group, owner }) => group === id && owner === identity.id,
  );
  if (tasks.length === 0) throw refuse(404, "TASK_GROUP_NOT_FOUND", `Task group ${id} could not be resolved`);
  const rows = tasks.map((task) => ({ id: task.id, created_at: new Date(task.created).toISOString() }));
  return { status: 200, body: { taskgroup_id: id, create_websockets_queue: false, tasks: rows } };
}
