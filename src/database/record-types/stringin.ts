/** The text input record. It knows no UDF alarm. channel-access.md §5.5; epics-base: stringinRecord.c, devSiSoft.c */

import { STRING_BYTES } from "../../epics/facts.ts";
import { fitText } from "../convert/texts.ts";
import { menuYesNo, stringinPOST } from "../menus.ts";
import type { FieldTable, Rec, RecordType } from "../record-type.ts";
import { INP, SIOL_IN, simulation } from "./parts/shared-fields.ts";
import { initializeSimulation, simulationStep } from "./parts/simulation.ts";
import { postText } from "./parts/text-value.ts";

const FIELDS = {
  VAL: { type: "STRING", size: 40, prompt: "Text", pp: true, asl0: true },
  OVAL: { type: "STRING", size: 40, prompt: "Text last posted", special: "SPC_NOMOD", interest: 3 },
  INP,
  MPST: { type: "MENU", menu: stringinPOST, prompt: "When monitors are posted", interest: 1 },
  APST: { type: "MENU", menu: stringinPOST, prompt: "When archivers are posted", interest: 1 },
  SIOL: SIOL_IN,
  SVAL: { type: "STRING", size: 40, prompt: "Simulated text", pp: true },
  ...simulation(menuYesNo),
} as const satisfies FieldTable;

type Stringin = Rec<typeof FIELDS>;

function initialize(record: Stringin, pass: 0 | 1): void {
  if (pass === 0) return;
  const { fields } = record;
  initializeSimulation(record);
  fields.SVAL = record.constantText("SIOL", fields.SVAL) ?? fields.SVAL;
  const constant = record.constantText("INP", fields.VAL);
  if (constant !== undefined) {
    fields.VAL = constant;
    fields.UDF = 0;
  }
  fields.OVAL = fields.VAL;
}

function process(record: Stringin): "done" | "pending" {
  const { fields } = record;
  const step = simulationStep(record, false);
  if (step === "later") return "pending";
  const text = step === "off" ? record.readText("INP") : step === "now" ? readSimulated(record) : undefined;
  if (text !== undefined) {
    fields.VAL = fitText(text, STRING_BYTES);
    fields.UDF = 0;
  }
  return "done";
}

function readSimulated(record: Stringin): string | undefined {
  const { fields } = record;
  if (record.isConstantLink("SIOL")) return fields.SVAL;
  const text = record.readText("SIOL");
  if (text !== undefined) fields.SVAL = fitText(text, STRING_BYTES);
  return text;
}

export const stringin: RecordType<typeof FIELDS> = {
  name: "stringin",
  about: "A text input of up to 39 bytes.",
  fields: FIELDS,
  support: {
    devices: ["Soft Channel", "Async Soft Channel", "Soft Timestamp", "General Time", "getenv"],
    initialize,
    process,
    monitor: postText,
  },
};
