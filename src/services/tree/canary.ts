/**
 * A file that is made in a folder of the watched tree before each sweep, and has to be seen by that sweep in the way in
 * which scans are seen: shows that the watch sees what is new.
 */
import { randomBytes } from "node:crypto";
import { readdir, rm, stat, writeFile } from "node:fs/promises";
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

/** Files of others are left alone for so long: theirs is new for each sweep, unless a kill has left it there. */
const LEFT_SECONDS = 86_400;

export class Canary {
  readonly #folder: string;
  /** Another watch may have a canary in the same folder, also from another host. */
  readonly #own = `${CANARY_FILE}${randomBytes(6).toString("hex")}-`;
  #number = 0;
  #path: string | undefined;
  isSeen = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the file of the next sweep, instead of that of the last. @returns why it cannot, sentences */
  async renew(): Promise<readonly string[]> {
    this.isSeen = false;
    await this.clear();
    this.#path = join(this.#folder, `${this.#own}${++this.#number}`);
    try {
      await writeFile(this.#path, "");
      if (this.#number === 1) await this.#clearLeft(this.#path);
      return [];
    } catch (thrown) {
      return [
        `The canary's folder ${cleanJson(this.#folder)} cannot be written: ${messageOf(thrown, this.#path)}; name another one, or none for a tree that may only be read.`,
      ];
    }
  }

  /** A file was seen. */
  see(path: string): void {
    this.isSeen ||= path === this.#path;
  }

  /** Removes its own file. */
  async clear(): Promise<void> {
    if (this.#path !== undefined) await rm(this.#path, { force: true }).catch(() => undefined);
  }

  /** Removes what processes have left that were killed. @param made just now: by the clock of its file server */
  async #clearLeft(made: string): Promise<void> {
    const { mtimeMs: now } = await stat(made);
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      const found = name.startsWith(CANARY_FILE) ? await stat(path).catch(() => undefined) : undefined;
      if (found !== undefined && now - found.mtimeMs > LEFT_SECONDS * 1000)
        await rm(path, { force: true }).catch(() => undefined);
    }
  }
}
