/** PVs of DAQs and uploads: what is to be moved, how much is moved, and what is wrong. */
import { NO_YES, type PvRow, type Result, result, resultOf, sentence, setting, UNKNOWN_COUNT } from "./row.ts";

export const DAQ_STATES = ["Unseen", "None", "Running", "Stalled", "Ended", "Failed", "Stopped"] as const;
export type DaqState = (typeof DAQ_STATES)[number];
/** Of the directory that a DAQ reads. */
export const SOURCE_STATES = ["UNKNOWN", "OK", "EMPTY", "MISSING", "NO_TOPDIR", "NOT_YET"] as const;
export type SourceState = (typeof SOURCE_STATES)[number];
export const UPLOAD_STATES = ["Unknown", "None", "Running", "Done", "Failed", "Stopped"] as const;
export type UploadState = (typeof UPLOAD_STATES)[number];

/** The two data of a DAQ, raw and reconstructed, and how their PVs begin. */
export const DAQ_SIDES = { raw: "DaqRaw", rec: "DaqRec" } as const;
export type DaqSide = keyof typeof DAQ_SIDES;
/** What a side's data are called. */
export const SIDE_NAMES: Readonly<Record<DaqSide, string>> = { raw: "raw data", rec: "reconstructions" };

const unknown = { initial: UNKNOWN_COUNT } as const;
/** What is told of the DAQ of each side, behind `DaqRaw` and `DaqRec`. */
const DAQ_PARTS = {
  State: result("its state; Unseen: Data Management does not answer, or has not been asked yet.", {
    states: DAQ_STATES,
    initial: "Unseen",
  }),
  Id: result("its id.", { initial: "" }),
  Source: result("the directory that is read, as Data Management knows it.", { initial: "" }),
  SourceState: result(
    "what the last check of that directory found, at the start and now and then while it runs; NOT_YET: StartDaq and Upload found no reconstructions so far.",
    { states: SOURCE_STATES, initial: "UNKNOWN" },
  ),
  SourceBytes: result("bytes in that directory at that check.", { ...unknown, unit: "B" }),
  FilesDone: result("files that Data Management counts as done; those of Errors may be among them.", unknown),
  FilesTotal: result("files that it has seen.", unknown),
  Percent: result("the part of its files that is done.", { ...unknown, unit: "%" }),
  Rate: result("files done a minute, over the last minute.", { ...unknown, unit: "1/min" }),
  RunTime: result("how long it has run.", { ...unknown, unit: "s" }),
  Errors: result("files that could not be processed.", unknown),
} as const satisfies Readonly<Record<string, PvRow>>;
export type DaqPvPart = keyof typeof DAQ_PARTS;
type DaqPv = `${(typeof DAQ_SIDES)[DaqSide]}${DaqPvPart}`;
export const daqPv = (side: DaqSide, part: DaqPvPart): DaqPv => `${DAQ_SIDES[side]}${part}`;

function daqRows(): Record<DaqPv, Result> {
  const rows = Object.entries(SIDE_NAMES).flatMap(([side, what]) =>
    Object.entries(DAQ_PARTS).map(([part, row]) => [
      daqPv(side as DaqSide, part as DaqPvPart),
      { ...row, meaning: `DAQ of the ${what}: ${row.meaning}` },
    ]),
  );
  return Object.fromEntries(rows) as Record<DaqPv, Result>;
}

const yes = { states: NO_YES, initial: "Yes" } as const;

export const DAQ_ROWS = {
  DaqRaw: setting("StartDaq, Upload: Yes: the raw data.", yes),
  DaqRec: setting("StartDaq, Upload: Yes: the reconstructions.", yes),
  ProcessExisting: setting("StartDaq: Yes: also the files that are there already.", yes),
  ...daqRows(),
  DaqRunning: result("How many DAQs of the experiment run; -1: nobody knows.", unknown),
  DaqFilesDone: result("Files done by the experiment's DAQs together; -1: nobody knows.", unknown),
  DaqFilesTotal: result("Files seen by the experiment's DAQs together; -1: nobody knows.", unknown),
  DaqPercent: result("The part of them that is done; -1: nobody knows.", { ...unknown, unit: "%" }),
  DaqErrors: result("Files that the experiment's DAQs could not process; -1: nobody knows.", unknown),
  DaqMessage: sentence("What the DAQs do, or what is wrong with them, in one sentence."),
  DaqList: result("All DAQs that run at the station, whosever they are, one a line."),
  DaqStopped: resultOf(["StopDaq"], "how many it stopped.", { initial: 0 }),
  UploadId: resultOf(["Upload"], "ids of the uploads of the experiment, separated by blanks.", { initial: "" }),
  UploadState: resultOf(
    ["Upload"],
    "their state; Unknown before anybody has looked. Running also where an earlier run of the program, or somebody else, has started them.",
    { states: UPLOAD_STATES, initial: "Unknown" },
  ),
  UploadFilesDone: resultOf(
    ["Upload"],
    "files that Data Management counts as done; those that it could not process may be among them.",
    unknown,
  ),
  UploadFilesTotal: resultOf(["Upload"], "files to do.", unknown),
  UploadPercent: resultOf(["Upload"], "the part of them that is done.", { ...unknown, unit: "%" }),
} as const;
