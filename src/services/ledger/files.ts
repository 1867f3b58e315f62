/** Where a ledger's databases lie, and what stands in them, read without opening them. */

import { existsSync } from "node:fs";
import path from "node:path";
import type { Environment } from "../../base/environment.ts";
import { ActionError, messageOf } from "../../base/errors.ts";
import { type LevelContent, readLevelFolder } from "./leveldb/folder.ts";
import { isQueueRecord } from "./queue-records.ts";
import { readMailRecord } from "./record.ts";

/** A database of the ledger: a folder in it, by its name. */
export interface LedgerDatabase {
  readonly name: "mail" | "queue";
  /** Whether this version understands a record. */
  readonly isRecord: (key: string, value: string) => boolean;
  /** What the records are, behind their number. */
  readonly records: { readonly one: string; readonly many: string };
  /** What may follow from damage, and what is not done because of it: the middle of a sentence. */
  readonly ifDamaged: string;
  /** What became of a record that was lost, a clause. */
  readonly lost: string;
  /** What is not done before a person decides, the beginning of a sentence. */
  readonly stopped: string;
  /** What a person should look at after a recovery, a sentence. */
  readonly afterwards: string;
}

export const MAIL_DATABASE: LedgerDatabase = {
  name: "mail",
  isRecord: (_key, value) => readMailRecord(value) !== undefined,
  records: { one: "address is", many: "addresses are" },
  ifDamaged: "it may have forgotten whom e-mail reached, and none is sent before a person decides",
  lost: "one that was lost looks as if it had never been mailed",
  stopped: "No e-mail is sent before a person decides",
  afterwards: "Look at PreviewEmail before the next e-mail.",
};
export const QUEUE_DATABASE: LedgerDatabase = {
  name: "queue",
  isRecord: isQueueRecord,
  records: { one: "record of the transfer queue is", many: "records of the transfer queue are" },
  ifDamaged: "it may have forgotten what was sent, and nothing is sent before a person decides",
  lost: "a scan that was lost looks as if it had never been seen",
  stopped: "No scan is sent before a person decides",
  afterwards: "Look at globus-ioc queue list: a scan that was lost is in no list.",
};
export const LEDGER_DATABASES = [MAIL_DATABASE, QUEUE_DATABASE] as const;

/** @param configured path in the [ledger] section of globus.conf; empty: the usual place */
export const ledgerFolder = (configured: string, environment: Environment): string =>
  configured ||
  path.join(environment["XDG_STATE_HOME"] || path.join(environment["HOME"] ?? "/", ".local", "state"), "globus-ioc");

export const databaseFolder = (ledger: string, { name }: LedgerDatabase): string => path.join(ledger, name);
/** What a recovery makes; it takes the database's place when all is in it. */
export const recoveredFolder = (ledger: string, database: LedgerDatabase): string =>
  `${databaseFolder(ledger, database)}.recovered`;

/** A recovery that was ended between its last two steps has left the new database beside its place. */
export const isHalfRecovered = (ledger: string, database: LedgerDatabase): boolean =>
  !existsSync(databaseFolder(ledger, database)) && existsSync(recoveredFolder(ledger, database));

/**
 * @returns also what is damaged, each a piece of a sentence; none: all is well, or there is no such database yet
 * @throws ActionError for what cannot be read
 */
export async function readLedger(ledger: string, database: LedgerDatabase): Promise<LevelContent> {
  try {
    const content = await readLevelFolder(databaseFolder(ledger, database));
    return isHalfRecovered(ledger, database) ? { ...content, damages: ["a recovery of it was interrupted"] } : content;
  } catch (error) {
    throw new ActionError(`The ledger ${ledger} cannot be read: ${messageOf(error, ledger)}`, { cause: error });
  }
}
