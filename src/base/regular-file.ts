/**
 * Opens what must be a file, to read it as a whole or to write to it. A named pipe, a terminal or a device in its place
 * would let the program wait for ever, so what is no file is refused as soon as it is open. The caller says in a
 * sentence which file it was and what it is for.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { codeOf, FileError } from "./errors.ts";

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

/**
 * Taken as they are, since nobody names them by mistake: nothing at all, and what a shell has opened, as for
 * `<(command)`.
 */
const TAKEN_AS_IT_IS = /^\/dev\/(?:null|stdin|stdout|stderr|fd\/\d+)$|^\/proc\/(?:self|\d+)\/fd\/\d+$/;
/** Opens a named pipe without waiting for its other end. */
const AT_ONCE = constants.O_NONBLOCK;

/** @throws NoFileError, or the system's error */
export async function readRegularFile(path: string): Promise<Buffer> {
  const file = await openRegularFile(path);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** For callers that look at size or permissions before they read. @throws NoFileError, or the system's error */
export async function openRegularFile(path: string): Promise<FileHandle> {
  if (TAKEN_AS_IT_IS.test(path)) return await open(path);
  const file = await open(path, constants.O_RDONLY | AT_ONCE);
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
  if (TAKEN_AS_IT_IS.test(path)) return readFileSync(path);
  const file = openSync(path, constants.O_RDONLY | AT_ONCE);
  try {
    refuseOther(fstatSync(file), path);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

const WRITING = {
  a: constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND,
  w: constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC,
} as const;

/**
 * Opens a file, a terminal or a device to write to it; not a named pipe, which may have no reader.
 * @throws NoFileError, or the system's error
 */
export function openToWrite(path: string, how: keyof typeof WRITING): number {
  if (TAKEN_AS_IT_IS.test(path)) return openSync(path, WRITING[how]);
  const file = openAtOnce(path, WRITING[how]);
  const stats = fstatSync(file);
  if (stats.isFile()) return file;
  closeSync(file);
  if (stats.isFIFO()) throw new NoFileError(stats, path);
  return openSync(path, WRITING[how]); // a device that is busy would refuse what it must wait for
}

/** A named pipe without a reader fails as a socket does. */
function openAtOnce(path: string, flags: number): number {
  try {
    return openSync(path, flags | AT_ONCE);
  } catch (error) {
    const there = codeOf(error) === "ENXIO" ? statSync(path, { throwIfNoEntry: false }) : undefined;
    throw there?.isFIFO() === true ? new NoFileError(there, path) : error;
  }
}

/** A socket never comes as far as here: opening it fails with ENXIO. */
function refuseOther(stats: Stats, path: string): void {
  if (!stats.isFile()) throw new NoFileError(stats, path);
}
