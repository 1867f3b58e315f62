/**
 * How bo and busy process: VAL from DOL in closed loop, RVAL, the alarms of states, the output, and the return to 0
 * after HIGH seconds. channel-access.md §4.4, §5.5; epics-base: boRecord.c, devBoSoft.c, devBoSoftRaw.c; synApps:
 * busyRecord.c
 */
import { raiseUndefined, type WithFields } from "../../alarms.ts";
import { isClosedLoop, outputAction } from "./output.ts";
import { initializeSimulation, simulationStep, writeSimulated } from "./simulation.ts";
import { checkStates } from "./two-states.ts";

type BinaryOutput = WithFields<
  | ("VAL" | "OMSL" | "HIGH" | "RVAL" | "ORAW" | "MASK" | "ZSV" | "OSV" | "COSV" | "RBV" | "ORBV")
  | ("MLST" | "LALM" | "SIMM" | "SIMS" | "IVOA" | "IVOV"),
  "DOL" | "OUT" | "SIOL" | "SIML"
>;

const RAW_DEVICE = 1;

export function initializeBinaryOutput(record: BinaryOutput): void {
  const { fields } = record;
  initializeSimulation(record);
  const constant = record.constantNumber("DOL", "USHORT", fields.VAL);
  if (constant !== undefined) {
    fields.VAL = constant === 0 ? 0 : 1;
    fields.UDF = 0;
  }
  setRaw(record);
  fields.MLST = fields.VAL;
  fields.LALM = fields.VAL;
  fields.ORAW = fields.RVAL;
  fields.ORBV = fields.RBV;
}

/** The beginning: VAL from DOL, and RVAL. Not done again when a processing goes on. */
export function prepareBinaryOutput(record: BinaryOutput): void {
  if (record.fields.PACT !== 0) return;
  if (isClosedLoop(record)) readDesired(record);
  setRaw(record);
}

/** Alarms and output. @param hasRaw whether the type knows SIMM=RAW */
export function driveBinaryOutput(record: BinaryOutput, hasRaw: boolean): "done" | "pending" {
  const { fields } = record;
  if (fields.PACT === 0) {
    raiseUndefined(record);
    checkStates(record);
  }
  const action = outputAction(record);
  if (action === "replace" && fields.PACT === 0) {
    fields.VAL = fields.IVOV;
    setRaw(record);
  }
  if (action !== "skip" && write(record, hasRaw) === "pending") return "pending";
  if (fields.VAL === 1 && fields.HIGH > 0) returnLater(record);
  return "done";
}

function readDesired(record: BinaryOutput): void {
  const value = record.readNumber("DOL", "USHORT");
  if (value === undefined) return;
  record.fields.VAL = value;
  record.fields.UDF = 0;
}

function setRaw({ fields }: BinaryOutput): void {
  if (fields.MASK === 0) fields.RVAL = fields.VAL;
  else fields.RVAL = fields.VAL === 0 ? 0 : fields.MASK;
}

function write(record: BinaryOutput, hasRaw: boolean): "done" | "pending" {
  const { fields } = record;
  const step = simulationStep(record, hasRaw);
  if (step === "later") return "pending";
  if (step === "now") writeSimulated(record, fields.VAL, fields.RVAL);
  else if (step === "off") record.writeLink("OUT", fields.DTYP === RAW_DEVICE ? fields.RVAL : fields.VAL);
  return "done";
}

function returnLater(record: BinaryOutput): void {
  record.processLater(record.fields.HIGH, () => {
    record.fields.VAL = 0;
  });
}
