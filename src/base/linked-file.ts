/** Where symbolic links lead: a file that is replaced as a whole must be replaced there, or the link is lost. */
import { readlink, realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** As many as Linux follows. */
const MOST_LINKS = 40;

/**
 * The file that a path leads to, which need not be there yet. A path that is no link is given back as it is, and one
 * that leads in a circle, too: whoever opens it is told.
 */
export async function linkedFile(path: string): Promise<string> {
  let file = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const target = await readlink(file).catch(() => undefined);
    if (target === undefined) return file;
    const folder = await realpath(dirname(file)); // it may be reached by a link, and the target begin with ".."
    file = resolve(folder, target);
  }
  return path;
}
