/**
 * What can go wrong with a simulated task: the codes that Transfer shows in `nice_status`, events and `fatal_error`,
 * and what each of them does to a task. Which codes there are is from globus.md §3.3 and from programs that tell them
 * apart; which of them end a task, and how long one waits before the next attempt, is not published.
 */
import { isBelow } from "./files.ts";

export type Side = "source" | "destination";

interface FaultRow {
  /** In lower case, as `nice_status_short_description` has it. */
  readonly says: string;
  readonly sides: readonly Side[];
  /** What waits for the next attempt: the file or directory alone, or all of the task. */
  readonly holds: "path" | "task";
  /** `skip_source_errors` leaves the path out. */
  readonly isSkippable?: true;
  /** The task ends; with a text, where it was submitted with that option. */
  readonly isFatal?: true | "fail_on_quota_errors";
  /** The task waits for a person: INACTIVE. */
  readonly needsPerson?: true;
  /** File operations are refused, too: the end of their code. */
  readonly refusal?: string;
}

const BOTH = ["source", "destination"] as const;

/** The one table of faults. */
const TASK_FAULTS = {
  FILE_NOT_FOUND: { says: "file not found", sides: ["source"], holds: "path", isSkippable: true },
  PERMISSION_DENIED: { says: "permission denied", sides: BOTH, holds: "path", isSkippable: true },
  AMBIGUOUS_PATH: { says: "ambiguous path", sides: ["source"], holds: "path", isSkippable: true },
  IS_A_DIRECTORY: { says: "is a directory", sides: BOTH, holds: "path", isFatal: true },
  NOT_A_DIRECTORY: { says: "not a directory", sides: BOTH, holds: "path", isFatal: true },
  FILE_SIZE_CHANGED: { says: "file size changed", sides: ["source"], holds: "path" },
  VERIFY_CHECKSUM: { says: "checksum verification failed", sides: ["destination"], holds: "path" },
  QUOTA_EXCEEDED: {
    says: "disk quota exceeded",
    sides: ["destination"],
    holds: "task",
    isFatal: "fail_on_quota_errors",
  },
  GC_NOT_CONNECTED: { says: "not connected", sides: BOTH, holds: "task", refusal: "GCDisconnected" },
  GC_PAUSED: { says: "paused", sides: BOTH, holds: "task", refusal: "GCPaused" },
  AUTH: { says: "authentication failed", sides: BOTH, holds: "task", refusal: "LoginFailed" },
  CONNECT_FAILED: { says: "connect failed", sides: BOTH, holds: "task", refusal: "ConnectFailed" },
  CONNECTION_RESET: { says: "connection reset", sides: BOTH, holds: "task" },
  ENDPOINT_TOO_BUSY: { says: "endpoint too busy", sides: BOTH, holds: "task" },
  ENDPOINT_ERROR: { says: "endpoint error", sides: BOTH, holds: "task" },
  TIMEOUT: { says: "command timed out", sides: BOTH, holds: "task" },
  EXPIRED_CREDENTIALS: { says: "credentials expired", sides: BOTH, holds: "task", needsPerson: true },
} as const satisfies Readonly<Record<string, FaultRow>>;

export type TaskFaultCode = keyof typeof TASK_FAULTS;

export const faultRow = (code: TaskFaultCode): FaultRow => TASK_FAULTS[code];

/** Something that goes wrong on a collection from now on. */
export interface CollectionFault {
  readonly code: TaskFaultCode;
  /** For this path and all below it; default: everywhere. */
  readonly below?: string;
  /** So often; default: until it is taken away. */
  readonly times?: number;
  /** The task ends at once, whatever the code does else. */
  readonly isFatal?: boolean;
}

/** A fault that stands on a collection, with the times that are left. */
export interface StandingFault extends CollectionFault {
  left: number;
}

/** What happened to a path of a task. */
export class TaskFault extends Error {
  readonly code: TaskFaultCode;
  readonly side: Side;
  readonly isFatal: boolean;
  constructor(code: TaskFaultCode, side: Side, details: string, isFatal = false) {
    super(details);
    this.code = code;
    this.side = side;
    this.isFatal = isFatal;
  }
}

/**
 * Uses up the fault that stands on a collection for a path.
 * @param codes those that are meant; default: those that show as soon as the path is touched
 */
export function takeFault(
  faults: readonly StandingFault[],
  side: Side,
  path: string,
  codes: (code: TaskFaultCode) => boolean = (code) => code !== "VERIFY_CHECKSUM",
): void {
  const found = faults.find(
    ({ code, below = "/", left }) =>
      left > 0 && codes(code) && faultRow(code).sides.includes(side) && isBelow(path, below),
  );
  if (found === undefined) return;
  found.left -= 1;
  throw new TaskFault(found.code, side, `${faultRow(found.code).says}: ${path}`, found.isFatal);
}

const BY_ERRNO: Readonly<Record<string, TaskFaultCode>> = {
  ENOENT: "FILE_NOT_FOUND",
  EACCES: "PERMISSION_DENIED",
  EPERM: "PERMISSION_DENIED",
  ELOOP: "AMBIGUOUS_PATH",
  EISDIR: "IS_A_DIRECTORY",
  ENOTDIR: "NOT_A_DIRECTORY",
  EDQUOT: "QUOTA_EXCEEDED",
  ENOSPC: "QUOTA_EXCEEDED",
};

/** What the operating system said of a path, as Transfer would tell it. */
export function faultOf(thrown: unknown, side: Side, path: string): TaskFault {
  if (thrown instanceof TaskFault) return thrown;
  const { code: errno = "EIO" } = thrown as Partial<NodeJS.ErrnoException>;
  const code = BY_ERRNO[errno] ?? "ENDPOINT_ERROR";
  // Node's own words name places of this machine, which are nobody's business.
  return new TaskFault(code, side, `${faultRow(code).says}: ${path} (${errno})`);
}
