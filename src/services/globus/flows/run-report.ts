/**
 * Runs and entries of their logs, from Flows' documents. What a run waits for stands in `details`, in several
 * spellings, and again inside the actions of its step. A report has no nulls. globus.md §3.4.
 */

import { z } from "zod";
import { oneLine } from "../../../base/clean-text.ts";
import { isJsonObject } from "../../../base/json-object.ts";
import { UUID } from "../../../base/uuid.ts";
import { RUN_STATES, type RunLogEntry, type RunReport, type RunState } from "../../../controller/ports/flows.ts";
import { collectionsIn } from "../scopes.ts";
import { sessionNeed } from "../session-need.ts";

type RunFields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): RunFields => (isJsonObject(value) ? value : {});
const textOf = (value: unknown): string => (typeof value === "string" ? oneLine(value).trim() : "");

const text = z
  .string()
  .nullish()
  .transform((said) => oneLine(said ?? "").trim());
/** Exactly as Flows has it: labels are compared. */
const exact = z
  .string()
  .nullish()
  .transform((said) => said ?? "");
const time = z
  .string()
  .nullish()
  .transform((said) => Date.parse(said ?? ""))
  .transform((at) => (Number.isNaN(at) ? undefined : at));
const fields = z
  .unknown()
  .optional()
  .transform((value) => fieldsOf(clipped(value, MOST_DEPTH)));

/** Levels of a run's details that are kept: what is written as JSON again, or compared, is so level by level. */
const MOST_DEPTH = 100;

function clipped(value: unknown, levels: number): unknown {
  if (Array.isArray(value)) return levels === 0 ? [] : value.map((one) => clipped(one, levels - 1));
  if (!isJsonObject(value)) return value;
  if (levels === 0) return {};
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, clipped(inner, levels - 1)]));
}

export const runSchema = z
  .looseObject({
    run_id: z.string().regex(UUID),
    flow_id: exact,
    flow_title: text,
    status: text,
    label: exact,
    tags: z
      .array(z.string())
      .nullish()
      .transform((tags) => tags ?? []),
    run_owner: exact,
    start_time: time,
    completion_time: time,
    blocking_web_input_id: exact,
    details: fields,
  })
  .transform(reportOf);

interface RunDocument {
  readonly run_id: string;
  readonly flow_id: string;
  readonly flow_title: string;
  readonly status: string;
  readonly label: string;
  readonly tags: readonly string[];
  readonly run_owner: string;
  readonly start_time: number | undefined;
  readonly completion_time: number | undefined;
  readonly blocking_web_input_id: string;
  readonly details: RunFields;
}

function reportOf(run: RunDocument): RunReport {
  const { details } = run;
  const actions = actionsOf(details);
  const [action = {}] = actions.slice(-1);
  const waits = waitOf([details, ...actions.map((one) => fieldsOf(one["details"]))]);
  const output = details["output"];
  return {
    id: run.run_id,
    flow: run.flow_id,
    flowTitle: run.flow_title,
    state: stateOf(run.status),
    said: run.status,
    label: run.label,
    tags: run.tags,
    owner: run.run_owner.replace(/^urn:globus:auth:identity:/, ""),
    started: run.start_time ?? 0,
    ...(run.completion_time !== undefined && { ended: run.completion_time }),
    code: textOf(details["code"]),
    description: withCause(textOf(details["description"]), fieldsOf(details["details"])),
    step: stepOf(details) || textOf(action["state_name"]),
    stepCode: stepCodeOf(fieldsOf(action["details"])),
    ...waits,
    ...(run.blocking_web_input_id !== "" && { question: run.blocking_web_input_id }),
    tasks: tasksIn(details),
    ...(isJsonObject(output) && { output }),
  };
}

/** Flows gives the last status of an action as the text of its JSON; a Fail state has a sentence of its own. */
const statusIn = (cause: unknown): RunFields => {
  if (typeof cause !== "string" || !cause.trimStart().startsWith("{")) return fieldsOf(cause);
  try {
    return fieldsOf(JSON.parse(cause));
  } catch {
    return {};
  }
};

/** With what the action, or the author of the flow, says of the failure. */
function withCause(description: string, { cause }: RunFields): string {
  const { details: inner, ...status } = statusIn(cause);
  const about = { ...status, ...fieldsOf(inner) };
  const fatal = fieldsOf(about["fatal_error"]);
  const isText = Object.keys(about).length === 0;
  const words = isText
    ? [textOf(cause)]
    : [
        textOf(fatal["code"]) || textOf(about["code"]),
        textOf(fatal["description"]) ||
          textOf(about["description"]) ||
          textOf(about["message"]) ||
          textOf(about["nice_status_short_description"]),
      ];
  const told = words.filter((one) => one !== "" && !description.includes(one)).join(": ");
  return [description, told].filter((one) => one !== "").join(": ");
}

const stateOf = (said: string): RunState =>
  RUN_STATES.find((state) => state === said && state !== "UNKNOWN") ?? "UNKNOWN";

/** The actions that a step waits for, in order. */
function actionsOf(details: RunFields): readonly RunFields[] {
  const actions = details["action_statuses"] ?? fieldsOf(details["details"])["action_statuses"];
  return Array.isArray(actions) ? actions.filter(isJsonObject) : [];
}

const stepOf = (details: RunFields): string =>
  textOf(details["state_name"]) || textOf(fieldsOf(details["details"])["state_name"]);

const stepCodeOf = (action: RunFields): string => {
  if (action["is_paused"] === true) return "PAUSED";
  return textOf(action["nice_status"]) || textOf(action["code"]);
};

/** What a run waits for: the first of these that names something. */
function waitOf(places: readonly RunFields[]): Pick<RunReport, "requiredScopes" | "collections" | "session"> {
  const scopes = places.map(scopesOf).find((found) => found.length > 0) ?? [];
  const session = places
    .map((place) => sessionNeed(fieldsOf(place["authorization_parameters"])))
    .find((found) => found !== undefined);
  return {
    requiredScopes: scopes,
    collections: collectionsIn(scopes),
    ...(session !== undefined && { session }),
  };
}

function scopesOf(place: RunFields): readonly string[] {
  const asked = fieldsOf(place["authorization_parameters"]);
  const said = [place["required_scope"], place["required_scopes"], asked["required_scopes"]].flat();
  return [...new Set(said.filter((scope): scope is string => typeof scope === "string" && scope !== ""))];
}

/** Levels that an action's result lies below its run's details at most. */
const MOST_LEVELS = 8;

/**
 * The tasks of Globus Transfer in a document of Flows: the `details` of such an action are the task's document, which
 * has the id beside other things. What a person has put into the input counts for nothing.
 */
function tasksIn(document: unknown): readonly string[] {
  const tasks = new Set<string>();
  const look = (value: unknown, key: string, level: number): void => {
    if (level > MOST_LEVELS) return;
    if (key === "cause" && typeof value === "string") return look(statusIn(value), key, level + 1);
    if (Array.isArray(value)) for (const one of value) look(one, "", level + 1);
    if (!isJsonObject(value)) return;
    const id = value["task_id"];
    if (key === "details" && typeof id === "string" && UUID.test(id)) tasks.add(id);
    for (const [name, inner] of Object.entries(value)) if (name !== "input") look(inner, name, level + 1);
  };
  look(document, "details", 0);
  return [...tasks];
}

export const logEntrySchema = z
  .looseObject({ time, code: text, description: text, details: fields })
  .transform(({ time: at, code, description, details }): RunLogEntry => {
    // The output of an action is its status document; that of the run is all that it knows, told of before.
    const told = code.startsWith("Flow") ? {} : details;
    const words = code.endsWith("Failed") ? withCause(description, details) : description;
    return { time: at ?? 0, code, description: words, step: stepOf(details), tasks: tasksIn(told), details };
  });
