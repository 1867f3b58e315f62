/**
 * What bi, bo and busy share: the names of their two states, the alarms of states, and their posts. epics-base:
 * biRecord.c, boRecord.c
 */
import { DBE_LOG, DBE_VALUE } from "../../../epics/facts.ts";
import { STATUS, type WithFields } from "../../alarms.ts";
import type { Rec, RecordSupport } from "../../record-type.ts";

const NO_NAMES = ["", ""] as const;

interface Names {
  readonly ZNAM: string;
  readonly ONAM: string;
}

/** The names of the states, for `choices`. A second state without a name is left out when the first has a name. */
export function twoChoices({ fields }: { readonly fields: Names }): readonly string[] {
  const { ZNAM, ONAM } = fields;
  if (ONAM !== "") return [ZNAM, ONAM];
  return ZNAM === "" ? NO_NAMES : [ZNAM];
}

export const illegalState = (_record: Rec, value: number): string => (value <= 1 ? "" : "Illegal_Value");

type WithStates = WithFields<"VAL" | "ZSV" | "OSV" | "COSV" | "LALM">;

/** Raises the severity of the state, and of its change. */
export function checkStates(record: WithStates): void {
  const { fields } = record;
  record.raise(STATUS.STATE, fields.VAL === 0 ? fields.ZSV : fields.OSV);
  if (fields.VAL === fields.LALM) return;
  record.raise(STATUS.COS, fields.COSV);
  fields.LALM = fields.VAL;
}

/** Posts VAL and RVAL when they changed, VAL with `alarmMask` too. @returns the mask for other raw fields */
export function postState(record: WithFields<"VAL" | "MLST" | "RVAL" | "ORAW">, alarmMask: number): number {
  const { fields } = record;
  let mask = alarmMask;
  if (fields.MLST !== fields.VAL) {
    mask |= DBE_VALUE | DBE_LOG;
    fields.MLST = fields.VAL;
  }
  record.post("VAL", mask);
  mask |= DBE_VALUE | DBE_LOG;
  if (fields.ORAW !== fields.RVAL) {
    record.post("RVAL", mask);
    fields.ORAW = fields.RVAL;
  }
  return mask;
}

/** As `postState`, and RBV. */
export function postOutputState(
  record: WithFields<"VAL" | "MLST" | "RVAL" | "ORAW" | "RBV" | "ORBV">,
  alarmMask: number,
): void {
  const { fields } = record;
  const mask = postState(record, alarmMask);
  if (fields.ORBV === fields.RBV) return;
  record.post("RBV", mask);
  fields.ORBV = fields.RBV;
}

type WithHigh = "HIGH";
/** Digits and limits of HIGH, and nothing for other fields. epics-base: boRecord.c boHIGHprecision, boHIGHlimit */
export const HIGH_METADATA = {
  precision: (_record, field) => (field === "HIGH" ? 2 : undefined),
  controlLimits: (_record, field) => (field === "HIGH" ? [100_000, 0] : undefined),
} satisfies Pick<RecordSupport<Record<WithHigh, { type: "DOUBLE"; prompt: string }>>, "precision" | "controlLimits">;
