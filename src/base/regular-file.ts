/**
 * Reads a file as a whole that a person or a setting names. A named pipe, a terminal or a device in its place would let the reader wait for ever, so what is no
 * file is refused before it is read. Whoever reads says in a sentence which file it was and what it is for.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { FileError } from "./errors.ts";

/** Something else than a file has the name. */
export class NoFileError extends FileError {
  readonly isFolder: boolean;
  constructor(stats: Stats, path: string) {
    super(
      stats.isDirectory() ? "that is a folder" : stats.isFIFO() ? "that is a named pipe" : "that is a device",
      path,
    );
    this.isFolder = stats.isDirectory();
  }
}

/** What ends by itself though it is no file: nothing at all, and what a shell has opened, as for `<(command)`. */
const ENDS_BY_ITSELF = /^\/dev\/(?:null|stdin|stdout|stderr|fd\/\d+)$|^\/proc\/(?:self|\d+)\/fd\/\d+$/;
/** Opens a named pipe without waiting for somebody who writes into it. */
const AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK;

/** @throws NoFileError, or the system's error */
export async function readRegularFile(path: string): Promise<Buffer> {
  if (ENDS_BY_ITSELF.test(path)) return await readFile(path);
  const file = await openRegularFile(path);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** For whoever looks at size or permissions before reading. @throws NoFileError, or the system's error */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const file = await open(path, AT_ONCE);
  try {
    refuseOther(await file.stat(), path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** As `readRegularFile`, for what is read while the program starts. @throws NoFileError, or the system's error */
export function readRegularFileSync(path: string): Buffer {
  if (ENDS_BY_ITSELF.test(path)) return readFileSync(path);
  const file = openSync(path, AT_ONCE);
  try {
    refuseOther(fstatSync(file), path);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Opens a file, a terminal or a device to write to it; not a named pipe, which may have no reader. @throws NoFileError, or the system's error */
export function openToWrite(path: string, flags: "a" | "w"): number {
  const there = ENDS_BY_ITSELF.test(path) ? undefined : statSync(path, { throwIfNoEntry: false });
  if (there?.isFIFO() === true) throw new NoFileError(there, path);
  return openSync(path, flags);
}

/** A socket never comes as far as here: opening it fails with ENXIO. */
function refuseOther(stats: Stats, path: string): void {
  if (!stats.isFile()) throw new NoFileError(stats, path);
}
