/** The input of a state: its Parameters with what `X.$` and `X.=` stand for, or what its InputPath leads to. */
import { isJsonObject } from "../../../base/json-object.ts";
import { type Fields, textOf } from "../documents.ts";
import { evaluate } from "./expression.ts";
import type { FlowState } from "./flow.ts";
import { requirePath } from "./json-path.ts";

/** @throws FlowError for a path that leads to nothing, and for an expression that fails */
export function inputOf(state: FlowState, data: unknown): unknown {
  const { Parameters: parameters, InputPath: path } = state;
  if (parameters !== undefined) return filledIn(parameters, data);
  return typeof path === "string" ? requirePath(path, data) : data;
}

function filledIn(value: unknown, data: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => filledIn(one, data));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      if (name.endsWith(".$")) return [name.slice(0, -2), requirePath(textOf(one), data)];
      if (name.endsWith(".=")) return [name.slice(0, -2), evaluate(textOf(one), data)];
      return [name, filledIn(one, data)];
    }),
  );
}

/** Parameters as an action provider gets them: without the word on which of them are private. */
export function sentInput(value: unknown): Fields {
  const clean = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(clean);
    if (!isJsonObject(one)) return one;
    const { __Private_Parameters: _private, ...rest } = one;
    return Object.fromEntries(Object.entries(rest).map(([name, member]) => [name, clean(member)]));
  };
  const cleaned = clean(value);
  return isJsonObject(cleaned) ? cleaned : {};
}
