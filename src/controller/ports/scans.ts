/** A scan's files: where they are looked at before they leave, and how they are told one by one. */
import type { CallOptions } from "./call.ts";
import type { ScanTop } from "./scan-top.ts";

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
  /** The same as the host has it, for the check before beam time. */
  readonly directory: ScanTop;
  /**
   * What belongs to a scan now. Links are followed inside of `top`.
   * @param scan a file or a folder, absolute, below `top`
   * @throws NotFoundError where it is not there, UnavailableError where the host does not answer, ActionError for a
   * path that leads out of `top`, a name that is no UTF-8, or what is neither a file nor a folder
   */
  look(scan: string, options: CallOptions): Promise<Manifest>;
}

/** The scans that a source's disk holds. */
export interface ScanDisk {
  /**
   * The scans below `top`, sorted, 10,000 at most. Links are followed where the path says what a scan is.
   * @throws UnavailableError where the host does not answer, ActionError for more scans
   */
  scans(options: CallOptions): Promise<DiskScans>;
  /** Makes an empty file in every folder of a scan that is there, all of one name that nothing else has. */
  mark(manifest: Manifest, options: MarkOptions): Promise<MarkedScan>;
  /** Removes every such file from the scan's folders; none is no failure. */
  unmark(manifest: Manifest, options: CallOptions): Promise<void>;
  /**
   * Deletes a scan: exactly the files of the manifest, each looked at right before, and then folders of the scan's own
   * that are empty. Nothing is deleted where one of the files is not as the manifest has it, is reached through a link,
   * or where a folder that is the whole scan holds anything else.
   * @returns what was deleted; with `problem` where it ended in the middle, or may have
   * @throws SourceChangedError, AccessDeniedError, UnavailableError, ActionError: nothing was deleted, but with
   * `mayHaveHappened`
   */
  remove(manifest: Manifest, options: RemoveOptions): Promise<Removed>;
}

export interface MarkOptions extends CallOptions {
  /** Whether folders may be gone: an earlier deletion was ended in the middle. */
  readonly mayLack: boolean;
}

/** By what a destination is known to show the source itself, through a mount or a link, anywhere in a scan. */
export interface MarkedScan {
  /** The empty files, below the manifest's folder. */
  readonly marks: readonly string[];
  /** Of the scan's files, as a `FoundFile` has it; none where the host does not tell. */
  readonly identities: readonly string[];
}

export interface RemoveOptions extends CallOptions {
  /** Everything is looked at, and nothing deleted. */
  readonly isPlan: boolean;
  /** Whether files may be gone: an earlier call was ended in the middle. */
  readonly mayLack: boolean;
}

export interface DiskScans {
  /** Absolute, as the source names them. */
  readonly scans: readonly string[];
  /** Folders that could not be listed, sentences. */
  readonly problems: readonly string[];
}

export interface Removed {
  readonly files: number;
  readonly bytes: number;
  /** Why the rest is left, a sentence. */
  readonly problem?: string;
}
