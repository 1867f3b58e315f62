/**
 * Where scans are sent. A copier copies files itself (a mounted folder, an SSH host); a Globus collection is reached
 * through tasks of Globus Transfer (transfer-tasks.ts).
 */
import type { CallOptions } from "./call.ts";
import type { ScanTop } from "./scan-top.ts";
import type { Manifest, ScanFile } from "./scans.ts";

/** One scan on its way to one destination. */
export interface Parcel {
  readonly manifest: Manifest;
  /** Directory at the destination, below its top; each part is a plain name. */
  readonly parts: readonly string[];
}

/** A file as a destination lists it. */
export interface FoundFile extends Omit<ScanFile, "modified"> {
  /** Milliseconds since 1970 UTC, over SSH whole seconds; undefined where the destination does not tell. */
  readonly modified: number | undefined;
  /** Equal for two names of one file that this host sees itself; absent where nobody tells. */
  readonly identity?: string;
}

/** How far a copy has come. */
export interface CopyProgress {
  /** Bytes that are at the destination, those of files that were there before among them. */
  readonly bytes: number;
  readonly files: number;
}

export interface CopyOptions extends CallOptions {
  /** Told now and then: of many small files not of each. */
  readonly onProgress?: (progress: CopyProgress) => void;
}

/** What a copy has read and written. */
export interface CopiedFile extends ScanFile {
  /** SHA-256, hexadecimal, of the source as it was read; the destination's file was read back, and was the same. */
  readonly sha256: string;
}

export interface Copier {
  /** Host and top directory, as operators know them: `/mnt/archive`, `archive.example.org:/data`. */
  readonly place: string;
  /** Its top, for the check before beam time. */
  readonly directory: ScanTop;
  /**
   * Copies a parcel's files, each to a `.part` beside its place, written through to the disk, read back, given the
   * source's time and mode, and renamed. A file that is there already with the same size and time is read and kept
   * where its checksum is right. Ended at any moment and begun anew it goes on; what it leaves of itself is `.part`
   * files, which the next copy of the parcel removes.
   * @returns every file of the manifest
   * @throws SourceChangedError for a file that is not as the manifest has it; NoRoomError; UnavailableError where the
   * destination or the source itself is not there; AccessDeniedError where the destination does not let us write;
   * ActionError for one file that cannot be read or written; the signal's reason
   */
  copy(parcel: Parcel, options: CopyOptions): Promise<readonly CopiedFile[]>;
  /**
   * What is at the destination now: of a folder all that is below, otherwise those of the manifest's files that exist,
   * without `.part` files. Nothing where the parcel's directory is not there.
   * @throws UnavailableError where the destination itself is not there
   */
  list(parcel: Parcel, options: CallOptions): Promise<readonly FoundFile[]>;
  /** Writes a small file, such as `manifest.json`, into the parcel's directory in the same way. */
  write(parts: readonly string[], name: string, text: string, options: CallOptions): Promise<void>;
}
