/**
 * Files written so that a failure or a crash at any instruction leaves the old or the new content, and nothing beside
 * it. It knows nothing of what they hold; the caller says in a sentence what could not be written.
 */
import { randomBytes } from "node:crypto";
import * as nodeFiles from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * How the names of temporary files end, behind twelve hexadecimal digits, and the age at which nobody writes one any
 * more.
 */
const TEMPORARY_END = ".tmp";
const LEFT_MILLISECONDS = 3_600_000;

/** The calls that write. Tests hand in those of a disk that fails. */
export type FileCalls = Pick<typeof nodeFiles, "open" | "rename" | "rm" | "link" | "copyFile" | "mkdir">;

export interface WriteOptions {
  /** Permission bits, less the process's umask. */
  readonly mode: number;
  /** utf8 unless said. */
  readonly encoding?: BufferEncoding;
  readonly files?: FileCalls;
}

/**
 * Replaces the file as a whole: a temporary file beside it, fsync, rename, fsync of the folder.
 * @param options temporary: its path, for a file that one process alone writes, so that what a crash leaves is removed
 * by the next write
 * @throws the system's error; the old content is then still there, unless the last fsync alone failed
 */
export async function replaceFile(
  path: string,
  text: string,
  options: WriteOptions & { readonly temporary?: string },
): Promise<void> {
  const { files = nodeFiles, temporary = temporaryOf(path) } = options;
  if (options.temporary !== undefined) await files.rm(temporary, { force: true });
  await createFile(temporary, text, options);
  try {
    await files.rename(temporary, path);
  } catch (error) {
    await removed(temporary, files);
    throw error;
  }
  await syncFolder(dirname(path), files);
  if (options.temporary === undefined) await removeLeft(path, files);
}

/** Where a file is written before it has its name; what a crash leaves there goes with removeLeft. */
export const temporaryOf = (path: string): string => `${path}.${randomBytes(6).toString("hex")}${TEMPORARY_END}`;

/**
 * Removes what programs that were killed while they wrote have left beside the file, which was just written: it may
 * hold secrets. What is young may still be written. Ages are those of the file system's own clock. Never fails: the
 * file itself is there, and the next write tries again.
 */
export const removeLeft = (path: string, files: FileCalls): Promise<void> => sweep(path, files).catch(() => {});

async function sweep(path: string, files: FileCalls): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)];
  const isLeft = (one: string): boolean =>
    one.startsWith(`${name}.`) && /^\.[0-9a-f]{12}$/.test(one.slice(name.length, -TEMPORARY_END.length));
  const names = await nodeFiles.readdir(folder);
  const found = names.filter((one) => one.endsWith(TEMPORARY_END) && isLeft(one));
  if (found.length === 0) return;
  const { mtimeMs: now } = await nodeFiles.stat(path);
  for (const file of found.map((one) => join(folder, one))) {
    const written = await nodeFiles.stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => now, // somebody else has removed it
    );
    if (now - written > LEFT_MILLISECONDS) await removed(file, files);
  }
}

/**
 * Writes a file that does not exist yet, and removes it when it cannot be written whole.
 * @throws the system's error: EEXIST when there is such a file
 */
export async function createFile(
  path: string,
  text: string,
  { mode, encoding = "utf8", files = nodeFiles }: WriteOptions,
): Promise<void> {
  const file = await files.open(path, "wx", mode);
  try {
    try {
      await file.writeFile(text, encoding);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await removed(path, files);
    throw error;
  }
}

/** Makes what happened to the folder's names durable. @throws the system's error */
export async function syncFolder(path: string, files: FileCalls = nodeFiles): Promise<void> {
  const folder = await files.open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A failure to remove is not told: the failure before it is. */
const removed = (path: string, files: FileCalls): Promise<void> => files.rm(path, { force: true }).catch(() => {});
