/**
 * Simulation mode: with SIMM (read from SIML) not NO, an input comes from SIOL by way of SVAL, an output goes to SIOL,
 * and the alarm SIMM is raised with severity SIMS; SDLY ≥ 0 makes it last that many seconds. The change of SCAN by SSCN
 * is not done: SSCN and OLDSIMM are stored only. channel-access.md §5.5; epics-base: recGbl.c recGblGetSimm, aiRecord.c
 * readValue.
 */
import { SEVERITY, STATUS, type WithFields } from "../../alarms.ts";
import { menuSimm, numbersOf } from "../../menus.ts";
import type { FieldValue, NumericFieldType } from "../../record-type.ts";

export const SIMM = numbersOf(menuSimm);

/** busy has no SDLY: its simulation takes no time. */
type Simulated = WithFields<"SIMM" | "SIMS", "SIML" | "SIOL"> & { readonly fields: { readonly SDLY?: number } };

/** For `initialize`, pass 1: a constant SIML sets SIMM. */
export function initializeSimulation(record: Simulated): void {
  const mode = record.constantNumber("SIML", "USHORT", record.fields.SIMM);
  if (mode !== undefined) record.fields.SIMM = mode;
}

/**
 * Reads SIML and says what is to be done. `off`: the device. `now`: SIOL; the alarm has been raised. `later`: the
 * record has asked to be resumed, and is pending. `refused`: SIMM has a number without a choice; SOFT/INVALID has been
 * raised.
 * @param hasRaw whether the type knows SIMM=RAW
 */
export function simulationStep(record: Simulated, hasRaw: boolean): "off" | "now" | "later" | "refused" {
  const { fields } = record;
  if (fields.PACT === 0 && !record.isConstantLink("SIML")) readMode(record);
  const { SIMM: mode, SDLY = -1 } = fields;
  if (mode === SIMM.NO) return "off";
  if (mode > (hasRaw ? SIMM.RAW : SIMM.YES)) {
    record.raise(STATUS.SOFT, SEVERITY.INVALID);
    return "refused";
  }
  record.raise(STATUS.SIMM, fields.SIMS);
  if (fields.PACT !== 0 || SDLY < 0) return "now";
  record.resumeAfter(SDLY);
  return "later";
}

/** A SIML that leads nowhere is shown as LINK without a severity, and SIMM stays. */
function readMode(record: Simulated): void {
  const { fields } = record;
  const mode = record.tryNumber("SIML", "USHORT");
  if (mode !== undefined) fields.SIMM = mode;
  else if (fields.NSEV === 0) fields.NSTA = STATUS.LINK;
}

/**
 * What an input is while simulated: SIOL's value as `type`, which SVAL keeps, or SVAL itself when SIOL is constant.
 * undefined: SIOL leads nowhere.
 */
export function simulatedNumber(record: Simulated & WithFields<"SVAL">, type: NumericFieldType): number | undefined {
  if (!record.isConstantLink("SIOL")) {
    const value = record.readNumber("SIOL", type);
    if (value === undefined) return undefined;
    record.fields.SVAL = value;
  }
  return record.fields.SVAL;
}

/** Writes an output while simulated. @param raw the raw value, for SIMM=RAW */
export function writeSimulated(record: Simulated, value: FieldValue, raw: number | undefined): void {
  record.writeLink("SIOL", record.fields.SIMM === SIMM.RAW && raw !== undefined ? raw : value);
}
