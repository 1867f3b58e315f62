/**
 * Objects of JSON, of which nothing is known yet: files that people write, and what services answer. What makes a text
 * none is one sentence with the file and, where it can be had, the line.
 */
import { oneLine } from "./clean-text.ts";
import { ActionError, messageOf } from "./errors.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @param what the file is to be, for the sentence @throws ActionError */
export function readJsonObject(text: string, file: string, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (thrown) {
    const said = messageOf(thrown);
    const position = /at position (\d+)/.exec(said)?.[1];
    const line = position === undefined ? undefined : text.slice(0, Number(position)).split("\n").length;
    const at = text.trim() === "" ? "it is empty" : oneLine(said.replace(/ in JSON at position.*$/, ""));
    throw new ActionError(`${placeIn(file, line)} is no JSON, as ${what} is: ${at}`, { cause: thrown });
  }
  if (isDeep(value))
    throw new ActionError(`${file} is nested more than ${MOST_LEVELS} levels deep: ${what} is written flatter`);
  if (isJsonObject(value)) return value;
  const is = Array.isArray(value) ? "an array" : value === null ? "null" : `a ${typeof value}`;
  throw new ActionError(`${file} holds ${is}, and ${what} is an object: write { … }`);
}

/** Levels of objects and arrays: far more than anything needs, and far fewer than a call stack has room for. */
const MOST_LEVELS = 100;

function isDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= MOST_LEVELS && level.length > 0; depth++)
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? (Object.values(one) as unknown[]) : []));
  return level.length > 0;
}

/** The file, with the line where that is known. */
export const placeIn = (file: string, line: number | undefined): string =>
  line === undefined ? file : `${file}:${line}`;

/** Whether two values of JSON mean the same: the order of members means nothing. */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, index) => isSameJson(item, other[index]));
  if (!isJsonObject(one) || !isJsonObject(other)) return one === other;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => isSameJson(one[key], other[key]));
}
