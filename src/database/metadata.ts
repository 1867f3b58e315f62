/**
 * What clients read beside a value: units, precision, limits. From the record type's functions, else base's defaults.
 * channel-access.md §2.7; epics-base: dbAccess.c get_graphics …, recGbl.c getMaxRangeValues.
 */
import type { FieldAddress } from "./field-address.ts";
import type { FieldType, LinkMetadata } from "./record-type.ts";

/** The full range of a field type, [upper, lower]. */
const RANGE: Readonly<Partial<Record<FieldType, readonly [number, number]>>> = {
  CHAR: [127, -128],
  UCHAR: [255, 0],
  SHORT: [32767, -32768],
  USHORT: [65535, 0],
  ENUM: [65535, 0],
  LONG: [2147483647, -2147483648],
  ULONG: [4294967295, 0],
  INT64: [2 ** 63 - 1, -(2 ** 63)],
  UINT64: [2 ** 64 - 1, 0],
  FLOAT: [1e30, -1e30],
  DOUBLE: [1e300, -1e300],
};
export function metadataAt(address: FieldAddress): LinkMetadata {
  return {
    units: unitsAt(address),
    precision: precisionAt(address),
    displayLimits: displayLimitsAt(address),
    alarmLimits: alarmLimitsAt(address),
  };
}

const NO_LIMITS = [0, 0] as const;
const NO_ALARM_LIMITS = [Number.NaN, Number.NaN, Number.NaN, Number.NaN] as const;

export function unitsAt({ record, field }: FieldAddress): string {
  return record.type.support.units?.(record, field) ?? "";
}

/** Digits for clients; 0 for integers, and where the type names none. */
export const precisionAt = (address: FieldAddress): number =>
  address.type === "DOUBLE" || address.type === "FLOAT" ? (address.precision ?? 0) : 0;

/** [upper, lower] of the display. */
export function displayLimitsAt({ record, field, spec }: FieldAddress): readonly [number, number] {
  const { support } = record.type;
  if (support.displayLimits === undefined) return NO_LIMITS;
  return support.displayLimits(record, field) ?? RANGE[spec.row.type] ?? NO_LIMITS;
}

/** [upper, lower] of what may be put. */
export function controlLimitsAt({ record, field, spec }: FieldAddress): readonly [number, number] {
  const { support } = record.type;
  if (support.controlLimits === undefined) return NO_LIMITS;
  return support.controlLimits(record, field) ?? RANGE[spec.row.type] ?? NO_LIMITS;
}

/** [upper alarm, upper warning, lower warning, lower alarm]; NaN where there is none. */
export function alarmLimitsAt({ record, field }: FieldAddress): readonly [number, number, number, number] {
  return record.type.support.alarmLimits?.(record, field) ?? NO_ALARM_LIMITS;
}
