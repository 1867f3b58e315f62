/**
 * A flow's definition and input schema as files have them: what makes them none at all is one sentence with the file
 * and, where it can be had, the line. Whether Flows takes them is Flows' to say: states and spellings that are not
 * known here are no fault. Pure: the text is handed in.
 */
import { cleanJson } from "../../base/clean-text.ts";
import { ActionError } from "../../base/errors.ts";
import { isJsonObject, type JsonObject, placeIn, readJsonObject } from "../../base/json-object.ts";
import { didYouMean } from "../../base/suggest.ts";

/** @throws ActionError: one sentence */
export function readDefinition(text: string, file: string): JsonObject {
  const definition = readJsonObject(text, file, "a flow's definition");
  const problem = definitionProblem(definition);
  if (problem === undefined) return definition;
  const at = problem.about === undefined ? -1 : text.indexOf(problem.about);
  throw new ActionError(`${placeIn(file, at < 0 ? undefined : text.slice(0, at).split("\n").length)} ${problem.words}`);
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
