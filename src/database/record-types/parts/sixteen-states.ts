/**
 * What mbbi and mbbo share: sixteen states, each with a raw value (ZRVL …), a name (ZRST …) and a severity (ZRSV …).
 * channel-access.md §2.7, §5.5; epics-base: mbbiRecord.c, mbboRecord.c.
 */
import { DBE_LOG, DBE_PROPERTY, DBE_VALUE } from "../../../epics/facts.ts";
import { STATUS, type WithFields } from "../../alarms.ts";
import type { Rec } from "../../record-type.ts";
import { stateFields } from "./shared-fields.ts";

const VALUES = stateFields("VL");
const NAMES = stateFields("ST");
const SEVERITIES = stateFields("SV");
/** VAL of a raw value that is no state's. */
const UNKNOWN_STATE = 65535;

type WithStates = WithFields<
  | ((typeof VALUES)[number] | (typeof SEVERITIES)[number])
  | ("VAL" | "SDEF" | "SHFT" | "NOBT" | "MASK" | "RVAL" | "UNSV" | "COSV" | "LALM"),
  (typeof NAMES)[number]
>;

/** SDEF: whether any state has a raw value or a name. */
export function findStates({ fields }: WithStates): void {
  const isDefined = VALUES.some((name) => fields[name] !== 0) || NAMES.some((name) => fields[name] !== "");
  fields.SDEF = isDefined ? 1 : 0;
}

/** MASK from NOBT where MASK is not set; of a raw device also shifted, and all bits without NOBT. */
export function initializeMask({ fields }: WithStates, isRaw: boolean): void {
  if (fields.MASK === 0 && fields.NOBT <= 32) fields.MASK = 2 ** fields.NOBT - 1;
  if (!isRaw) return;
  if (fields.NOBT === 0) fields.MASK = 0xffffffff;
  fields.MASK = (fields.MASK << fields.SHFT) >>> 0;
}

/** The state that the raw value stands for; without states the raw value itself. */
export function stateOfRaw({ fields }: WithStates): number {
  const raw = fields.SHFT > 0 ? fields.RVAL >>> fields.SHFT : fields.RVAL;
  if (fields.SDEF === 0) return raw & 0xffff;
  const state = VALUES.findIndex((name) => fields[name] === raw);
  return state < 0 ? UNKNOWN_STATE : state;
}

/** The raw value of VAL; undefined where VAL is no state. */
export function rawOfState({ fields }: WithStates): number | undefined {
  let raw: number | undefined = fields.VAL;
  if (fields.SDEF !== 0) {
    const name = VALUES[fields.VAL];
    if (name === undefined) return undefined;
    raw = fields[name];
  }
  return fields.SHFT > 0 ? (raw << fields.SHFT) >>> 0 : raw;
}

/** The severity of the present state. */
export function stateSeverity({ fields }: WithStates): number {
  const name = SEVERITIES[fields.VAL];
  return name === undefined ? fields.UNSV : fields[name];
}

/**
 * Raises the severity of a change of state. While it is the record's severity, base does not remember the new state.
 */
export function checkChange(record: WithStates): void {
  const { fields } = record;
  if (fields.VAL === fields.LALM) return;
  const isRaised = fields.COSV > fields.NSEV;
  record.raise(STATUS.COS, fields.COSV);
  if (!isRaised) fields.LALM = fields.VAL;
}

/** The names up to the last that is not empty, for `choices`. */
export function stateNames({ fields }: WithStates): readonly string[] {
  const names = NAMES.map((name) => fields[name]);
  return names.slice(0, names.findLastIndex((name) => name !== "") + 1);
}

export const illegalState = (_record: Rec, value: number): string => (value <= 15 ? "" : "Illegal Value");

/** A put changed a state's raw value or name: VAL's subscribers learn of it. */
export function stateChanged(record: WithStates, field: string): boolean {
  if (field === "SIMM") return true;
  findStates(record);
  const state = NAMES.findIndex((name) => name === field);
  if (state >= 0) {
    record.post("VAL", record.fields.VAL === state ? DBE_PROPERTY | DBE_VALUE | DBE_LOG : DBE_PROPERTY);
  }
  return true;
}
