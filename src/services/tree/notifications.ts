/**
 * Notifications of the newest folders: each is only a hint to look there now. What never comes (a change from another
 * host, a full queue, no more of them to be had) is found by the next sweep.
 */
import { type FSWatcher, watch } from "node:fs";
import { codeOf } from "../../base/errors.ts";
import type { Folder } from "./folder.ts";

/** As the system says that this host or this user has as many as may be. */
const NO_MORE: ReadonlySet<string> = new Set(["ENOSPC", "EMFILE"]);
/** Each takes about a kilobyte here, and one more of the system's. */
const MOST = 5000;

export class Notifications {
  readonly #watchers = new Map<Folder, FSWatcher>();
  readonly #told: (folder: Folder, event: string, name: string) => void;
  readonly #most: number;
  #hasBegun = false;
  /** No more are to be had on this host. */
  #isFull = false;

  constructor(told: (folder: Folder, event: string, name: string) => void, most = MOST) {
    this.#told = told;
    this.#most = most;
  }

  get count(): number {
    return this.#watchers.size;
  }

  /** When all folders are known for the first time: the newest of them. */
  begin(folders: Iterable<Folder>): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    // The newest last: the first ones are dropped for those that come
    const byAge = [...folders].sort((a, b) => a.modified - b.modified);
    for (const folder of byAge.slice(Math.max(0, byAge.length - this.#most))) this.add(folder);
  }

  /** The folder is new, or something has changed in it. */
  add(folder: Folder): void {
    const known = this.#watchers.get(folder);
    if (known !== undefined) {
      this.#watchers.delete(folder);
      this.#watchers.set(folder, known);
      return;
    }
    if (!this.#hasBegun || this.#most === 0) return;
    if (this.#isFull || this.#watchers.size >= this.#most) this.#dropOldest();
    try {
      const watcher = watch(folder.path, { persistent: false }, (event, name) => this.#told(folder, event, name ?? ""));
      watcher.on("error", () => this.remove(folder));
      this.#watchers.set(folder, watcher);
    } catch (thrown) {
      this.#isFull ||= NO_MORE.has(codeOf(thrown) ?? ""); // anything else: it has gone, and the next sweep sees
    }
  }

  remove(folder: Folder): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  #dropOldest(): void {
    for (const [folder] of this.#watchers) return this.remove(folder);
  }
}
