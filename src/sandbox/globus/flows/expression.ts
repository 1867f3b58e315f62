/** Expressions of flows: none is simulated yet. */
import { notSimulated } from "./flow-error.ts";

export function evaluate(expression: string, _data: unknown): unknown {
  throw notSimulated(`the expression ${expression}`);
}
