/** A field's value and metadata as a DBR sample: which native type it has on the wire, and how a sample of any type is filled. CA spec §2.3, §2.4, §2.7. */

import type { Clock } from "../base/clock.ts";
import type { DbrSample, ValueArray } from "../ca/wire/dbr-codec.ts";
import type { DbrType, Native } from "../ca/wire/dbr-layout.ts";
import { castNumber, clampFloat, type ElementType } from "../database/convert.ts";
import type { FieldAddress } from "../database/field-address.ts";
import { sliceOf } from "../database/filters.ts";
import { alarmLimitsAt, controlLimitsAt, displayLimitsAt, precisionAt, unitsAt } from "../database/metadata.ts";
import { elementsAt, lengthAt, numberAt, textAt } from "../database/read.ts";
import type { ArrayValue, FieldType } from "../database/record-type.ts";
import { stampNow } from "../database/time-stamp.ts";

/** DBF → DBR. */
const NATIVE: Readonly<Record<Exclude<FieldType, "NOACCESS">, Native>> = {
  STRING: "STRING",
  CHAR: "CHAR",
  UCHAR: "CHAR",
  SHORT: "SHORT",
  USHORT: "LONG",
  LONG: "LONG",
  ULONG: "DOUBLE",
  INT64: "DOUBLE",
  UINT64: "DOUBLE",
  FLOAT: "FLOAT",
  DOUBLE: "DOUBLE",
  ENUM: "ENUM",
  MENU: "ENUM",
  DEVICE: "ENUM",
  INLINK: "STRING",
  OUTLINK: "STRING",
  FWDLINK: "STRING",
};

/** DBR → the field type of the same form. */
export const FIELD_TYPE = {
  STRING: "STRING",
  SHORT: "SHORT",
  FLOAT: "FLOAT",
  ENUM: "ENUM",
  CHAR: "CHAR",
  LONG: "LONG",
  DOUBLE: "DOUBLE",
} as const satisfies Readonly<Record<Native, FieldType>>;

export const nativeOf = (address: FieldAddress): Native => NATIVE[address.type as Exclude<FieldType, "NOACCESS">];

/** The most elements that clients can read. */
export const elementCountOf = ({ elements, modifier }: FieldAddress): number =>
  modifier.slice === undefined ? elements : sliceOf(modifier.slice, elements).count;

/**
 * @param count most elements wanted; 0: all there are
 * @returns false when a text is no number
 */
export function fillValue(address: FieldAddress, native: Native, count: number, into: DbrSample): boolean {
  const { kind } = address;
  if (kind === "array" || address.modifier.asCharacters) return fillArray(address, native, count, into);
  if (native === "STRING") {
    into.setText(textAt(address));
    return true;
  }
  const type = FIELD_TYPE[native];
  if (kind === "number") {
    const { fields } = address.record;
    // Named outright, the most read field is found without a search.
    const value = address.field === "VAL" ? fields["VAL"]! : fields[address.field]!;
    into.setNumber(address.type === type ? value : castNumber(value, type, address.numericType));
    return true;
  }
  const value = numberAt(address, type);
  if (value !== undefined) into.setNumber(value);
  return value !== undefined;
}

function fillArray(address: FieldAddress, native: Native, count: number, into: DbrSample): boolean {
  if (native === "STRING" && address.isTextArray) {
    into.setText(textAt(address));
    return true;
  }
  const { slice } = address.modifier;
  const length = lengthAt(address);
  const most = count === 0 ? length : Math.min(count, length);
  const elements = elementsAt(address, elementType(address, native), slice === undefined ? most : length);
  if (length > 0 && most > 0 && elements.length === 0) return false;
  if (slice === undefined) into.setArray(elements as ValueArray, elements.length);
  else {
    const taken = takeSlice(elements, address);
    into.setArray(taken, count === 0 ? taken.length : Math.min(count, taken.length));
  }
  return true;
}

/** Unsigned bytes are DBR_CHAR as they lie. */
const elementType = (address: FieldAddress, native: Native): ElementType =>
  native === "CHAR" && address.type === "UCHAR" ? "UCHAR" : FIELD_TYPE[native];

function takeSlice(elements: ArrayValue, { modifier }: FieldAddress): ValueArray {
  const slice = modifier.slice!;
  const { first, count } = sliceOf(slice, elements.length);
  const { increment } = slice;
  if (increment === 1) return elements.slice(first, first + count) as ValueArray;
  const strided = (elements as string[]).filter((_, i) => i >= first && (i - first) % increment === 0);
  return strided.slice(0, count);
}

/** Fills what the type carries beside the value. */
export function fillMetadata(address: FieldAddress, type: DbrType, clock: Clock, into: DbrSample): void {
  const { record } = address;
  into.status = record.fields.STAT;
  into.severity = record.fields.SEVR;
  switch (type.family) {
    case "PLAIN":
    case "STS":
      return;
    case "TIME":
      if (address.modifier.stampsNow === true) stampNow(into, clock);
      else {
        into.seconds = record.seconds;
        into.nanoseconds = record.nanoseconds;
      }
      return;
    case "STSACK":
      into.acknowledgeTransient = record.fields.ACKT;
      into.acknowledgeSeverity = record.fields.ACKS;
      return;
    case "GR":
    case "CTRL":
      if (type.native === "ENUM") into.choices = address.choices;
      else if (type.native !== "STRING") fillNumeric(address, type.native, into);
  }
}

function fillNumeric(address: FieldAddress, native: Native, into: DbrSample): void {
  into.units = unitsAt(address);
  into.precision = precisionAt(address);
  const [upperDisplay, lowerDisplay] = displayLimitsAt(address);
  const [upperControl, lowerControl] = controlLimitsAt(address);
  const alarms = alarmLimitsAt(address);
  const all = [upperDisplay, lowerDisplay, ...alarms, upperControl, lowerControl];
  for (let i = 0; i < all.length; i++) into.limits[i] = limitAs(native, all[i]!);
}

/** Ranges of the integer natives; a limit outside becomes the end that is nearer. */
const RANGE: Readonly<Partial<Record<Native, readonly [number, number]>>> = {
  SHORT: [-32768, 32767],
  LONG: [-2147483648, 2147483647],
  CHAR: [0, 255],
};

function limitAs(native: Native, limit: number): number {
  if (native === "DOUBLE") return limit;
  if (native === "FLOAT") return clampFloat(limit);
  if (Number.isNaN(limit)) return 0;
  const [least, most] = RANGE[native] ?? [0, 65535];
  return Math.trunc(Math.min(Math.max(limit, least), most));
}
