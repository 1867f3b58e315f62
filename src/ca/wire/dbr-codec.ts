/**
 * Value and metadata ↔ bytes, by the layout table. It encodes what it is given: conversion between types is the
 * database's business (database/convert), apart from C's cast to a narrower integer, which is the writing of its low
 * bits.
 */

import type { ByteWriter } from "../../base/bytes.ts";
import { ByteReader } from "../../base/bytes.ts";
import { STATE_NAME_BYTES, STRING_BYTES } from "../../epics/facts.ts";
import { MAX_CHOICES, UNITS_BYTES } from "./constants.ts";
import { type DbrType, ELEMENT_BYTES, LIMITS, type MetadataName, type Native } from "./dbr-layout.ts";

export type NumericArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;
/** Elements of an array value: numbers, or byte strings. */
export type ValueArray = NumericArray | readonly string[];

/**
 * A value with all the metadata that any DBR type can carry. Reused from read to read: each source that fills it sets
 * at least what the type asks for. A scalar lies in `number` or, for STRING, in `text`, with `array` undefined; an
 * array in the first `length` elements of `array`.
 */
export class DbrSample {
  /** The one number of a scalar. (Starts fractional so that the engine keeps it unboxed.) */
  number = 0.5;
  /** The one byte string of a scalar. */
  text = "";
  array: ValueArray | undefined = undefined;
  /** Elements; 1 for a scalar. */
  length = 1;

  /** Alarm status and severity, menuAlarmStat and menuAlarmSevr. */
  status = 0;
  severity = 0;
  /** Time stamp: seconds since 1990 and nanoseconds. */
  seconds = 0;
  nanoseconds = 0;
  precision = 0;
  units = "";
  /** State names of an ENUM; the first 16 travel. */
  choices: readonly string[] = [];
  /** In the order of LIMITS. */
  readonly limits = new Float64Array(LIMITS.length);
  acknowledgeTransient = 0;
  acknowledgeSeverity = 0;

  setNumber(value: number): void {
    this.number = value;
    this.array = undefined;
    this.length = 1;
  }
  setText(value: string): void {
    this.text = value;
    this.array = undefined;
    this.length = 1;
  }
  setArray(value: ValueArray, length = value.length): void {
    this.array = value;
    this.length = length;
  }
}

/**
 * Writes one DBR: metadata, exactly `count` elements (zeros behind the value's own length), zeros up to a multiple of
 * 8.
 */
export function writeDbr(out: ByteWriter, type: DbrType, sample: DbrSample, count: number): void {
  const start = out.length;
  const { layout } = type;
  for (let i = 0; i < layout.length; i++) {
    const [name, kind] = layout[i]!;
    if (typeof kind === "object") out.zeros(kind.pad);
    else if (kind === "limit") {
      writeLimits(out, type, sample.limits);
      i += type.limitCount - 1;
    } else if (kind === "units") out.text(sample.units, UNITS_BYTES);
    else if (kind === "choices") writeChoices(out, sample.choices);
    else if (kind === "u32") out.u32(name === "seconds" ? sample.seconds : sample.nanoseconds);
    else out.u16(shortField(name, sample));
  }
  writeElements(out, type.native, sample, count);
  const length = out.length - start;
  if (length % 8 !== 0) out.zeros(8 - (length % 8));
}

/** The limits lie side by side, in the order of LIMITS. */
function writeLimits(out: ByteWriter, { native, limitCount }: DbrType, limits: Float64Array): void {
  if (native === "DOUBLE") out.f64s(limits, limitCount);
  else for (let i = 0; i < limitCount; i++) writeNumber(out, native, limits[i]!);
}

function shortField(name: MetadataName | "", sample: DbrSample): number {
  if (name === "status") return sample.status;
  if (name === "severity") return sample.severity;
  if (name === "precision") return sample.precision;
  return name === "acknowledgeTransient" ? sample.acknowledgeTransient : sample.acknowledgeSeverity;
}

function writeChoices(out: ByteWriter, choices: readonly string[]): void {
  const count = Math.min(choices.length, MAX_CHOICES);
  out.u16(count);
  for (let i = 0; i < count; i++) out.text(choices[i]!, STATE_NAME_BYTES);
  out.zeros((MAX_CHOICES - count) * STATE_NAME_BYTES);
}

function writeNumber(out: ByteWriter, native: Native, value: number): void {
  switch (native) {
    case "DOUBLE":
      return out.f64(value);
    case "FLOAT":
      return out.f32(value);
    case "LONG":
      return out.u32(value);
    case "SHORT":
    case "ENUM":
      return out.u16(value);
    case "CHAR":
    case "STRING":
      return out.u8(value);
  }
}

function writeElements(out: ByteWriter, native: Native, sample: DbrSample, count: number): void {
  const { array } = sample;
  if (array === undefined) {
    if (count === 0) return;
    if (native === "STRING") out.text(sample.text, STRING_BYTES);
    else writeNumber(out, native, sample.number);
    if (count > 1) out.zeros((count - 1) * ELEMENT_BYTES[native]);
    return;
  }
  const present = Math.min(count, sample.length);
  if (isTextArray(array)) for (let i = 0; i < present; i++) out.text(array[i]!, STRING_BYTES);
  else if (sameRepresentation(native, array)) copySwapped(out, array, present);
  else for (let i = 0; i < present; i++) writeNumber(out, native, array[i]!);
  if (count > present) out.zeros((count - present) * ELEMENT_BYTES[native]);
}

const isTextArray = (array: ValueArray): array is readonly string[] => Array.isArray(array);

/**
 * Whether the array's memory is the wire's, but for the byte order. Integers of one width travel alike, signed or not.
 */
const sameRepresentation = (native: Native, array: NumericArray): boolean =>
  array.BYTES_PER_ELEMENT === ELEMENT_BYTES[native] &&
  isFloating(array) === (native === "DOUBLE" || native === "FLOAT");

const isFloating = (array: NumericArray): boolean => array instanceof Float64Array || array instanceof Float32Array;

function copySwapped(out: ByteWriter, array: NumericArray, count: number): void {
  const bytes = count * array.BYTES_PER_ELEMENT;
  const target = out.space(bytes);
  target.set(new Uint8Array(array.buffer, array.byteOffset, bytes));
  swapToNetwork(target, array.BYTES_PER_ELEMENT);
}

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function swapToNetwork(bytes: Buffer, width: number): void {
  if (!HOST_IS_LITTLE_ENDIAN) return;
  if (width === 8) bytes.swap64();
  else if (width === 4) bytes.swap32();
  else if (width === 2) bytes.swap16();
}

/**
 * Reads the value of a DBR into `into`: what a client wrote. Metadata before the value are skipped.
 * One STRING may be shorter than 40 bytes (libca sends it so). A single element becomes a scalar.
 * @param start and `end`: where the DBR lies in `bytes`
 * @returns false if there are too few bytes for `count` elements
 */
export function readValue(
  type: DbrType,
  count: number,
  bytes: Buffer,
  into: DbrSample,
  start = 0,
  end = bytes.length,
): boolean {
  const { native } = type;
  const at = start + type.valueOffset;
  if (native === "STRING" && count === 1 && end > at) {
    into.setText(textAt(bytes, at, Math.min(STRING_BYTES, end - at)));
    return true;
  }
  if (end - at < count * ELEMENT_BYTES[native]) return false;
  if (count !== 1) into.setArray(readArray(native, count, bytes, at));
  else if (native === "DOUBLE") into.setNumber(bytes.readDoubleBE(at));
  else into.setNumber(readNumber(native, bytes, at));
  return true;
}

/** The text in a field, up to its first NUL. */
function textAt(bytes: Buffer, at: number, most: number): string {
  const end = bytes.indexOf(0, at);
  return bytes.toString("latin1", at, end < 0 || end > at + most ? at + most : end);
}

/**
 * Reads a whole DBR, as a client receives it.
 * @returns undefined if the payload is too short
 */
export function readDbr(type: DbrType, count: number, payload: Buffer): DbrSample | undefined {
  const sample = new DbrSample();
  if (payload.length < type.valueOffset) return undefined;
  const reader = new ByteReader(payload);
  let limit = 0;
  for (const [name, kind] of type.layout) {
    if (typeof kind === "object") reader.skip(kind.pad);
    else if (kind === "limit") {
      sample.limits[limit++] = readNumber(type.native, payload, reader.position);
      reader.skip(ELEMENT_BYTES[type.native]);
    } else if (kind === "units") sample.units = reader.text(UNITS_BYTES);
    else if (kind === "choices") sample.choices = readChoices(reader);
    else if (kind === "u32") sample[name as "seconds" | "nanoseconds"] = reader.u32();
    else sample[name as "status" | "severity" | "precision"] = kind === "i16" ? reader.i16() : reader.u16();
  }
  return readValue(type, count, payload, sample) ? sample : undefined;
}

function readChoices(reader: ByteReader): string[] {
  const count = Math.min(reader.u16(), MAX_CHOICES);
  const all = Array.from({ length: MAX_CHOICES }, () => reader.text(STATE_NAME_BYTES));
  return all.slice(0, count);
}

function readNumber(native: Native, bytes: Buffer, at: number): number {
  switch (native) {
    case "DOUBLE":
      return bytes.readDoubleBE(at);
    case "FLOAT":
      return bytes.readFloatBE(at);
    case "LONG":
      return bytes.readInt32BE(at);
    case "SHORT":
      return bytes.readInt16BE(at);
    case "ENUM":
      return bytes.readUInt16BE(at);
    case "CHAR":
    case "STRING":
      return bytes.readUInt8(at);
  }
}

function readArray(native: Native, count: number, payload: Buffer, start: number): ValueArray {
  if (native === "STRING") {
    const reader = new ByteReader(payload.subarray(start));
    return Array.from({ length: count }, () => reader.text(STRING_BYTES));
  }
  const width = ELEMENT_BYTES[native];
  const memory = new ArrayBuffer(count * width); // memory of its own: aligned, and none of the input's is kept
  const bytes = Buffer.from(memory);
  payload.copy(bytes, 0, start, start + count * width);
  swapToNetwork(bytes, width);
  switch (native) {
    case "DOUBLE":
      return new Float64Array(memory);
    case "FLOAT":
      return new Float32Array(memory);
    case "LONG":
      return new Int32Array(memory);
    case "SHORT":
      return new Int16Array(memory);
    case "ENUM":
      return new Uint16Array(memory);
    case "CHAR":
      return new Uint8Array(memory);
  }
}
