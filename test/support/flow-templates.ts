/**
 * The templates of flows/ that do one thing: each is what flows/beamline.json does for one `action`, without the states
 * that it then never reaches. Written by `npm run docs`, compared by the tests.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./peers/real-peers.ts";

type Fields = Readonly<Record<string, unknown>>;
type States = Readonly<Record<string, Fields>>;

interface Definition {
  readonly Comment: string;
  readonly StartAt: string;
  readonly States: States;
}

/** What each is for, and the part of the input that it has beside the usual one. */
export const TEMPLATES = {
  transfer: { comment: "Sends a file or folder from one collection to another." },
  "transfer-share": { comment: "Sends a file or folder, then lets a person or a group read it.", own: "share" },
  "transfer-verify-delete": {
    comment: "Sends a file or folder, compares it with the source again, and deletes the source where all has arrived.",
  },
  "tar-transfer": { comment: "Has a folder put into one archive, then sends the archive.", own: "tar" },
  "transfer-compute": {
    comment: "Sends a file or folder, then has a function of Globus Compute work on it.",
    own: "compute",
  },
  "transfer-approve-delete": {
    comment:
      "Sends a file or folder, asks a person, and deletes the source where all has arrived and the person says so.",
    own: "approve",
  },
} as const satisfies Readonly<Record<string, { comment: string; own?: string }>>;
export type TemplateName = keyof typeof TEMPLATES;
export const TEMPLATE_NAMES = Object.keys(TEMPLATES) as TemplateName[];

const flowFile = (name: string): unknown => JSON.parse(readFileSync(join(ROOT, "flows", name), "utf8")) as unknown;

/** @param name a template, or `beamline` */
export const definitionOf = (name: string): Definition =>
  (isTemplate(name) ? JSON.parse(templateText(name)) : flowFile(`${name}.json`)) as Definition;
const isTemplate = (name: string): name is TemplateName => Object.hasOwn(TEMPLATES, name);

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The text of flows/NAME.json. */
export function templateText(name: TemplateName): string {
  const { StartAt, States } = definitionOf("beamline");
  const kept = new Map<string, Fields>();
  const keep = (wanted: string): string => {
    const at = beyondChoices(States, wanted, name);
    const state = States[at];
    if (state === undefined) throw new Error(`flows/beamline.json has no state ${at}`);
    if (!kept.has(at)) {
      kept.set(at, {}); // reached by itself again it is there already
      kept.set(at, mapNext(state, keep) as Fields);
    }
    return at;
  };
  const start = keep(StartAt);
  const inOrder = Object.keys(States).flatMap((at) => (kept.has(at) ? [[at, kept.get(at)] as const] : []));
  return json({ Comment: TEMPLATES[name].comment, StartAt: start, States: Object.fromEntries(inOrder) });
}

/** The state that follows where the action is known. */
function beyondChoices(states: States, at: string, action: string): string {
  const { Type, Choices, Default } = states[at] as { Type: string; Choices?: readonly Fields[]; Default?: string };
  if (Type !== "Choice" || !JSON.stringify(Choices).includes('"$.action"')) return at;
  const chosen = (Choices ?? []).find((choice) => JSON.stringify(choice).includes(`"StringEquals":"${action}"`));
  return beyondChoices(states, (chosen?.["Next"] as string | undefined) ?? Default ?? "", action);
}

/** The same with every `Next` and `Default` replaced. */
function mapNext(value: unknown, replace: (at: string) => string): unknown {
  if (Array.isArray(value)) return value.map((one) => mapNext(one, replace));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [
      key,
      (key === "Next" || key === "Default") && typeof inner === "string" ? replace(inner) : mapNext(inner, replace),
    ]),
  );
}

interface Schema extends Fields {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
}

/** @param name a template, or `beamline` */
export const schemaOf = (name: string): Schema =>
  (isTemplate(name) ? JSON.parse(schemaText(name)) : flowFile(`${name}.schema.json`)) as Schema;

/** The text of flows/NAME.schema.json. */
export function schemaText(name: TemplateName): string {
  const { $schema, type, required, properties, additionalProperties } = schemaOf("beamline");
  const { comment, own } = { own: undefined, ...TEMPLATES[name] };
  const all = [...required, ...(own === undefined ? [] : [own])];
  return json({
    $schema,
    title: comment.replace(/\.$/, ""),
    type,
    required: all,
    propertyOrder: all,
    properties: Object.fromEntries(all.map((key) => [key, properties[key]])),
    additionalProperties,
  });
}
