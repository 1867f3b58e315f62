/** The binary input record. channel-access.md §5.5; epics-base: biRecord.c, devBiSoft.c, devBiSoftRaw.c */

import { raiseUndefined } from "../alarms.ts";
import { menuSimm } from "../menus.ts";
import type { FieldTable, Rec, RecordType } from "../record-type.ts";
import {
  INP,
  lastAlarmed,
  lastState,
  MASK,
  rawState,
  SIOL_IN,
  simulation,
  twoSeverities,
  twoStates,
} from "./parts/shared-fields.ts";
import { initializeSimulation, SIMM, simulatedNumber, simulationStep } from "./parts/simulation.ts";
import { checkStates, illegalState, postState, twoChoices } from "./parts/two-states.ts";

const FIELDS = {
  INP,
  VAL: { type: "ENUM", prompt: "State, 0 or 1", pp: true, asl0: true },
  ...twoSeverities,
  ...twoStates,
  ...rawState,
  MASK,
  ...lastAlarmed("USHORT"),
  MLST: lastState,
  SIOL: SIOL_IN,
  SVAL: { type: "ULONG", prompt: "Simulated value" },
  ...simulation(menuSimm),
} as const satisfies FieldTable;

type Bi = Rec<typeof FIELDS>;

const RAW_DEVICE = 1;

function initialize(record: Bi, pass: 0 | 1): void {
  if (pass === 0) return;
  const { fields } = record;
  initializeSimulation(record);
  fields.SVAL = record.constantNumber("SIOL", "USHORT", fields.SVAL) ?? fields.SVAL;
  if (fields.DTYP === RAW_DEVICE) fields.RVAL = record.constantNumber("INP", "ULONG", fields.RVAL) ?? fields.RVAL;
  else {
    const constant = record.constantNumber("INP", "ENUM", fields.VAL);
    fields.VAL = constant ?? fields.VAL;
    if (constant !== undefined) fields.UDF = 0;
  }
  fields.MLST = fields.VAL;
  fields.LALM = fields.VAL;
  fields.ORAW = fields.RVAL;
}

function process(record: Bi): "done" | "pending" {
  const step = simulationStep(record, true);
  if (step === "later") return "pending";
  if (step === "off") readDevice(record);
  else if (step === "now") readSimulated(record);
  if (!raiseUndefined(record) && record.fields.VAL <= 1) checkStates(record);
  return "done";
}

function readDevice(record: Bi): void {
  const { fields } = record;
  const isRaw = fields.DTYP === RAW_DEVICE;
  const value = record.readNumber("INP", isRaw ? "ULONG" : "USHORT");
  if (value === undefined && !record.isConstantLink("INP")) return;
  if (isRaw) {
    if (value !== undefined) fields.RVAL = value;
    if (fields.MASK !== 0) fields.RVAL = (fields.RVAL & fields.MASK) >>> 0;
    fields.VAL = fields.RVAL === 0 ? 0 : 1;
  } else if (value !== undefined) fields.VAL = value;
  fields.UDF = 0;
}

function readSimulated(record: Bi): void {
  const { fields } = record;
  const value = simulatedNumber(record, "ULONG");
  if (value === undefined) return;
  if (fields.SIMM === SIMM.RAW) {
    fields.RVAL = value & 0xffff;
    fields.VAL = fields.RVAL === 0 ? 0 : 1;
  } else fields.VAL = value & 0xffff;
  fields.UDF = 0;
}

function monitor(record: Bi, alarmMask: number): void {
  postState(record, alarmMask);
}

export const bi: RecordType<typeof FIELDS> = {
  name: "bi",
  about: "A two-state input: a switch, a ready signal.",
  fields: FIELDS,
  support: {
    devices: ["Soft Channel", "Raw Soft Channel", "Async Soft Channel", "Db State"],
    initialize,
    process,
    monitor,
    choices: twoChoices,
    illegalChoice: illegalState,
  },
};
