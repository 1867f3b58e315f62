/**
 * A number becomes a number of another field type, as C's assignments on x86-64 do it (channel-access.md §2.7;
 * epics-base: dbConvert.c, cvtFast.c), and which integers a type holds. Knows no text and no array. Compared with base
 * in test/interop/convert-softioc.test.ts.
 */
import type { FieldType, NumericFieldType } from "../record-type.ts";

const INT32_MIN = -(2 ** 31);
export const FLOAT_MAX = 3.4028234663852886e38;
export const FLOAT_MIN = 1.1754943508222875e-38;

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

export const isFloating = (type: FieldType): boolean => type === "DOUBLE" || type === "FLOAT";

/**
 * C's assignment of a number to a field of type `to`.
 * @param from the type it has now, whose range it is in. A DBR_CHAR that is put counts as UCHAR; a DBR_CHAR that is
 * read, as CHAR.
 */
export function castNumber(value: number, to: NumericFieldType, from: NumericFieldType = "DOUBLE"): number {
  if (to === from) return value;
  return isFloating(from) ? FROM_FLOATING[to](value) : FROM_INTEGER[to](value);
}

const BITS = { CHAR: 8, UCHAR: 8, SHORT: 16, USHORT: 16, ENUM: 16, MENU: 16, DEVICE: 16, LONG: 32, ULONG: 32 } as const;
const isSigned = (type: NumericFieldType): boolean =>
  type === "CHAR" || type === "SHORT" || type === "LONG" || type === "INT64";
export const bitsOf = (type: NumericFieldType): number => (type in BITS ? BITS[type as keyof typeof BITS] : 64);

/**
 * Whether an integer type of `bits` bits holds a value. An unsigned type takes negative numbers too, down to minus its
 * largest, and wraps them.
 */
export function fits(value: bigint, type: NumericFieldType, bits: number): boolean {
  const end = 1n << BigInt(isSigned(type) ? bits - 1 : bits);
  return value < end && value >= (isSigned(type) ? -end : 1n - end);
}

/** The low bits of an integer, as a value of `type`. */
export const wrap = (value: bigint, type: NumericFieldType): bigint =>
  isSigned(type) ? BigInt.asIntN(bitsOf(type), value) : BigInt.asUintN(bitsOf(type), value);

/** Numbers that JavaScript holds exactly only as bigint. */
export type WideType = "INT64" | "UINT64";
export const is64Bit = (type: FieldType): type is WideType => type === "INT64" || type === "UINT64";

/** C's assignment of a number to a 64-bit integer. @param from the type that the number has now */
export function castWide(value: number, to: WideType, from: NumericFieldType): bigint {
  const isLarge = to === "UINT64" && value > 0;
  return wrap(BigInt(isFloating(from) ? (isLarge ? uint64 : int64)(value) : value), to);
}
