/** A scan's files: where they are looked at before they leave, and how they are told one by one. */
import type { CallOptions } from "./call.ts";

/** One file of a scan, as it was when it was looked at. */
export interface ScanFile {
  /** Below the folder of its manifest, parts separated by `/`. */
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970 UTC, whole. */
  readonly modified: number;
}

/** Everything that belongs to one scan. */
export interface Manifest {
  /** Absolute on the source host; all paths begin there. */
  readonly folder: string;
  /** Whether the scan is the whole folder; otherwise other scans' files lie in the folder, too. */
  readonly isFolder: boolean;
  /** Sorted by path; at least one. */
  readonly files: readonly ScanFile[];
}

/** The host on which a finished scan's files are looked at. */
export interface ScanSource {
  /** The host, as operators know it. */
  readonly name: string;
  /** Absolute; scans lie below. */
  readonly top: string;
  /**
   * What belongs to a scan now. Links are followed inside of `top`.
   * @param scan a file or a folder, absolute, below `top`
   * @throws NotFoundError where it is not there, UnavailableError where the host does not answer, ActionError for a
   * path that leads out of `top`, a name that is no UTF-8, or what is neither a file nor a folder
   */
  look(scan: string, options: CallOptions): Promise<Manifest>;
}
