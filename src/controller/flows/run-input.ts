/**
 * The input of a run in the shape that the flow wants: PAL-XFEL's sample has source and destination below `input`, our
 * templates and Globus' own examples have them at the top. Flows fills in no defaults: every value is sent.
 */
import { isJsonObject, type JsonObject } from "../../base/json-object.ts";

/** What every flow that moves data is asked. */
export interface TransferInput {
  readonly source: { readonly id: string; readonly path: string };
  readonly destination: { readonly id: string; readonly path: string };
  /** Whether the source is a folder. */
  readonly recursive_tx: boolean;
  /** What is moved, where a flow takes that: as Transfer has the items of a task. */
  readonly items?: readonly MovedItem[];
}

interface MovedItem {
  readonly source_path: string;
  readonly destination_path: string;
  readonly recursive: boolean;
}

/** Whether a flow with this schema of its input takes `items`: beside the source, or with it below `input`. */
export function takesItems({ properties: top = {} }: { readonly properties?: JsonObject }): boolean {
  const below = isJsonObject(top["input"]) ? top["input"]["properties"] : undefined;
  return "items" in top || (isJsonObject(below) && "items" in below);
}

/** Whether a flow takes source and destination below `input`. */
export function isBelowInput({ properties: top = {} }: { readonly properties?: JsonObject }): boolean {
  return isJsonObject(top["input"]) && !("source" in top);
}

/**
 * @param base left out of it is what a schema that is closed does not know
 * @param extras what a person has given beside it: wins, and is sent as it is, so that Flows names what it does not
 * know
 */
export function runInput(base: TransferInput, extras: JsonObject, inputSchema: JsonObject): JsonObject {
  const { properties: top = {} } = inputSchema as { properties?: JsonObject };
  const below = top["input"];
  if (isJsonObject(below) && isBelowInput(inputSchema)) {
    const { input, ...others } = extras;
    return { input: { ...known(base, below), ...(isJsonObject(input) ? input : {}) }, ...others };
  }
  return { ...known(base, inputSchema), ...extras };
}

function known(base: TransferInput, schema: JsonObject): JsonObject {
  const { properties, additionalProperties } = schema as { properties?: JsonObject; additionalProperties?: unknown };
  if (additionalProperties !== false || properties === undefined) return { ...base };
  return Object.fromEntries(Object.entries(base).filter(([key]) => key in properties));
}
