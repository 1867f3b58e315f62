/** What is asked of a run: what the site's file says, the Source and Dest PVs, and the JSON of a person. Pure. */
import { isJsonObject, type JsonObject } from "./definition.ts";

/** One end of the data's way; what nobody has said is absent. */
interface RunEnd {
  readonly id?: string;
  readonly path?: string;
}

export interface AskedInputParts {
  /** Of the site's input-file: what holds where nobody says otherwise. */
  readonly site: JsonObject;
  readonly source: RunEnd;
  readonly destination: RunEnd;
  /** Of the person: what wins. */
  readonly extra: JsonObject;
}

export interface AskedInput {
  readonly source: RunEnd;
  readonly destination: RunEnd;
  /** Whether the source is a folder; absent: nobody has said. */
  readonly isFolder?: boolean;
  /** Whatever else the flow takes. */
  readonly others: JsonObject;
}

export function askedInput({ site, source, destination, extra }: AskedInputParts): AskedInput {
  const whole = mergedJson(mergedJson(site, { source, destination }), extra);
  const { source: from, destination: to, recursive_tx: recursive, ...others } = whole;
  return {
    source: endOf(from),
    destination: endOf(to),
    ...(typeof recursive === "boolean" && { isFolder: recursive }),
    others,
  };
}

const endOf = (value: unknown): RunEnd => {
  const { id, path } = isJsonObject(value) ? value : {};
  return { ...(typeof id === "string" && { id }), ...(typeof path === "string" && { path }) };
};

/** Objects are merged, member by member; everything else of `over` replaces what was there. */
export function mergedJson(under: JsonObject, over: JsonObject): JsonObject {
  const joined = Object.entries(over).map(([key, value]): [string, unknown] => {
    const before = Object.hasOwn(under, key) ? under[key] : undefined;
    return [key, isJsonObject(before) && isJsonObject(value) ? mergedJson(before, value) : value];
  });
  return Object.fromEntries([...Object.entries(under), ...joined]);
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
