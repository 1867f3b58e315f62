/** Folders of a Globus collection, each listed once for all scans in it. */
import { NotFoundError } from "../ports/call.ts";
import type { FoundFile } from "../ports/destinations.ts";
import type { TransferTasks } from "../ports/transfer-tasks.ts";

/** Files that are remembered, of several folders; those of the last one however many they are. */
const MOST_FILES = 100_000;

export class Listings {
  readonly #tasks: TransferTasks;
  readonly #collection: string;
  /** The oldest first. */
  readonly #known = new Map<string, Promise<readonly FoundFile[]>>();
  readonly #sizes = new Map<string, number>();

  constructor(tasks: TransferTasks, collection: string) {
    this.#tasks = tasks;
    this.#collection = collection;
  }

  /** Nothing where the folder is not there. */
  of(folder: string, isDeep: boolean, signal: AbortSignal): Promise<readonly FoundFile[]> {
    const key = `${isDeep} ${folder}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const asked = this.#list(folder, isDeep, signal).then((files) => {
      this.#sizes.set(key, files.length);
      this.#forgetOld(key);
      return files;
    });
    this.#known.set(key, asked);
    return asked;
  }

  async #list(folder: string, isDeep: boolean, signal: AbortSignal): Promise<readonly FoundFile[]> {
    try {
      return await this.#tasks.list(this.#collection, folder, isDeep, { signal });
    } catch (thrown) {
      if (thrown instanceof NotFoundError) return [];
      throw thrown;
    }
  }

  #forgetOld(last: string): void {
    let files = 0;
    for (const size of this.#sizes.values()) files += size;
    for (const [key, size] of this.#sizes) {
      if (files <= MOST_FILES || key === last) return;
      this.#known.delete(key);
      this.#sizes.delete(key);
      files -= size;
    }
  }
}
