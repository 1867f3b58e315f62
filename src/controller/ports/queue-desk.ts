/**
 * What a person asks of the transfer queue from outside of the process that has it, and what is answered: plain values,
 * which go through a socket one a line.
 */
import type { ScanPvState } from "../pvs/transfers.ts";
import type { QueueChange, ScanRecord, SendRecord, StepRecord, SubmissionRecord } from "./queue-ledger.ts";
import type { HandScan } from "./scan-drops.ts";
import type { ScanFile } from "./scans.ts";

/** Which scans a list has: those that fit everything that is given. */
export interface ScanFilter {
  readonly state?: string;
  /** The experiment's name. */
  readonly experiment?: string;
  /** The destination's name: scans that go there. */
  readonly destination?: string;
  /** With `*` and `?`, as in shells. */
  readonly name?: string;
}

/**
 * A scan is meant by its id, by its name (with or without its extension), by its path, or by the beginning of its id.
 * With no scans, `retry` is for all.
 */
export type DeskRequest =
  | ({
      readonly ask: "list";
      readonly scans?: readonly string[];
      /** Only the newest so many. */
      readonly last?: number;
    } & ScanFilter)
  | { readonly ask: "show"; readonly scan: string /** Files that are named at most. */; readonly files: number }
  | { readonly ask: "retry"; readonly scans: readonly string[] }
  | { readonly ask: "drop"; readonly scans: readonly string[] }
  | { readonly ask: "export" }
  | { readonly ask: "trigger"; readonly scans: readonly HandScan[] }
  /** Compares disk, ledger and destinations; of a running queue alone. */
  | { readonly ask: "reconcile"; readonly isEnqueued: boolean };

/** A scan in a list. */
export interface ScanRow {
  readonly id: string;
  readonly name: string;
  readonly file: string;
  readonly state: ScanPvState;
  /** Milliseconds since 1970 UTC. */
  readonly seen: number;
  readonly experiment: string;
  /** Why it is not proven: a clause or a sentence; "" where there is nothing to say. */
  readonly reason: string;
  readonly destinations: readonly Pick<SendRecord, "destination" | "state">[];
}

/** Everything that is known of one scan. */
export interface ShownScan {
  readonly row: ScanRow;
  readonly scan: ScanRecord;
  readonly sends: readonly SendRecord[];
  readonly submissions: readonly ShownSubmission[];
  /** What comes behind it where it is verified. */
  readonly steps: readonly StepRecord[];
  /** The first of its files, and how many there are; or why they cannot be told; absent while it waits. */
  readonly files?: { readonly count: number; readonly first: readonly ScanFile[] } | string;
}

/** A submission to Globus, or a run of a flow, that carries the scan. */
export interface ShownSubmission extends Pick<SubmissionRecord, "destination" | "owner" | "at" | "task"> {
  readonly id: string;
  /** Of a flow. */
  readonly run?: string;
  readonly label: string;
  /** How many scans it carries. */
  readonly scans: number;
}

/** The newest last; the end comes behind everything else. */
export type DeskAnswer =
  | { readonly row: ScanRow }
  | { readonly shown: ShownScan }
  /** A record of the ledger, as it lies there. */
  | { readonly record: ExportedRecord }
  /** A text that means several scans, the newest of which are told. */
  | { readonly ambiguous: { readonly word: string; readonly count: number; readonly rows: readonly ScanRow[] } }
  /** Of what takes a while: what was found, or how far it is. */
  | { readonly line: string }
  | { readonly progress: string }
  | { readonly end: DeskEnd };

export type ExportedRecord = Exclude<
  QueueChange,
  | { readonly forgetScan: string }
  | { readonly forgetSubmission: string }
  | { readonly forgetFlowRun: string }
  | { readonly forgetNote: string }
>;

export interface DeskEnd {
  readonly isDone: boolean;
  /** One sentence. */
  readonly message: string;
}

export interface QueueDesk {
  /** Ends with an `end`; what fails is told there. @throws nothing but bugs of ours */
  answer(request: DeskRequest): AsyncIterable<DeskAnswer>;
}
