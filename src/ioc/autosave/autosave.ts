/**
 * Autosave of one IOC: which files are restored, which sets are saved, and when in the IOC's life. The shell commands
 * fill it; restore.ts and monitor-set.ts do the work. channel-access.md §7.3.
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Troubles } from "../../base/troubles.ts";
import type { Database } from "../../database/database.ts";
import { type AutosaveSettings, MonitorSet } from "./monitor-set.ts";
import { type RestorePass, Restorer } from "./restore.ts";

export interface AutosaveOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly troubles: Troubles;
}

/** What a set is made of; paths are absolute. */
export interface NewSet {
  /** The request file's name. */
  readonly name: string;
  readonly file: string;
  readonly pvs: readonly string[];
  readonly periodSeconds: number;
}

export class Autosave {
  /** autosave's own defaults. */
  readonly settings: AutosaveSettings = {
    retrySeconds: 60,
    sequenceCount: 3,
    sequenceSeconds: 60,
    datedBackups: true,
    fileMode: 0o664,
  };
  readonly #options: AutosaveOptions;
  readonly #restorer: Restorer;
  readonly #restores: { readonly file: string; readonly pass: RestorePass }[] = [];
  readonly #sets: MonitorSet[] = [];
  #isRunning = false;

  constructor(options: AutosaveOptions) {
    this.#options = options;
    this.#restorer = new Restorer({ ...options, settings: this.settings });
  }

  restoreAtInit(file: string, pass: RestorePass): void {
    this.#restores.push({ file, pass });
  }
  /** Restores the files of this pass, in the order in which they were named. */
  async restore(pass: RestorePass): Promise<void> {
    for (const { file } of this.#restores.filter((one) => one.pass === pass)) {
      const isFollowed = pass === 0 && this.#restores.some((one) => one.pass === 1 && one.file === file);
      await this.#restorer.restore(file, pass, isFollowed);
    }
  }

  set(name: string): MonitorSet | undefined {
    return this.#sets.find((set) => set.name === name);
  }
  /** The set that is saved to this file. @param file absolute path */
  setOf(file: string): MonitorSet | undefined {
    return this.#sets.find((set) => set.file === file);
  }
  /** Adds a set; it is saved from `start` on, or at once after `start`. */
  addSet(description: NewSet): void {
    const trouble = this.#options.troubles.of(`autosave of ${description.file}`);
    const set = new MonitorSet({ ...description, ...this.#options, trouble, settings: this.settings });
    this.#sets.push(set);
    if (this.#isRunning) set.start();
  }
  start(): void {
    this.#isRunning = true;
    for (const set of this.#sets) set.start();
  }
  /** Saves what has changed, and ends. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    for (const set of this.#sets) await set.stop();
  }

  /** For people, one line each. */
  report(): string[] {
    const lines = [...this.#restorer.report(), ...this.#sets.flatMap((set) => set.report())];
    return lines.length > 0 ? lines : ["Nothing is saved: create_monitor_set names what is to be."];
  }
}
