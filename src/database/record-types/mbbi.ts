/**
 * The multi-bit binary input record. channel-access.md §5.5; epics-base: mbbiRecord.c, devMbbiSoft.c, devMbbiSoftRaw.c
 */

import { type FilterMemory, filterLevel, raiseUndefined, STATUS } from "../alarms.ts";
import { menuSimm } from "../menus.ts";
import type { FieldTable, Rec, RecordType } from "../record-type.ts";
import {
  AFTC,
  AFVL,
  COSV,
  INP,
  lastAlarmed,
  lastState,
  MASK,
  rawState,
  SDEF,
  SHFT,
  SIOL_IN,
  simulation,
  sixteenStates,
  UNSV,
} from "./parts/shared-fields.ts";
import { initializeSimulation, SIMM, simulatedNumber, simulationStep } from "./parts/simulation.ts";
import {
  checkChange,
  findStates,
  illegalState,
  initializeMask,
  stateChanged,
  stateNames,
  stateOfRaw,
  stateSeverity,
} from "./parts/sixteen-states.ts";
import { postState } from "./parts/two-states.ts";

const FIELDS = {
  VAL: { type: "ENUM", prompt: "State, 0 to 15", pp: true, asl0: true },
  NOBT: { type: "USHORT", prompt: "Bits of the raw value", special: "SPC_NOMOD", interest: 1 },
  INP,
  ...sixteenStates,
  AFTC,
  AFVL,
  UNSV,
  COSV,
  ...rawState,
  MASK,
  MLST: lastState,
  ...lastAlarmed("USHORT"),
  SDEF,
  SHFT,
  SIOL: SIOL_IN,
  SVAL: { type: "ULONG", prompt: "Simulated value" },
  ...simulation(menuSimm),
} as const satisfies FieldTable;

type Mbbi = Rec<typeof FIELDS>;

const RAW_DEVICE = 1;

function initialize(record: Mbbi, pass: 0 | 1): void {
  if (pass === 0) return;
  const { fields } = record;
  record.state = { filteredAt: 0 } satisfies FilterMemory;
  initializeSimulation(record);
  fields.SVAL = record.constantNumber("SIOL", "USHORT", fields.SVAL) ?? fields.SVAL;
  const isRaw = fields.DTYP === RAW_DEVICE;
  initializeMask(record, isRaw);
  if (isRaw) fields.RVAL = record.constantNumber("INP", "ULONG", fields.RVAL) ?? fields.RVAL;
  else {
    const constant = record.constantNumber("INP", "ENUM", fields.VAL);
    fields.VAL = constant ?? fields.VAL;
    if (constant !== undefined) fields.UDF = 0;
  }
  findStates(record);
  fields.MLST = fields.VAL;
  fields.LALM = fields.VAL;
  fields.ORAW = fields.RVAL;
}

function process(record: Mbbi): "done" | "pending" {
  const step = simulationStep(record, true);
  if (step === "later") return "pending";
  if (step === "off") readDevice(record);
  else if (step === "now") readSimulated(record);
  checkAlarms(record);
  return "done";
}

function readDevice(record: Mbbi): void {
  const { fields } = record;
  const isRaw = fields.DTYP === RAW_DEVICE;
  const value = record.readNumber("INP", isRaw ? "LONG" : "USHORT");
  if (value === undefined && !record.isConstantLink("INP")) return;
  if (isRaw) {
    if (value !== undefined) fields.RVAL = value >>> 0;
    fields.RVAL = (fields.RVAL & fields.MASK) >>> 0;
    fields.VAL = stateOfRaw(record);
  } else if (value !== undefined) fields.VAL = value;
  fields.UDF = 0;
}

function readSimulated(record: Mbbi): void {
  const { fields } = record;
  const value = simulatedNumber(record, "ULONG");
  if (value === undefined) return;
  if (fields.SIMM === SIMM.RAW) {
    fields.RVAL = value;
    fields.VAL = stateOfRaw(record);
  } else fields.VAL = value & 0xffff;
  fields.UDF = 0;
}

function checkAlarms(record: Mbbi): void {
  const { fields } = record;
  const isFiltered = fields.AFTC > 0 && fields.UDF === 0;
  if (!isFiltered) fields.AFVL = 0;
  if (raiseUndefined(record)) return;
  const severity = stateSeverity(record);
  record.raise(STATUS.STATE, isFiltered ? filterLevel(record, severity, record.state as FilterMemory) : severity);
  checkChange(record);
}

function monitor(record: Mbbi, alarmMask: number): void {
  postState(record, alarmMask);
}

export const mbbi: RecordType<typeof FIELDS> = {
  name: "mbbi",
  about: "An input with up to sixteen named states.",
  fields: FIELDS,
  support: {
    devices: ["Soft Channel", "Raw Soft Channel", "Async Soft Channel"],
    initialize,
    process,
    monitor,
    afterPut: stateChanged,
    choices: stateNames,
    illegalChoice: illegalState,
  },
};
