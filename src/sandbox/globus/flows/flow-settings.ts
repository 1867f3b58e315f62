/** What the simulated Flows checks of the documents that make and change flows and runs. globus.md §3.4. */
import { isJsonObject } from "../../../base/json-object.ts";
import { type Fields, textOf } from "../documents.ts";
import type { FlowsProblem } from "./answers.ts";
import { definitionProblems } from "./definition.ts";
import type { FlowSettings } from "./flow.ts";
import type { FlowsWorld } from "./flows-world.ts";
import { schemaProblems } from "./schema-check.ts";

const PRINCIPAL = /^urn:globus:(auth:identity|groups:id):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MOST_PRINCIPALS = 16;
const LONGEST_LABEL = 64;
/** Not published. */
const LONGEST_TAG = 64;
const MOST_KEYWORD_CHARACTERS = 1024;

type FieldCheck = (value: unknown, name: string) => FlowsProblem[];
type FlowCheck = (value: unknown, name: string, flows: FlowsWorld) => FlowsProblem[];

const problem = (name: string | number, msg: string, ...more: (string | number)[]): FlowsProblem => {
  return { loc: [name, ...more], msg, type: "value_error" };
};

const text =
  (least: number, most: number): FieldCheck =>
  (value, name) =>
    typeof value === "string" && value.length >= least && value.length <= most
      ? []
      : [problem(name, `${name} is a text of ${least} to ${most} characters`)];

const principals =
  (role: string, also?: string): FieldCheck =>
  (value, name) => {
    if (!isTexts(value)) return [problem(name, `${name} is a list of principals`)];
    if (value.length > MOST_PRINCIPALS || new Set(value).size < value.length)
      return [problem(name, `${name} has at most ${MOST_PRINCIPALS} principals, each once`)];
    const allowed = `[${also === undefined ? "" : `"${also}", `}<AuthGroupUrn>, <AuthIdentityUrn>]`;
    return value.flatMap((one, index) => {
      if (PRINCIPAL.test(one) || one === also) return [];
      const said = `Unrecognized principal string: "${one}". Allowed principal types in role "${role}": ${allowed}`;
      return [problem(name, said, index)];
    });
  };

const keywords: FieldCheck = (value, name) =>
  isTexts(value) && value.join("").length <= MOST_KEYWORD_CHARACTERS
    ? []
    : [problem(name, `${name} is a list of texts of at most ${MOST_KEYWORD_CHARACTERS} characters together`)];

const subscription: FlowCheck = (value, name, flows) =>
  value === null || value === flows.subscription || value === "DEFAULT"
    ? []
    : [problem(name, `There is no subscription ${JSON.stringify(value)}`)];

/** The fields of a flow: their names here, and what they must be. */
const FLOW_FIELDS: Readonly<Record<string, { readonly as: keyof FlowSettings; readonly check: FlowCheck }>> = {
  title: { as: "title", check: text(1, 128) },
  subtitle: { as: "subtitle", check: text(0, 128) },
  description: { as: "description", check: text(0, 4096) },
  keywords: { as: "keywords", check: keywords },
  definition: { as: "definition", check: (value, _name, flows) => definitionProblems(value, flows) },
  input_schema: { as: "inputSchema", check: (value) => schemaProblems(value) },
  flow_viewers: { as: "viewers", check: principals("FlowViewer", "public") },
  flow_starters: { as: "starters", check: principals("FlowStarter", "all_authenticated_users") },
  flow_administrators: { as: "administrators", check: principals("FlowAdministrator") },
  run_managers: { as: "runManagers", check: principals("RunManager") },
  run_monitors: { as: "runMonitors", check: principals("RunMonitor") },
  subscription_id: { as: "subscription", check: subscription },
};

/** What a document says of a flow, or what is wrong with it. Fields that no flow has are refused. */
export function readFlowSettings(
  body: Fields,
  flows: FlowsWorld,
  others: readonly string[],
): { readonly settings: Partial<FlowSettings>; readonly problems: readonly FlowsProblem[] } {
  const settings: Record<string, unknown> = {};
  const problems = Object.entries(body).flatMap(([name, value]) => {
    const field = Object.hasOwn(FLOW_FIELDS, name) ? FLOW_FIELDS[name] : undefined;
    if (field === undefined) return others.includes(name) ? [] : [problem(name, "extra fields not permitted")];
    settings[field.as] = value;
    return field.check(value, name, flows);
  });
  if ("subscription" in settings)
    settings["subscription"] =
      settings["subscription"] === "DEFAULT" ? flows.subscription : (settings["subscription"] ?? undefined);
  return { settings, problems };
}

export interface RunSettings {
  readonly label?: string;
  readonly tags?: readonly string[];
  readonly managers?: readonly string[];
  readonly monitors?: readonly string[];
}

const tags: FieldCheck = (value, name) => {
  if (!isTexts(value)) return [problem(name, "tags is a list of texts")];
  return value.flatMap((one, index) => {
    const length = normalTag(one).length;
    return length >= 1 && length <= LONGEST_TAG
      ? []
      : [problem(name, `a tag has 1 to ${LONGEST_TAG} characters`, index)];
  });
};

const NOTIFIED: readonly unknown[] = ["INACTIVE", "FAILED", "SUCCEEDED"];

const RUN_FIELDS: Readonly<Record<string, FieldCheck>> = {
  body: (value, name) => (isJsonObject(value) ? [] : [problem(name, "value is not a valid dict")]),
  label: text(1, LONGEST_LABEL),
  tags,
  run_managers: principals("RunManager"),
  run_monitors: principals("RunMonitor"),
  activity_notification_policy: (value, name) =>
    isJsonObject(value) && Array.isArray(value["status"]) && value["status"].every((one) => NOTIFIED.includes(one))
      ? []
      : [problem(name, `status is a list of ${NOTIFIED.join(", ")}`)],
};

/** What a document says of a run, with or without its input, or what is wrong with it. */
export function readRunSettings(
  body: Fields,
  names: readonly string[],
): { readonly settings: RunSettings; readonly problems: readonly FlowsProblem[] } {
  const problems = Object.entries(body).flatMap(([name, value]) => {
    const check = names.includes(name) ? RUN_FIELDS[name] : undefined;
    return check === undefined ? [problem(name, "extra fields not permitted")] : check(value, name);
  });
  const list = (name: string): readonly string[] => body[name] as readonly string[];
  const settings = {
    ...(body["label"] !== undefined && { label: textOf(body["label"]) }),
    ...(isTexts(body["tags"]) && { tags: body["tags"].map(normalTag) }),
    ...(body["run_managers"] !== undefined && { managers: list("run_managers") }),
    ...(body["run_monitors"] !== undefined && { monitors: list("run_monitors") }),
  };
  return { settings, problems };
}

export const RUN_METADATA = ["label", "tags", "run_managers", "run_monitors"] as const;
export const RUN_REQUEST = [...RUN_METADATA, "body", "activity_notification_policy"] as const;

const normalTag = (tag: string): string => tag.trim().replaceAll(/\s+/g, " ");

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");
