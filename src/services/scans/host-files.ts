/**
 * What looking at scans and copying them ask of a host's files, so that each is written once: for files that this host
 * sees itself (mounted-files.ts) and for those behind SSH (ssh-files.ts). Paths are absolute, on that host.
 */

/** What a name denotes. */
export interface FileLook {
  readonly kind: "file" | "folder" | "link" | "other";
  readonly bytes: number;
  /** Milliseconds since 1970 UTC, whole. */
  readonly modified: number;
  /** Permission bits. */
  readonly mode: number;
  /** Equal for two names of one thing on one host; undefined where the host does not tell. */
  readonly identity: string | undefined;
}

export interface FolderEntry extends FileLook {
  readonly name: string;
}

/** What a written file is given at its end. */
export type Attributes = Pick<FileLook, "modified" | "mode">;

/** A file that is too large to be held in memory. Several calls may be under way at once. */
export interface OpenFile {
  /** @returns bytes read, fewer than asked for at the end of the file only */
  read(into: Buffer, at: number): Promise<number>;
  write(bytes: Buffer, at: number): Promise<void>;
  /** Returns when what was written is on the disk. */
  sync(): Promise<void>;
  look(): Promise<FileLook>;
  give(attributes: Attributes): Promise<void>;
  close(): Promise<void>;
}

/** Why a call failed, as far as it matters to what is done next. */
export interface FileFailure {
  /** `noPlace`: the whole tree cannot be used now. */
  readonly kind: "gone" | "denied" | "noRoom" | "noPlace" | "other";
  /** A piece of a sentence: `the disk is full (ENOSPC)`. */
  readonly words: string;
}

/** All but `look`, `lookThrough` and `makeFolder` fail where nothing has the name. */
export interface HostFiles {
  /** The tree as operators know it: `/mnt/archive`, `archive.example.org:/data`. */
  readonly place: string;
  /** Files that are worked on at once: what answers without waiting gains nothing by more than one. */
  readonly atOnce: number;
  /** Undefined where nothing is; of a link itself. */
  look(path: string): Promise<FileLook | undefined>;
  /** As `look`, of what a link leads to. */
  lookThrough(path: string): Promise<FileLook | undefined>;
  realPath(path: string): Promise<string>;
  /** What is in a folder, some entries at a time. */
  entries(path: string): AsyncIterable<readonly FolderEntry[]>;
  names(path: string): Promise<readonly string[]>;
  /** Reads a small file from its beginning. @returns how many bytes, and what the file was when they had been read */
  readSmall(path: string, into: Buffer): Promise<{ readonly bytes: number; readonly found: FileLook }>;
  /** Whether a small file has this content, and no more. */
  holds(path: string, bytes: Buffer): Promise<boolean>;
  /** Makes a file that is not there yet. On the disk after `settle`. */
  writeSmall(path: string, bytes: Buffer, attributes: Attributes): Promise<void>;
  open(path: string, how: "read" | "create"): Promise<OpenFile>;
  give(path: string, attributes: Attributes): Promise<void>;
  /** Leaves a folder that is there as it is. */
  makeFolder(path: string): Promise<void>;
  /** Takes the place of a file that has the name. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Removes a folder that is empty. @returns false where it is not */
  removeEmpty(path: string): Promise<boolean>;
  /** Returns when the files' contents are on the disk. */
  settle(paths: readonly string[]): Promise<void>;
  /** Returns when the folders' names are on the disk. */
  settleFolders(paths: readonly string[]): Promise<void>;
  /** Bytes that we may still write where `path` is; undefined where the host does not tell. */
  room(path: string): Promise<number | undefined>;
  /** Undefined for what is no failure of the files: a bug, or an error that has its sentence. */
  failureOf(thrown: unknown): FileFailure | undefined;
  close(): Promise<void>;
}

/** Whether `path` is `top`, or below. Both are real paths. */
export const isWithin = (top: string, path: string): boolean =>
  path === top || path.startsWith(top.endsWith("/") ? top : `${top}/`);
