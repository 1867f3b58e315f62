/**
 * The ledger of scans and of where they were sent: the queue itself. What is put is on disk when the promise resolves.
 * Each record is small; a scan's files are kept apart.
 */
import type { FlowRunRequest } from "./flows.ts";
import type { Manifest } from "./scans.ts";
import type { Submission } from "./transfer-tasks.ts";

/** The levels of a destination's path that a scan brings along; "" where nobody knows. */
export interface ScanTags {
  readonly exp: string;
  readonly ym: string;
  readonly last: string;
  readonly gup: string;
}

/**
 * waiting: its source is not at rest yet. ready: its files are known and it is sent. left: it is not sent, by a rule or
 * because a person has said so. lost: its files are not where they should be, and a person decides. `reason` says why.
 */
export const SCAN_STATES = ["waiting", "ready", "left", "lost"] as const;

/** One scan, in one version: the same name written again with other content is another record. */
export interface ScanRecord {
  /** Sorts by age; unique. */
  readonly id: string;
  /** The file or folder on the source host, absolute, without a slash at its end. */
  readonly file: string;
  readonly state: (typeof SCAN_STATES)[number];
  /** Why it still waits, or is left or lost: a clause. */
  readonly reason?: string;
  /** When it was announced, milliseconds since 1970 UTC. */
  readonly seen: number;
  /** The trigger that announced it, or who else. */
  readonly trigger: string;
  /** Where it goes; absent: to every destination. */
  readonly destinations?: readonly string[];
  /** Of the experiment that was tagged; absent while nobody knows. */
  readonly tags?: ScanTags;
  /** Why it counts as aborted, a clause. */
  readonly aborted?: string;
  /** Nobody saw when it ended: the experiment that is tagged now need not be the scan's. */
  readonly mayBeOld?: true;
  /** Directory on the analysis host to which TomoScan copies it, where it does. */
  readonly copiesTo?: string;
  /** Of its files, without markers, as the watch over its tree saw them when it was announced. */
  readonly content?: string;
  /** Of its files' names, sizes and times; absent while it waits. */
  readonly signature?: string;
  readonly folder?: string;
  readonly isFolder?: boolean;
  readonly files?: number;
  readonly bytes?: number;
  /** Once its files are deleted at the source. */
  readonly freed?: FreedFiles;
}

/** What was deleted of a scan at the source. */
export interface FreedFiles {
  /** When it began, milliseconds since 1970 UTC. */
  readonly at: number;
  /** False: it has begun, and some files may be gone beside those that are counted. */
  readonly isWhole: boolean;
  readonly files: number;
  readonly bytes: number;
  /** Why it ended in the middle, a sentence. */
  readonly problem?: string;
}

/**
 * queued: to be sent. submitting: the submission is on disk, and may have reached Globus. submitted: Globus has the
 * task. verified: proven at the destination. failed: tried again at `next`. dead: a person decides. dropped: a person
 * has decided, or a newer version of the scan is sent instead.
 */
export const SEND_STATES = ["queued", "submitting", "submitted", "verified", "failed", "dead", "dropped"] as const;
export type SendState = (typeof SEND_STATES)[number];

/** One scan on its way to one destination. */
export interface SendRecord {
  readonly scan: string;
  readonly destination: string;
  readonly state: SendState;
  /** Attempts that have failed. */
  readonly attempts: number;
  /** When this state began, milliseconds since 1970 UTC. */
  readonly at: number;
  /** When it is tried again, milliseconds since 1970 UTC. */
  readonly next?: number;
  /** Why it failed, is dropped, or is verified without having been sent: a sentence. */
  readonly reason?: string;
  /** Of a Globus submission, or of a run of a flow. */
  readonly submission?: string;
  /** Stands for the times of its files there, once it is proven with others than the source's: Globus left them. */
  readonly times?: string;
  /** Files that the last proof missed, or found to be other than they should be: a few of their names, and how many. */
  readonly missing?: { readonly count: number; readonly names: readonly string[] };
}

/** One submission to Globus Transfer, for several scans perhaps; also for a transfer that a person has asked for. */
export interface SubmissionRecord {
  readonly submission: Submission;
  /** Whose submission it is: another login must not repeat it. */
  readonly owner: string;
  /** Of the rows that it carries; "" for a transfer that a person has asked for. */
  readonly destination: string;
  readonly scans: readonly string[];
  readonly at: number;
  /** Once Transfer has accepted it. */
  readonly task?: string;
}

/**
 * queued: to be begun. starting: the service may have been asked. started: it has the run. done: it has ended well.
 * failed: tried again at `next`. dead: a person decides. dropped: a person has decided.
 */
export const STEP_STATES = ["queued", "starting", "started", "done", "failed", "dead", "dropped"] as const;

/** What follows a scan that is verified at a destination: one record for each version of it, destination and kind. */
export interface StepRecord {
  readonly scan: string;
  readonly destination: string;
  /** As in ports/steps.ts. */
  readonly kind: string;
  /** What runs: the name of a function, or of a workflow, as globus.conf had it when the scan was verified. */
  readonly what: string;
  /** The scan's file or folder, as what runs sees it. */
  readonly path: string;
  readonly state: (typeof STEP_STATES)[number];
  /** Attempts that have failed. */
  readonly attempts: number;
  /** When this state began, milliseconds since 1970 UTC. */
  readonly at: number;
  /** When it is tried again, milliseconds since 1970 UTC. */
  readonly next?: number;
  /** Why it failed or is dropped, or what it gave: a sentence. */
  readonly reason?: string;
  /** Of the last start: what its run is found by. */
  readonly key?: string;
  /** When it was put down, milliseconds since 1970 UTC. */
  readonly since?: number;
  /** The service's id of the run, once it has told it. */
  readonly run?: string;
}

/** One run of a flow, for one scan, or for a person who has asked for it. On disk before Flows hears of it. */
export interface FlowRunRecord {
  /** Begins its label, which tells the run from all others; sorts by age. */
  readonly id: string;
  /** What operators call the flow, as `globus-ioc login --flow` takes it. */
  readonly flowName: string;
  /** What is asked of Flows, whole, so that it can be asked again word for word. */
  readonly request: FlowRunRequest;
  /** Whose run it is: another login must not ask for it again. */
  readonly owner: string;
  /** Of the row that it carries; "" for a run that a person has asked for. */
  readonly destination: string;
  readonly scans: readonly string[];
  readonly at: number;
  /** When it was put down by Globus' clock, milliseconds since 1970 UTC; absent where Globus had not told the time. */
  readonly since?: number;
  /** Flows' id of it, once it is known. */
  readonly run?: string;
  /** It has ended: a person's last run is kept until the next, so that it can be shown. */
  readonly isOver?: true;
  /** The person wants it no more: it is not started, and cancelled where it has begun all the same. */
  readonly isWithdrawn?: true;
}

/** Something that people, or other programs, are told of; kept until all have it. */
export interface NoteRecord {
  /** Sorts by age; unique. */
  readonly id: string;
  readonly at: number;
  readonly kind: "verified" | "failed" | "task" | "summary";
  /** The line of JSON that a webhook gets, as an object; e-mails are made from it, too. */
  readonly line: Readonly<Record<string, unknown>>;
  /** absent: the channel is not for it, or has it. due: to be told. */
  readonly webhook?: "due";
  /** sending: the first of `to` may have it. */
  readonly mail?: "due" | "sending";
  /** Addresses that do not have it yet; absent: nobody has. */
  readonly to?: readonly string[];
  /** Failed attempts of the webhook. */
  readonly attempts?: number;
  readonly next?: number;
}

/** The daily summaries that were made. */
export interface SummaryRecord {
  /** The last of them, each `YYYY-MM-DD` at the facility: no day has a second one. */
  readonly days: readonly string[];
  /** When the last was made, milliseconds since 1970 UTC. */
  readonly at: number;
}

export interface QueueContent {
  readonly scans: readonly ScanRecord[];
  readonly sends: readonly SendRecord[];
  readonly submissions: readonly SubmissionRecord[];
  readonly steps: readonly StepRecord[];
  readonly flowRuns: readonly FlowRunRecord[];
  readonly notes: readonly NoteRecord[];
  /** One at most. */
  readonly summaries: readonly SummaryRecord[];
}

/** Each puts, or takes away, one record. */
export type QueueChange =
  | { readonly scan: ScanRecord }
  | { readonly send: SendRecord }
  | { readonly submission: SubmissionRecord }
  | { readonly step: StepRecord }
  | { readonly flowRun: FlowRunRecord }
  | { readonly note: NoteRecord }
  | { readonly summary: SummaryRecord }
  | { readonly forgetScan: string }
  | { readonly forgetSubmission: string }
  | { readonly forgetFlowRun: string }
  | { readonly forgetNote: string };

export interface QueueLedger {
  /**
   * Everything but the files of scans.
   * @throws ActionError for a ledger that is damaged, newer, or held by another process
   */
  read(): Promise<QueueContent>;
  /** All or nothing. @throws ActionError: nothing has changed */
  put(changes: readonly QueueChange[]): Promise<void>;
  /** Keeps the files of a scan, before its record says that it is ready. @throws ActionError */
  keepManifest(scan: string, manifest: Manifest): Promise<void>;
  /**
   * The files of a scan that is ready, as they were kept.
   * @throws SourceChangedError where they are lost or damaged: the scan is looked at anew; ActionError where they
   * cannot be read
   */
  manifest(scan: string): Promise<Manifest>;
  close(): Promise<void>;
}
