/** A record type for tests of the engine: a record does what its fields say, and `order` remembers that it ran. */
import { menuAlarmSevr } from "../../../src/database/menus.ts";
import type { FieldTable, RecordType } from "../../../src/database/record-type.ts";

const FIELDS = {
  VAL: { type: "DOUBLE", prompt: "Value", pp: true, asl0: true },
  INP: { type: "INLINK", prompt: "Read into VAL" },
  OUT: { type: "OUTLINK", prompt: "Gets VAL" },
  DLY: { type: "DOUBLE", prompt: "Seconds that a processing takes" },
  HOLD: { type: "SHORT", prompt: "Non-zero: complete only when VAL is 0" },
  RAIS: { type: "MENU", menu: menuAlarmSevr, prompt: "Severity raised, with status SOFT" },
  RUNS: { type: "LONG", prompt: "Processings that ended", special: "SPC_NOMOD" },
  EGU: { type: "STRING", size: 16, prompt: "Unit", prop: true },
  TEXT: { type: "STRING", size: 40, prompt: "A text" },
  REFU: { type: "LONG", prompt: "Refuses what is below 0", special: "SPC_MOD" },
} as const satisfies FieldTable;

/** The names of the records in the order in which they ended processing. */
export const order: string[] = [];

export const probe: RecordType<typeof FIELDS> = {
  name: "probe",
  about: "A record for tests.",
  fields: FIELDS,
  support: {
    devices: ["Soft Channel"],
    process: (record) => {
      const { fields } = record;
      if (fields.DLY > 0 && fields.PACT === 0) {
        record.resumeAfter(fields.DLY);
        return "pending";
      }
      const input = record.readNumber("INP", "DOUBLE");
      if (input !== undefined) fields.VAL = input;
      if (fields.RAIS > 0) record.raise(15, fields.RAIS);
      record.writeLink("OUT", fields.VAL);
      fields.RUNS++;
      order.push(record.name);
      return "done";
    },
    monitor: (record, alarmMask) => record.post("VAL", alarmMask | 3),
    afterPut: (record, field) => field !== "REFU" || record.fields.REFU >= 0,
    holdsCompletion: (record) => record.fields.HOLD !== 0 && record.fields.VAL !== 0,
  },
};
