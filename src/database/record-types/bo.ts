/** The binary output record. Its functions are in binary-output.ts. */

import { menuSimm } from "../menus.ts";
import type { FieldTable, RecordType } from "../record-type.ts";
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
  simulation,
  twoSeverities,
  twoStates,
} from "./parts/shared-fields.ts";
import { HIGH_METADATA, illegalState, postOutputState, twoChoices } from "./parts/two-states.ts";

const FIELDS = {
  VAL: { type: "ENUM", prompt: "State, 0 or 1", pp: true, asl0: true },
  OMSL,
  DOL,
  OUT,
  HIGH: { type: "DOUBLE", prompt: "Seconds in state 1 before it returns to 0; 0 stays", interest: 1 },
  ...twoStates,
  ...rawState,
  MASK,
  ...twoSeverities,
  ...readback("ULONG"),
  MLST: lastState,
  ...lastAlarmed("USHORT"),
  SIOL: SIOL_OUT,
  ...simulation(menuSimm),
  IVOA,
  IVOV: ivov("USHORT"),
} as const satisfies FieldTable;

export const bo: RecordType<typeof FIELDS> = {
  name: "bo",
  about: "A two-state output: a command button, an enable switch.",
  fields: FIELDS,
  support: {
    devices: ["Soft Channel", "Raw Soft Channel", "Async Soft Channel", "General Time", "Db State"],
    initialize: (record, pass) => {
      if (pass === 1) initializeBinaryOutput(record);
    },
    process: (record) => {
      prepareBinaryOutput(record);
      return driveBinaryOutput(record, true);
    },
    monitor: postOutputState,
    units: (_record, field) => (field === "HIGH" ? "s" : ""),
    ...HIGH_METADATA,
    choices: twoChoices,
    illegalChoice: illegalState,
  },
};
