/**
 * A monitor set: PVs whose values are written to a save file when any has changed, at most once each period, and at a
 * clean stop. One write at a time; a write that fails is told once and tried again. channel-access.md §7.3; autosave:
 * save_restore.c save_restore, write_save_file.
 */

import type { Cancel, Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { OwnerFile } from "../../base/owner-file.ts";
import type { Trouble } from "../../base/troubles.ts";
import type { Database } from "../../database/database.ts";
import type { FieldAddress } from "../../database/field-address.ts";
import { type FieldSubscription, subscribeTo } from "../../database/post.ts";
import { DBE_LOG, DBE_VALUE } from "../../epics/facts.ts";
import { savedValue } from "./field-value.ts";
import { saveFileText } from "./save-file.ts";
import { claimSave, readSave, replaceSave, sequenceFiles } from "./save-folder.ts";

/** What the save_restoreSet_ commands change; it holds for all sets from then on. */
export interface AutosaveSettings {
  /** Seconds from a write that failed to the next attempt. */
  retrySeconds: number;
  /** Files x.sav0, x.sav1 …; 0: none. */
  sequenceCount: number;
  /** Seconds from a save to its copy in such a file. */
  sequenceSeconds: number;
  /** A file of its own, with the date, for each restore, instead of a single file that is replaced. */
  datedBackups: boolean;
  /** Permission bits of new files, less the process's umask. */
  fileMode: number;
}

export interface MonitorSetOptions {
  /** The request file's name, by which people call the set. */
  readonly name: string;
  /** Absolute path of the .sav file. */
  readonly file: string;
  /** PV names. */
  readonly pvs: readonly string[];
  /** Least seconds from one save to the next. */
  readonly periodSeconds: number;
  readonly settings: AutosaveSettings;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** Told when the file cannot be written, and when it can be again. */
  readonly trouble: Trouble;
  /** Says that this process alone writes the file. */
  readonly owner?: OwnerFile;
}

export class MonitorSet {
  readonly name: string;
  readonly #options: MonitorSetOptions;
  readonly #owner: OwnerFile;
  #pvs: readonly { readonly pv: string; readonly address: FieldAddress | undefined }[] = [];
  #subscriptions: FieldSubscription[] = [];
  #isRunning = false;
  #hasChanged = false;
  #timer: Cancel | undefined;
  #sequenceTimer: Cancel | undefined;
  #isWriting = false;
  #queue: Promise<void> = Promise.resolve();
  #lastBegin = Number.NEGATIVE_INFINITY;
  /** What the file holds, but for its date. */
  #written: string | undefined;
  #writtenAt: number | undefined;
  #failure: string | undefined;

  constructor(options: MonitorSetOptions) {
    this.name = options.name;
    this.#options = options;
    this.#owner = options.owner ?? new OwnerFile(`${options.file}.owner`);
  }
  /** Absolute path of its save file. */
  get file(): string {
    return this.#options.file;
  }
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Looks the PVs up, watches them, and saves for the first time. Records must be initialized. */
  start(): void {
    const { database, pvs, name, log } = this.#options;
    this.#isRunning = true;
    this.#pvs = pvs.map((pv) => ({ pv, address: database.find(pv) }));
    const missing = this.#missing();
    if (missing.length > 0) log.warn(`${name}: ${listed(missing)} cannot be saved: this IOC has no such PV.`);
    for (const { address } of this.#pvs) {
      if (address === undefined) continue;
      const changed = (): void => this.#changed();
      this.#subscriptions.push(subscribeTo(address.record, address.field, DBE_VALUE | DBE_LOG, changed));
    }
    this.#changed();
  }

  /**
   * Writes what has changed since the last save, and ends; from then on another IOC may write the file. Never throws: a
   * failure is told.
   */
  async stop(): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#timer?.();
    this.#sequenceTimer?.();
    for (const subscription of this.#subscriptions.splice(0)) subscription.cancel();
    await this.#save();
    await this.#owner.release().catch(() => {}); // the next process takes over what this process leaves
  }

  /** Saves now. @returns undefined, or the sentence that says why it failed */
  async saveNow(): Promise<string | undefined> {
    this.#written = undefined;
    await this.#save();
    return this.#failure;
  }

  /** For people, one line each. */
  report(): string[] {
    const { file, pvs, periodSeconds } = this.#options;
    const saved = this.#writtenAt === undefined ? "not saved yet" : `saved ${dateText(this.#writtenAt)}`;
    const missing = this.#missing();
    return [
      `${this.name}: ${pvs.length} PVs, at most every ${periodSeconds} s to ${file}, ${saved}`,
      ...(missing.length > 0 ? [`    not in this IOC: ${missing.join(", ")}`] : []),
      ...(this.#failure === undefined ? [] : [`    ${this.#failure}`]),
    ];
  }

  #missing(): string[] {
    return this.#pvs.flatMap(({ pv, address }) => (address === undefined ? [pv] : []));
  }

  #changed(): void {
    this.#hasChanged = true;
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#isRunning || this.#isWriting || this.#timer !== undefined) return;
    const { clock, periodSeconds, settings } = this.#options;
    const pause = this.#failure === undefined ? periodSeconds : settings.retrySeconds;
    this.#timer = clock.after(Math.max(0, this.#lastBegin + pause - clock.monotonic()), () => {
      this.#timer = undefined;
      void this.#save();
    });
  }

  /** Each save begins when the save before it has ended. */
  #save(): Promise<void> {
    this.#isWriting = true;
    this.#queue = this.#queue.then(() => this.#write());
    return this.#queue;
  }

  async #write(): Promise<void> {
    const { clock } = this.#options;
    this.#isWriting = true;
    this.#hasChanged = false;
    this.#lastBegin = clock.monotonic();
    await this.#attempt(async () => {
      const values = this.#pvs.map(({ pv, address }) => ({
        pv,
        value: address === undefined ? undefined : savedValue(address),
      }));
      const content = saveFileText(values, "");
      if (content === this.#written) return;
      await this.#replace(saveFileText(values, dateText(clock.now())));
      this.#written = content;
      this.#writtenAt = clock.now();
    });
    if (this.#failure !== undefined) this.#hasChanged = true;
    this.#isWriting = false;
    if (this.#hasChanged) this.#schedule();
  }

  /** While x.sav is replaced, x.savB is whole, and the other way round. */
  async #replace(text: string): Promise<void> {
    const { file, settings } = this.#options;
    await claimSave(file, this.#owner);
    const copy = await readSave(`${file}B`);
    if (typeof copy === "string" || "problem" in copy) await replaceSave(`${file}B`, text, settings.fileMode);
    await replaceSave(file, text, settings.fileMode);
    await replaceSave(`${file}B`, text, settings.fileMode);
    this.#copyLater();
  }

  /** At the end of the period the save file is copied to the oldest of the files for earlier states. */
  #copyLater(): void {
    const { clock, settings } = this.#options;
    if (!this.#isRunning || settings.sequenceCount === 0) return;
    this.#sequenceTimer ??= clock.after(settings.sequenceSeconds, () => {
      this.#sequenceTimer = undefined;
      this.#queue = this.#queue.then(() => this.#copy());
    });
  }

  async #copy(): Promise<void> {
    const { file, settings } = this.#options;
    await this.#attempt(async () => {
      const saved = await readSave(file);
      const [oldest] = await sequenceFiles(file, settings.sequenceCount);
      if (typeof saved === "string" || !("text" in saved) || oldest === undefined) return;
      await claimSave(file, this.#owner);
      await replaceSave(oldest, saved.text, settings.fileMode);
    });
    if (this.#failure !== undefined) this.#changed();
  }

  /** Tells a failure once, and its end. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    const { file, trouble, settings } = this.#options;
    try {
      await work();
      this.#failure = undefined;
      trouble.ends(`${this.name}: ${file} is saved again.`);
    } catch (error) {
      this.#failure = messageOf(error);
      this.#written = undefined;
      const next = this.#isRunning ? ` Next attempt in ${settings.retrySeconds} s.` : "";
      trouble.begins(`${this.name}: ${this.#failure}${next}`);
    }
  }
}

/** At most three names, and how many more. */
export function listed(names: readonly string[]): string {
  const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
  return `${names.slice(0, 3).join(", ")}${more}`;
}

/** `YYMMDD-HHMMSS`, local. */
export function dateText(milliseconds: number): string {
  const time = new Date(milliseconds);
  const two = (...values: number[]): string => values.map((value) => String(value % 100).padStart(2, "0")).join("");
  const day = two(time.getFullYear(), time.getMonth() + 1, time.getDate());
  return `${day}-${two(time.getHours(), time.getMinutes(), time.getSeconds())}`;
}
