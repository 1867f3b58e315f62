/**
 * The action provider of Globus Compute, simulated: an action of a flow begins tasks in the name of the run's owner,
 * and ends when all of them have.
 */
import { randomUUID } from "node:crypto";
import { type Fields, textOf } from "../documents.ts";
import { type ActionProvider, ActionRefused } from "../flows/action-provider.ts";
import type { ActionStatus } from "../flows/flow.ts";
import type { GlobusWorld } from "../world.ts";
import { pack, packJson, readJson } from "./packing.ts";
import type { ComputeRoom } from "./room.ts";

const ADDRESS = "https://compute.actions.globus.org/v3";
const SCOPE = "https://auth.globus.org/scopes/facd7ccc-c5f4-42aa-916b-a0e270e2c2a9/all";

/** Makes the provider known to Flows. */
export function addComputeProvider({ compute, flows }: GlobusWorld): void {
  flows.providerByUrl.set(ADDRESS, provider(compute));
}

const provider = (room: ComputeRoom): ActionProvider => ({
  scope: SCOPE,
  start: ({ token }, input) => statusOf(room, begin(room, token.identity.id, input)),
  look: (_call, { details }) => statusOf(room, details["task_ids"] as readonly string[]),
  cancel: () => {}, // Compute ends no task
});

/** @param owner an identity's id @returns the tasks' ids @throws ActionRefused */
function begin(room: ComputeRoom, owner: string, input: Fields): readonly string[] {
  const endpoint = room.endpointById.get(textOf(input["endpoint_id"]));
  if (endpoint === undefined) throw refused("ENDPOINT_NOT_FOUND", `Endpoint ${textOf(input["endpoint_id"])}`);
  const group = randomUUID();
  const tasks = Array.isArray(input["tasks"]) ? (input["tasks"] as readonly Fields[]) : [];
  const asked = tasks.map(({ function_id: id, args, kwargs }) => {
    const fn = room.functionById.get(textOf(id));
    if (fn === undefined || (fn.owner !== owner && !fn.isPublic))
      throw refused("FUNCTION_NOT_FOUND", `Function ${textOf(id)}`);
    return { fn, payload: pack([packJson(args ?? []), packJson(kwargs ?? {})]) };
  });
  return asked.map(({ fn, payload }) => room.begin({ owner, endpoint, fn, payload, group }).id);
}

const refused = (code: string, what: string): ActionRefused =>
  new ActionRefused({ status: "Failed", code, reason: `${what} could not be resolved`, http_status_code: 404 });

/** How tasks stand together. */
function statusOf(room: ComputeRoom, ids: readonly string[]): ActionStatus {
  const results: Fields[] = [];
  for (const id of ids) {
    const look = room.look(id);
    if (look === "lost") return { status: "FAILED", details: { error: `Task ${id} could not be resolved` } };
    const { ended } = look.task;
    if (ended === undefined) return { status: "ACTIVE", details: { task_ids: ids, task_status: look.status } };
    look.task.isFetched = true;
    if ("exception" in ended.outcome)
      return { status: "FAILED", details: { task_id: id, exception: ended.outcome.exception } };
    results.push({ task_id: id, output: readJson(ended.outcome.result)?.value ?? null });
  }
  return { status: "SUCCEEDED", details: { result: results.map(({ output }) => output), results } };
}
