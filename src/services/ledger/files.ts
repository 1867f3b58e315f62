/** Where a ledger's database lies, and what stands in it, read without opening it. */

import { existsSync } from "node:fs";
import path from "node:path";
import type { Environment } from "../../base/environment.ts";
import { ActionError, messageOf } from "../../base/errors.ts";
import { type LevelContent, readLevelFolder } from "./leveldb/folder.ts";

/** @param configured path in the [ledger] section of globus.conf; empty: the usual place */
export const ledgerFolder = (configured: string, environment: Environment): string =>
  configured ||
  path.join(environment["XDG_STATE_HOME"] || path.join(environment["HOME"] ?? "/", ".local", "state"), "globus-ioc");

export const databaseFolder = (ledger: string): string => path.join(ledger, "mail");
/** What a recovery makes; it takes the database's place when all is in it. */
export const recoveredFolder = (ledger: string): string => `${databaseFolder(ledger)}.recovered`;

/** A recovery that was ended between its last two steps has left the new database beside its place. */
export const isHalfRecovered = (ledger: string): boolean =>
  !existsSync(databaseFolder(ledger)) && existsSync(recoveredFolder(ledger));

/**
 * @returns also what is damaged, each a piece of a sentence; none: all is well, or there is no ledger yet
 * @throws ActionError for what cannot be read
 */
export async function readLedger(ledger: string): Promise<LevelContent> {
  try {
    const content = await readLevelFolder(databaseFolder(ledger));
    return isHalfRecovered(ledger) ? { ...content, damages: ["a recovery of it was interrupted"] } : content;
  } catch (error) {
    throw new ActionError(`The ledger ${ledger} cannot be read: ${messageOf(error, ledger)}`, { cause: error });
  }
}
