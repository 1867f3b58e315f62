/** The top directory of a source or of a destination, as the check before beam time tries it. */
import type { CallOptions } from "./call.ts";

/** What was found at a top directory that is there and can be listed. */
export interface TopFound {
  /** Bytes that may still be written there; undefined where nobody can tell. */
  readonly room: number | undefined;
  /**
   * What the host gave as the time of the file that was just written, milliseconds since 1970 UTC, over SSH whole
   * seconds; undefined where none was written.
   */
  readonly written: number | undefined;
}

/** A small file of one host's check. Its name is always the same: what a killed check leaves the next one removes. */
export interface TrialFile {
  readonly name: string;
  readonly text: string;
  /** Its time, milliseconds since 1970 UTC, whole seconds. */
  readonly modified: number;
}

export interface ScanTop {
  /** Looks at the directory and lists it. @throws ActionError, which says why that does not work */
  look(options: CallOptions): Promise<TopFound>;
  /** As `look`, and writes an empty file of this name beside, which is removed at once. */
  tryWriting(name: string, options: CallOptions): Promise<TopFound>;
  /** Writes the file as copies are written. */
  put(file: TrialFile, options: CallOptions): Promise<void>;
  /** @returns undefined where there is no such file */
  find(name: string, options: CallOptions): Promise<{ readonly bytes: number; readonly modified: number } | undefined>;
  /** Removes the file with what a copy of it has left; nothing where there is none. */
  remove(name: string, options: CallOptions): Promise<void>;
}
