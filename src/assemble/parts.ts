/**
 * What the files of this folder share: what they are handed, and how they tell what is wrong and what must be closed.
 */
import type { Clock } from "../base/clock.ts";
import { AppError, codeOf, messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { readRegularFileSync } from "../base/regular-file.ts";
import type { Troubles } from "../base/troubles.ts";
import { ConfigError } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";

/**
 * The process environment, as main hands it on; the Globus SDK reads its service addresses from the real one, so this
 * must be it.
 */
export type MutableEnvironment = Record<string, string | undefined>;

export interface PartOptions {
  readonly settings: Settings;
  readonly environment: MutableEnvironment;
  readonly clock: Clock;
  readonly log: Log;
  /** Where the IOC hears of what goes wrong in the background. */
  readonly troubles?: Troubles;
  /** Each is called once at the end. */
  readonly closers: (() => Promise<void> | void)[];
  readonly problems: Problems;
}

/** Collects what is wrong while the ports are made, so that all of it is told at once. */
export class Problems {
  readonly #sentences: string[] = [];
  /**
   * What `make` makes; undefined, and one problem more, when it throws an AppError.
   * @param where the section of globus.conf
   */
  collect<T>(where: string, make: () => T): T | undefined {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.add(where, messageOf(error));
      return undefined;
    }
  }
  /** One problem more. @param where the section of globus.conf */
  add(where: string, sentence: string): void {
    this.#sentences.push(`${where}: ${sentence}`);
  }
  /** @throws ConfigError */
  throwIfAny(): void {
    if (this.#sentences.length > 0) throw new ConfigError(this.#sentences);
  }
}

/** @throws ConfigError naming the key */
export function readSettingFile(file: string, key: string): string {
  try {
    return readRegularFileSync(file).toString("utf8");
  } catch (error) {
    const why = codeOf(error) === "ENOENT" ? "does not exist" : `cannot be read: ${messageOf(error, file)}`;
    throw new ConfigError([`${key} = ${file} ${why}`]);
  }
}
