/** The calculation record with an output. channel-access.md §5.5; epics-base: calcoutRecord.c, devCalcoutSoft.c */

import { DBE_LOG, DBE_VALUE } from "../../epics/facts.ts";
import { checkLimits, raiseUndefined } from "../alarms.ts";
import { calcoutDOPT, calcoutINAV, calcoutOOPT, numbersOf } from "../menus.ts";
import type { FieldTable, Rec, RecordType } from "../record-type.ts";
import { postValue, rememberValue } from "./parts/analog.ts";
import { INPUT_LINKS, INPUT_STATES, inputLinks, inputStates, inputsBefore, inputValues } from "./parts/calc-fields.ts";
import { calcMetadata, Expression, initializeInputs, postInputs, readInputs } from "./parts/calc-inputs.ts";
import { outputAction } from "./parts/output.ts";
import {
  alarmLimits,
  deadbands,
  EGU,
  hysteresis,
  IVOA,
  ivov,
  lastAlarmed,
  lastPosted,
  OUT,
  operatingRange,
  PREC,
} from "./parts/shared-fields.ts";

const FIELDS = {
  VAL: { type: "DOUBLE", prompt: "Result", asl0: true },
  PVAL: { type: "DOUBLE", prompt: "VAL before" },
  CALC: { type: "STRING", size: 160, initial: "0", prompt: "Expression", special: "SPC_CALC", pp: true },
  CLCV: { type: "LONG", prompt: "0 when CALC is a valid expression", interest: 1 },
  ...inputLinks("INPA"),
  OUT: { ...OUT, special: "SPC_MOD" },
  ...inputStates,
  OUTV: { type: "MENU", menu: calcoutINAV, prompt: "What OUT points to", special: "SPC_NOMOD", interest: 1 },
  OOPT: { type: "MENU", menu: calcoutOOPT, prompt: "When the output is written", interest: 1 },
  ODLY: { type: "DOUBLE", prompt: "Seconds before the output is written", asl0: true, interest: 1 },
  DLYA: { type: "USHORT", prompt: "1 while that time passes", special: "SPC_NOMOD", asl0: true },
  DOPT: { type: "MENU", menu: calcoutDOPT, prompt: "Which expression is written", interest: 1 },
  OCAL: { type: "STRING", size: 160, initial: "0", prompt: "Expression of the output", special: "SPC_CALC", pp: true },
  OCLV: { type: "LONG", prompt: "0 when OCAL is a valid expression", interest: 1 },
  OEVT: { type: "STRING", size: 40, prompt: "Event posted with the output", special: "SPC_MOD", asl0: true },
  IVOA,
  IVOV: ivov("DOUBLE"),
  EGU,
  PREC,
  ...operatingRange("DOUBLE"),
  ...alarmLimits("DOUBLE"),
  ...hysteresis("DOUBLE"),
  ...deadbands("DOUBLE"),
  ...inputValues,
  OVAL: { type: "DOUBLE", prompt: "Value written", asl0: true },
  ...inputsBefore,
  POVL: { type: "DOUBLE", prompt: "OVAL before", asl0: true },
  ...lastAlarmed("DOUBLE"),
  ...lastPosted("DOUBLE"),
} as const satisfies FieldTable;

type Calcout = Rec<typeof FIELDS>;

interface Memory {
  readonly calc: Expression;
  readonly output: Expression;
}

const OOPT = numbersOf(calcoutOOPT);
const USE_OCAL = numbersOf(calcoutDOPT)["Use OCAL"];
const INAV = numbersOf(calcoutINAV);
/** What INAV … OUTV show of a link. */
const LINK_STATE = {
  disconnected: INAV["Ext PV NC"],
  external: INAV["Ext PV OK"],
  local: INAV["Local PV"],
  constant: INAV.Constant,
} as const;
const ALL_LINKS = [...INPUT_LINKS, "OUT"] as const;
const ALL_STATES = [...INPUT_STATES, "OUTV"] as const;

function initialize(record: Calcout, pass: 0 | 1): void {
  if (pass === 0) return;
  const { fields } = record;
  record.state = { calc: new Expression(), output: new Expression() } satisfies Memory;
  initializeInputs(record);
  showLinks(record);
  compile(record, "CALC");
  compile(record, "OCAL");
  fields.PVAL = fields.VAL;
  fields.POVL = fields.OVAL;
  rememberValue(record);
}

function compile(record: Calcout, field: "CALC" | "OCAL"): void {
  const { fields } = record;
  const { calc, output } = record.state as Memory;
  if (field === "CALC") fields.CLCV = calc.compile(record, field, fields.CALC);
  else fields.OCLV = output.compile(record, field, fields.OCAL);
}

/** Shows what the links lead to, and posts what changed. */
function showLinks(record: Calcout): void {
  for (let i = 0; i < ALL_LINKS.length; i++) {
    const state = ALL_STATES[i]!;
    const now = LINK_STATE[record.linkKind(ALL_LINKS[i]!)];
    if (record.fields[state] === now) continue;
    record.fields[state] = now;
    record.post(state, DBE_VALUE);
  }
}

function process(record: Calcout): "done" | "pending" {
  const { fields } = record;
  if (fields.PACT !== 0) {
    setDelayed(record, 0);
    writeOutput(record);
    return "done";
  }
  showLinks(record);
  calculate(record);
  checkLimits(record, fields.VAL);
  const isDue = IS_DUE[fields.OOPT]?.(fields.VAL, fields.PVAL, fields.MDEL) === true;
  fields.PVAL = fields.VAL;
  if (!isDue) return "done";
  if (fields.ODLY > 0) {
    setDelayed(record, 1);
    record.resumeAfter(fields.ODLY);
    return "pending";
  }
  writeOutput(record);
  return "done";
}

function calculate(record: Calcout): void {
  const { fields } = record;
  if (!readInputs(record)) return;
  const result = (record.state as Memory).calc.evaluate(record, fields.VAL);
  if (result === undefined) return;
  fields.VAL = result;
  fields.UDF = Number.isNaN(result) ? 1 : 0;
}

/** Whether the output is written, by OOPT. */
const IS_DUE: Readonly<Record<number, (now: number, before: number, deadband: number) => boolean>> = {
  [OOPT["Every Time"]]: () => true,
  [OOPT["On Change"]]: (now, before, deadband) => !(Math.abs(before - now) <= deadband), // NaN is a change
  [OOPT["When Zero"]]: (now) => now === 0,
  [OOPT["When Non-zero"]]: (now) => now !== 0,
  [OOPT["Transition To Zero"]]: (now, before) => before !== 0 && now === 0,
  [OOPT["Transition To Non-zero"]]: (now, before) => before === 0 && now !== 0,
};

function setDelayed(record: Calcout, delayed: 0 | 1): void {
  record.fields.DLYA = delayed;
  record.post("DLYA", DBE_VALUE);
}

function writeOutput(record: Calcout): void {
  const { fields } = record;
  if (fields.DOPT === USE_OCAL) {
    const result = (record.state as Memory).output.evaluate(record, fields.OVAL);
    if (result !== undefined) {
      fields.OVAL = result;
      fields.UDF = Number.isNaN(result) ? 1 : 0;
    }
  } else fields.OVAL = fields.VAL;
  raiseUndefined(record);
  const action = outputAction(record);
  if (action === "skip") return;
  if (action === "replace") fields.OVAL = fields.IVOV;
  record.writeLink("OUT", fields.OVAL);
  record.postEvent(fields.OEVT);
}

function monitor(record: Calcout, alarmMask: number): void {
  const { fields } = record;
  const mask = postValue(record, alarmMask);
  postInputs(record, mask);
  if (fields.POVL === fields.OVAL) return;
  record.post("OVAL", mask | DBE_VALUE | DBE_LOG);
  fields.POVL = fields.OVAL;
}

/**
 * A wrong expression is stored, and shown by CLCV or OCLV. A new constant link does not change its input, as in the
 * calc record.
 */
function afterPut(record: Calcout, field: string): boolean {
  if (field === "CALC" || field === "OCAL") {
    compile(record, field);
    record.post(field === "CALC" ? "CLCV" : "OCLV", DBE_VALUE);
    return true;
  }
  showLinks(record);
  return true;
}

const METADATA = calcMetadata(FIELDS);

export const calcout: RecordType<typeof FIELDS> = {
  name: "calcout",
  about: "A number computed from up to twenty-one inputs and sent to a link when a condition holds.",
  fields: FIELDS,
  support: {
    devices: ["Soft Channel", "Async Soft Channel"],
    initialize,
    process,
    monitor,
    afterPut,
    ...METADATA,
    units: (record, field) => (field === "ODLY" ? "s" : METADATA.units(record, field)),
    precision: (record, field) => (field === "ODLY" ? 2 : METADATA.precision(record, field)),
    displayLimits: (record, field) => (field === "ODLY" ? [1e300, 0] : METADATA.displayLimits(record, field)),
    controlLimits: (record, field) => (field === "ODLY" ? [100_000, 0] : METADATA.controlLimits(record, field)),
  },
};
