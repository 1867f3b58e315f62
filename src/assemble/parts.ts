/** What the files of this folder share: their options, and how they tell what is wrong and what must be closed. */
import type { Clock } from "../base/clock.ts";
import { AppError, codeOf, messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { readRegularFileSync } from "../base/regular-file.ts";
import type { Troubles } from "../base/troubles.ts";
import { ConfigError } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";
import type { HealthBook } from "../controller/health/health-book.ts";

/**
 * The process environment, as cli/program.ts hands it on. It must be the real environment, from which the Globus SDK
 * reads its service addresses.
 */
export type MutableEnvironment = Record<string, string | undefined>;

export interface PartOptions {
  readonly settings: Settings;
  readonly environment: MutableEnvironment;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes what goes wrong in the background, for the IOC. */
  readonly troubles?: Troubles;
  /** Takes what is seen of the services' health, for the IOC. */
  readonly health?: HealthBook;
  /** Each function is called once at the end. */
  readonly closers: (() => Promise<void> | void)[];
  readonly problems: Problems;
}

/** Collects the problems that come up while the ports are made, so that all are told at once. */
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
  /** Adds a problem. @param where the section of globus.conf */
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
