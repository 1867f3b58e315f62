/** What a run is asked, in layers: the site's file, what a command says, and the JSON of a person. Pure. */
import { cleanJson } from "../../base/clean-text.ts";
import { isJsonObject, type JsonObject } from "../../base/json-object.ts";
import { RejectedError } from "../run/outcome.ts";
import { isBelowInput, takesItems } from "./run-input.ts";

/** One end of the data's way; what nobody has said is absent. */
export interface RunEnd {
  readonly id?: string;
  readonly path?: string;
}

export interface AskedInput {
  readonly source: RunEnd;
  readonly destination: RunEnd;
  /** Whether the source is a folder; absent: nobody has said. */
  readonly isFolder?: boolean;
  /** What moves, where the flow takes that. */
  readonly items?: unknown;
  /** Whatever else the flow takes. */
  readonly others: JsonObject;
}

/**
 * @param layers parts of the input: those behind win, member by member
 * @param schema of the flow's input
 * @throws RejectedError for a source, destination or recursive_tx that is none
 */
export function askedInput(layers: readonly JsonObject[], schema: JsonObject): AskedInput {
  const whole = mergedJson(...(isBelowInput(schema) ? layers.map(lifted) : layers));
  const { source, destination, recursive_tx: recursive, items, ...rest } = whole;
  const isListed = items !== undefined && takesItems(schema);
  if (recursive !== undefined && typeof recursive !== "boolean")
    throw new RejectedError(`recursive_tx of the input is ${cleanJson(recursive)}: give true or false`);
  return {
    source: endOf("source", source),
    destination: endOf("destination", destination),
    ...(recursive !== undefined && { isFolder: recursive }),
    ...(isListed && { items }),
    others: items === undefined || isListed ? rest : { ...rest, items },
  };
}

/** With the data's way at the top, whether it was written there or below `input`. */
function lifted(layer: JsonObject): JsonObject {
  const { input, ...top } = layer;
  if (!isJsonObject(input)) return layer;
  const { source, destination, recursive_tx, items, ...others } = input;
  const way = Object.entries({ source, destination, recursive_tx, items }).filter(([, value]) => value !== undefined);
  return mergedJson(top, { ...Object.fromEntries(way), ...(Object.keys(others).length > 0 && { input: others }) });
}

function endOf(name: "source" | "destination", value: unknown): RunEnd {
  if (value === undefined) return {};
  const wrong = (at: string, said: unknown, wanted: string): RejectedError =>
    new RejectedError(`${at} of the input is ${cleanJson(said)}: give ${wanted}`);
  if (!isJsonObject(value)) throw wrong(name, value, 'an object with "id" and "path"');
  for (const [part, wanted] of [
    ["id", "the collection's UUID"],
    ["path", "a path of the collection"],
  ] as const)
    if (value[part] !== undefined && typeof value[part] !== "string")
      throw wrong(`${name}.${part}`, value[part], wanted);
  return value;
}

/** Objects are merged, member by member; everything else of a later layer replaces what was there. */
export function mergedJson(...layers: readonly JsonObject[]): JsonObject {
  return layers.reduce((under, over) => {
    const joined = Object.entries(over).map(([key, value]): [string, unknown] => {
      const before = Object.hasOwn(under, key) ? under[key] : undefined;
      return [key, isJsonObject(before) && isJsonObject(value) ? mergedJson(before, value) : value];
    });
    return Object.fromEntries([...Object.entries(under), ...joined]);
  }, {});
}

/** Whether a flow with this schema of its input moves data from a source: at the top, or below `input`. */
export function hasSource(schema: JsonObject): boolean {
  const top = propertiesOf(schema);
  const below = Object.hasOwn(top, "input") ? propertiesOf(top["input"]) : {};
  return Object.hasOwn(top, "source") || Object.hasOwn(below, "source");
}

function propertiesOf(schema: unknown): JsonObject {
  const properties = isJsonObject(schema) ? schema["properties"] : undefined;
  return isJsonObject(properties) ? properties : {};
}
