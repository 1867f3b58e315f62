/**
 * What the action provider https://compute.actions.globus.org/v3 asks of the simulated Compute in a flow's name: tasks
 * are begun, and looked at until all have ended.
 */
import { randomUUID } from "node:crypto";
import { type Fields, textOf } from "../documents.ts";
import { RefusedAnswer } from "../world.ts";
import { pack, packJson, readJson } from "./packing.ts";
import type { ComputeRoom } from "./room.ts";

const refuse = (code: string, reason: string): RefusedAnswer =>
  new RefusedAnswer({ status: 404, body: { status: "Failed", code, reason, error_args: [], http_status_code: 404 } });

/**
 * Begins the tasks of an action.
 * @param owner the identity of the run's owner
 * @param parameters of the action: `endpoint_id`, and `tasks` with `function_id`, `args` and `kwargs`
 * @returns the tasks' ids
 * @throws RefusedAnswer
 */
export function beginComputeAction(room: ComputeRoom, owner: string, parameters: Fields): readonly string[] {
  const endpoint = room.endpointById.get(textOf(parameters["endpoint_id"]));
  if (endpoint === undefined) throw refuse("ENDPOINT_NOT_FOUND", "the endpoint could not be resolved");
  const group = randomUUID();
  const tasks = Array.isArray(parameters["tasks"]) ? (parameters["tasks"] as readonly Fields[]) : [];
  const asked = tasks.map(({ function_id: id, args, kwargs }) => {
    const fn = room.functionById.get(textOf(id));
    if (fn === undefined || (fn.owner !== owner && !fn.isPublic))
      throw refuse("FUNCTION_NOT_FOUND", `Function ${textOf(id)} could not be resolved`);
    return { fn, payload: pack([packJson(args ?? []), packJson(kwargs ?? {})]) };
  });
  return asked.map(({ fn, payload }) => room.begin({ owner, endpoint, fn, payload, group }).id);
}

/** How the tasks of an action stand together, in the action's form. */
export function lookComputeAction(
  room: ComputeRoom,
  ids: readonly string[],
): { readonly status: "ACTIVE" | "SUCCEEDED" | "FAILED"; readonly details: Fields } {
  const results: Fields[] = [];
  for (const id of ids) {
    const look = room.look(id);
    if (look === "lost") return { status: "FAILED", details: { error: `Task ${id} could not be resolved` } };
    const { ended } = look.task;
    if (ended === undefined) return { status: "ACTIVE", details: { task_id: id, status: look.status } };
    look.task.isFetched = true;
    if ("exception" in ended.outcome)
      return { status: "FAILED", details: { task_id: id, exception: ended.outcome.exception } };
    results.push({ task_id: id, output: readJson(ended.outcome.result)?.value ?? null });
  }
  return { status: "SUCCEEDED", details: { result: results.map(({ output }) => output), results } };
}
