/**
 * The only place where a value changes its type: field to field, field to what a client asks for, what a client sends
 * to field, .db text to field. Results are those of base's C code on x86-64, byte for byte (CA spec §2.7, §2.8, §5.1;
 * epics-base: dbConvert.c, cvtFast.c, epicsStdlib.c), compared with it in test/interop/convert-softioc.test.ts.
 * Numbers become text in number-text.ts. It knows no records: precision, choices and limits are handed in. Wire bytes
 * are ca/wire's. Longer than most files because the rules for numbers, texts and arrays are one table each and belong
 * together.
 */
import { STRING_BYTES } from "../../epics/facts.ts";
import type { ArrayValue, FieldType, NumericFieldType } from "../record-type.ts";
import { numberToText } from "./number-text.ts";

/** Types an array's elements and a channel's values may have. */
export type ElementType = NumericFieldType | "STRING";

const INT32_MIN = -(2 ** 31);
const FLOAT_MAX = 3.4028234663852886e38;
const FLOAT_MIN = 1.1754943508222875e-38;
const DOUBLE_MIN = 2.2250738585072014e-308;

/** C's double → int32: towards zero; NaN and everything out of range become −2³¹ (x86). */
export function toInt32(value: number): number {
  return value > INT32_MIN - 1 && value < -INT32_MIN ? value | 0 : INT32_MIN;
}

/** C's double → uint32, by way of 64 bits: what does not fit those becomes −2⁶³, whose low 32 bits are 0. */
export function toUint32(value: number): number {
  return Math.abs(value) < 2 ** 63 ? value >>> 0 : 0;
}

/**
 * double → float: what is too large becomes the largest float, what is too small the smallest; 0, NaN and infinities
 * stay.
 */
export function clampFloat(value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude === 0 || !Number.isFinite(value)) return value;
  if (magnitude >= FLOAT_MAX) return value > 0 ? FLOAT_MAX : -FLOAT_MAX;
  if (magnitude <= FLOAT_MIN) return value > 0 ? FLOAT_MIN : -FLOAT_MIN;
  return Math.fround(value);
}

type Cast = (value: number) => number;
const same: Cast = (value) => value;
const int64: Cast = (value) => (Math.abs(value) < 2 ** 63 ? Math.trunc(value) : -(2 ** 63));
const uint64: Cast = (value) => (value < 0 ? int64(value) + 2 ** 64 : value < 2 ** 64 ? Math.trunc(value) : 0);

/** A number with a fraction, assigned to a field. */
const FROM_FLOATING: Readonly<Record<NumericFieldType, Cast>> = {
  CHAR: (value) => (toInt32(value) << 24) >> 24,
  UCHAR: (value) => toInt32(value) & 0xff,
  SHORT: (value) => (toInt32(value) << 16) >> 16,
  USHORT: (value) => toInt32(value) & 0xffff,
  LONG: toInt32,
  ULONG: toUint32,
  INT64: int64,
  UINT64: uint64,
  FLOAT: clampFloat,
  DOUBLE: same,
  ENUM: (value) => toInt32(value) & 0xffff,
  MENU: (value) => toInt32(value) & 0xffff,
  DEVICE: (value) => toInt32(value) & 0xffff,
};

/** An integer, assigned to a field: the low bits. */
const FROM_INTEGER: Readonly<Record<NumericFieldType, Cast>> = {
  CHAR: (value) => (value << 24) >> 24,
  UCHAR: (value) => value & 0xff,
  SHORT: (value) => (value << 16) >> 16,
  USHORT: (value) => value & 0xffff,
  LONG: (value) => value | 0,
  ULONG: (value) => value >>> 0,
  INT64: same,
  UINT64: (value) => (value < 0 ? value + 2 ** 64 : value),
  FLOAT: Math.fround,
  DOUBLE: same,
  ENUM: (value) => value & 0xffff,
  MENU: (value) => value & 0xffff,
  DEVICE: (value) => value & 0xffff,
};

const isFloating = (type: FieldType): boolean => type === "DOUBLE" || type === "FLOAT";

/**
 * C's assignment of a number to a field of type `to`.
 * @param from the type it has now, whose range it is in. A DBR_CHAR that is put counts as UCHAR; one that is read, as
 * CHAR.
 */
export function castNumber(value: number, to: NumericFieldType, from: NumericFieldType = "DOUBLE"): number {
  if (to === from) return value;
  return isFloating(from) ? FROM_FLOATING[to](value) : FROM_INTEGER[to](value);
}

/** A text of at most `bytes` − 1 bytes, so that its NUL has a place; it ends at a NUL inside. */
export function fitText(text: string, bytes: number): string {
  const end = text.indexOf("\0");
  const length = end < 0 ? text.length : end;
  return length === text.length && length < bytes ? text : text.slice(0, Math.min(length, bytes - 1));
}

// Text to numbers

const INTEGER: Readonly<Record<8 | 10 | 16, RegExp>> = {
  8: /^[ \t\n\v\f\r]*([+-]?)([0-7]+)[ \t\n\v\f\r]*/,
  10: /^[ \t\n\v\f\r]*([+-]?)(\d+)[ \t\n\v\f\r]*/,
  16: /^[ \t\n\v\f\r]*([+-]?)0[xX]([0-9a-fA-F]+)[ \t\n\v\f\r]*/,
};
const BASE_ZERO = /^[ \t\n\v\f\r]*[+-]?(0[xX](?=[0-9a-fA-F])|0)?/;
const BITS = { CHAR: 8, UCHAR: 8, SHORT: 16, USHORT: 16, ENUM: 16, MENU: 16, DEVICE: 16, LONG: 32, ULONG: 32 } as const;
const isSigned = (type: NumericFieldType): boolean =>
  type === "CHAR" || type === "SHORT" || type === "LONG" || type === "INT64";
const bitsOf = (type: NumericFieldType): number => (type in BITS ? BITS[type as keyof typeof BITS] : 64);

interface Parsed {
  readonly value: bigint;
  /** What follows the number and white space. */
  readonly rest: string;
}

/** strtol, strtoul with base 0: hexadecimal behind 0x, octal behind 0. @returns undefined without digits */
function parseInteger(text: string): Parsed | undefined {
  const prefix = BASE_ZERO.exec(text)?.[1];
  const match = INTEGER[prefix === undefined ? 10 : prefix === "0" ? 8 : 16].exec(text);
  if (match === null) return undefined;
  const [whole, sign, digits = ""] = match;
  const magnitude = BigInt(prefix === undefined ? digits : prefix === "0" ? `0o${digits}` : `0x${digits}`);
  return { value: sign === "-" ? -magnitude : magnitude, rest: text.slice(whole.length) };
}

/** An unsigned type takes negative numbers too, down to minus its largest, and wraps them. */
function fits(value: bigint, type: NumericFieldType, bits: number): boolean {
  const end = 1n << BigInt(isSigned(type) ? bits - 1 : bits);
  return value < end && value >= (isSigned(type) ? -end : 1n - end);
}

const wrap = (value: bigint, type: NumericFieldType): bigint =>
  isSigned(type) ? BigInt.asIntN(bitsOf(type), value) : BigInt.asUintN(bitsOf(type), value);

/** All digits of an integer, whatever follows; undefined when there is none, or it does not fit. */
function parseWhole(text: string, type: NumericFieldType): bigint | undefined {
  const parsed = parseInteger(text);
  return parsed !== undefined && fits(parsed.value, type, bitsOf(type)) ? wrap(parsed.value, type) : undefined;
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/;
const HEXADECIMAL = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?(?:[pP]([+-]?\d+))?/;
const SPECIAL = /^([+-]?)(inf(?:inity)?|nan(?:\(\w*\))?)/i;

/**
 * strtod, which also knows hexadecimal fractions, inf and nan.
 * @returns the number and what follows it and white space; undefined without a number, or when it is too large or too
 * small
 */
export function parseFloating(text: string): { readonly value: number; readonly rest: string } | undefined {
  const body = text.replace(/^[ \t\n\v\f\r]+/, "");
  const special = SPECIAL.exec(body);
  if (special !== null) {
    const magnitude = special[2]?.[0]?.toLowerCase() === "i" ? Infinity : NaN;
    return { value: special[1] === "-" ? -magnitude : magnitude, rest: body.slice(special[0].length).trimStart() };
  }
  const hexadecimal = HEXADECIMAL.exec(body);
  const isHexadecimal = hexadecimal !== null && `${hexadecimal[2] ?? ""}${hexadecimal[3] ?? ""}` !== "";
  const match = isHexadecimal ? hexadecimal : DECIMAL.exec(body);
  if (match === null) return undefined;
  const value = isHexadecimal ? hexadecimalValue(match) : Number(match[0]);
  const digits = isHexadecimal ? `${match[2]}${match[3] ?? ""}` : match[0].replace(/[eE].*/, "");
  const isZero = !/[1-9a-fA-F]/.test(digits);
  if (!Number.isFinite(value) || (Math.abs(value) < DOUBLE_MIN && !isZero)) return undefined;
  return { value, rest: body.slice(match[0].length).trimStart() };
}

function hexadecimalValue([, sign, whole = "", fraction = "", power = "0"]: RegExpExecArray): number {
  const magnitude = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(power) - 4 * fraction.length);
  return sign === "-" ? -magnitude : magnitude;
}

function floatOf(value: number): number | undefined {
  if (value > 0 && value <= FLOAT_MIN) return undefined;
  return Number.isFinite(value) && Math.abs(value) >= FLOAT_MAX ? undefined : Math.fround(value);
}

/**
 * The number a client's text stands for in a field of this type: integers also hexadecimal (0x) or octal (0), what
 * follows is taken for a unit. "" is 0. As base since 7.0.10, where the shell variable dbConvertBase is 0; before, all
 * integers were decimal.
 * @returns undefined when there is no number or it does not fit. CA spec §2.8
 */
export function parseNumber(text: string, type: NumericFieldType): number | undefined {
  if (text === "") return 0;
  if (isFloating(type)) {
    const value = parseFloating(text)?.value;
    return value === undefined || type === "DOUBLE" ? value : floatOf(value);
  }
  if (type === "ULONG" && /^[.eE]/.test(parseInteger(text)?.rest ?? ".")) return largeUnsigned(text);
  const whole = parseWhole(text, type);
  return whole === undefined ? undefined : Number(whole);
}

/** ULONG travels as DOUBLE, so its text may be one: "1e3". */
function largeUnsigned(text: string): number | undefined {
  const value = parseFloating(text)?.value;
  return value !== undefined && value >= 0 && value <= 0xffffffff ? Math.trunc(value) : undefined;
}

/**
 * The number that a value in a .db file stands for: integers may be hexadecimal or octal and wrap, nothing may follow.
 * "" is 0.
 * @returns undefined when there is no such number. CA spec §5.1
 */
export function parseDbText(text: string, type: NumericFieldType): number | undefined {
  if (text === "") return 0;
  if (isFloating(type)) {
    const parsed = parseFloating(text);
    if (parsed === undefined || parsed.rest !== "") return undefined;
    return type === "DOUBLE" ? parsed.value : floatOf(parsed.value);
  }
  const parsed = parseInteger(text);
  if (parsed === undefined || parsed.rest !== "" || !fits(parsed.value, type, 64)) return undefined;
  return Number(wrap(parsed.value, type));
}

// Choices

/**
 * The index of a state or menu choice: its exact text, else an unsigned number below `limit` with nothing behind it.
 * The empty text, which base takes for the first state without a name, is refused.
 */
export function enumFromText(text: string, choices: readonly string[], limit = choices.length): number | undefined {
  if (text === "") return undefined;
  const index = choices.indexOf(text);
  if (index >= 0) return index;
  const parsed = parseInteger(text);
  if (parsed === undefined || parsed.rest !== "" || !fits(parsed.value, "ENUM", 16)) return undefined;
  const value = Number(wrap(parsed.value, "ENUM"));
  return value < limit ? value : undefined;
}

/**
 * As `enumFromText` for a .db file: MENU and DEVICE by choice or number, also one past the last and 65535 (SSCN's
 * "none").
 */
export function menuFromDbText(text: string, choices: readonly string[]): number | undefined {
  const index = choices.indexOf(text);
  if (index >= 0) return index;
  const parsed = parseInteger(text === "" ? "0" : text);
  if (parsed === undefined || parsed.rest !== "" || !fits(parsed.value, "MENU", 16)) return undefined;
  const value = Number(wrap(parsed.value, "MENU"));
  return value > choices.length && choices.length > 0 && value < 0xffff ? undefined : value;
}

/** A menu's index as text: decimal digits where there is no choice. */
export const menuToText = (value: number, choices: readonly string[]): string => choices[value] ?? String(value);

// Arrays

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

/** The type of the elements of values that do not say it. */
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

/** Whether a typed array's own `set` does what C does: integers to integers, or one type to itself. */
function copiesBits(target: ArrayValue, type: ElementType, source: ArraySource): boolean {
  const { values } = source;
  if (type === "STRING" || source.type === "STRING" || !ArrayBuffer.isView(values)) return false;
  if (is64Bit(type) || is64Bit(source.type)) return values.constructor === target.constructor;
  if (isFloating(source.type)) return type === source.type;
  return true;
}

/** Numbers that JavaScript holds exactly only as bigint. */
type WideType = "INT64" | "UINT64";
const is64Bit = (type: ElementType): type is WideType => type === "INT64" || type === "UINT64";

/** A bigint for INT64 and UINT64. */
function castElement(value: Element, to: ElementType, { type, precision }: ArraySource): Element | undefined {
  const from = type === "STRING" ? "DOUBLE" : type;
  if (to === "STRING") {
    return typeof value === "number" ? numberToText(value, from, precision) : fitText(String(value), STRING_BYTES);
  }
  if (is64Bit(to)) return castWide(value, to, from);
  if (typeof value === "number") return castNumber(value, to, from);
  return castScalar(value, to);
}

/** A text or a 64-bit integer as a number of type `to`; undefined for a text that is none. */
export function castScalar(value: string | bigint, to: NumericFieldType): number | undefined {
  if (typeof value === "string") return parseNumber(value, to);
  return isFloating(to) ? castNumber(Number(value), to) : Number(wrap(value, to));
}

function castWide(value: Element, to: WideType, from: NumericFieldType): bigint | undefined {
  if (typeof value === "string") return value === "" ? 0n : parseWhole(value, to);
  if (typeof value === "bigint") return wrap(value, to);
  const isLarge = to === "UINT64" && value > 0;
  return wrap(BigInt(isFloating(from) ? (isLarge ? uint64 : int64)(value) : value), to);
}
