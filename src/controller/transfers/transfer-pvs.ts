/** What is to be seen of the transfers (transfers-view.ts) as PVs: one formula for each PV's value. Judges nothing. */
import { onePerLine } from "../../base/clean-text.ts";
import { entriesOf } from "../../base/entries.ts";
import type { PvName } from "../pvs/index.ts";
import { ANSWERS, UNKNOWN_COUNT } from "../pvs/row.ts";
import {
  DEST_STATES,
  type DestPart,
  destPv,
  MOST_DESTINATIONS,
  QUEUE_STATES,
  SCAN_PV_STATES,
  type ScanPart,
  SHOWN_SCANS,
  scanPv,
} from "../pvs/transfers.ts";
import type { RunContext } from "../run/action.ts";
import type { Amounts, DestView, ScanView, TransfersView } from "./transfers-view.ts";

type ShownValue = string | number;

function percentOf({ bytes, bytesTotal }: Amounts): number {
  if (bytesTotal < 0) return UNKNOWN_COUNT;
  // a task carries scans, too, that were dropped meanwhile
  return bytesTotal === 0 ? 100 : Math.min(100, (100 * bytes) / bytesTotal);
}

const QUEUE = {
  QueueState: ({ state }) => QUEUE_STATES.indexOf(state),
  QueueMessage: ({ message }) => message,
  QueueDepth: ({ depth }) => depth,
  QueueOldest: ({ oldest }) => Math.round(oldest),
  QueueFailed: ({ failed }) => failed,
  LastQueued: ({ lastQueued }) => lastQueued,
  LastDone: ({ lastDone }) => lastDone,
  ArchiveVerified: ({ archive }) => ANSWERS.indexOf(archive.verified),
  ArchiveMessage: ({ archive }) => archive.message,
  ArchiveMissing: ({ archive }) => archive.missing,
  ArchiveMissingFiles: ({ archive }) => onePerLine(archive.files),
  ArchiveScans: ({ archive }) => archive.scans,
  ArchiveProven: ({ archive }) => archive.proven,
  BytesTransferred: ({ total }) => total.bytes,
  BytesTotal: ({ total }) => total.bytesTotal,
  FilesTransferred: ({ total }) => total.files,
  FilesTotal: ({ total }) => total.filesTotal,
  PercentComplete: ({ total }) => percentOf(total),
  Rate: ({ total }) => total.rate,
  ETA: ({ total }) => total.eta,
  Faults: ({ total }) => total.faults,
} satisfies Readonly<Partial<Record<PvName, (view: TransfersView) => ShownValue>>>;

const DEST: Readonly<Record<DestPart, (dest: DestView) => ShownValue>> = {
  Name: ({ name }) => name,
  State: ({ state }) => DEST_STATES.indexOf(state),
  Message: ({ message }) => message,
  Queued: ({ queued }) => queued,
  Failed: ({ failed }) => failed,
  Bytes: ({ bytes }) => bytes,
  Total: ({ bytesTotal }) => bytesTotal,
  Percent: (dest) => (dest.state === "Off" ? 0 : percentOf(dest)),
  Rate: ({ rate }) => rate,
  Eta: ({ eta }) => eta,
  Faults: ({ faults }) => faults,
};

const SCAN: Readonly<Record<ScanPart, (scan: ScanView) => ShownValue>> = {
  Name: ({ name }) => name,
  State: ({ state }) => SCAN_PV_STATES.indexOf(state),
  Percent: ({ percent }) => percent,
  Reason: ({ reason }) => reason,
};

const NO_DEST: DestView = {
  name: "",
  state: "Off",
  message: "",
  queued: 0,
  failed: 0,
  bytes: 0,
  bytesTotal: 0,
  files: 0,
  filesTotal: 0,
  rate: 0,
  eta: 0,
  faults: 0,
};
const NO_SCAN: ScanView = { name: "", state: "None", percent: 0, reason: "" };

const UNKNOWN_AMOUNTS: Amounts = {
  bytes: UNKNOWN_COUNT,
  bytesTotal: UNKNOWN_COUNT,
  files: UNKNOWN_COUNT,
  filesTotal: UNKNOWN_COUNT,
  rate: UNKNOWN_COUNT,
  eta: UNKNOWN_COUNT,
  faults: UNKNOWN_COUNT,
};
const UNKNOWN_DEST: DestView = {
  ...UNKNOWN_AMOUNTS,
  name: "",
  state: "Unknown",
  message: "",
  queued: UNKNOWN_COUNT,
  failed: UNKNOWN_COUNT,
};
const UNKNOWN_SCAN: ScanView = { name: "", state: "Unknown", percent: UNKNOWN_COUNT, reason: "" };
/** Before the ledger was read, or where it cannot be. */
const NOTHING_KNOWN: TransfersView = {
  state: "Unknown",
  message: "",
  depth: UNKNOWN_COUNT,
  oldest: UNKNOWN_COUNT,
  failed: UNKNOWN_COUNT,
  lastQueued: "",
  lastDone: "",
  total: UNKNOWN_AMOUNTS,
  destinations: Array.from({ length: MOST_DESTINATIONS }, () => UNKNOWN_DEST),
  scans: Array.from({ length: SHOWN_SCANS }, () => UNKNOWN_SCAN),
  archive: {
    verified: "Unknown",
    message: "",
    missing: UNKNOWN_COUNT,
    files: [],
    scans: UNKNOWN_COUNT,
    proven: UNKNOWN_COUNT,
  },
};

/** Every PV of the view with its value. */
function valuesOf(view: TransfersView): Map<PvName, ShownValue> {
  const values = new Map<PvName, ShownValue>();
  for (const [name, value] of entriesOf(QUEUE)) values.set(name, value(view));
  for (let index = 0; index < MOST_DESTINATIONS; index++)
    for (const [part, value] of entriesOf(DEST))
      values.set(destPv(index, part), value(view.destinations[index] ?? NO_DEST));
  for (let index = 0; index < SHOWN_SCANS; index++)
    for (const [part, value] of entriesOf(SCAN)) values.set(scanPv(index, part), value(view.scans[index] ?? NO_SCAN));
  return values;
}

/** Writes the PVs whose value has changed since the last time. */
export class TransferPvs {
  readonly #shown = new Map<PvName, ShownValue>();

  show(put: RunContext["publish"], view: TransfersView): void {
    this.#put(put, valuesOf(view));
  }

  /** There is no queue to look at. @param sentence why; "": nobody knows yet */
  showTrouble(put: RunContext["publish"], sentence: string): void {
    const now =
      sentence === ""
        ? ({ state: "Unknown", message: "The ledger is being read." } as const)
        : ({ state: "Trouble", message: sentence } as const);
    this.#put(put, valuesOf({ ...NOTHING_KNOWN, ...now }));
  }

  #put(put: RunContext["publish"], values: ReadonlyMap<PvName, ShownValue>): void {
    for (const [name, value] of values) {
      if (this.#shown.get(name) === value) continue;
      this.#shown.set(name, value);
      put(name, value);
    }
  }
}
