/** The analog input record. channel-access.md §5.5; epics-base: aiRecord.c, devAiSoft.c, devAiSoftRaw.c */

import { checkFilteredLimits, type FilterMemory, SEVERITY, STATUS } from "../alarms.ts";
import { castNumber } from "../convert/numbers.ts";
import { menuConvert, menuSimm, numbersOf } from "../menus.ts";
import type { FieldTable, Rec, RecordType } from "../record-type.ts";
import { analogMetadata, postValue } from "./parts/analog.ts";
import {
  AFTC,
  AFVL,
  alarmLimits,
  breakTable,
  conversion,
  deadbands,
  EGU,
  hysteresis,
  INP,
  lastAlarmed,
  lastPosted,
  operatingRange,
  PREC,
  rawValue,
  SIOL_IN,
  simulation,
} from "./parts/shared-fields.ts";
import { initializeSimulation, SIMM, simulatedNumber, simulationStep } from "./parts/simulation.ts";

const FIELDS = {
  VAL: { type: "DOUBLE", prompt: "Value", pp: true, asl0: true },
  INP,
  PREC,
  ...conversion,
  EGU,
  ...operatingRange("DOUBLE"),
  AOFF: { type: "DOUBLE", prompt: "Offset, added after ASLO", pp: true, interest: 1 },
  ASLO: { type: "DOUBLE", initial: 1, prompt: "Factor on the raw value", pp: true, interest: 1 },
  SMOO: { type: "DOUBLE", prompt: "Smoothing: share of the old value, 0 to 1", interest: 1 },
  ...alarmLimits("DOUBLE"),
  ...hysteresis("DOUBLE"),
  AFTC,
  ...deadbands("DOUBLE"),
  ...lastAlarmed("DOUBLE"),
  AFVL,
  ...lastPosted("DOUBLE"),
  ESLO: { type: "DOUBLE", initial: 1, prompt: "Slope of the conversion", pp: true, interest: 2 },
  EOFF: { type: "DOUBLE", prompt: "Offset of the conversion", pp: true, interest: 2 },
  ROFF: { type: "ULONG", prompt: "Raw offset", pp: true, interest: 2 },
  ...breakTable,
  ...rawValue,
  SIOL: SIOL_IN,
  SVAL: { type: "DOUBLE", prompt: "Simulated value" },
  ...simulation(menuSimm),
} as const satisfies FieldTable;

type Ai = Rec<typeof FIELDS>;

interface Memory extends FilterMemory {
  /** The link has been read: from the second value on they are smoothed. */
  hasRead: boolean;
}

const RAW_DEVICE = 1;
const LINR = numbersOf(menuConvert);

function initialize(record: Ai, pass: 0 | 1): void {
  if (pass === 0) return;
  const { fields } = record;
  record.state = { filteredAt: 0, hasRead: false } satisfies Memory;
  initializeSimulation(record);
  fields.SVAL = record.constantNumber("SIOL", "DOUBLE", fields.SVAL) ?? fields.SVAL;
  fields.INIT = 1;
  // LINR=LINEAR without a device that computes ESLO and EOFF. A device of base keeps both for SLOPE.
  if (fields.ESLO === 1 && fields.EOFF === 0 && fields.LINR !== LINR.SLOPE) fields.EOFF = fields.EGUL;
  if (fields.DTYP === RAW_DEVICE) fields.RVAL = record.constantNumber("INP", "LONG", fields.RVAL) ?? fields.RVAL;
  else {
    const constant = record.constantNumber("INP", "DOUBLE", fields.VAL);
    fields.VAL = constant ?? fields.VAL;
    if (constant !== undefined) fields.UDF = 0;
  }
  // Unlike its siblings base's ai does not remember its first value: the first processing always posts.
}

function process(record: Ai): "done" | "pending" {
  const { fields } = record;
  const step = simulationStep(record, true);
  if (step === "later") return "pending";
  const isRead = step === "off" ? readDevice(record) : step === "now" && readSimulated(record);
  if (isRead) fields.UDF = Number.isNaN(fields.VAL) ? 1 : 0;
  checkFilteredLimits(record, fields.VAL, record.state as Memory);
  fields.INIT = 0;
  return "done";
}

/** @returns false when the link leads nowhere */
function readDevice(record: Ai): boolean {
  const { fields } = record;
  const memory = record.state as Memory;
  const isRaw = fields.DTYP === RAW_DEVICE;
  if (record.isConstantLink("INP")) {
    if (isRaw) convert(record);
    return true;
  }
  const value = record.readNumber("INP", isRaw ? "LONG" : "DOUBLE");
  if (value === undefined) {
    memory.hasRead = false;
    return false;
  }
  if (isRaw) {
    fields.RVAL = value;
    convert(record);
  } else {
    fields.VAL = memory.hasRead ? smooth(record, value) : value;
    memory.hasRead = true;
  }
  return true;
}

function readSimulated(record: Ai): boolean {
  const { fields } = record;
  const value = simulatedNumber(record, "DOUBLE");
  if (value === undefined) return false;
  if (fields.SIMM === SIMM.RAW) {
    fields.RVAL = castNumber(Math.floor(value), "LONG");
    convert(record);
  } else fields.VAL = value;
  return true;
}

/** Mixes SMOO of the old value into the new value. */
function smooth({ fields }: Ai, value: number): number {
  if (fields.SMOO === 0 || !Number.isFinite(fields.VAL)) return value;
  return value * (1 - fields.SMOO) + fields.VAL * fields.SMOO;
}

/** RVAL → VAL. */
function convert(record: Ai): void {
  const { fields } = record;
  let value = fields.RVAL + fields.ROFF;
  if (fields.ASLO !== 0) value *= fields.ASLO;
  value += fields.AOFF;
  if (fields.LINR === LINR.LINEAR || fields.LINR === LINR.SLOPE) value = value * fields.ESLO + fields.EOFF;
  // There are no break tables
  else if (fields.LINR !== LINR["NO CONVERSION"]) record.raise(STATUS.SOFT, SEVERITY.MAJOR);
  if (fields.SMOO !== 0 && Number.isFinite(fields.VAL) && fields.INIT !== 0) fields.VAL = value;
  fields.VAL = smooth(record, value);
}

function monitor(record: Ai, alarmMask: number): void {
  const { fields } = record;
  const mask = postValue(record, alarmMask);
  if (mask === 0 || fields.ORAW === fields.RVAL) return;
  record.post("RVAL", mask);
  fields.ORAW = fields.RVAL;
}

function afterPut(record: Ai, field: string): boolean {
  if (field !== "SIMM") record.fields.INIT = 1;
  return true;
}

export const ai: RecordType<typeof FIELDS> = {
  name: "ai",
  about: "An analog input: a number read from a link, a simulated or a raw device.",
  fields: FIELDS,
  support: {
    devices: ["Soft Channel", "Raw Soft Channel", "Async Soft Channel", "Soft Timestamp", "General Time"],
    initialize,
    process,
    monitor,
    afterPut,
    ...analogMetadata({ fields: FIELDS, unitless: ["ASLO", "AOFF", "SMOO"], precise: ["VAL"], ranged: ["SVAL"] }),
  },
};
