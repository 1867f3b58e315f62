/**
 * A flow's definition and input schema as files have them: what makes them none at all is one sentence with the file
 * and, where it can be had, the line. Whether Flows takes them is Flows' to say: states and spellings that are not
 * known here are no fault. Pure: the text is handed in.
 */
import { cleanJson, oneLine } from "../../base/clean-text.ts";
import { ActionError, messageOf } from "../../base/errors.ts";
import { didYouMean } from "../../base/suggest.ts";

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
    throw new ActionError(`${place(file, line)} is no JSON, as ${what} is: ${at}`, { cause: thrown });
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

const place = (file: string, line: number | undefined): string => (line === undefined ? file : `${file}:${line}`);

/** @throws ActionError: one sentence */
export function readDefinition(text: string, file: string): JsonObject {
  const definition = readJsonObject(text, file, "a flow's definition");
  const problem = definitionProblem(definition);
  if (problem === undefined) return definition;
  const at = problem.about === undefined ? -1 : text.indexOf(problem.about);
  throw new ActionError(`${place(file, at < 0 ? undefined : text.slice(0, at).split("\n").length)} ${problem.words}`);
}

interface DefinitionProblem {
  readonly words: string;
  /** How the place in the text begins. */
  readonly about?: string;
}

function definitionProblem(definition: JsonObject): DefinitionProblem | undefined {
  const { StartAt: start, States: states } = definition;
  if (start === undefined && isJsonObject(definition["definition"]))
    return { words: "is the document of a flow: give what its member `definition` holds, as a file of its own" };
  if (typeof start !== "string")
    return { words: "is no flow's definition: it has no StartAt, which names the first of its States" };
  if (!isJsonObject(states) || Object.keys(states).length === 0)
    return { words: "is no flow's definition: it has no States", about: '"States"' };
  const names = Object.keys(states);
  const stray = (from: string, to: string): DefinitionProblem => ({
    words: `leads from ${cleanJson(from)} to the state ${cleanJson(to)}, which is not there${didYouMean(to, names)}`,
    about: cleanJson(to),
  });
  if (!names.includes(start)) return stray("StartAt", start);
  for (const [name, state] of Object.entries(states)) {
    if (!isJsonObject(state))
      return { words: `has a state ${cleanJson(name)} that is no object`, about: `${cleanJson(name)}:` };
    const to = nextOf(state).find((one) => !names.includes(one));
    if (to !== undefined) return stray(name, to);
  }
  return undefined;
}

/** Names of the states that follow; a state of a kind that is not known may have more. */
export function nextOf(state: JsonObject): readonly string[] {
  const rules = [state["Choices"], state["Catch"]].flatMap((all) =>
    Array.isArray(all) ? all.filter(isJsonObject) : [],
  );
  const all = [state["Next"], state["Default"], ...rules.map((rule) => rule["Next"])];
  return all.filter((one): one is string => typeof one === "string");
}

/** Whether two values of JSON mean the same: the order of members means nothing. */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, index) => isSameJson(item, other[index]));
  if (!isJsonObject(one) || !isJsonObject(other)) return one === other;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => isSameJson(one[key], other[key]));
}
