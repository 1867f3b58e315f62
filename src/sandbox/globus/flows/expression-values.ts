/**
 * The values of expressions of flows, as Python treats them: what is true, equal and ordered, the operators, and the
 * functions and methods that published flows use. Numbers are JSON's: a whole number has no point behind it.
 */

import { isDeepStrictEqual } from "node:util";
import { isJsonObject } from "../../../base/json-object.ts";
import { FlowError, notSimulated } from "./flow-error.ts";
import { pythonText } from "./json-schema.ts";

export const failure = (says: string): FlowError => new FlowError("States.Runtime", `The expression failed: ${says}`);

export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isJsonObject(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number";

type PythonOperator = (one: unknown, other: unknown) => unknown;

const onNumbers =
  (symbol: string, work: (one: number, other: number) => number): PythonOperator =>
  (one, other) => {
    const [a, b] = [Number(one), Number(other)];
    const isFine = [one, other].every((value) => isNumber(value) || typeof value === "boolean");
    if (!isFine) throw failure(`${pythonText(one)} ${symbol} ${pythonText(other)} is not possible`);
    if (b === 0 && (symbol === "/" || symbol === "//" || symbol === "%")) throw failure("division by zero");
    return work(a, b);
  };

const isLess: (one: unknown, other: unknown) => boolean = (one, other) => {
  if (isNumber(one) && isNumber(other)) return one < other;
  if (isText(one) && isText(other)) return one < other;
  throw failure(`${pythonText(one)} and ${pythonText(other)} have no order`);
};

const isIn: (one: unknown, other: unknown) => boolean = (one, other) => {
  if (Array.isArray(other)) return other.some((member) => isDeepStrictEqual(member, one));
  if (isJsonObject(other)) return isText(one) && Object.hasOwn(other, one);
  if (isText(other) && isText(one)) return other.includes(one);
  throw failure(`nothing can be in ${pythonText(other)}`);
};

const times = (one: unknown, count: unknown): unknown => {
  if (isText(one) && isNumber(count)) return one.repeat(Math.max(0, count));
  return onNumbers("*", (a, b) => a * b)(one, count);
};

/** By symbol. */
export const OPERATORS: Readonly<Record<string, PythonOperator>> = {
  "+": (one, other) => {
    if (isText(one) && isText(other)) return one + other;
    if (Array.isArray(one) && Array.isArray(other)) return [...(one as unknown[]), ...(other as unknown[])];
    return onNumbers("+", (a, b) => a + b)(one, other);
  },
  "-": onNumbers("-", (a, b) => a - b),
  "*": times,
  "/": onNumbers("/", (a, b) => a / b),
  "//": onNumbers("//", (a, b) => Math.floor(a / b)),
  "%": onNumbers("%", (a, b) => a - b * Math.floor(a / b)),
  "**": onNumbers("**", (a, b) => a ** b),
  "==": isDeepStrictEqual,
  "!=": (one, other) => !isDeepStrictEqual(one, other),
  is: isDeepStrictEqual,
  "is not": (one, other) => !isDeepStrictEqual(one, other),
  "<": isLess,
  ">": (one, other) => isLess(other, one),
  "<=": (one, other) => !isLess(other, one),
  ">=": (one, other) => !isLess(one, other),
  in: isIn,
  "not in": (one, other) => !isIn(one, other),
};

/** `value.name`, or `value[name]`; negative numbers count from the end. */
export function memberOf(value: unknown, name: unknown): unknown {
  if (isJsonObject(value) && isText(name) && Object.hasOwn(value, name)) return value[name];
  if ((Array.isArray(value) || isText(value)) && isNumber(name)) {
    const member: unknown = value.at(name);
    if (member !== undefined) return member;
  }
  throw failure(`${pythonText(value)} has no ${pythonText(name)}`);
}

/** `value[from:to]` */
export function sliceOf(value: unknown, from: unknown, to: unknown): unknown {
  if (!Array.isArray(value) && !isText(value)) throw failure(`${pythonText(value)} has no parts`);
  return value.slice((from ?? 0) as number, (to ?? undefined) as number | undefined);
}

/** What a loop goes through. */
export function membersOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  if (isJsonObject(value)) return Object.keys(value);
  if (isText(value)) return Array.from(value);
  throw failure(`${pythonText(value)} has no members`);
}

/** A value as `str` gives it. */
const asText = (value: unknown): string => (isText(value) ? value : pythonText(value));

function asNumber(value: unknown, isWhole: boolean): number {
  const number = isText(value) ? Number(value.trim() || Number.NaN) : Number(value);
  if (Number.isNaN(number) || (isWhole && isText(value) && !Number.isInteger(number)))
    throw failure(`${pythonText(value)} is no number`);
  return isWhole ? Math.trunc(number) : number;
}

/** The path before the last name, and that name; Transfer's `/~/` is never split. */
function pathSplit(value: unknown): readonly string[] {
  const path = asText(value).replace(/(?<=.)\/$/, "");
  const at = path.lastIndexOf("/");
  const [before, name] = [path.slice(0, Math.max(0, at)), path.slice(at + 1)];
  return path === "/~" ? ["/~/", ""] : [before === "/~" ? "/~/" : before || (at === 0 ? "/" : ""), name];
}

const smallest = (values: readonly unknown[]): unknown =>
  values.reduce((one, other) => (isLess(other, one) ? other : one));
const largest = (values: readonly unknown[]): unknown =>
  values.reduce((one, other) => (isLess(one, other) ? other : one));
const allOf = (values: readonly unknown[]): readonly unknown[] => (values.length === 1 ? membersOf(values[0]) : values);
const sorted = (value: unknown): unknown[] =>
  membersOf(value).toSorted((one, other) => Number(isLess(other, one)) - Number(isLess(one, other)));

/** Functions that look at their arguments alone. */
export const FUNCTIONS: Readonly<Record<string, (...values: unknown[]) => unknown>> = {
  abs: (value) => Math.abs(asNumber(value, false)),
  all: (value) => membersOf(value).every(isTrue),
  any: (value) => membersOf(value).some(isTrue),
  bool: isTrue,
  float: (value) => asNumber(value, false),
  int: (value) => asNumber(value, true),
  len: (value) => membersOf(value).length,
  list: (value = []) => [...membersOf(value)],
  max: (...values) => largest(allOf(values)),
  min: (...values) => smallest(allOf(values)),
  pathsplit: pathSplit,
  round: (value, digits = 0) => Number(asNumber(value, false).toFixed(asNumber(digits, true))),
  sorted,
  str: asText,
  sum: (value) => membersOf(value).reduce((one, other) => OPERATORS["+"]?.(one, other), 0),
};

/** Splits at most so often, from the left or from the right. */
function split(text: string, by: unknown, most: unknown, isFromRight: boolean): string[] {
  const parts = by === undefined || by === null ? text.trim().split(/\s+/) : text.split(asText(by));
  const limit = most === undefined || most === -1 ? Infinity : asNumber(most, true);
  if (parts.length - 1 <= limit) return parts;
  const glue = by === undefined || by === null ? " " : asText(by);
  return isFromRight
    ? [parts.slice(0, parts.length - limit).join(glue), ...parts.slice(parts.length - limit)]
    : [...parts.slice(0, limit), parts.slice(limit).join(glue)];
}

function partition(text: string, by: unknown, at: number): string[] {
  const separator = asText(by);
  return at < 0 ? [] : [text.slice(0, at), separator, text.slice(at + separator.length)];
}

/** Takes characters away at the ends. */
function strip(text: string, characters: unknown, ends: "both" | "left" | "right"): string {
  const isMeant = (one: string | undefined): boolean =>
    one !== undefined && (characters === undefined ? /\s/.test(one) : asText(characters).includes(one));
  let [from, to] = [0, text.length];
  if (ends !== "right") while (from < to && isMeant(text[from])) from++;
  if (ends !== "left") while (to > from && isMeant(text[to - 1])) to--;
  return text.slice(from, to);
}

const TEXT_METHODS: Readonly<Record<string, (text: string, ...values: unknown[]) => unknown>> = {
  endswith: (text, end) => text.endsWith(asText(end)),
  find: (text, part) => text.indexOf(asText(part)),
  join: (text, parts) => membersOf(parts).map(asText).join(text),
  lower: (text) => text.toLowerCase(),
  lstrip: (text, characters) => strip(text, characters, "left"),
  partition: (text, by) => {
    const parts = partition(text, by, text.indexOf(asText(by)));
    return parts.length > 0 ? parts : [text, "", ""];
  },
  replace: (text, old, by) => text.replaceAll(asText(old), () => asText(by)),
  rpartition: (text, by) => {
    const parts = partition(text, by, text.lastIndexOf(asText(by)));
    return parts.length > 0 ? parts : ["", "", text];
  },
  rsplit: (text, by, most) => split(text, by, most, true),
  rstrip: (text, characters) => strip(text, characters, "right"),
  split: (text, by, most) => split(text, by, most, false),
  startswith: (text, start) => text.startsWith(asText(start)),
  strip: (text, characters) => strip(text, characters, "both"),
  upper: (text) => text.toUpperCase(),
};

/** `value.name(…)` */
export function callMethod(value: unknown, name: string, values: readonly unknown[]): unknown {
  const method = isText(value) && Object.hasOwn(TEXT_METHODS, name) ? TEXT_METHODS[name] : undefined;
  if (method !== undefined && isText(value)) return method(value, ...values);
  if (isJsonObject(value)) {
    const [key, otherwise = null] = values;
    if (name === "get") return isText(key) && Object.hasOwn(value, key) ? value[key] : otherwise;
    if (name === "keys") return Object.keys(value);
    if (name === "values") return Object.values(value);
    if (name === "items") return Object.entries(value);
  }
  throw notSimulated(`the method ${name} in expressions`);
}
