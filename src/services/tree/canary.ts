/**
 * A file that is made in a folder of the watched tree before each sweep, and has to be seen by that sweep in the way in
 * which scans are seen: shows that the watch sees what is new.
 */
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ScanLayout } from "../../controller/ports/scan-tree.ts";

const NAME = ".globus-ioc-canary-";

export const CANARY_LAYOUT: ScanLayout = {
  pattern: `{file:${NAME}*}`,
  exclude: [],
  markers: [],
  counted: [],
  restSeconds: [1],
};

export class Canary {
  readonly #folder: string;
  #number = 0;
  #path: string | undefined;
  isSeen = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the file of the next sweep, instead of that of the last. It cannot be seen where that fails. */
  async renew(): Promise<void> {
    this.isSeen = false;
    await this.clear();
    this.#path = join(this.#folder, `${NAME}${process.pid}-${++this.#number}`);
    await writeFile(this.#path, "").catch(() => undefined);
  }

  /** A file was seen. */
  see(path: string): void {
    this.isSeen ||= path === this.#path;
  }

  /** Removes what is left, also of processes before. */
  async clear(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names.filter((one) => one.startsWith(NAME)))
      await rm(join(this.#folder, name), { force: true }).catch(() => undefined);
  }
}
