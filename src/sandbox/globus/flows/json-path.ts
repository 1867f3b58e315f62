/**
 * Paths into the data of a run, as far as flows use them: `$.a.b`, `[n]`, `[-n]`, `['x']`, and `*` for all members.
 * Filters, slices and `..` are not simulated.
 */
import { isJsonObject } from "../../../base/json-object.ts";
import { FlowError, notSimulated } from "./flow-error.ts";

type Step = string | number | typeof ALL;
const ALL = Symbol("all members");

/** By name, by number, by quoted name, all. */
const STEP = /\.([^.[\]'"*\s]+)|\[(-?\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]|\.\*|\[\*\]/y;

function parsePath(path: string): Step[] {
  const steps: Step[] = [];
  let at = 1;
  if (!path.startsWith("$")) throw notSimulated(`the path ${JSON.stringify(path)}`);
  while (at < path.length) {
    STEP.lastIndex = at;
    const found = STEP.exec(path);
    if (found === null) throw notSimulated(`the path ${JSON.stringify(path)}`);
    const [whole, name, index, single, double] = found;
    const quoted = single ?? double;
    steps.push(
      name ?? (index === undefined ? (quoted === undefined ? ALL : quoted.replaceAll(/\\(.)/g, "$1")) : Number(index)),
    );
    at += whole.length;
  }
  return steps;
}

const isMember = (value: unknown): value is Readonly<Record<string | number, unknown>> =>
  typeof value === "object" && value !== null;

function stepInto(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return typeof step === "number" ? (value.at(step) as unknown) : undefined;
  return isMember(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

/** What a path leads to: a list where it has `*`; undefined where it leads to nothing. */
export function readPath(path: string, root: unknown): unknown {
  let values: unknown[] = [root];
  const steps = parsePath(path);
  for (const step of steps) {
    values = values.flatMap((value) => {
      if (step !== ALL) return [stepInto(value, step)].filter((one) => one !== undefined);
      return isMember(value) ? Object.values(value) : [];
    });
  }
  return steps.includes(ALL) ? values : values[0];
}

/** @throws FlowError where it leads to nothing */
export function requirePath(path: string, root: unknown, error = "States.ParameterPathFailure"): unknown {
  const value = readPath(path, root);
  if (value === undefined) throw new FlowError(error, `The path '${path}' leads to nothing in the state of the run`);
  return value;
}

/** `root` with `value` where a path leads; what is missing on the way is made. @throws FlowError where that fails */
export function writePath(path: string, root: unknown, value: unknown): unknown {
  const steps = parsePath(path);
  if (steps[0] === "_context") throw resultPathFailure(path);
  const write = (within: unknown, rest: readonly Step[]): unknown => {
    const [step, ...more] = rest;
    if (step === undefined) return value;
    if (step === ALL) throw resultPathFailure(path);
    if (typeof step === "number") {
      if (!Array.isArray(within) || step < 0 || step > within.length) throw resultPathFailure(path);
      return Object.assign([...(within as unknown[])], { [step]: write(within[step], more) });
    }
    if (within !== undefined && !isJsonObject(within)) throw resultPathFailure(path);
    return { ...within, [step]: write(within?.[step], more) };
  };
  return write(root, steps);
}

const resultPathFailure = (path: string): FlowError =>
  new FlowError("States.ResultPathMatchFailure", `The result cannot be put at '${path}'`);
