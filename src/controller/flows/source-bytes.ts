/**
 * How many bytes a run is to move, by a look at its source: Globus counts what has moved, and not what is to. globus.md
 * §3.3.
 */
import { ActionError } from "../../base/errors.ts";
import { isJsonObject, type JsonObject } from "../../base/json-object.ts";
import type { TransferTasks } from "../ports/transfer-tasks.ts";
import { UNKNOWN_COUNT } from "../pvs/row.ts";

/** @param input of a run @returns UNKNOWN_COUNT where the run has no source, or it cannot be looked at */
export async function sourceBytes(tasks: TransferTasks, input: JsonObject, signal: AbortSignal): Promise<number> {
  const at = isJsonObject(input["input"]) ? input["input"] : input;
  const { source, recursive_tx: isFolder } = at;
  const { id, path } = isJsonObject(source) ? source : {};
  if (typeof id !== "string" || typeof path !== "string") return UNKNOWN_COUNT;
  try {
    if (isFolder !== true) return (await tasks.find(id, path, { signal })).bytes;
    const files = await tasks.list(id, path, true, { signal });
    return files.reduce((total, { bytes }) => total + bytes, 0);
  } catch (thrown) {
    if (signal.aborted || thrown instanceof ActionError) return UNKNOWN_COUNT;
    throw thrown;
  }
}
