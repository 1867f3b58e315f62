/**
 * What a text stands for: the number that a client or a .db file means by it, the state or menu choice, and the text
 * that a field keeps. As base reads it (channel-access.md §2.8, §5.1; epics-base: epicsStdlib.c, dbStaticLib.c),
 * compared with base in test/interop/convert-softioc.test.ts. Knows no records: choices and limits are handed in. The
 * other direction, numbers as text, is number-text.ts.
 */
import type { NumericFieldType } from "../record-type.ts";
import { bitsOf, FLOAT_MAX, FLOAT_MIN, fits, isFloating, wrap } from "./numbers.ts";

/** A text of at most `bytes` − 1 bytes, so that its NUL has a place; it ends at a NUL inside. */
export function fitText(text: string, bytes: number): string {
  const end = text.indexOf("\0");
  const length = end < 0 ? text.length : end;
  return length === text.length && length < bytes ? text : text.slice(0, Math.min(length, bytes - 1));
}

const INTEGER: Readonly<Record<8 | 10 | 16, RegExp>> = {
  8: /^[ \t\n\v\f\r]*([+-]?)([0-7]+)[ \t\n\v\f\r]*/,
  10: /^[ \t\n\v\f\r]*([+-]?)(\d+)[ \t\n\v\f\r]*/,
  16: /^[ \t\n\v\f\r]*([+-]?)0[xX]([0-9a-fA-F]+)[ \t\n\v\f\r]*/,
};
const BASE_ZERO = /^[ \t\n\v\f\r]*[+-]?(0[xX](?=[0-9a-fA-F])|0)?/;

interface ParsedInteger {
  readonly value: bigint;
  /** What follows the number and white space. */
  readonly rest: string;
}

/** strtol, strtoul with base 0: hexadecimal behind 0x, octal behind 0. @returns undefined without digits */
function parseInteger(text: string): ParsedInteger | undefined {
  const prefix = BASE_ZERO.exec(text)?.[1];
  const match = INTEGER[prefix === undefined ? 10 : prefix === "0" ? 8 : 16].exec(text);
  if (match === null) return undefined;
  const [whole, sign, digits = ""] = match;
  const magnitude = BigInt(prefix === undefined ? digits : prefix === "0" ? `0o${digits}` : `0x${digits}`);
  return { value: sign === "-" ? -magnitude : magnitude, rest: text.slice(whole.length) };
}

/** All digits of an integer, with anything behind them; undefined without digits, or when the integer does not fit. */
export function parseWhole(text: string, type: NumericFieldType): bigint | undefined {
  const parsed = parseInteger(text);
  return parsed !== undefined && fits(parsed.value, type, bitsOf(type)) ? wrap(parsed.value, type) : undefined;
}

const DOUBLE_MIN = 2.2250738585072014e-308;
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

/** A float that a text may stand for: undefined when it is too large or too small. */
function floatOf(value: number): number | undefined {
  if (value > 0 && value <= FLOAT_MIN) return undefined;
  return Number.isFinite(value) && Math.abs(value) >= FLOAT_MAX ? undefined : Math.fround(value);
}

/**
 * The number that a client's text stands for in a field of this type. Integers may be hexadecimal (0x) or octal (0);
 * what follows the number is taken for a unit; "" is 0. As base since 7.0.10, where the shell variable dbConvertBase is
 * 0; before, all integers were decimal.
 * @returns undefined when there is no number or it does not fit. channel-access.md §2.8
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

/** ULONG travels as DOUBLE, so its text may be a DOUBLE's: "1e3". */
function largeUnsigned(text: string): number | undefined {
  const value = parseFloating(text)?.value;
  return value !== undefined && value >= 0 && value <= 0xffffffff ? Math.trunc(value) : undefined;
}

/**
 * The number that a value in a .db file stands for: integers may be hexadecimal or octal and wrap, nothing may follow.
 * "" is 0.
 * @returns undefined when there is no such number. channel-access.md §5.1
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
 * As `enumFromText` for a .db file: MENU and DEVICE by choice or number, also the number behind the last choice and
 * 65535 (SSCN's "none").
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
