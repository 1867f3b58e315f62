/**
 * Makes a folder with those above it, each at most once. Node 20's own `recursive` never ends where mkdir says ENOENT
 * below a folder that exists, as /proc and some automounted homes do.
 */
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { codeOf, FileError } from "./errors.ts";

/**
 * Leaves a folder that exists as it is.
 * @param mode of what is made, less the process's umask
 * @throws FileError, or the system's error, for the folder that cannot be made
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" && path.dirname(folder) !== folder) {
      const above = path.dirname(folder);
      const isThere = await stat(above).then(
        () => true,
        () => false,
      );
      if (isThere) throw error;
      await makeFolder(above, mode);
      await mkdir(folder, { mode });
    } else if (code !== "EEXIST") throw error;
    else if (!(await stat(folder)).isDirectory()) throw new FileError("that is no folder", folder);
  }
}
