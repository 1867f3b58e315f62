/** The 32-bit integer input record. channel-access.md §5.5; epics-base: longinRecord.c, devLiSoft.c */

import { checkFilteredLimits, type FilterMemory } from "../alarms.ts";
import { menuYesNo } from "../menus.ts";
import type { FieldTable, Rec, RecordType } from "../record-type.ts";
import { analogMetadata, postValue, rememberValue } from "./parts/analog.ts";
import {
  AFTC,
  AFVL,
  alarmLimits,
  deadbands,
  EGU,
  hysteresis,
  INP,
  lastAlarmed,
  lastPosted,
  operatingRange,
  SIOL_IN,
  simulation,
} from "./parts/shared-fields.ts";
import { initializeSimulation, simulatedNumber, simulationStep } from "./parts/simulation.ts";

const FIELDS = {
  VAL: { type: "LONG", prompt: "Value", pp: true, asl0: true },
  INP,
  EGU,
  ...operatingRange("LONG"),
  ...alarmLimits("LONG"),
  ...hysteresis("LONG"),
  AFTC,
  AFVL,
  ...deadbands("LONG"),
  ...lastAlarmed("LONG"),
  ...lastPosted("LONG"),
  SIOL: SIOL_IN,
  SVAL: { type: "LONG", prompt: "Simulated value" },
  ...simulation(menuYesNo),
} as const satisfies FieldTable;

type Longin = Rec<typeof FIELDS>;

function initialize(record: Longin, pass: 0 | 1): void {
  if (pass === 0) return;
  const { fields } = record;
  record.state = { filteredAt: 0 } satisfies FilterMemory;
  initializeSimulation(record);
  fields.SVAL = record.constantNumber("SIOL", "LONG", fields.SVAL) ?? fields.SVAL;
  const constant = record.constantNumber("INP", "LONG", fields.VAL);
  if (constant !== undefined) {
    fields.VAL = constant;
    fields.UDF = 0;
  }
  rememberValue(record);
}

function process(record: Longin): "done" | "pending" {
  const { fields } = record;
  const step = simulationStep(record, false);
  if (step === "later") return "pending";
  const value = step === "off" ? read(record) : step === "now" ? simulatedNumber(record, "LONG") : undefined;
  if (value !== undefined) {
    fields.VAL = value;
    fields.UDF = 0;
  }
  checkFilteredLimits(record, fields.VAL, record.state as FilterMemory);
  return "done";
}

const read = (record: Longin): number | undefined =>
  record.isConstantLink("INP") ? record.fields.VAL : record.readNumber("INP", "LONG");

function monitor(record: Longin, alarmMask: number): void {
  postValue(record, alarmMask);
}

export const longin: RecordType<typeof FIELDS> = {
  name: "longin",
  about: "A 32-bit integer input.",
  fields: FIELDS,
  support: {
    devices: ["Soft Channel", "Async Soft Channel", "General Time"],
    initialize,
    process,
    monitor,
    ...analogMetadata({ fields: FIELDS, ranged: ["SVAL"] }),
  },
};
