/**
 * JSON Schema as far as input schemas of flows use it: types, objects, lists, texts, numbers, enumerations, and how
 * schemas are combined; `format` is for web pages alone. Its words are those of the validator that Flows has, so
 * that a person reads here what Globus would say. What is wrong with a schema itself is in schema-check.ts.
 */

import { isDeepStrictEqual } from "node:util";
import { isJsonObject } from "../../../base/json-object.ts";
import { textOf } from "../documents.ts";

/** One thing that is wrong with an input. */
export interface SchemaProblem {
  /** `$.source.path` */
  readonly path: string;
  readonly says: string;
}

type Schema = Readonly<Record<string, unknown>>;

interface SchemaPlace {
  readonly path: string;
  readonly schema: Schema;
  /** What `$ref` leads into. */
  readonly root: unknown;
}

export const JSON_TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: (value) => typeof value === "number" && Number.isInteger(value),
  boolean: (value) => typeof value === "boolean",
  object: isJsonObject,
  array: Array.isArray,
  null: (value) => value === null,
};

/** A value as Python writes it. */
export function pythonText(value: unknown): string {
  if (typeof value === "string") return `'${value}'`;
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(pythonText).join(", ")}]`;
  if (isJsonObject(value))
    return `{${Object.entries(value)
      .map(([name, one]) => `${pythonText(name)}: ${pythonText(one)}`)
      .join(", ")}}`;
  return JSON.stringify(value);
}

type Keyword = (limit: unknown, value: unknown, place: SchemaPlace) => SchemaProblem[];

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const at = (path: string, says: string): SchemaProblem[] => [{ path, says }];

/** A keyword that looks at values of one kind alone. */
const bound =
  (
    kind: "string" | "number" | "array" | "object",
    isFine: (value: never, limit: never) => boolean,
    says: (value: string, limit: string) => string,
  ): Keyword =>
  (limit, value, { path }) =>
    JSON_TYPES[kind]?.(value) !== true || isFine(value as never, limit as never)
      ? []
      : at(path, says(pythonText(value), pythonText(limit)));

const each = (schemas: unknown, value: unknown, { path, root }: SchemaPlace): SchemaProblem[][] =>
  list(schemas).map((schema) => problemsAt(schema, value, path, root));
const isIn = (schema: unknown, value: unknown, { path, root }: SchemaPlace): boolean =>
  problemsAt(schema, value, path, root).length === 0;
const characters = (text: string): number => text.match(/./gsu)?.length ?? 0;

const NON_EMPTY = "should be non-empty";
const EMPTY = "is expected to be empty";

const KEYWORDS: Readonly<Record<string, Keyword>> = {
  type: (wanted, value, { path }) => {
    const types = Array.isArray(wanted) ? (wanted as string[]) : [wanted as string];
    if (types.some((type) => JSON_TYPES[type]?.(value) === true)) return [];
    return at(path, `${pythonText(value)} is not of type ${types.map(pythonText).join(", ")}`);
  },
  enum: (values, value, { path }) =>
    list(values).some((one) => isDeepStrictEqual(one, value))
      ? []
      : at(path, `${pythonText(value)} is not one of ${pythonText(values)}`),
  const: (wanted, value, { path }) =>
    isDeepStrictEqual(wanted, value) ? [] : at(path, `${pythonText(wanted)} was expected`),
  required: (wanted, value, { path }) =>
    isJsonObject(value)
      ? (list(wanted) as string[]).flatMap((name) =>
          name in value ? [] : at(path, `${pythonText(name)} is a required property`),
        )
      : [],
  properties: (schemas, value, { path, root }) =>
    isJsonObject(value)
      ? Object.entries(schemas as Schema).flatMap(([name, schema]) =>
          name in value ? problemsAt(schema, value[name], `${path}.${name}`, root) : [],
        )
      : [],
  patternProperties: (schemas, value, { path, root }) =>
    isJsonObject(value)
      ? Object.entries(schemas as Schema).flatMap(([pattern, schema]) =>
          Object.keys(value)
            .filter((name) => new RegExp(pattern, "u").test(name))
            .flatMap((name) => problemsAt(schema, value[name], `${path}.${name}`, root)),
        )
      : [],
  additionalProperties: (schema, value, { path, root, schema: beside }) => {
    if (!isJsonObject(value)) return [];
    const patterns = Object.keys(beside["patternProperties"] ?? {});
    const known = (beside["properties"] ?? {}) as Schema;
    const others = Object.keys(value).filter(
      (name) => !(name in known) && !patterns.some((one) => new RegExp(one, "u").test(name)),
    );
    if (schema !== false) return others.flatMap((name) => problemsAt(schema, value[name], `${path}.${name}`, root));
    if (others.length === 0) return [];
    const [isOne, names] = [others.length === 1, others.map(pythonText).join(", ")];
    if (patterns.length === 0)
      return at(path, `Additional properties are not allowed (${names} ${isOne ? "was" : "were"} unexpected)`);
    const regexes = patterns.toSorted().map(pythonText).join(", ");
    return at(path, `${names} ${isOne ? "does" : "do"} not match any of the regexes: ${regexes}`);
  },
  propertyNames: (schema, value, { path, root }) =>
    isJsonObject(value) ? Object.keys(value).flatMap((name) => problemsAt(schema, name, path, root)) : [],
  minProperties: bound(
    "object",
    (value: object, least: number) => Object.keys(value).length >= least,
    (value, least) => `${value} ${least === "1" ? NON_EMPTY : "does not have enough properties"}`,
  ),
  maxProperties: bound(
    "object",
    (value: object, most: number) => Object.keys(value).length <= most,
    (value, most) => `${value} ${most === "0" ? EMPTY : "has too many properties"}`,
  ),
  items: (schema, value, { path, root }) =>
    Array.isArray(value)
      ? value.flatMap((one, index) => {
          const own = Array.isArray(schema) ? (schema[index] as unknown) : schema;
          return own === undefined ? [] : problemsAt(own, one, `${path}[${index}]`, root);
        })
      : [],
  contains: (schema, value, place) =>
    !Array.isArray(value) || value.some((one) => isIn(schema, one, place))
      ? []
      : at(place.path, `None of ${pythonText(value)} are valid under the given schema`),
  minItems: bound(
    "array",
    (value: unknown[], least: number) => value.length >= least,
    (value, least) => `${value} ${least === "1" ? NON_EMPTY : "is too short"}`,
  ),
  maxItems: bound(
    "array",
    (value: unknown[], most: number) => value.length <= most,
    (value, most) => `${value} ${most === "0" ? EMPTY : "is too long"}`,
  ),
  uniqueItems: bound(
    "array",
    (value: unknown[], isWanted: boolean) =>
      !isWanted || !value.some((one, index) => value.slice(0, index).some((other) => isDeepStrictEqual(one, other))),
    (value) => `${value} has non-unique elements`,
  ),
  minLength: bound(
    "string",
    (value: string, least: number) => characters(value) >= least,
    (value, least) => `${value} ${least === "1" ? NON_EMPTY : "is too short"}`,
  ),
  maxLength: bound(
    "string",
    (value: string, most: number) => characters(value) <= most,
    (value, most) => `${value} ${most === "0" ? EMPTY : "is too long"}`,
  ),
  pattern: bound(
    "string",
    (value: string, pattern: string) => new RegExp(pattern, "u").test(value),
    (value, pattern) => `${value} does not match ${pattern}`,
  ),
  minimum: bound(
    "number",
    (value: number, least: number) => value >= least,
    (value, least) => `${value} is less than the minimum of ${least}`,
  ),
  maximum: bound(
    "number",
    (value: number, most: number) => value <= most,
    (value, most) => `${value} is greater than the maximum of ${most}`,
  ),
  exclusiveMinimum: bound(
    "number",
    (value: number, least: number) => value > least,
    (value, least) => `${value} is less than or equal to the minimum of ${least}`,
  ),
  exclusiveMaximum: bound(
    "number",
    (value: number, most: number) => value < most,
    (value, most) => `${value} is greater than or equal to the maximum of ${most}`,
  ),
  multipleOf: bound(
    "number",
    (value: number, step: number) => Number.isInteger(value / step),
    (value, step) => `${value} is not a multiple of ${step}`,
  ),
  allOf: (schemas, value, place) => each(schemas, value, place).flat(),
  anyOf: (schemas, value, place) =>
    each(schemas, value, place).some((problems) => problems.length === 0)
      ? []
      : at(place.path, `${pythonText(value)} is not valid under any of the given schemas`),
  oneOf: (schemas, value, { path, root }) => {
    const [first, ...others] = list(schemas).filter((schema) => problemsAt(schema, value, path, root).length === 0);
    if (first === undefined) return at(path, `${pythonText(value)} is not valid under any of the given schemas`);
    if (others.length === 0) return [];
    return at(path, `${pythonText(value)} is valid under each of ${[...others, first].map(pythonText).join(", ")}`);
  },
  not: (schema, value, place) =>
    isIn(schema, value, place)
      ? at(place.path, `${pythonText(value)} should not be valid under ${pythonText(schema)}`)
      : [],
  if: (schema, value, place) => {
    const then = place.schema[isIn(schema, value, place) ? "then" : "else"];
    return then === undefined ? [] : problemsAt(then, value, place.path, place.root);
  },
  $ref: (reference, value, { path, root }) => problemsAt(resolve(reference, root), value, path, root),
};

function resolve(reference: unknown, root: unknown): unknown {
  const parts = textOf(reference)
    .replace(/^#\/?/, "")
    .split("/")
    .filter((part) => part !== "");
  return parts.reduce<unknown>(
    (within, part) => (isJsonObject(within) ? within[part.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined),
    root,
  );
}

function problemsAt(schema: unknown, value: unknown, path: string, root: unknown): SchemaProblem[] {
  if (schema === false) return at(path, `False schema does not allow ${pythonText(value)}`);
  if (!isJsonObject(schema)) return [];
  return Object.entries(schema).flatMap(
    ([keyword, limit]) => KEYWORDS[keyword]?.(limit, value, { path, schema, root }) ?? [],
  );
}

/** Everything that a schema finds wrong with an input. */
export const inputProblems = (schema: unknown, input: unknown): SchemaProblem[] =>
  problemsAt(schema, input, "$", schema);
