/**
 * What records with a number share: deadbands of monitors, and the metadata by which clients show the number.
 * channel-access.md §2.7, §3.2; epics-base: recGbl.c recGblCheckDeadband, recGblGetPrec.
 */
import { DBE_LOG, DBE_VALUE } from "../../../epics/facts.ts";
import type { WithFields } from "../../alarms.ts";
import type { FieldTable, Rec, RecordSupport } from "../../record-type.ts";

/**
 * Whether the change from `before` to `now` is larger than `deadband`; below 0 every value is. A change to or from NaN
 * is always larger, and so is a change from one infinity to the other.
 */
function exceeds(before: number, now: number, deadband: number): boolean {
  const change = Math.abs(before - now);
  if (!Number.isNaN(change)) return change > deadband;
  const isSameKind = Number.isNaN(before) === Number.isNaN(now);
  return (isSameKind ? 0 : Infinity) > deadband;
}

/** Posts VAL where it has left its deadbands. @returns the mask it was posted with, 0 when it was not */
export function postValue(record: WithFields<"VAL" | "MLST" | "MDEL" | "ALST" | "ADEL">, alarmMask: number): number {
  const { fields } = record;
  const { VAL } = fields;
  let mask = alarmMask;
  if (exceeds(fields.MLST, VAL, fields.MDEL)) {
    mask |= DBE_VALUE;
    fields.MLST = VAL;
  }
  if (exceeds(fields.ALST, VAL, fields.ADEL)) {
    mask |= DBE_LOG;
    fields.ALST = VAL;
  }
  record.post("VAL", mask);
  return mask;
}

/** The value that monitors and alarms are compared with at first. */
export function rememberValue(record: WithFields<"VAL" | "MLST" | "ALST" | "LALM">): void {
  const { fields } = record;
  fields.MLST = fields.VAL;
  fields.ALST = fields.VAL;
  fields.LALM = fields.VAL;
}

/** Where a type's metadata differ from those of similar types. Lists are of field names. */
interface AnalogMetadata {
  /** The type's own table. */
  readonly fields: FieldTable;
  /** Fields of the value's type without its unit. */
  readonly unitless?: readonly string[];
  /**
   * Fields shown with PREC as it is; other fields with PREC too, or 15 where PREC is below 0 or above 15. Absent: the
   * type has no PREC.
   */
  readonly precise?: readonly string[];
  /** Fields with the limits of the value beside VAL, the alarm limits and what is remembered of VAL. */
  readonly ranged?: readonly string[];
  /** Ranged fields whose control limits are the full range of their type. */
  readonly uncontrolled?: readonly string[];
  /** Where control limits are DRVH and DRVL: `always`, or `when set`, that is when DRVH > DRVL. Else HOPR and LOPR. */
  readonly driven?: "always" | "when set";
}

type AnalogRecord = WithFields<
  "PREC" | "HOPR" | "LOPR" | "DRVH" | "DRVL" | "HIHI" | "LOLO" | "HIGH" | "LOW" | "HHSV" | "LLSV" | "HSV" | "LSV"
>;
type Metadata = Required<
  Pick<RecordSupport<FieldTable>, "units" | "precision" | "displayLimits" | "controlLimits" | "alarmLimits">
>;

const RANGED = ["VAL", "HIHI", "HIGH", "LOW", "LOLO", "LALM", "ALST", "MLST"];
const fieldsOf = (record: Rec): AnalogRecord["fields"] => record.fields as unknown as AnalogRecord["fields"];

/** Units, precision and limits of a type with HOPR, LOPR and alarm limits. */
export function analogMetadata(type: AnalogMetadata): Metadata {
  const ranged = new Set([...RANGED, ...(type.ranged ?? [])]);
  const valueType = type.fields["VAL"]?.type;
  const united = new Set(
    Object.entries(type.fields)
      .filter(([field, row]) => row.type === valueType && type.unitless?.includes(field) !== true)
      .map(([field]) => field),
  );
  return {
    units: (record, field) => (united.has(field) ? String((record.fields as Record<string, unknown>)["EGU"]) : ""),
    precision: (record, field) => {
      if (type.precise === undefined) return undefined;
      const { PREC } = fieldsOf(record);
      return type.precise.includes(field) ? PREC : commonPrecision(PREC);
    },
    displayLimits: (record, field) => (ranged.has(field) ? displayRange(record) : undefined),
    controlLimits: (record, field) => {
      if (!ranged.has(field) || type.uncontrolled?.includes(field) === true) return undefined;
      return isDriven(record, type.driven) ? driveRange(record) : displayRange(record);
    },
    alarmLimits: (record, field) => (field === "VAL" ? alarmRange(record) : undefined),
  };
}

/** Digits of the fields that are not `precise`. */
export const commonPrecision = (precision: number): number => (precision < 0 || precision > 15 ? 15 : precision);

function displayRange(record: Rec): readonly [number, number] {
  const { HOPR, LOPR } = fieldsOf(record);
  return [HOPR, LOPR];
}

function driveRange(record: Rec): readonly [number, number] {
  const { DRVH, DRVL } = fieldsOf(record);
  return [DRVH, DRVL];
}

const isDriven = (record: Rec, driven: AnalogMetadata["driven"]): boolean =>
  driven === "always" || (driven === "when set" && fieldsOf(record).DRVH > fieldsOf(record).DRVL);

function alarmRange(record: Rec): readonly [number, number, number, number] {
  const { HHSV, HIHI, HSV, HIGH, LSV, LOW, LLSV, LOLO } = fieldsOf(record);
  const limit = (severity: number, value: number): number => (severity === 0 ? NaN : value);
  return [limit(HHSV, HIHI), limit(HSV, HIGH), limit(LSV, LOW), limit(LLSV, LOLO)];
}
