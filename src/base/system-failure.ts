/**
 * What the system says of a file, folder or program, in words for operators. Failures of sockets stay as they are:
 * their sentences name hosts and ports.
 */
import { getSystemErrorMap } from "node:util";

/** Pieces of a sentence. What is not here has the system's own words. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission is denied",
  EPERM: "that is not permitted",
  ENOENT: "there is no such file or folder",
  ENOTDIR: "a part of its path is no folder",
  EISDIR: "that is a folder",
  EEXIST: "there is one already",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENXIO: "that is a socket, or a device that is not there",
  EFBIG: "the file would be larger than this process may write",
  EROFS: "the file system is read-only",
  EIO: "the disk has failed",
  ESTALE: "the file server no longer knows the file",
  ELOOP: "its symbolic links lead in a circle",
  ENAMETOOLONG: "its name is too long",
  EMFILE: "this program has too many files open",
  ENFILE: "this host has too many files open",
  EBUSY: "somebody else uses the file",
};

/** Where a path is relative the system is asked for the current folder; its error then names no path. */
const FOLDER_GONE = "the folder that the program was started in has been removed: start it in another";

/** As Node throws it. */
interface SystemError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path?: unknown;
}

export interface SystemFailure {
  /** A piece of a sentence with the system's code, without a path: `the disk is full (ENOSPC)`. */
  readonly words: string;
  /** The file, folder or program, where the system names it; of a rename the source. */
  readonly path: string | undefined;
}

/** @returns undefined for anything else than an error of the system about a file, folder or program */
export function systemFailure(thrown: unknown): SystemFailure | undefined {
  if (!isSystemError(thrown)) return undefined;
  if (thrown.syscall === "uv_cwd") return { words: FOLDER_GONE, path: undefined };
  const path = typeof thrown.path === "string" ? thrown.path : undefined;
  const words = WORDS[thrown.code] ?? (path === undefined ? undefined : getSystemErrorMap().get(thrown.errno)?.[1]);
  return words === undefined ? undefined : { words: `${words} (${thrown.code})`, path };
}

function isSystemError(thrown: unknown): thrown is SystemError {
  if (!(thrown instanceof Error)) return false;
  const { code, errno, syscall } = thrown as Partial<SystemError>;
  const isOfSystem = typeof code === "string" && typeof errno === "number" && typeof syscall === "string";
  return isOfSystem && !("address" in thrown);
}
