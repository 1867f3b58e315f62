/**
 * When MEDM shows a widget: what its dynamic attribute, and those of the composites around it, say of channels (medm:
 * utils.c calcVisibility). Tells whether two widgets can be seen at the same time.
 */
import { type CalcProgram, compileCalc, evaluateCalc } from "../../../src/database/calc.ts";
import { valueOf } from "./grammar.ts";
import type { AdlBlock, AdlProblem } from "./read.ts";

/** One condition; a widget is shown while all of its conditions hold. */
export interface Condition {
  /** A, B, C and D of the expression. */
  readonly channels: readonly string[];
  /** @param values those of the channels */
  readonly holds: (values: readonly number[]) => boolean;
}

const CHANNEL_KEYS = ["chan", "chanB", "chanC", "chanD"] as const;
/** A state has one of these indices: mbbi and mbbo have sixteen. */
const STATES = Array.from({ length: 16 }, (_, index) => index);
/** Inputs A … U of an expression. */
const INPUTS = 21;

/** The condition that a dynamic attribute makes; undefined where the widget is always shown. */
export function conditionOf(attribute: AdlBlock | undefined, problems: AdlProblem[]): Condition | undefined {
  const vis = valueOf(attribute, "vis") ?? "static";
  if (attribute === undefined || vis === "static") return undefined;
  const channels = CHANNEL_KEYS.map((key) => valueOf(attribute, key) ?? "").filter((name) => name !== "");
  const { line } = attribute;
  if (channels.length === 0) problems.push({ line, what: `vis is ${vis}, and no chan says of which PV` });
  if (vis === "if zero") return { channels: channels.slice(0, 1), holds: ([value]) => value === 0 };
  if (vis === "if not zero") return { channels: channels.slice(0, 1), holds: ([value]) => value !== 0 };
  const expression = valueOf(attribute, "calc") ?? "";
  const program = compileCalc(expression);
  if ("error" in program) {
    problems.push({ line, what: `calc is ${JSON.stringify(expression)}: ${program.error}` });
    return { channels, holds: () => true };
  }
  for (const index of program.reads)
    if (index >= channels.length)
      problems.push({ line, what: `calc reads ${String.fromCharCode(65 + index)}, and no channel stands for it` });
  return { channels, holds: (values) => evaluate(program, values) !== 0 };
}

function evaluate(program: CalcProgram, values: readonly number[]): number | undefined {
  const inputs = new Float64Array(INPUTS);
  inputs.set(values);
  return evaluateCalc(program, inputs, 0);
}

/** Whether no states of the channels show both. */
export function areExclusive(one: readonly Condition[], other: readonly Condition[]): boolean {
  const both = [...one, ...other];
  return !statesOf(both).some((values) => both.every((condition) => holdsFor(condition, values)));
}

/** Whether the condition holds where channels have these values. */
export const holdsFor = ({ channels, holds }: Condition, values: ReadonlyMap<string, number>): boolean =>
  holds(channels.map((name) => values.get(name) ?? 0));

/** All states of all channels of the conditions. */
function statesOf(conditions: readonly Condition[]): ReadonlyMap<string, number>[] {
  let all: ReadonlyMap<string, number>[] = [new Map()];
  for (const name of new Set(conditions.flatMap(({ channels }) => channels)))
    all = all.flatMap((known) => STATES.map((state) => new Map([...known, [name, state]])));
  return all;
}
