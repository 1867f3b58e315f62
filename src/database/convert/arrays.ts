/**
 * Arrays of field values and their elements: made, and converted from one element type to another, element by element
 * as numbers.ts and texts.ts convert single values. Knows no records: the precision is handed in.
 */
import { STRING_BYTES } from "../../epics/facts.ts";
import type { ArrayValue, NumericFieldType } from "../record-type.ts";
import { numberToText } from "./number-text.ts";
import { castNumber, castWide, is64Bit, isFloating, type WideType, wrap } from "./numbers.ts";
import { fitText, parseNumber, parseWhole } from "./texts.ts";

/** Types an array's elements and a channel's values may have. */
export type ElementType = NumericFieldType | "STRING";

const ARRAYS = {
  CHAR: Int8Array,
  UCHAR: Uint8Array,
  SHORT: Int16Array,
  USHORT: Uint16Array,
  ENUM: Uint16Array,
  MENU: Uint16Array,
  DEVICE: Uint16Array,
  LONG: Int32Array,
  ULONG: Uint32Array,
  INT64: BigInt64Array,
  UINT64: BigUint64Array,
  FLOAT: Float32Array,
  DOUBLE: Float64Array,
} as const;

/** `length` zeros, or empty texts. */
export function makeArray(type: ElementType, length: number): ArrayValue {
  return type === "STRING" ? Array.from({ length }, () => "") : new ARRAYS[type](length);
}

/** The type of the elements, from the array itself. */
export function elementTypeOf(values: ArrayValue | readonly Element[]): ElementType {
  const types = Object.keys(ARRAYS) as (keyof typeof ARRAYS)[];
  return types.find((type) => values instanceof ARRAYS[type]) ?? (typeof values[0] === "string" ? "STRING" : "DOUBLE");
}

/** What an array is made from. */
export interface ArraySource {
  readonly values: ArrayValue | readonly Element[];
  /** Elements used. */
  readonly length: number;
  /** Of the elements that are neither texts nor bigints. */
  readonly type: ElementType;
  /** Digits of floating numbers that become text. */
  readonly precision?: number | undefined;
}
type Element = number | string | bigint;

/**
 * Writes `source` into `target`, an array of `type`, from its element `offset` on; what does not fit is dropped.
 * @returns elements written, or undefined when a text is no number: then `target` is untouched behind the elements
 * before it
 */
export function castInto(target: ArrayValue, type: ElementType, source: ArraySource, offset = 0): number | undefined {
  const count = Math.max(0, Math.min(source.length, target.length - offset));
  if (copiesBits(target, type, source)) {
    (target as Int32Array).set((source.values as Int32Array).subarray(0, count), offset);
    return count;
  }
  for (let i = 0; i < count; i++) {
    const value = castElement(source.values[i] ?? 0, type, source);
    if (value === undefined) return undefined;
    (target as Element[])[offset + i] = value;
  }
  return count;
}

/** A new array of `type` with the elements of `source`, or undefined when a text is no number. */
export function castArray(source: ArraySource, type: ElementType): ArrayValue | undefined {
  const target = makeArray(type, source.length);
  return castInto(target, type, source) === undefined ? undefined : target;
}

/** Whether a typed array's own `set` does what C does: integers to integers, or any type to itself. */
function copiesBits(target: ArrayValue, type: ElementType, source: ArraySource): boolean {
  const { values } = source;
  if (type === "STRING" || source.type === "STRING" || !ArrayBuffer.isView(values)) return false;
  if (is64Bit(type) || is64Bit(source.type)) return values.constructor === target.constructor;
  if (isFloating(source.type)) return type === source.type;
  return true;
}

/** A bigint for INT64 and UINT64. */
function castElement(value: Element, to: ElementType, { type, precision }: ArraySource): Element | undefined {
  const from = type === "STRING" ? "DOUBLE" : type;
  if (to === "STRING") {
    return typeof value === "number" ? numberToText(value, from, precision) : fitText(String(value), STRING_BYTES);
  }
  if (is64Bit(to)) return toWide(value, to, from);
  if (typeof value === "number") return castNumber(value, to, from);
  return castScalar(value, to);
}

/** A text or a 64-bit integer as a number of type `to`; undefined for a text that is none. */
export function castScalar(value: string | bigint, to: NumericFieldType): number | undefined {
  if (typeof value === "string") return parseNumber(value, to);
  return isFloating(to) ? castNumber(Number(value), to) : Number(wrap(value, to));
}

function toWide(value: Element, to: WideType, from: NumericFieldType): bigint | undefined {
  if (typeof value === "string") return value === "" ? 0n : parseWhole(value, to);
  return typeof value === "bigint" ? wrap(value, to) : castWide(value, to, from);
}
