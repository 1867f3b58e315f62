/**
 * The analog output record. channel-access.md §5.5; epics-base: aoRecord.c, devAoSoft.c, devAoSoftRaw.c. The record of
 * speed tests: its processing allocates nothing when nothing is linked.
 */

import { DBE_LOG, DBE_VALUE } from "../../epics/facts.ts";
import { checkLimits, SEVERITY, STATUS } from "../alarms.ts";
import { aoOIF, menuConvert, menuSimm, numbersOf } from "../menus.ts";
import type { FieldTable, Rec, RecordType } from "../record-type.ts";
import { analogMetadata, postValue, rememberValue } from "./parts/analog.ts";
import { isClosedLoop, outputAction } from "./parts/output.ts";
import {
  alarmLimits,
  breakTable,
  conversion,
  DOL,
  deadbands,
  driveLimits,
  EGU,
  hysteresis,
  IVOA,
  ivov,
  lastAlarmed,
  lastPosted,
  OMSL,
  OUT,
  operatingRange,
  PREC,
  rawValue,
  readback,
  SIOL_OUT,
  simulation,
} from "./parts/shared-fields.ts";
import { initializeSimulation, simulationStep, writeSimulated } from "./parts/simulation.ts";

const FIELDS = {
  VAL: { type: "DOUBLE", prompt: "Desired value", pp: true, asl0: true },
  OVAL: { type: "DOUBLE", prompt: "Value that goes out" },
  OUT,
  OROC: { type: "DOUBLE", prompt: "Most that OVAL changes at each processing; 0 is off", interest: 1 },
  DOL,
  OMSL,
  OIF: { type: "MENU", menu: aoOIF, prompt: "Whether DOL replaces VAL or adds to it", interest: 1 },
  PREC,
  ...conversion,
  EGU,
  ROFF: { type: "ULONG", prompt: "Raw offset", pp: true, interest: 2 },
  EOFF: { type: "DOUBLE", prompt: "Offset of the conversion", pp: true, interest: 2 },
  ESLO: { type: "DOUBLE", initial: 1, prompt: "Slope of the conversion", pp: true, interest: 2 },
  ...driveLimits("DOUBLE"),
  ...operatingRange("DOUBLE"),
  AOFF: { type: "DOUBLE", prompt: "Offset, subtracted before ASLO", pp: true, interest: 1 },
  ASLO: { type: "DOUBLE", prompt: "Divisor of the raw value; 0 is 1", pp: true, interest: 1 },
  ...alarmLimits("DOUBLE"),
  ...hysteresis("DOUBLE"),
  ...deadbands("DOUBLE"),
  ...rawValue,
  ...readback("LONG"),
  PVAL: { type: "DOUBLE", prompt: "VAL before", special: "SPC_NOMOD", interest: 3 },
  ...lastAlarmed("DOUBLE"),
  ...lastPosted("DOUBLE"),
  ...breakTable,
  SIOL: SIOL_OUT,
  ...simulation(menuSimm),
  IVOA,
  IVOV: ivov("DOUBLE"),
  OMOD: { type: "UCHAR", prompt: "Whether OROC or IVOA changed OVAL", special: "SPC_NOMOD" },
} as const satisfies FieldTable;

type Ao = Rec<typeof FIELDS>;

const RAW_DEVICE = 1;
const LINR = numbersOf(menuConvert);
const OIF = numbersOf(aoOIF);

function initialize(record: Ao, pass: 0 | 1): void {
  if (pass === 0) return;
  const { fields } = record;
  initializeSimulation(record);
  const constant = record.constantNumber("DOL", "DOUBLE", fields.VAL);
  if (constant !== undefined) {
    fields.VAL = constant;
    fields.UDF = Number.isNaN(constant) ? 1 : 0;
  }
  fields.INIT = 1;
  const keepsOffset = fields.LINR === LINR.SLOPE && fields.DTYP !== RAW_DEVICE;
  if (fields.ESLO === 1 && fields.EOFF === 0 && !keepsOffset) fields.EOFF = fields.EGUL;
  fields.OVAL = fields.VAL;
  fields.PVAL = fields.VAL;
  rememberValue(record);
  fields.ORAW = fields.RVAL;
  fields.ORBV = fields.RBV;
}

function process(record: Ao): "done" | "pending" {
  const { fields } = record;
  if (fields.PACT === 0) {
    const value = isClosedLoop(record) ? readDesired(record) : fields.VAL;
    if (value !== undefined) convert(record, value);
    fields.UDF = Number.isNaN(fields.VAL) ? 1 : 0;
    checkLimits(record, fields.VAL);
  }
  const action = outputAction(record);
  if (action === "replace" && fields.PACT === 0) convert(record, fields.IVOV);
  return action === "skip" ? "done" : write(record);
}

/** DOL's value, added to VAL where OIF says so. A put to VAL in closed loop has no effect. */
function readDesired(record: Ao): number | undefined {
  const { fields } = record;
  fields.VAL = fields.PVAL;
  const value = record.readNumber("DOL", "DOUBLE");
  return value !== undefined && fields.OIF === OIF.Incremental ? value + fields.VAL : value;
}

/** Desired value → VAL within the drive limits → OVAL within the rate of change → RVAL. */
function convert(record: Ao, desired: number): void {
  const { fields } = record;
  const { DRVH, DRVL, OROC, OVAL } = fields;
  let value = desired;
  if (DRVH > DRVL) value = value > DRVH ? DRVH : value < DRVL ? DRVL : value;
  fields.VAL = value;
  fields.PVAL = value;
  if (OROC !== 0) {
    const change = value - OVAL;
    if (change < 0 && OROC < -change) value = OVAL - OROC;
    else if (change >= 0 && OROC < change) value = OVAL + OROC;
  }
  fields.OMOD = OVAL === value ? 0 : 1;
  fields.OVAL = value;
  fields.RVAL = rawOf(record, value);
}

function rawOf(record: Ao, value: number): number {
  const { fields } = record;
  const { LINR: kind, ESLO, ASLO } = fields;
  let raw = value;
  if (kind === LINR.LINEAR || kind === LINR.SLOPE) raw = ESLO === 0 ? 0 : (value - fields.EOFF) / ESLO;
  else if (kind !== LINR["NO CONVERSION"]) {
    record.raise(STATUS.SOFT, SEVERITY.MAJOR); // there are no break tables
    return fields.RVAL;
  }
  raw -= fields.AOFF;
  if (ASLO !== 0) raw /= ASLO;
  return roundToInt32(raw - fields.ROFF);
}

/** Half away from 0; what is too large or too small becomes the last integer, NaN the smallest. */
function roundToInt32(value: number): number {
  if (value >= 0) return value >= 0x7fffffff - 0.5 ? 0x7fffffff : (value + 0.5) | 0;
  return value > 0.5 - 0x80000000 ? (value - 0.5) | 0 : -0x80000000;
}

function write(record: Ao): "done" | "pending" {
  const { fields } = record;
  const step = simulationStep(record, true);
  if (step === "later") return "pending";
  if (step === "now") writeSimulated(record, fields.OVAL, fields.RVAL);
  else if (step === "off") writeDevice(record);
  return "done";
}

function writeDevice(record: Ao): void {
  const { fields } = record;
  if (fields.DTYP === RAW_DEVICE) record.writeLink("OUT", fields.RVAL, "LONG");
  else record.writeLink("OUT", fields.OVAL);
}

function monitor(record: Ao, alarmMask: number): void {
  const { fields } = record;
  fields.INIT = 0;
  let mask = postValue(record, alarmMask);
  if (fields.OMOD !== 0) mask |= DBE_VALUE | DBE_LOG;
  if (mask === 0) return;
  fields.OMOD = 0;
  record.post("OVAL", mask);
  if (fields.ORAW !== fields.RVAL) {
    record.post("RVAL", mask | DBE_VALUE | DBE_LOG);
    fields.ORAW = fields.RVAL;
  }
  if (fields.ORBV !== fields.RBV) {
    record.post("RBV", mask | DBE_VALUE | DBE_LOG);
    fields.ORBV = fields.RBV;
  }
}

function afterPut(record: Ao, field: string): boolean {
  if (field !== "SIMM") record.fields.INIT = 1;
  return true;
}

export const ao: RecordType<typeof FIELDS> = {
  name: "ao",
  about: "An analog output: a number, limited and converted, sent to a link.",
  fields: FIELDS,
  support: {
    devices: ["Soft Channel", "Raw Soft Channel", "Async Soft Channel"],
    initialize,
    process,
    monitor,
    afterPut,
    ...analogMetadata({
      fields: FIELDS,
      unitless: ["ASLO", "AOFF"],
      precise: ["VAL", "OVAL", "PVAL"],
      ranged: ["OVAL", "PVAL", "IVOV"],
      uncontrolled: ["IVOV"],
      driven: "always",
    }),
  },
};
