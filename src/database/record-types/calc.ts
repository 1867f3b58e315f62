/** The calculation record. channel-access.md §5.5; epics-base: calcRecord.c */

import { checkFilteredLimits, type FilterMemory } from "../alarms.ts";
import type { FieldTable, Rec, RecordType } from "../record-type.ts";
import { postValue, rememberValue } from "./parts/analog.ts";
import { inputLinks, inputsBefore, inputValues } from "./parts/calc-fields.ts";
import { calcMetadata, Expression, initializeInputs, postInputs, readInputs } from "./parts/calc-inputs.ts";
import {
  AFTC,
  AFVL,
  alarmLimits,
  deadbands,
  EGU,
  hysteresis,
  lastAlarmed,
  lastPosted,
  operatingRange,
  PREC,
} from "./parts/shared-fields.ts";

const FIELDS = {
  VAL: { type: "DOUBLE", prompt: "Result", asl0: true },
  CALC: { type: "STRING", size: 160, initial: "0", prompt: "Expression", special: "SPC_CALC", pp: true },
  ...inputLinks("INPM"),
  EGU,
  PREC,
  ...operatingRange("DOUBLE"),
  ...alarmLimits("DOUBLE"),
  AFTC,
  AFVL,
  ...hysteresis("DOUBLE"),
  ...deadbands("DOUBLE"),
  ...inputValues,
  ...inputsBefore,
  ...lastAlarmed("DOUBLE"),
  ...lastPosted("DOUBLE"),
} as const satisfies FieldTable;

type Calc = Rec<typeof FIELDS>;

interface Memory extends FilterMemory {
  readonly calc: Expression;
}

function initialize(record: Calc, pass: 0 | 1): void {
  if (pass === 0) return;
  const memory: Memory = { filteredAt: 0, calc: new Expression() };
  record.state = memory;
  initializeInputs(record);
  memory.calc.compile(record, "CALC", record.fields.CALC);
  rememberValue(record);
}

function process(record: Calc): "done" {
  const { fields } = record;
  const memory = record.state as Memory;
  if (readInputs(record)) {
    const result = memory.calc.evaluate(record, fields.VAL);
    if (result !== undefined) {
      fields.VAL = result;
      fields.UDF = Number.isNaN(result) ? 1 : 0;
    }
  }
  checkFilteredLimits(record, fields.VAL, memory);
  return "done";
}

function monitor(record: Calc, alarmMask: number): void {
  postInputs(record, postValue(record, alarmMask));
}

/** A new link has no effect before the next processing, and a constant none at all. */
function afterPut(record: Calc, field: string): boolean {
  return field !== "CALC" || (record.state as Memory).calc.compile(record, field, record.fields.CALC) === 0;
}

export const calc: RecordType<typeof FIELDS> = {
  name: "calc",
  about: "A number computed from up to twenty-one inputs.",
  fields: FIELDS,
  support: {
    devices: [],
    initialize,
    process,
    monitor,
    afterPut,
    ...calcMetadata(FIELDS),
  },
};
