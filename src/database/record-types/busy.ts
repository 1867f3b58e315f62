/**
 * The busy record of synApps: a bo whose processing completes only when VAL is 0 again. Its functions are in
 * binary-output.ts. channel-access.md §4.4
 */

import { STATE_NAME_BYTES } from "../../epics/facts.ts";
import { menuAlarmSevr, menuYesNo } from "../menus.ts";
import type { FieldTable, Rec, RecordType } from "../record-type.ts";
import { driveBinaryOutput, initializeBinaryOutput, prepareBinaryOutput } from "./parts/binary-output.ts";
import {
  DOL,
  IVOA,
  ivov,
  lastAlarmed,
  lastState,
  MASK,
  OMSL,
  OUT,
  rawState,
  readback,
  SIOL_OUT,
  twoSeverities,
} from "./parts/shared-fields.ts";
import { HIGH_METADATA, illegalState, postOutputState, twoChoices } from "./parts/two-states.ts";

const FIELDS = {
  VAL: { type: "ENUM", prompt: "1 while the work goes on", pp: true, asl0: true },
  OMSL,
  DOL,
  OUT,
  HIGH: { type: "DOUBLE", prompt: "Seconds in state 1 before it returns to 0; 0 stays", interest: 1 },
  ZNAM: { type: "STRING", size: STATE_NAME_BYTES, initial: "Done", prompt: "Name of state 0", pp: true, interest: 1 },
  ONAM: { type: "STRING", size: STATE_NAME_BYTES, initial: "Busy", prompt: "Name of state 1", pp: true, interest: 1 },
  ...rawState,
  OVAL: { type: "ULONG", prompt: "VAL when it began to process", special: "SPC_NOMOD", interest: 3 },
  MASK,
  ...twoSeverities,
  ...readback("ULONG"),
  MLST: lastState,
  ...lastAlarmed("USHORT"),
  SIOL: SIOL_OUT,
  SIML: { type: "INLINK", prompt: "Where SIMM is read", interest: 1 },
  SIMM: { type: "MENU", menu: menuYesNo, prompt: "Whether the value is simulated", interest: 1 },
  SIMS: { type: "MENU", menu: menuAlarmSevr, prompt: "Severity while simulated", interest: 2 },
  IVOA,
  IVOV: ivov("USHORT"),
} as const satisfies FieldTable;

type Busy = Rec<typeof FIELDS>;

function process(record: Busy): "done" | "pending" {
  prepareBinaryOutput(record);
  record.fields.OVAL = record.fields.VAL;
  return driveBinaryOutput(record, false);
}

export const busy: RecordType<typeof FIELDS> = {
  name: "busy",
  about: "A bo whose forward link and put-callback wait until it is 0 again: work that takes time.",
  fields: FIELDS,
  support: {
    devices: ["Soft Channel", "Raw Soft Channel"],
    initialize: (record, pass) => {
      if (pass === 1) initializeBinaryOutput(record);
    },
    process,
    monitor: postOutputState,
    holdsCompletion: ({ fields }) => fields.VAL !== 0 && fields.OVAL !== 0,
    ...HIGH_METADATA,
    choices: twoChoices,
    illegalChoice: illegalState,
  },
};
