/**
 * What may follow the field in a PV name: `$` for text as characters, `[start:increment:end]` and `{"arr":…}` for a slice, `{"dbnd":…}`, `{"dec":…}`
 * and `{"ts":{}}` for updates. Anything else is refused, so the name is not found. Filters act on what is read and on updates, never on puts.
 * CA spec §2.5, §2.6.
 */
import { type Json, membersOf, numberOf, parseLenientJson } from "./lenient-json.ts";

/** Elements `start` to `end`, both included, every `increment`th. Negative counts from the end, −1 being the last. */
export interface Slice {
  readonly start: number;
  readonly increment: number;
  readonly end: number;
}

export interface Modifier {
  /** `$`: text or a link as CHAR elements. */
  readonly asCharacters: boolean;
  readonly slice?: Slice;
  /** Only changes of more than `width`, or of more than `width` percent, are updates. */
  readonly deadband?: { readonly isRelative: boolean; readonly width: number };
  /** Every nth update only. */
  readonly every?: number;
  /** The time stamp is the time of reading. */
  readonly stampsNow?: true;
}

export const NO_MODIFIER: Modifier = { asCharacters: false };

/** @returns undefined for a text that is no modifier we know */
export function parseModifier(text: string): Modifier | undefined {
  if (text === "") return NO_MODIFIER;
  let modifier: Modifier = { asCharacters: text.startsWith("$") };
  let rest = modifier.asCharacters ? text.slice(1) : text;
  if (rest.startsWith("[")) {
    const close = rest.indexOf("]") + 1;
    const slice = parseRange(rest.slice(1, close - 1));
    if (close === 0 || slice === undefined) return undefined;
    modifier = { ...modifier, slice };
    rest = rest.slice(close);
  }
  return rest === "" ? modifier : withFilters(modifier, rest);
}

function parseRange(text: string): Slice | undefined {
  const parts = text.split(":").map((part) => part.trim());
  if (parts.length > 3 || parts.some((part) => !/^[+-]?\d*$/.test(part))) return undefined;
  const number = (part: string | undefined, missing: number): number => (part ? Number(part) : missing);
  if (parts.length === 1) {
    return parts[0] === "" ? undefined : { start: Number(parts[0]), increment: 1, end: Number(parts[0]) };
  }
  const increment = parts.length === 3 ? number(parts[1], 1) : 1;
  return increment < 1 ? undefined : { start: number(parts[0], 0), increment, end: number(parts.at(-1), -1) };
}

function withFilters(modifier: Modifier, text: string): Modifier | undefined {
  const filters = membersOf(parseLenientJson(text));
  if (filters === undefined) return undefined;
  let result: Modifier | undefined = modifier;
  for (const [name, options] of Object.entries(filters)) {
    const parse = FILTERS[name];
    const parsed: Partial<Modifier> | undefined = parse?.(membersOf(options) ?? {});
    if (parsed === undefined) return undefined;
    result = { ...result, ...parsed };
  }
  return result;
}

type Options = Readonly<Record<string, Json>>;

const FILTERS: Readonly<Record<string, (options: Options) => Partial<Modifier> | undefined>> = {
  arr: (options) => {
    const [start, increment, end] = [
      numberOf(options["s"] ?? 0),
      numberOf(options["i"] ?? 1),
      numberOf(options["e"] ?? -1),
    ];
    if (start === undefined || increment === undefined || end === undefined || increment < 1) return undefined;
    return { slice: { start, increment, end } };
  },
  dbnd: (options) => {
    const isRelative = "rel" in options || options["m"] === "rel";
    const width = numberOf(options["abs"] ?? options["rel"] ?? options["d"]);
    return width === undefined ? undefined : { deadband: { isRelative, width } };
  },
  dec: (options) => {
    const every = numberOf(options["n"]) ?? 0;
    return every >= 1 ? { every: Math.trunc(every) } : undefined;
  },
  ts: (options) => (Object.keys(options).length === 0 ? { stampsNow: true } : undefined),
};

/** First element and number of elements that a slice takes of `length`. epics-base: dbExtractArray.c wrapArrayIndices */
export function sliceOf(slice: Slice, length: number): { readonly first: number; readonly count: number } {
  const fromStart = (index: number): number => Math.max(0, index < 0 ? length + index : index);
  const first = Math.min(fromStart(slice.start), length);
  const last = Math.min(fromStart(slice.end), length - 1);
  return { first, count: last < first ? 0 : 1 + Math.floor((last - first) / slice.increment) };
}
