/**
 * A definition of an older generation in the present one: the action providers that Globus has put out of service on
 * 2025-01-22, with their parameters. Says what was rewritten, and what else in a definition loses data or hides a
 * failure; that is the author's to change. Pure. globus.md §3.4.
 */
import { cleanJson } from "../../base/clean-text.ts";
import { isJsonObject, type JsonObject } from "../../base/json-object.ts";
import { listed } from "../../base/word-list.ts";
import { nextOf } from "./definition.ts";

export interface Migrated {
  readonly definition: JsonObject;
  /** What was rewritten, sentences. */
  readonly rewritten: readonly string[];
  /** What was left and may surprise, sentences. */
  readonly advice: readonly string[];
}

const PRESENT = "https://transfer.actions.globus.org/";
const OLD_ADDRESS =
  /^https?:\/\/actions(?:\.automate)?\.globus\.org\/transfer\/(transfer|delete|mkdir|ls|collection_info|set_permission)\/?$/;

/** Old and new name of each action's parameters. */
const PARAMETERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  transfer: {
    source_endpoint_id: "source_endpoint",
    destination_endpoint_id: "destination_endpoint",
    transfer_items: "DATA",
  },
  delete: { endpoint_id: "endpoint", items: "DATA" },
};
/** Transfer's own numbers. */
const SYNC_LEVELS: Readonly<Record<string, number>> = { exists: 0, size: 1, mtime: 2, checksum: 3 };
/** What published examples wait, in seconds: two days. */
const LONG_SECONDS = 172_800;
/** What Flows waits where a state does not say it. */
const USUAL_SECONDS = 300;

export function migrateDefinition(definition: JsonObject): Migrated {
  const states = definition["States"] as JsonObject;
  const rewritten: string[] = [];
  const renewed = Object.fromEntries(
    Object.entries(states).map(([name, state]) => [name, renew(name, state as JsonObject, rewritten)]),
  );
  return { definition: { ...definition, States: renewed }, rewritten, advice: adviceOn(renewed) };
}

const addressOf = ({ ActionUrl: url, Handler: handler }: JsonObject): string => {
  const found = url ?? (isJsonObject(handler) ? handler["Url"] : undefined);
  return typeof found === "string" ? found : "";
};

function renew(name: string, state: JsonObject, rewritten: string[]): JsonObject {
  const { ActionScope: scope, Handler: handler, ...rest } = state;
  const old = addressOf(state);
  const action = OLD_ADDRESS.exec(old)?.[1];
  if (action === undefined) return state;
  const address = PRESENT + (action === "set_permission" ? "manage_permission" : action);
  const dropped = scope === undefined ? "" : " and without its ActionScope";
  rewritten.push(`The state ${cleanJson(name)} uses ${address}${dropped}: ${old} is out of service.`);
  const { Parameters: parameters } = state;
  return {
    ...rest,
    ...(isJsonObject(handler) ? { Handler: { ...handler, Url: address } } : { ActionUrl: address }),
    ...(isJsonObject(parameters) && { Parameters: renewParameters(name, action, parameters, rewritten) }),
  };
}

function renewParameters(name: string, action: string, parameters: JsonObject, rewritten: string[]): JsonObject {
  const names = PARAMETERS[action] ?? {};
  const renamed: string[] = [];
  const said = Object.entries(parameters).map(([key, value]): [string, unknown] => {
    const [, stem = key, how = ""] = /^(.*?)(\.[$=])?$/.exec(key) ?? [];
    const now = names[stem];
    if (now === undefined) return [key, value];
    renamed.push(`${now} for ${stem}`);
    return [`${now}${how}`, stem === "items" && Array.isArray(value) ? value.map(pathItem) : value];
  });
  if (renamed.length > 0)
    rewritten.push(`The state ${cleanJson(name)} says ${listed(renamed)}, as the present action has them.`);
  const level = parameters["sync_level"];
  const number = action === "transfer" && typeof level === "string" ? SYNC_LEVELS[level] : undefined;
  if (number === undefined) return Object.fromEntries(said);
  rewritten.push(
    `The state ${cleanJson(name)} says sync_level ${number} for ${cleanJson(level)}, as Transfer counts them.`,
  );
  return { ...Object.fromEntries(said), sync_level: number };
}

/** The old action took paths, the present one takes objects. */
const pathItem = (item: unknown): unknown => (typeof item === "string" ? { path: item } : item);

function adviceOn(states: JsonObject): readonly string[] {
  const all = Object.entries(states) as [string, JsonObject][];
  const actions = all.filter(([, state]) => addressOf(state) !== "");
  const isLong = ([, state]: [string, JsonObject]): boolean =>
    [`${PRESENT}transfer`, `${PRESENT}delete`].includes(addressOf(state)) || addressOf(state).includes("//compute.");
  return [
    ...actions.filter(isLong).flatMap(waitAdvice),
    ...actions.flatMap(failureAdvice),
    ...actions.flatMap(([name, state]) =>
      state["ResultPath"] === undefined && state["End"] !== true
        ? [
            `The state ${cleanJson(name)} has no ResultPath: its result takes the place of the run's whole input, and later states find nothing of that.`,
          ]
        : [],
    ),
    ...actions.flatMap(([name, state]) =>
      addressOf(state) === `${PRESENT}transfer` ? deletionAdvice(name, state, states) : [],
    ),
  ];
}

function waitAdvice([name, { WaitTime: wait = USUAL_SECONDS }]: [string, JsonObject]): readonly string[] {
  if (typeof wait !== "number" || wait >= LONG_SECONDS) return [];
  return [
    `The state ${cleanJson(name)} gives its action up after ${wait} s (WaitTime), and the run has then failed although the data may be under way: say ${LONG_SECONDS} or more.`,
  ];
}

function failureAdvice([name, { ExceptionOnActionFailure: throws }]: [string, JsonObject]): readonly string[] {
  if (throws === true) return [];
  return [
    `The state ${cleanJson(name)} does not say "ExceptionOnActionFailure": true: where its action fails, the run may go on and end as SUCCEEDED.`,
  ];
}

function deletionAdvice(name: string, state: JsonObject, states: JsonObject): readonly string[] {
  return nextOf(state)
    .filter((next) => addressOf(states[next] as JsonObject) === `${PRESENT}delete`)
    .map(
      (next) =>
        `The state ${cleanJson(next)} deletes straight after ${cleanJson(name)}, also what was skipped: the templates transfer-verify-delete and transfer-approve-delete look first.`,
    );
}
