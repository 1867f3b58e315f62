/** The array record. channel-access.md §2.4, §5.5; epics-base: waveformRecord.c, devWfSoft.c */

import { DBE_LOG, DBE_VALUE } from "../../epics/facts.ts";
import { castInto, type ElementType, elementTypeOf, makeArray } from "../convert/arrays.ts";
import { menuFtype, menuYesNo, numbersOf, waveformPOST } from "../menus.ts";
import type { ArrayValue, FieldTable, Rec, RecordType } from "../record-type.ts";
import { commonPrecision } from "./parts/analog.ts";
import { memoryHash } from "./parts/memory-hash.ts";
import { EGU, INP, operatingRange, PREC, SIOL_IN, simulation } from "./parts/shared-fields.ts";
import { initializeSimulation, simulationStep } from "./parts/simulation.ts";

const FIELDS = {
  VAL: { type: "NOACCESS", prompt: "Elements", special: "SPC_DBADDR", pp: true, asl0: true },
  RARM: { type: "SHORT", prompt: "Arms the device again", pp: true, interest: 1 },
  PREC,
  INP,
  EGU,
  ...operatingRange("DOUBLE"),
  NELM: { type: "ULONG", initial: 1, prompt: "Most elements", special: "SPC_NOMOD", interest: 1 },
  FTVL: { type: "MENU", menu: menuFtype, prompt: "Type of the elements", special: "SPC_NOMOD", interest: 1 },
  BUSY: { type: "SHORT", prompt: "Non-zero while the device acquires", special: "SPC_NOMOD" },
  NORD: { type: "ULONG", prompt: "Elements in use", special: "SPC_NOMOD" },
  SIOL: SIOL_IN,
  ...simulation(menuYesNo),
  MPST: { type: "MENU", menu: waveformPOST, prompt: "When monitors are posted", interest: 1 },
  APST: { type: "MENU", menu: waveformPOST, prompt: "When archivers are posted", interest: 1 },
  HASH: { type: "ULONG", prompt: "Hash of the elements last posted", interest: 3 },
} as const satisfies FieldTable;

type Waveform = Rec<typeof FIELDS>;

const FTVL = numbersOf(menuFtype);
const POST = numbersOf(waveformPOST);

/** The type of the elements. */
const elementType = ({ fields }: Waveform): ElementType => menuFtype.choices[fields.FTVL] ?? "UCHAR";

function initialize(record: Waveform, pass: 0 | 1): void {
  const { fields } = record;
  if (pass === 0) {
    if (fields.NELM === 0) fields.NELM = 1;
    if (fields.FTVL > FTVL.ENUM) fields.FTVL = FTVL.UCHAR;
    record.array = makeArray(elementType(record), fields.NELM);
    fields.NORD = fields.NELM === 1 ? 1 : 0;
    return;
  }
  initializeSimulation(record);
  const constant = record.constantArray("INP", elementType(record), fields.NELM);
  fields.NORD = constant === undefined ? 0 : store(record, constant);
  if (constant !== undefined) fields.UDF = 0;
}

/** @returns elements stored */
function store(record: Waveform, values: ArrayValue | readonly (number | string)[]): number {
  const source = { values, length: values.length, type: elementTypeOf(values), precision: record.fields.PREC };
  return record.array === undefined ? 0 : (castInto(record.array, elementType(record), source) ?? 0);
}

function process(record: Waveform): "done" | "pending" {
  const { fields } = record;
  const step = simulationStep(record, false);
  if (step === "later") return "pending";
  const values =
    step === "refused"
      ? undefined
      : record.readArray(step === "off" ? "INP" : "SIOL", elementType(record), fields.NELM);
  if (values !== undefined) {
    const before = fields.NORD;
    fields.NORD = store(record, values);
    if (fields.NORD !== before) record.post("NORD", DBE_VALUE | DBE_LOG);
  }
  fields.UDF = 0;
  return "done";
}

function monitor(record: Waveform, alarmMask: number): void {
  const { fields } = record;
  const { MPST, APST } = fields;
  let mask = alarmMask;
  if (MPST === POST.Always) mask |= DBE_VALUE;
  if (APST === POST.Always) mask |= DBE_LOG;
  if (MPST === POST["On Change"] || APST === POST["On Change"]) {
    const hash = memoryHash(record.array, fields.NORD);
    if (hash !== fields.HASH) {
      if (MPST === POST["On Change"]) mask |= DBE_VALUE;
      if (APST === POST["On Change"]) mask |= DBE_LOG;
      fields.HASH = hash;
      record.post("HASH", DBE_VALUE);
    }
  }
  record.post("VAL", mask);
}

const hasUnit = (record: Waveform, field: string): boolean => {
  if (field === "HOPR" || field === "LOPR") return true;
  return field === "VAL" && record.fields.FTVL !== FTVL.STRING && record.fields.FTVL !== FTVL.ENUM;
};

function limits({ fields }: Waveform, field: string): readonly [number, number] | undefined {
  if (field === "VAL") return [fields.HOPR, fields.LOPR];
  if (field === "BUSY") return [1, 0];
  return field === "NORD" ? [fields.NELM, 0] : undefined;
}

export const waveform: RecordType<typeof FIELDS> = {
  name: "waveform",
  about: "An array of one type, fixed in size and variable in length; of CHAR: long text.",
  fields: FIELDS,
  support: {
    devices: ["Soft Channel"],
    initialize,
    process,
    monitor,
    servedType: (record, field) => (field === "VAL" ? elementType(record) : "NOACCESS"),
    units: (record, field) => (hasUnit(record, field) ? record.fields.EGU : ""),
    precision: ({ fields }, field) => (field === "VAL" ? fields.PREC : commonPrecision(fields.PREC)),
    displayLimits: limits,
    controlLimits: limits,
  },
};
