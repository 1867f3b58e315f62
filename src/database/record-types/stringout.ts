/** The text output record. channel-access.md §5.5; epics-base: stringoutRecord.c, devSoSoft.c */

import { STRING_BYTES } from "../../epics/facts.ts";
import { raiseUndefined } from "../alarms.ts";
import { fitText } from "../convert/texts.ts";
import { menuYesNo, stringoutPOST } from "../menus.ts";
import type { FieldTable, Rec, RecordType } from "../record-type.ts";
import { isClosedLoop, outputAction } from "./parts/output.ts";
import { DOL, IVOA, ivov, OMSL, OUT, SIOL_OUT, simulation } from "./parts/shared-fields.ts";
import { initializeSimulation, simulationStep, writeSimulated } from "./parts/simulation.ts";
import { postText } from "./parts/text-value.ts";

const FIELDS = {
  VAL: { type: "STRING", size: 40, prompt: "Text", pp: true, asl0: true },
  OVAL: { type: "STRING", size: 40, prompt: "Text last posted", special: "SPC_NOMOD", interest: 3 },
  DOL,
  OMSL,
  OUT,
  MPST: { type: "MENU", menu: stringoutPOST, prompt: "When monitors are posted", interest: 1 },
  APST: { type: "MENU", menu: stringoutPOST, prompt: "When archivers are posted", interest: 1 },
  SIOL: SIOL_OUT,
  ...simulation(menuYesNo),
  IVOA,
  IVOV: { ...ivov("STRING"), size: 40 },
} as const satisfies FieldTable;

type Stringout = Rec<typeof FIELDS>;

function initialize(record: Stringout, pass: 0 | 1): void {
  if (pass === 0) return;
  const { fields } = record;
  initializeSimulation(record);
  const constant = record.constantText("DOL", fields.VAL);
  if (constant !== undefined) {
    fields.VAL = constant;
    fields.UDF = 0;
  }
  fields.OVAL = fields.VAL;
}

function process(record: Stringout): "done" | "pending" {
  const { fields } = record;
  if (fields.PACT === 0) {
    if (isClosedLoop(record)) readDesired(record);
    raiseUndefined(record);
  }
  const action = outputAction(record);
  if (action === "replace" && fields.PACT === 0) fields.VAL = fields.IVOV;
  return action === "skip" ? "done" : write(record);
}

function readDesired(record: Stringout): void {
  const text = record.readText("DOL");
  if (text === undefined) return;
  record.fields.VAL = fitText(text, STRING_BYTES);
  record.fields.UDF = 0;
}

function write(record: Stringout): "done" | "pending" {
  const { fields } = record;
  const step = simulationStep(record, false);
  if (step === "later") return "pending";
  if (step === "now") writeSimulated(record, fields.VAL, undefined);
  else if (step === "off") record.writeLink("OUT", fields.VAL);
  return "done";
}

export const stringout: RecordType<typeof FIELDS> = {
  name: "stringout",
  about: "A text output of up to 39 bytes.",
  fields: FIELDS,
  support: {
    devices: ["Soft Channel", "Async Soft Channel", "stdio"],
    initialize,
    process,
    monitor: postText,
  },
};
