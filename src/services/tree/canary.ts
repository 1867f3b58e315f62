/**
 * A file that is made in a folder of the watched tree before each sweep, and has to be seen by that sweep in the way in
 * which scans are seen: shows that the watch sees what is new.
 */
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cleanJson } from "../../base/clean-text.ts";
import { messageOf } from "../../base/errors.ts";
import { CANARY_FILE } from "../../base/own-files.ts";
import type { ScanLayout } from "../../controller/ports/scan-tree.ts";

export const CANARY_LAYOUT: ScanLayout = {
  pattern: `{file:${CANARY_FILE}*}`,
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

  /** Makes the file of the next sweep, instead of that of the last. @returns why it cannot, a sentence */
  async renew(): Promise<string | undefined> {
    this.isSeen = false;
    await this.clear();
    this.#path = join(this.#folder, `${CANARY_FILE}${process.pid}-${++this.#number}`);
    try {
      await writeFile(this.#path, "");
      return undefined;
    } catch (thrown) {
      return `The canary's folder ${cleanJson(this.#folder)} cannot be written: ${messageOf(thrown, this.#path)}; name another one, or none for a tree that may only be read.`;
    }
  }

  /** A file was seen. */
  see(path: string): void {
    this.isSeen ||= path === this.#path;
  }

  /** Removes what is left, also of processes before. */
  async clear(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names.filter((one) => one.startsWith(CANARY_FILE)))
      await rm(join(this.#folder, name), { force: true }).catch(() => undefined);
  }
}
