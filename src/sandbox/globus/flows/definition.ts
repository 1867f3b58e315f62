/**
 * What the simulated Flows accepts as a definition, and the scopes that one needs. Which rules Flows has is from its
 * published types and samples; its words for most of them are not published: ours are guesses at the form.
 */
import { isJsonObject } from "../../../base/json-object.ts";
import { type Fields, textOf } from "../documents.ts";
import type { FlowsProblem } from "./answers.ts";
import type { FlowDefinition, FlowState } from "./flow.ts";
import type { FlowsWorld } from "./flows-world.ts";

interface StateTypeRow {
  /** How it says what comes next: `Next` or `End`, `Next` alone, or otherwise. */
  readonly follows: "either" | "next" | "choices" | "never";
  /** Where its input comes from. */
  readonly input: "required" | "parameters" | "any";
}

const STATE_TYPES: Readonly<Record<string, StateTypeRow>> = {
  Action: { follows: "either", input: "required" },
  AwaitWebInput: { follows: "either", input: "parameters" },
  Choice: { follows: "choices", input: "any" },
  CreateWebInput: { follows: "either", input: "parameters" },
  ExpressionEval: { follows: "either", input: "parameters" },
  Fail: { follows: "never", input: "any" },
  Pass: { follows: "either", input: "any" },
  Succeed: { follows: "never", input: "any" },
  Wait: { follows: "either", input: "any" },
};

/** The hosts of action providers that ended in January 2025: their flows are deployed and cannot run. */
const RETIRED_HOSTS: readonly string[] = ["actions.globus.org", "actions.automate.globus.org"];

/** Where an Action state's provider is, in either spelling, without a slash at its end. */
export function actionUrl(state: FlowState): string {
  const handler = isJsonObject(state["Handler"]) ? textOf(state["Handler"]["Url"]) : "";
  return (textOf(state["ActionUrl"]) || handler).replace(/\/+$/, "");
}

export const isRetired = (url: string): boolean => URL.canParse(url) && RETIRED_HOSTS.includes(new URL(url).hostname);

/** Everything that is wrong with a definition. */
export function definitionProblems(definition: unknown, flows: FlowsWorld): FlowsProblem[] {
  const problem = (loc: readonly (string | number)[], msg: string): FlowsProblem => {
    return { loc: ["definition", ...loc], msg, type: "value_error" };
  };
  if (!isJsonObject(definition)) return [problem([], "A definition is an object")];
  const states = definition["States"];
  if (!isJsonObject(states) || Object.keys(states).length === 0)
    return [problem(["States"], "A definition has at least one state")];
  const start = textOf(definition["StartAt"]);
  return [
    ...(start in states ? [] : [problem(["StartAt"], `There is no state ${JSON.stringify(start)} to start at`)]),
    ...Object.entries(states).flatMap(([name, state]) =>
      stateProblems(state, states, flows).map((msg) => problem(["States", name], msg)),
    ),
  ];
}

function stateProblems(state: unknown, states: Fields, flows: FlowsWorld): string[] {
  if (!isJsonObject(state)) return ["A state is an object"];
  const type = textOf(state["Type"]);
  const row = Object.hasOwn(STATE_TYPES, type) ? STATE_TYPES[type] : undefined;
  if (row === undefined) return [`Unknown state type ${JSON.stringify(state["Type"] ?? null)}`];
  return [
    ...followProblems(type, row, state),
    ...targets(state).flatMap((target) =>
      target in states ? [] : [`There is no state ${JSON.stringify(target)} to go to`],
    ),
    ...inputProblems(type, row, state),
    ...(type === "Action" ? actionProblems(state, flows) : []),
    ...("OutputPath" in state ? ["OutputPath is not allowed: use ResultPath"] : []),
  ];
}

function followProblems(type: string, { follows }: StateTypeRow, state: FlowState): string[] {
  const ends = [state["End"] === true, typeof state["Next"] === "string"].filter(Boolean).length;
  if (follows === "either" && ends !== 1)
    return [
      `A state of type '${type}' must be defined as either terminal ("End": true) or transitional ("Next": "NextStateId")`,
    ];
  if (follows === "choices" && (!Array.isArray(state["Choices"]) || state["Choices"].length === 0))
    return ["A state of type 'Choice' has at least one choice"];
  return [];
}

/** Every state that may come next. */
function targets(state: FlowState): string[] {
  const rows = (name: string): Fields[] => (Array.isArray(state[name]) ? (state[name] as Fields[]) : []);
  return [
    state["Next"],
    state["Default"],
    ...rows("Choices").map(({ Next }) => Next),
    ...rows("Catch").map(({ Next }) => Next),
  ].filter((target): target is string => typeof target === "string");
}

function inputProblems(type: string, { input }: StateTypeRow, state: FlowState): string[] {
  const has = (name: string): boolean => state[name] !== undefined;
  if (input === "parameters" && !has("Parameters")) return [`A state of type '${type}' has Parameters`];
  if (input === "required" && has("Parameters") === has("InputPath"))
    return [`A state of type '${type}' has either Parameters or an InputPath`];
  return [];
}

function actionProblems(state: FlowState, flows: FlowsWorld): string[] {
  const url = actionUrl(state);
  if (!URL.canParse(url)) return ["A state of type 'Action' has an ActionUrl, or a Handler with a Url"];
  const isKnown = flows.providerByUrl.has(url) || isRetired(url) || textOf(state["ActionScope"]) !== "";
  return isKnown ? [] : [`No scope is known for the action provider ${url}`];
}

/** The scopes of a definition's actions, by RunAs. */
export function definitionScopes(definition: FlowDefinition, flows: FlowsWorld): Readonly<Record<string, string[]>> {
  const scopes: Record<string, string[]> = { User: [] };
  for (const state of Object.values(definition.States)) {
    if (state["Type"] !== "Action") continue;
    const scope = scopeOf(state, flows);
    const list = (scopes[textOf(state["RunAs"]) || "User"] ??= []);
    if (!list.includes(scope)) list.push(scope);
  }
  return scopes;
}

function scopeOf(state: FlowState, flows: FlowsWorld): string {
  const url = actionUrl(state);
  const known = flows.providerByUrl.get(url)?.scope ?? textOf(state["ActionScope"]);
  return known || `https://auth.globus.org/scopes/actions.globus.org${new URL(url).pathname}`;
}
