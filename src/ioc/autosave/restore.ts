/**
 * The restore at iocInit: a file's values go to the records in two passes, before and after these are initialized; nothing is processed. What cannot be
 * restored is counted and told, and hinders nothing else. CA spec §7.3; autosave: dbrestore.c reboot_restore.
 */
import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Database } from "../../database/database.ts";
import { type Restored, restoreAfterInit, restoreBeforeInit } from "./field-value.ts";
import { type AutosaveSettings, dateText, listed } from "./monitor-set.ts";
import { parseSaveFile, type SaveFile } from "./save-file.ts";
import { AutosaveError, type FoundSave, findSave, keepBackup } from "./save-folder.ts";

/** 0: before records are initialized; 1: after it, before any is processed. */
export type RestorePass = 0 | 1;

interface Loaded {
  /** The file that was used. */
  readonly file: string;
  readonly content: SaveFile;
}

export interface RestorerOptions {
  readonly database: Database;
  readonly settings: AutosaveSettings;
  readonly clock: Clock;
  readonly log: Log;
}

const PASSES = { 0: restoreBeforeInit, 1: restoreAfterInit } as const;

export class Restorer {
  readonly #options: RestorerOptions;
  /** By the path that was asked for: both passes use the same file. */
  readonly #loaded = new Map<string, Loaded | undefined>();
  readonly #report: string[] = [];

  constructor(options: RestorerOptions) {
    this.#options = options;
  }

  /** One line for each file and pass. */
  report(): readonly string[] {
    return this.#report;
  }

  /** Restores what this pass can of a file, or of the newest whole copy of it. Never throws for what files hold or lack. @param file absolute path */
  async restore(file: string, pass: RestorePass): Promise<void> {
    if (!this.#loaded.has(file)) this.#loaded.set(file, await this.#load(file));
    const loaded = this.#loaded.get(file);
    if (loaded === undefined) {
      this.#report.push(`pass ${pass}: ${file}: nothing to restore from`);
      return;
    }
    const { database, log } = this.#options;
    const missing: string[] = [];
    let done = 0;
    for (const saved of loaded.content.values) {
      const result: Restored = PASSES[pass](database, saved);
      if (result === "done") done++;
      else if (result === "no such PV") missing.push(saved.pv);
      else if (result !== "not now") log.warn(`${loaded.file}: ${saved.pv} is not restored: ${result.problem}`);
    }
    const line = `pass ${pass}: ${done} of ${loaded.content.values.length} values restored from ${loaded.file}`;
    this.#report.push(missing.length === 0 ? line : `${line}; no such PV: ${missing.join(", ")}`);
    log.info(`${line}.`);
    if (missing.length > 0 && pass === 1)
      log.warn(`${loaded.file} has ${missing.length} values without a PV in this IOC: ${listed(missing)}.`);
  }

  async #load(file: string): Promise<Loaded | undefined> {
    const { settings, clock, log } = this.#options;
    const date = dateText(clock.now());
    let isDamaged = false;
    const found = await findSave(file, settings.sequenceCount, settings.datedBackups ? date : "", (sentence) => {
      isDamaged = true;
      log.error(sentence);
    });
    if (found === undefined) {
      if (isDamaged)
        log.error(`No whole copy of ${file} is left: nothing is restored, its PVs keep their configured values.`);
      else log.info(`${file} does not exist yet: nothing is restored.`);
      return undefined;
    }
    if (found.file !== file) log.warn(`${found.file} is restored instead of ${file}.`);
    await this.#backUp(found, `${file}${settings.datedBackups ? `_${date}` : ".bu"}`);
    const content = parseSaveFile(found.text);
    for (const problem of content.problems) log.warn(`${found.file}: ${problem}`);
    return { file: found.file, content };
  }

  async #backUp(found: FoundSave, backup: string): Promise<void> {
    try {
      await keepBackup(found, backup);
    } catch (error) {
      if (!(error instanceof AutosaveError)) throw error;
      this.#options.log.warn(messageOf(error));
    }
  }
}
