/**
 * The restore at iocInit: a file's values go to the records in two passes, before and after these are initialized;
 * nothing is processed. What cannot be restored is counted and told, and hinders nothing else. channel-access.md §7.3;
 * autosave: dbrestore.c reboot_restore.
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

interface Left {
  readonly values: Set<string>;
  readonly problems: Map<string, string>;
}

interface Counted {
  readonly done: number;
  /** Without a PV. */
  readonly missing: readonly string[];
  /** Where the other PVs are restored, as the end of a sentence; empty: there are none. */
  readonly elsewhere: string;
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
  /** What pass 0 has left to pass 1, by file: its values, and why it could not restore some of them. */
  readonly #left = new Map<string, Left>();

  constructor(options: RestorerOptions) {
    this.#options = options;
  }

  /** One line for each file and pass. */
  report(): readonly string[] {
    return this.#report;
  }

  /**
   * Restores what this pass can of a file, or of the newest whole copy of it. Never throws for what files hold or lack.
   * @param file absolute path
   * @param isFollowed pass 1 of the same file comes: what it restores is not reported now
   */
  async restore(file: string, pass: RestorePass, isFollowed: boolean): Promise<void> {
    if (!this.#loaded.has(file)) this.#loaded.set(file, await this.#load(file));
    const loaded = this.#loaded.get(file);
    if (loaded === undefined) {
      this.#report.push(`pass ${pass}: ${file}: nothing to restore from`);
      return;
    }
    const { log } = this.#options;
    const found = this.#restoreValues(loaded, pass, isFollowed);
    const { values } = loaded.content;
    const line = `pass ${pass}: ${found.done} of ${values.length} values restored from ${loaded.file}${found.elsewhere}`;
    this.#report.push(found.missing.length === 0 ? line : `${line}; no such PV: ${found.missing.join(", ")}`);
    log.info(`${line}.`);
    if (found.missing.length > 0 && pass === 1)
      log.warn(`${loaded.file} has ${found.missing.length} values without a PV in this IOC: ${listed(found.missing)}.`);
  }

  #restoreValues(loaded: Loaded, pass: RestorePass, isFollowed: boolean): Counted {
    const { database, log } = this.#options;
    const before = pass === 1 ? this.#left.get(loaded.file) : undefined;
    const left: Left = { values: new Set(), problems: new Map() };
    const missing: string[] = [];
    let done = 0;
    let isDoneBefore = 0;
    const refused = (pv: string, problem: string): void =>
      log.warn(`${loaded.file}: ${pv} is not restored: ${problem}`);
    for (const saved of loaded.content.values) {
      const { pv } = saved;
      const result: Restored = PASSES[pass](database, saved);
      const problem = before?.problems.get(pv);
      if (result === "done") done++;
      else if (result === "no such PV") missing.push(pv);
      else if (isFollowed) {
        left.values.add(pv);
        if (result !== "not now") left.problems.set(pv, result.problem);
      } else if (result !== "not now") refused(pv, result.problem);
      else if (problem !== undefined) refused(pv, problem);
      else if (before !== undefined && !before.values.has(pv)) isDoneBefore++;
    }
    if (isFollowed) this.#left.set(loaded.file, left);
    const rest = isDoneBefore > 0 ? `, ${isDoneBefore} in pass 0` : "";
    return { done, missing, elsewhere: left.values.size > 0 ? `, ${left.values.size} left to pass 1` : rest };
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
      await keepBackup(found, backup, this.#options.settings.fileMode);
    } catch (error) {
      if (!(error instanceof AutosaveError)) throw error;
      this.#options.log.warn(messageOf(error));
    }
  }
}
