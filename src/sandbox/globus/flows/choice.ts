/** The comparisons of Choice states, as Flows' published types list them; each also with `Path` at its end. */
import { isJsonObject } from "../../../base/json-object.ts";
import { type Fields, textOf, timeOf } from "../documents.ts";
import { globOf } from "../list-query.ts";
import type { FlowState } from "./flow.ts";
import { FlowError, notSimulated } from "./flow-error.ts";
import { readPath, requirePath } from "./json-path.ts";

type Order = "Equals" | "LessThan" | "GreaterThan" | "LessThanEquals" | "GreaterThanEquals";

const ORDERS: Readonly<Record<Order, (sign: number) => boolean>> = {
  Equals: (sign) => sign === 0,
  LessThan: (sign) => sign < 0,
  GreaterThan: (sign) => sign > 0,
  LessThanEquals: (sign) => sign <= 0,
  GreaterThanEquals: (sign) => sign >= 0,
};

/** How values of a kind are compared; undefined for a value of another kind. */
const KINDS: Readonly<Record<string, (value: unknown) => string | number | undefined>> = {
  String: (value) => (typeof value === "string" ? value : undefined),
  Numeric: (value) => (typeof value === "number" ? value : undefined),
  Boolean: (value) => (typeof value === "boolean" ? Number(value) : undefined),
  Timestamp: (value) => (isTimestamp(value) ? timeOf(textOf(value)) : undefined),
};

const isTimestamp = (value: unknown): boolean =>
  typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(timeOf(value));

const KIND_TESTS: Readonly<Record<string, (value: unknown) => boolean>> = {
  IsNull: (value) => value === null,
  IsPresent: (value) => value !== undefined,
  IsNumeric: (value) => typeof value === "number",
  IsString: (value) => typeof value === "string",
  IsBoolean: (value) => typeof value === "boolean",
  IsTimestamp: isTimestamp,
};

/** The state that comes next. @throws FlowError where no choice holds and there is no Default */
export function choose(state: FlowState, data: unknown): string {
  const choices = state["Choices"] as readonly Fields[];
  const taken = choices.find((rule) => holds(rule, data));
  const next = textOf(taken?.["Next"] ?? state["Default"]);
  if (next === "") throw new FlowError("States.NoChoiceMatched", "No choice holds and the state has no Default");
  return next;
}

const rules = (value: unknown): readonly Fields[] => (Array.isArray(value) ? (value as Fields[]) : []);

function holds(rule: Fields, data: unknown): boolean {
  if (rule["And"] !== undefined) return rules(rule["And"]).every((one) => holds(one, data));
  if (rule["Or"] !== undefined) return rules(rule["Or"]).some((one) => holds(one, data));
  if (isJsonObject(rule["Not"])) return !holds(rule["Not"], data);
  const { Variable: variable, Next: _next, Comment: _comment, ...comparison } = rule;
  const [[name, wanted] = ["", undefined]] = Object.entries(comparison);
  const value = readPath(textOf(variable), data);
  const test = KIND_TESTS[name];
  if (test !== undefined) return test(value) === wanted;
  if (value === undefined)
    throw new FlowError("States.Runtime", `The variable '${textOf(variable)}' is not in the state of the run`);
  const limit = name.endsWith("Path") ? requirePath(textOf(wanted), data, "States.Runtime") : wanted;
  return compares(name.replace(/Path$/, ""), value, limit);
}

function compares(name: string, value: unknown, limit: unknown): boolean {
  if (name === "StringMatches") return typeof value === "string" && globOf(textOf(limit)).test(value);
  const [, kind = "", order = ""] = /^([A-Z][a-z]+)([A-Z]\w+)$/.exec(name) ?? [];
  const read = KINDS[kind];
  const fits = ORDERS[order as Order] as ((sign: number) => boolean) | undefined;
  if (read === undefined || fits === undefined) throw notSimulated(`the comparison ${name}`);
  const [one, other] = [read(value), read(limit)];
  return one !== undefined && other !== undefined && fits(Number(one > other) - Number(one < other));
}
