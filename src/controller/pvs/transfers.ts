/** PVs of transfers: the queue of scans, its destinations, the last scans, and a transfer that a person asks for. */
import {
  ANSWERS,
  ARM_STATES,
  ARMED_SECONDS,
  button,
  type Digit,
  input,
  managed,
  NO_YES,
  type PvRow,
  type Result,
  result,
  sentence,
  setting,
  UNKNOWN_COUNT,
} from "./row.ts";

export const QUEUE_STATES = ["Unknown", "Off", "Idle", "Waiting", "Sending", "Paused", "Trouble"] as const;
export type QueueState = (typeof QUEUE_STATES)[number];
export const DEST_STATES = ["Unknown", "Off", "Idle", "Waiting", "Sending", "Trouble"] as const;
export type DestState = (typeof DEST_STATES)[number];
export const SCAN_PV_STATES = [
  "Unknown",
  "None",
  "Waiting",
  "Queued",
  "Sending",
  "Verified",
  "Retrying",
  "Failed",
  "Left",
] as const;
export type ScanPvState = (typeof SCAN_PV_STATES)[number];
export const TASK_PV_STATES = ["Unknown", "None", "ACTIVE", "INACTIVE", "SUCCEEDED", "FAILED"] as const;

/** Destinations that have PVs, and so destinations that a site can have. */
export const MOST_DESTINATIONS = 4;
/** Scans that have PVs, the newest first. */
export const SHOWN_SCANS = 10;

const unknown = { initial: UNKNOWN_COUNT } as const;
const bytes = { ...unknown, unit: "B" } as const;

/** What is told of each destination, behind `Dest0` and the others. */
const DEST_PARTS = {
  Name: result("its name; empty: there is no such destination.", { initial: "" }),
  State: result("its state.", { states: DEST_STATES, initial: "Unknown" }),
  Message: sentence("what it does, or what is wrong, in one sentence."),
  Queued: result("scans that are not proven there yet.", unknown),
  Failed: result("scans that a person has to decide about.", unknown),
  Bytes: result("bytes that have gone there since all was proven last.", bytes),
  Total: result("bytes to go there since then.", bytes),
  Percent: result("the part of them that has gone.", { ...unknown, unit: "%" }),
  Rate: result("bytes a second, over the last ten seconds.", { ...unknown, unit: "B/s" }),
  Eta: result("seconds until all has gone, at that rate.", { ...unknown, unit: "s" }),
  Faults: result("faults that Globus counts in its tasks now.", unknown),
} as const satisfies Readonly<Record<string, PvRow>>;
export type DestPart = keyof typeof DEST_PARTS;
type DestPv = `Dest${0 | 1 | 2 | 3}${DestPart}`;
export const destPv = (index: number, part: DestPart): DestPv => `Dest${index as 0}${part}`;

/** What is told of each of the last scans, behind `Scan0` and the others. */
const SCAN_PARTS = {
  Name: result("its name; empty: there is none.", { initial: "" }),
  State: result("how it stands.", { states: SCAN_PV_STATES, initial: "Unknown" }),
  Percent: result("the part of it that is at its destinations.", { ...unknown, unit: "%" }),
  Reason: sentence("what it waits for, or why it failed, in one sentence."),
} as const satisfies Readonly<Record<string, PvRow>>;
export type ScanPart = keyof typeof SCAN_PARTS;
type ShownScanPv = `Scan${Digit}${ScanPart}`;
export const scanPv = (index: number, part: ScanPart): ShownScanPv => `Scan${index as Digit}${part}`;

function numbered<N extends string>(
  count: number,
  parts: Readonly<Record<string, Result>>,
  pv: (index: number, part: never) => N,
  what: (index: number) => string,
): Record<N, Result> {
  const rows = Array.from({ length: count }, (_, index) =>
    Object.entries(parts).map(([part, row]) => [
      pv(index, part as never),
      { ...row, meaning: `${what(index)}: ${row.meaning}` },
    ]),
  );
  return Object.fromEntries(rows.flat()) as Record<N, Result>;
}

export const TRANSFER_ROWS = {
  QueueState: result(
    "How the queue of scans stands; Unknown before the ledger was read, Off without a [destination …] section.",
    { states: QUEUE_STATES, initial: "Unknown" },
  ),
  QueueMessage: sentence("What the queue does, or what is wrong, in one sentence."),
  QueueDepth: result("Scans that are waited for, or on their way to a destination; -1: nobody knows.", unknown),
  QueueOldest: result("Age of the oldest of them; 0: there is none; -1: nobody knows.", { ...unknown, unit: "s" }),
  QueueFailed: result(
    "Scans that a person has to decide about (QueueRetry, globus-ioc queue); -1: nobody knows.",
    unknown,
  ),
  QueuePaused: setting("Yes: nothing new is sent; what is under way goes on, and scans are still taken.", {
    states: NO_YES,
    initial: "No",
  }),
  QueueRetry: button("Writing 1 tries everything that has failed, and every destination that did not answer, at once."),
  LastQueued: result("The newest scan that was queued for its destinations."),
  LastDone: result("The scan that was proven last at all its destinations."),
  ArchiveVerified: result("Whether the newest scan is proven at all its destinations.", {
    states: ANSWERS,
    initial: "Unknown",
  }),
  ArchiveMessage: sentence("The same in one sentence, with the scan's name and what is missing."),
  ArchiveMissing: result("Files of the newest scan that its destinations lack; -1: nobody has looked.", unknown),
  ArchiveMissingFiles: result("Some of their names, one a line, each with the destination and what is wrong."),
  ArchiveScans: result(
    "Scans of the tagged experiment, but those that are left by a rule or given up; -1: nobody knows.",
    unknown,
  ),
  ArchiveProven: result("How many of them are proven at all their destinations; -1: nobody knows.", unknown),
  BytesTransferred: result("Bytes that have gone to all destinations since all was proven last.", bytes),
  BytesTotal: result("Bytes to go since then.", bytes),
  FilesTransferred: result("Files of scans that were proven since then, each destination counted.", unknown),
  FilesTotal: result("Files to go since then, each destination counted.", unknown),
  PercentComplete: result("The part of the bytes that has gone.", { ...unknown, unit: "%" }),
  Rate: result("Bytes a second to all destinations, over the last ten seconds.", { ...unknown, unit: "B/s" }),
  ETA: result("Seconds until all has gone, at that rate; -1: nobody knows.", { ...unknown, unit: "s" }),
  Faults: result("Faults that Globus counts in the tasks that are under way.", unknown),
  ...numbered(MOST_DESTINATIONS, DEST_PARTS, destPv, (index) => `Destination ${index}`),
  ...numbered(SHOWN_SCANS, SCAN_PARTS, scanPv, (index) =>
    index === 0 ? "The newest scan" : `Scan ${index} before the newest`,
  ),
  ReconcileEnqueue: input(
    "Reconcile: Yes: what is at all its destinations is taken into the ledger, and what is not is queued.",
    { states: NO_YES, initial: "No" },
  ),
  ReconcileFound: result("Reconcile: scans on the disk, or known to the ledger; -1: nobody has looked.", unknown),
  ReconcileMissing: result("Reconcile: scans that a destination lacks, and that are not under way.", unknown),
  ReconcileUnknown: result("Reconcile: scans of which it could not be found out.", unknown),
  ReconcileAdopted: result("Reconcile: scans that were taken into the ledger without being sent.", unknown),
  ReconcileQueued: result("Reconcile: scans that were queued.", unknown),
  ReconcileText: result("Reconcile: a line for each scan that is not simply proven or under way."),
  PruneDays: managed(
    setting("Prune: scans that are older go.", {
      initial: 14,
      unit: "d",
      takes: { least: 1, most: 36_500, isWhole: true },
    }),
  ),
  PrunePlan: managed(
    input("Prune: Yes: nothing is deleted, and told what would be.", { states: NO_YES, initial: "Yes" }),
  ),
  PruneArm: managed(
    input(`Prune: Armed allows one Prune that deletes. Safe again after ${ARMED_SECONDS} s, and when it starts.`, {
      states: ARM_STATES,
      initial: "Safe",
    }),
  ),
  PruneFound: result("Prune: scans that were deleted, or would be; -1: nobody has looked.", unknown),
  PruneFiles: result("Prune: their files.", unknown),
  PruneBytes: result("Prune: their bytes.", bytes),
  PruneKept: result("Prune: scans that are old enough, and were kept; PruneText says why.", unknown),
  PruneText: result("Prune: a line for each scan that is old enough: deleted, or kept with why."),
  SourceCollection: managed(input("TransferRun, FlowRun: Globus collection from which files go, a UUID.")),
  SourcePath: managed(input("TransferRun, FlowRun: file or folder there.")),
  DestCollection: managed(input("TransferRun, FlowRun: Globus collection to which they go, a UUID.")),
  DestPath: managed(input("TransferRun, FlowRun: file or folder there.")),
  RunLabel: input(
    "TransferRun, FlowRun: what the task, or the run, is called at Globus, behind our own id; empty: the source's name.",
  ),
  TaskId: result("TransferRun: id of the Globus task."),
  TransferStatus: result("TransferRun: state of its task; None: there was none since the IOC started.", {
    states: TASK_PV_STATES,
    initial: "Unknown",
  }),
  NiceStatus: sentence("TransferRun: what Globus says about its task, or why it does not have it yet, in words."),
} as const;
