/** Reads what the IOC sends to the page. What it cannot read is undefined: the page never shows half of an event. */
import type { PageValue, Update } from "./store.ts";

/** An event of /api/events, of its text. */
export function readUpdate(text: string): Update | undefined {
  const { time, values, severities, states } = recordOf(parsed(text)) ?? {};
  const valueTable = withNumbers(recordOf(values));
  const severityTable = recordOf(severities ?? {});
  const stateTable = recordOf(states ?? {});
  if (typeof time !== "number" || !valueTable || !severityTable || !stateTable) return undefined;
  if (!Object.values(valueTable).every(isValue)) return undefined;
  if (!Object.values(severityTable).every((one) => typeof one === "number")) return undefined;
  if (!Object.values(stateTable).every(isNames)) return undefined;
  return {
    time,
    values: valueTable as Update["values"],
    severities: severityTable as Update["severities"],
    states: stateTable as Update["states"],
  };
}

export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** Cuts a stream of text into its events, as the HTML standard says; comments end with nothing. */
export class EventReader {
  #rest = "";

  push(chunk: string): ServerEvent[] {
    const blocks = (this.#rest + chunk).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    return blocks.map(eventIn).filter((event) => event.data !== "");
  }
}

function eventIn(block: string): ServerEvent {
  const fields = block.split("\n").map((line) => /^(\w+): ?(.*)$/.exec(line) ?? []);
  const of = (name: string): string[] => fields.flatMap(([, key, value = ""]) => (key === name ? [value] : []));
  return { name: of("event").at(-1) ?? "message", data: of("data").join("\n") };
}

/** The last fifteen minutes of some figures: `GET /api/history`. */
export interface RateHistory {
  readonly stepSeconds: number;
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

export function readHistory(answer: unknown): RateHistory | undefined {
  const { stepSeconds, values } = recordOf(answer) ?? {};
  const table = recordOf(values);
  if (typeof stepSeconds !== "number" || !(stepSeconds > 0) || table === undefined) return undefined;
  const isRow = (row: unknown): boolean =>
    Array.isArray(row) && row.every((one) => one === null || typeof one === "number");
  if (!Object.values(table).every(isRow)) return undefined;
  return { stepSeconds, values: table as RateHistory["values"] };
}

/** The sentence of an answer that refuses; undefined where it has none. */
export function sentenceOf(answer: unknown): string | undefined {
  const message = recordOf(answer)?.["message"];
  return typeof message === "string" && message !== "" ? message : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An object that is no array. */
export const recordOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;

const isNames = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === "string");

/** JSON has no NaN: a number that is none comes as null. */
const withNumbers = (table: Readonly<Record<string, unknown>> | undefined) =>
  table && Object.fromEntries(Object.entries(table).map(([key, value]) => [key, value ?? Number.NaN]));

function isValue(value: unknown): value is PageValue {
  if (Array.isArray(value)) return value.every((one) => typeof one === "number" || typeof one === "string");
  return typeof value === "number" || typeof value === "string";
}
