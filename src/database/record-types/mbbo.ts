/**
 * The multi-bit binary output record. channel-access.md §5.5; epics-base: mbboRecord.c, devMbboSoft.c, devMbboSoftRaw.c
 */

import { raiseUndefined, SEVERITY, STATUS } from "../alarms.ts";
import { menuSimm } from "../menus.ts";
import type { FieldTable, Rec, RecordType } from "../record-type.ts";
import { isClosedLoop, outputAction } from "./parts/output.ts";
import {
  COSV,
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
  SDEF,
  SHFT,
  SIOL_OUT,
  simulation,
  sixteenStates,
  UNSV,
} from "./parts/shared-fields.ts";
import { initializeSimulation, simulationStep, writeSimulated } from "./parts/simulation.ts";
import {
  checkChange,
  findStates,
  illegalState,
  initializeMask,
  rawOfState,
  stateChanged,
  stateNames,
  stateSeverity,
} from "./parts/sixteen-states.ts";
import { postOutputState } from "./parts/two-states.ts";

const FIELDS = {
  VAL: { type: "ENUM", prompt: "State, 0 to 15", special: "SPC_DBADDR", pp: true, asl0: true },
  DOL,
  OMSL,
  NOBT: { type: "USHORT", prompt: "Bits of the raw value", special: "SPC_NOMOD", interest: 1 },
  OUT,
  ...sixteenStates,
  UNSV,
  COSV,
  ...rawState,
  ...readback("ULONG"),
  MASK,
  MLST: lastState,
  ...lastAlarmed("USHORT"),
  SDEF,
  SHFT,
  SIOL: SIOL_OUT,
  ...simulation(menuSimm),
  IVOA,
  IVOV: ivov("USHORT"),
} as const satisfies FieldTable;

type Mbbo = Rec<typeof FIELDS>;

const RAW_DEVICE = 1;

function initialize(record: Mbbo, pass: 0 | 1): void {
  findStates(record);
  if (pass === 0) return;
  const { fields } = record;
  initializeSimulation(record);
  const constant = record.constantNumber("DOL", "USHORT", fields.VAL);
  if (constant !== undefined) {
    fields.VAL = constant;
    fields.UDF = 0;
  }
  initializeMask(record, fields.DTYP === RAW_DEVICE);
  setRaw(record);
  fields.MLST = fields.VAL;
  fields.LALM = fields.VAL;
  fields.ORAW = fields.RVAL;
  fields.ORBV = fields.RBV;
}

function process(record: Mbbo): "done" | "pending" {
  const { fields } = record;
  if (fields.PACT === 0) {
    if (decide(record)) {
      fields.UDF = 0;
      setRaw(record);
    }
    record.raise(STATUS.STATE, stateSeverity(record));
    checkChange(record);
  }
  const action = outputAction(record);
  if (action === "replace" && fields.PACT === 0) {
    fields.VAL = fields.IVOV;
    setRaw(record);
  }
  return action === "skip" ? "done" : write(record);
}

/** VAL from DOL in closed loop. @returns whether there is a value */
function decide(record: Mbbo): boolean {
  if (!isClosedLoop(record)) return !raiseUndefined(record);
  const value = record.readNumber("DOL", "USHORT");
  if (value !== undefined) record.fields.VAL = value;
  return value !== undefined;
}

function setRaw(record: Mbbo): void {
  const raw = rawOfState(record);
  if (raw === undefined) record.raise(STATUS.SOFT, SEVERITY.INVALID);
  else record.fields.RVAL = raw;
}

function write(record: Mbbo): "done" | "pending" {
  const { fields } = record;
  const step = simulationStep(record, true);
  if (step === "later") return "pending";
  if (step === "now") writeSimulated(record, fields.VAL, fields.RVAL);
  else if (step === "off") {
    record.writeLink("OUT", fields.DTYP === RAW_DEVICE ? (fields.RVAL & fields.MASK) >>> 0 : fields.VAL);
  }
  return "done";
}

export const mbbo: RecordType<typeof FIELDS> = {
  name: "mbbo",
  about: "An output with up to sixteen named states.",
  fields: FIELDS,
  support: {
    devices: ["Soft Channel", "Raw Soft Channel", "Async Soft Channel"],
    initialize,
    process,
    monitor: postOutputState,
    afterPut: stateChanged,
    servedType: ({ fields }, field) => (field === "VAL" && fields.SDEF === 0 ? "USHORT" : "ENUM"),
    choices: stateNames,
    illegalChoice: illegalState,
  },
};
