/**
 * A person's look at a ledger that nobody has open, and the way on from a damaged ledger: what can be read goes into a
 * new ledger, and the old files stay beside it.
 */
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import type { Clock } from "../../base/clock.ts";
import { ActionError, messageOf } from "../../base/errors.ts";
import { facilitySecond } from "../../base/facility-time.ts";
import { syncFolder } from "../../base/replace-file.ts";
import { databaseFolder, isHalfRecovered, type LedgerDatabase, readLedger, recoveredFolder } from "./files.ts";
import type { LevelContent } from "./leveldb/folder.ts";
import { lockedLedger } from "./place.ts";
import { lockedBy, openClassic, readUnheld } from "./store.ts";

export interface LedgerLook {
  /** Something was written there once. */
  readonly exists: boolean;
  /** Addresses with a record that this version understands. */
  readonly records: number;
  /** What is wrong, each a piece of a sentence; none: the ledger is in order, or there is none yet. */
  readonly problems: readonly string[];
}

interface Content extends Omit<LedgerLook, "exists"> {
  readonly values: readonly (readonly [key: string, value: string])[];
}

/** What to do about the process that has the ledger open. */
const END_IT = "it changes the files while they are read, so end that process first, and start it again afterwards";
const held = (ledger: string, cause: unknown): Promise<Error> => lockedLedger(ledger, cause, END_IT);

/**
 * What stands in a ledger, read without opening it.
 * @throws ActionError for files that cannot be read, or that another process changes meanwhile
 */
export async function lookAtLedger(ledger: string, database: LedgerDatabase): Promise<LedgerLook> {
  const content = await readUnheld(ledger, database, (cause) => held(ledger, cause));
  const { records, problems } = contentOf(content, database);
  return { exists: problems.length > 0 || existsSync(databaseFolder(ledger, database)), records, problems };
}

/**
 * Puts what can be read into a new ledger. It must not be open anywhere.
 * @returns where the damaged files are kept, unless an earlier call put them there, and how many records the new ledger
 * has
 * @throws ActionError: nothing has changed, or calling this again goes on
 */
export async function recoverLedger(
  ledger: string,
  database: LedgerDatabase,
  clock: Clock,
): Promise<{ readonly kept: string | undefined; readonly records: number }> {
  const at = databaseFolder(ledger, database);
  const holder = await lockedBy(at);
  if (holder !== undefined) throw await held(ledger, holder);
  const kept = isHalfRecovered(ledger, database) ? undefined : `${at}.damaged-${stamp(clock)}`;
  try {
    if (kept !== undefined) {
      const { values } = contentOf(await readLedger(ledger, database), database);
      await build(recoveredFolder(ledger, database), values);
      await rename(at, kept);
    }
    await rename(recoveredFolder(ledger, database), at);
    await syncFolder(ledger);
  } catch (error) {
    throw new ActionError(`The ledger ${ledger} cannot be recovered: ${messageOf(error, ledger)}`, { cause: error });
  }
  return { kept, records: contentOf(await readLedger(ledger, database), database).records };
}

/** Makes the new database, beside the place of the old. */
async function build(folder: string, values: Content["values"]): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const database = openClassic(folder);
  await database.open();
  try {
    const puts = values.map(([key, value]) => ({ type: "put" as const, key, value }));
    await database.batch(puts, { sync: true });
  } finally {
    await database.close();
  }
}

function contentOf({ values, damages }: LevelContent, { isRecord }: LedgerDatabase): Content {
  const good = [...values].filter(([key, value]) => isRecord(key, value));
  const others = values.size - good.length;
  const problems = [
    ...damages,
    ...(others > 0 ? [`${others} of its ${values.size} records are none of this version`] : []),
  ];
  return { values: good, records: good.length, problems };
}

/** `20261130-101500`, at the facility. */
const stamp = (clock: Clock): string => facilitySecond(new Date(clock.now())).replace(/[-:]/g, "").replace(" ", "-");
