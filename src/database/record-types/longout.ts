/** The 32-bit integer output record. channel-access.md §5.5; epics-base: longoutRecord.c, devLoSoft.c */

import { checkLimits } from "../alarms.ts";
import { longoutOOPT, menuYesNo, numbersOf } from "../menus.ts";
import type { FieldTable, Rec, RecordType } from "../record-type.ts";
import { analogMetadata, postValue, rememberValue } from "./parts/analog.ts";
import { isClosedLoop, outputAction } from "./parts/output.ts";
import {
  alarmLimits,
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
  SIOL_OUT,
  simulation,
} from "./parts/shared-fields.ts";
import { initializeSimulation, simulationStep, writeSimulated } from "./parts/simulation.ts";

const FIELDS = {
  VAL: { type: "LONG", prompt: "Desired value", pp: true, asl0: true },
  OUT: { ...OUT, special: "SPC_MOD" },
  DOL,
  OMSL,
  EGU,
  ...driveLimits("LONG"),
  ...operatingRange("LONG"),
  ...alarmLimits("LONG"),
  ...hysteresis("LONG"),
  ...deadbands("LONG"),
  ...lastAlarmed("LONG"),
  ...lastPosted("LONG"),
  SIOL: SIOL_OUT,
  ...simulation(menuYesNo),
  IVOA,
  IVOV: ivov("LONG"),
  PVAL: { type: "LONG", prompt: "Value written before" },
  OOCH: { type: "MENU", menu: menuYesNo, initial: 1, prompt: "Whether a new OUT is written at once", interest: 1 },
  OOPT: { type: "MENU", menu: longoutOOPT, initial: 0, prompt: "When the output is written", interest: 1 },
} as const satisfies FieldTable;

type Longout = Rec<typeof FIELDS>;

interface Memory {
  /** OUT is new: VAL is written to it even if it has not changed. */
  isNewOutput: boolean;
}

const OOPT = numbersOf(longoutOOPT);
const YES = numbersOf(menuYesNo).YES;

function initialize(record: Longout, pass: 0 | 1): void {
  if (pass === 0) return;
  const { fields } = record;
  record.state = { isNewOutput: true } satisfies Memory;
  initializeSimulation(record);
  const constant = record.constantNumber("DOL", "LONG", fields.VAL);
  if (constant !== undefined) {
    fields.VAL = constant;
    fields.UDF = 0;
  }
  rememberValue(record);
  fields.PVAL = fields.VAL;
}

function process(record: Longout): "done" | "pending" {
  const { fields } = record;
  if (fields.PACT === 0) {
    const value = isClosedLoop(record) ? readDesired(record) : fields.VAL;
    if (value !== undefined) fields.VAL = limit(record, value);
    checkLimits(record, fields.VAL);
  }
  const action = outputAction(record);
  if (action === "replace" && fields.PACT === 0) fields.VAL = fields.IVOV;
  return action === "skip" ? "done" : write(record);
}

function readDesired(record: Longout): number | undefined {
  const value = record.readNumber("DOL", "LONG");
  if (value !== undefined) record.fields.UDF = 0;
  return value;
}

function limit({ fields: { DRVH, DRVL } }: Longout, value: number): number {
  if (DRVH <= DRVL) return value;
  return value > DRVH ? DRVH : value < DRVL ? DRVL : value;
}

function write(record: Longout): "done" | "pending" {
  const { fields } = record;
  const step = simulationStep(record, false);
  if (step === "later") return "pending";
  if (step === "now") writeSimulated(record, fields.VAL, undefined);
  else if (step === "off") writeIfDue(record);
  return "done";
}

/** Whether the output is written, by OOPT. `before` is the value at the last time. */
const IS_DUE: Readonly<Record<number, (now: number, before: number, isNewOutput: boolean) => boolean>> = {
  [OOPT["Every Time"]]: () => true,
  [OOPT["On Change"]]: (now, before, isNewOutput) => isNewOutput || now !== before,
  [OOPT["When Zero"]]: (now) => now === 0,
  [OOPT["When Non-zero"]]: (now) => now !== 0,
  [OOPT["Transition To Zero"]]: (now, before) => now === 0 && before !== 0,
  [OOPT["Transition To Non-zero"]]: (now, before) => now !== 0 && before === 0,
};

function writeIfDue(record: Longout): void {
  const { fields } = record;
  const memory = record.state as Memory;
  if (IS_DUE[fields.OOPT]?.(fields.VAL, fields.PVAL, memory.isNewOutput) === true) record.writeLink("OUT", fields.VAL);
  fields.PVAL = fields.VAL;
  memory.isNewOutput = false;
}

function monitor(record: Longout, alarmMask: number): void {
  postValue(record, alarmMask);
}

function afterPut(record: Longout, field: string): boolean {
  if (field === "OUT" && record.fields.OOCH === YES) (record.state as Memory).isNewOutput = true;
  return true;
}

export const longout: RecordType<typeof FIELDS> = {
  name: "longout",
  about: "A 32-bit integer output.",
  fields: FIELDS,
  support: {
    devices: ["Soft Channel", "Async Soft Channel"],
    initialize,
    process,
    monitor,
    afterPut,
    ...analogMetadata({ fields: FIELDS, driven: "when set" }),
  },
};
