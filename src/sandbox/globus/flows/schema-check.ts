/**
 * What the simulated Flows finds wrong with an input schema when a flow is deployed. Words of JSON Schema that the
 * sandbox does not simulate are refused by name; words that JSON Schema does not know are let be.
 */
import { isJsonObject } from "../../../base/json-object.ts";
import type { FlowsProblem } from "./answers.ts";
import { JSON_TYPES, pythonText } from "./json-schema.ts";

/** Words of JSON Schema that are not simulated; words that it does not know say nothing. */
const NOT_SIMULATED: ReadonlySet<string> = new Set([
  "$dynamicRef",
  "additionalItems",
  "dependencies",
  "dependentRequired",
  "dependentSchemas",
  "maxContains",
  "minContains",
  "prefixItems",
  "unevaluatedItems",
  "unevaluatedProperties",
]);

/** Schemas by keyword: one, a list, or by name. */
const NESTED: ReadonlyMap<string, "one" | "list" | "named"> = new Map([
  ...["properties", "patternProperties", "definitions", "$defs"].map((keyword) => [keyword, "named"] as const),
  ...["additionalProperties", "propertyNames", "items", "contains", "not"].map((keyword) => [keyword, "one"] as const),
  ...["if", "then", "else"].map((keyword) => [keyword, "one"] as const),
  ...["allOf", "anyOf", "oneOf"].map((keyword) => [keyword, "list"] as const),
]);

/** What is wrong with an input schema itself. */
export function schemaProblems(schema: unknown, loc: readonly (string | number)[] = ["input_schema"]): FlowsProblem[] {
  const problem = (msg: string, ...more: string[]): FlowsProblem => {
    return { loc: [...loc, ...more], msg, type: "value_error" };
  };
  if (typeof schema === "boolean") return [];
  if (!isJsonObject(schema)) return [problem(`${pythonText(schema)} is not of type 'object', 'boolean'`)];
  return Object.entries(schema).flatMap(([keyword, limit]) => {
    if (keyword === "type") {
      const types = Array.isArray(limit) ? (limit as unknown[]) : [limit];
      const isFine = types.every((type) => typeof type === "string" && type in JSON_TYPES);
      return isFine ? [] : [problem(`${pythonText(limit)} is not valid under any of the given schemas`, "type")];
    }
    const kind = NESTED.get(keyword);
    if (kind === "named" && isJsonObject(limit))
      return Object.entries(limit).flatMap(([name, one]) => schemaProblems(one, [...loc, keyword, name]));
    if (kind === "list" || (Array.isArray(limit) && kind === "one"))
      return (Array.isArray(limit) ? (limit as unknown[]) : []).flatMap((one, index) =>
        schemaProblems(one, [...loc, keyword, index]),
      );
    if (kind === "one") return schemaProblems(limit, [...loc, keyword]);
    return NOT_SIMULATED.has(keyword) ? [problem(`the sandbox does not simulate ${keyword}`, keyword)] : [];
  });
}
