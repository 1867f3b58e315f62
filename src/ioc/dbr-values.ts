/**
 * A field's value and metadata as a DBR sample: which native type it has on the wire, and how a sample of any type is
 * filled. channel-access.md §2.3, §2.4, §2.7.
 */

import type { Clock } from "../base/clock.ts";
import type { DbrSample, ValueArray } from "../ca/wire/dbr-codec.ts";
import type { DbrType, Native } from "../ca/wire/dbr-layout.ts";
import { type ElementType } from "../database/convert/arrays.ts";
import { castNumber } from "../database/convert/numbers.ts";
import type { FieldAddress } from "../database/field-address.ts";
import { sliced, slicedLength } from "../database/filters.ts";
import { alarmLimitsAt, controlLimitsAt, displayLimitsAt, precisionAt, unitsAt } from "../database/metadata.ts";
import { elementsAt, lengthAt, numberAt, textAt } from "../database/read.ts";
import type { FieldType } from "../database/record-type.ts";
import { stampNow } from "../database/time-stamp.ts";
import { FIELD_TYPE, fillCharacters, fillWholeText, isWholeText } from "./dbr-text.ts";

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

export const nativeOf = (address: FieldAddress): Native => NATIVE[address.type as Exclude<FieldType, "NOACCESS">];

/** The most elements that clients can read. */
export const elementCountOf = ({ elements, modifier }: FieldAddress): number =>
  slicedLength(elements, modifier.slices ?? []);

/**
 * @param count most elements wanted; 0: all there are
 * @returns false when the field cannot be read as this type, as a text that is no number
 */
export function fillValue(address: FieldAddress, type: DbrType, count: number, into: DbrSample): boolean {
  const { kind } = address;
  const { native } = type;
  if (kind === "array") return fillArray(address, native, count, into);
  if (address.modifier.asCharacters) return fillText(address, type, count, into);
  if (native === "STRING") {
    into.setText(textAt(address));
    return true;
  }
  const fieldType = FIELD_TYPE[native];
  if (kind === "number") {
    const { fields } = address.record;
    // VAL, the field that is read most, is named here so that it is found without a search.
    const value = address.field === "VAL" ? fields["VAL"]! : fields[address.field]!;
    into.setNumber(address.type === fieldType ? value : castNumber(value, fieldType, address.numericType));
    return true;
  }
  if (kind === "text" || kind === "link") return fillText(address, type, count, into);
  const value = numberAt(address, fieldType);
  if (value !== undefined) into.setNumber(value);
  return value !== undefined;
}

/** A text read as characters or as a number. A single text is no ENUM, not even "1". */
function fillText(address: FieldAddress, type: DbrType, count: number, into: DbrSample): boolean {
  const { native } = type;
  if (isWholeText(address)) return fillWholeText(address, native, count, into);
  if (address.modifier.asCharacters) {
    fillCharacters(address, type, count, into);
    return true;
  }
  if (native === "ENUM" || native === "STRING") return false;
  const value = numberAt(address, FIELD_TYPE[native]);
  if (value !== undefined) into.setNumber(value);
  return value !== undefined;
}

function fillArray(address: FieldAddress, native: Native, count: number, into: DbrSample): boolean {
  if (native === "STRING" && address.isTextArray) {
    into.setText(textAt(address));
    return true;
  }
  const { slices } = address.modifier;
  const length = lengthAt(address);
  if (native === "ENUM" && address.type === "STRING" && length === 1) return false;
  const most = count === 0 ? length : Math.min(count, length);
  const elements = elementsAt(address, elementType(address, native), slices === undefined ? most : length);
  if (length > 0 && most > 0 && elements.length === 0) return false;
  if (slices === undefined) into.setArray(elements as ValueArray, elements.length);
  else {
    const taken = sliced(elements, slices) as ValueArray;
    into.setArray(taken, count === 0 ? taken.length : Math.min(count, taken.length));
  }
  return true;
}

/** Unsigned bytes go out as DBR_CHAR unchanged. */
const elementType = (address: FieldAddress, native: Native): ElementType =>
  native === "CHAR" && address.type === "UCHAR" ? "UCHAR" : FIELD_TYPE[native];

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

/** Natives that have units and limits. */
type NumericNative = Exclude<Native, "STRING" | "ENUM">;

function fillNumeric(address: FieldAddress, native: NumericNative, into: DbrSample): void {
  into.units = unitsAt(address);
  into.precision = precisionAt(address);
  const { limits } = into; // in the order of LIMITS, one by one: this runs for every read of a GR or CTRL type
  const display = displayLimitsAt(address);
  limits[0] = display[0];
  limits[1] = display[1];
  const alarms = alarmLimitsAt(address);
  limits[2] = alarms[0];
  limits[3] = alarms[1];
  limits[4] = alarms[2];
  limits[5] = alarms[3];
  const control = controlLimitsAt(address);
  limits[6] = control[0];
  limits[7] = control[1];
  if (native === "DOUBLE") return;
  for (let i = 0; i < limits.length; i++) limits[i] = limitAs(native, limits[i]!, i >= 2 && i < 6);
}

/**
 * As C casts it, so an integer keeps its low bits. Base makes 0 of an alarm limit that is off, where the type has no
 * NaN.
 */
function limitAs(native: Exclude<NumericNative, "DOUBLE">, limit: number, isAlarm: boolean): number {
  return isAlarm && native !== "FLOAT" && !Number.isFinite(limit) ? 0 : castNumber(limit, FIELD_TYPE[native]);
}
