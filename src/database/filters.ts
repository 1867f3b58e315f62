/**
 * What may follow the field in a PV name: `$` for text as characters, `[start:increment:end]` and `{"arr":…}` for a
 * slice, `{"dbnd":…}`, `{"dec":…}` and `{"ts":{}}` for updates. Anything else is refused, so the name is not found.
 * Filters act on what is read and on updates, never on puts. channel-access.md §2.5, §2.6.
 */
import { type Json, membersOf, numberOf, parseLenientJson } from "./lenient-json.ts";
import type { ArrayValue } from "./record-type.ts";

/**
 * Elements `start` to `end`, both included, every `increment`th. Negative indices count from the end; −1 is the last.
 */
export interface Slice {
  readonly start: number;
  readonly increment: number;
  readonly end: number;
}

export interface Modifier {
  /** `$`: text or a link as CHAR elements. */
  readonly asCharacters: boolean;
  /** In turn; undefined without slices. */
  readonly slices?: readonly Slice[];
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
    modifier = { ...modifier, slices: [slice] };
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
    result = { ...result, ...parsed, ...addSlices(result.slices, parsed.slices) };
  }
  return result;
}

const addSlices = (before: Modifier["slices"], added: Modifier["slices"] = []): Pick<Modifier, "slices"> =>
  before === undefined && added.length === 0 ? {} : { slices: [...(before ?? []), ...added] };

type Options = Readonly<Record<string, Json>>;

const FILTERS: Readonly<Record<string, (options: Options) => Partial<Modifier> | undefined>> = {
  arr: (options) => {
    const [start, increment, end] = [
      numberOf(options["s"] ?? 0),
      numberOf(options["i"] ?? 1),
      numberOf(options["e"] ?? -1),
    ];
    if (start === undefined || increment === undefined || end === undefined) return undefined;
    return { slices: [{ start, increment: increment < 1 ? 1 : increment, end }] };
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

/** The elements that the slices leave. */
export function sliced<T extends ArrayValue>(elements: T, slices: readonly Slice[]): T {
  return slices.reduce((rest, slice) => {
    const { first, count } = sliceOf(slice, rest.length);
    if (slice.increment === 1) return rest.slice(first, first + count) as T;
    const strided = (rest as string[]).filter((_, i) => i >= first && (i - first) % slice.increment === 0);
    return strided.slice(0, count) as unknown as T;
  }, elements);
}

/** How many of `length` elements the slices leave. */
export const slicedLength = (length: number, slices: readonly Slice[]): number =>
  slices.reduce((rest, slice) => sliceOf(slice, rest).count, length);

/**
 * First element and number of elements that a slice takes of `length`. epics-base: dbExtractArray.c wrapArrayIndices
 */
function sliceOf(slice: Slice, length: number): { readonly first: number; readonly count: number } {
  const fromStart = (index: number): number => Math.max(0, index < 0 ? length + index : index);
  const first = Math.min(fromStart(slice.start), length);
  const last = Math.min(fromStart(slice.end), length - 1);
  return { first, count: last < first ? 0 : 1 + Math.floor((last - first) / slice.increment) };
}
