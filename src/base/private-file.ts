/**
 * Files that hold secrets (tokens, client secrets, private keys): read only while nobody else can read them, written so
 * that a crash at any instruction leaves either the old or the new content. It knows nothing of what they contain.
 */
import { dirname } from "node:path";
import { ActionError, codeOf, messageOf } from "./errors.ts";
import { linkedFile } from "./linked-file.ts";
import { makeFolder } from "./make-folder.ts";
import { NoFileError, openRegularFile } from "./regular-file.ts";
import { type FileCalls, replaceFile } from "./replace-file.ts";

/** Permission bits of the group and of everybody else. */
const OTHERS = 0o077;
/** A secret of ours is a few kilobytes; more is some other file named by mistake. */
const MOST_BYTES = 1024 * 1024;

/** There is no such file: an answer for some callers, a mistake for others. */
export class MissingFileError extends ActionError {}

/**
 * The text of a file that its owner alone may read.
 * @param what the content as the sentences name it, e.g. `Globus token file`
 * @param isOwn whether the owner must be who runs the program: what is in the file lets people in
 * @throws MissingFileError, or an ActionError when the file is readable for others, not readable for us, or no file
 */
export async function readPrivateFile(path: string, what: string, { isOwn = false } = {}): Promise<string> {
  try {
    const file = await openRegularFile(path);
    try {
      const stats = await file.stat();
      const { mode, size } = stats;
      const bits = (mode & 0o777).toString(8).padStart(4, "0");
      // Nobody closes /dev/null to others
      if ((mode & OTHERS) !== 0 && !stats.isFile()) throw new NoFileError(stats, path);
      if ((mode & OTHERS) !== 0) {
        throw new ActionError(`The ${what} ${path} has mode ${bits}, so others can use it: run \`chmod 600 ${path}\`.`);
      }
      const user = process.getuid?.();
      if (isOwn && user !== undefined && stats.uid !== user) {
        throw new ActionError(
          `The ${what} ${path} belongs to user ${stats.uid}, and not to ${user}, who runs the IOC: run \`chown ${user} ${path}\`.`,
        );
      }
      if (size > MOST_BYTES) throw new ActionError(`The ${what} ${path} has ${size} bytes: that is not a ${what}.`);
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (thrown instanceof ActionError) throw thrown;
    if (codeOf(thrown) === "ENOENT") throw new MissingFileError(`The ${what} ${path} does not exist.`);
    throw new ActionError(`The ${what} ${path} cannot be read: ${messageOf(thrown, path)}.`, { cause: thrown });
  }
}

/**
 * Replaces the file as a whole, mode 0600; where the path is a link, the file that it leads to. Missing folders are
 * made, 0700.
 * @throws ActionError when that fails; the old content is then still there
 */
export async function writePrivateFile(path: string, text: string, what: string, files?: FileCalls): Promise<void> {
  try {
    const file = await linkedFile(path);
    await makeFolder(dirname(file), 0o700);
    await replaceFile(file, text, { mode: 0o600, ...(files !== undefined && { files }) });
  } catch (thrown) {
    throw new ActionError(`The ${what} ${path} cannot be written: ${messageOf(thrown, path)}.`, { cause: thrown });
  }
}
