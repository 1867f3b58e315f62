/** Globus Transfer: tasks that move files between collections. */
import type { CallOptions } from "./call.ts";
import type { FoundFile } from "./destinations.ts";

/** A file, or a folder with all below, on its way. */
export interface SubmittedItem {
  readonly source: string;
  readonly destination: string;
  readonly isFolder: boolean;
}

/** What is asked of Transfer, whole, so that it can be asked again word for word. */
export interface Submission {
  /** Of `submissionId`: the same id is never accepted twice. */
  readonly id: string;
  /** Its beginning is what counts: longer than 128 characters it is cut, and line ends in it become blanks. */
  readonly label: string;
  readonly sourceCollection: string;
  readonly destinationCollection: string;
  readonly items: readonly SubmittedItem[];
  /** ISO 8601; the task ends then at the latest. */
  readonly deadline: string;
}

/** The end of one file on a collection, whole, as a submission is. */
export interface FileRemoval extends Pick<Submission, "id" | "label" | "deadline"> {
  readonly collection: string;
  readonly path: string;
}

export const TASK_STATES = ["ACTIVE", "INACTIVE", "SUCCEEDED", "FAILED"] as const;

/** A task as Transfer tells of it. */
export interface TaskReport {
  readonly id: string;
  readonly state: (typeof TASK_STATES)[number];
  readonly label: string;
  /** Transfer's word on how it goes: `OK`, `Queued`, `FILE_NOT_FOUND` … ; "" where it says none. */
  readonly niceStatus: string;
  /** The same in Transfer's own words. */
  readonly description: string;
  /** False: Transfer itself thinks that it does not go well. */
  readonly isOk: boolean;
  readonly isPaused: boolean;
  /** Set where an administrator has cancelled it: the administrator's message, perhaps empty. */
  readonly cancelledByAdmin?: string;
  /** Why it failed, code and words; absent unless it failed so. */
  readonly fatal?: { readonly code: string; readonly description: string };
  readonly faults: number;
  readonly files: number;
  readonly filesTransferred: number;
  readonly filesSkipped: number;
  readonly bytesTransferred: number;
  readonly bytesPerSecond: number;
  /** Files that were left out because of errors. */
  readonly skippedErrors: number;
  /**
   * Tasks of the same login that were submitted before, and are worked on or wait to be: Transfer works on three at a
   * time. 0 of a task that is paused or has ended.
   */
  readonly ahead: number;
}

/** What Transfer says of one file of an ended task. */
export interface ArrivedFile {
  readonly destination: string;
}

/** Milliseconds since 1970 UTC. */
export interface HeardTime {
  /** By Globus' clock, whole seconds. */
  readonly theirs: number;
  /** By this host's clock, when it came. */
  readonly ours: number;
}

export interface TransferTasks {
  /** Who submits: the login's identity and the application, as one text; another text is another owner. */
  owner(options: CallOptions): Promise<string>;
  /** A new id for one submission. */
  submissionId(options: CallOptions): Promise<string>;
  /**
   * Submits once: the same submission gives the same task.
   * @returns the task's id
   * @throws AlreadyExistsError when an identical transfer is under way under another submission
   */
  submit(submission: Submission, options: CallOptions): Promise<string>;
  /**
   * Two requests, however many are under way; one more for each 100 that have ended.
   * @returns by id; what Transfer no longer has is left out
   */
  tasks(ids: readonly string[], options: CallOptions): Promise<ReadonlyMap<string, TaskReport>>;
  /** @returns false when the task had ended before @throws NotFoundError */
  cancel(taskId: string, options: CallOptions): Promise<boolean>;
  /** What a paused task waits for: the pause rule's message; "" where there is none. */
  pauseMessage(taskId: string, options: CallOptions): Promise<string>;
  /**
   * The files that a successful task has moved; not those that it skipped as equal, nor those whose paths Transfer does
   * not tell this login.
   */
  arrived(taskId: string, options: CallOptions): Promise<readonly ArrivedFile[]>;
  /** @throws NotFoundError; ActionError for what is neither, such as a link that leads nowhere */
  typeOf(collection: string, path: string, options: CallOptions): Promise<"file" | "folder">;
  /**
   * Every file below a folder, or of a folder alone, with paths below that folder, in no order. Links to folders are
   * not followed.
   * @throws NotFoundError where it is not there
   */
  list(collection: string, folder: string, isDeep: boolean, options: CallOptions): Promise<readonly FoundFile[]>;
  /** Asks for the beginning of a folder's list, to see that it can be listed. @throws NotFoundError */
  glance(collection: string, folder: string, options: CallOptions): Promise<void>;
  /** One file. @throws NotFoundError */
  find(collection: string, path: string, options: CallOptions): Promise<Omit<FoundFile, "path">>;
  /** Submits the removal of one file once, as `submit` does. @returns the task's id */
  remove(removal: FileRemoval, options: CallOptions): Promise<string>;
  /** What the last answer of Globus Transfer said of the time, and when it came here; undefined before the first. */
  heard(): HeardTime | undefined;
  /** Why the collection takes no plain transfer in this role; undefined: it does. @throws NotFoundError */
  refusal(collection: string, role: "source" | "destination", options: CallOptions): Promise<string | undefined>;
}
