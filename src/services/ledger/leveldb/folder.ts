/**
 * Looks through the folder of a LevelDB that nobody has open: is everything there and whole that its program was told
 * is on disk? It changes nothing. LevelDB itself, opening a folder, drops what is damaged, says so in its own LOG
 * alone, and begins anew where CURRENT is missing.
 */

import { readdir } from "node:fs/promises";
import path from "node:path";
import { cleanJson } from "../../../base/clean-text.ts";
import { codeOf } from "../../../base/errors.ts";
import { inSlices, Slices } from "../../../base/in-slices.ts";
import { readRegularFile } from "../../../base/regular-file.ts";
import { changesOf, type LevelChange, LevelCursor, LevelFormatError } from "./bytes.ts";
import { readLevelLog } from "./log.ts";
import { readLevelTable } from "./table.ts";

export interface LevelContent {
  /** What is there, by key: deleted keys are left out. */
  readonly values: ReadonlyMap<string, string>;
  /** Each names a file, and is a sentence without its full stop. */
  readonly damages: readonly string[];
}

/** What LevelDB writes into its LOG when it drops something (leveldb: db_impl.cc RecoverLogFile, version_set.cc). */
const DROPPED = /dropping \d+ bytes|Ignoring error/;

/** @throws the system's error for a file that cannot be read, when it is there */
export async function readLevelFolder(folder: string): Promise<LevelContent> {
  const names = await namesIn(folder);
  if (names === undefined) return { values: new Map(), damages: [] };
  const slices = new Slices();
  const damages: string[] = [];
  const changes: LevelChange[] = [];
  const read: Read = (name) => bytesOf(path.join(folder, name));
  const dropped = await readDropped(folder);
  if (dropped !== undefined) damages.push(dropped);
  const living = await livingFiles(names, read, damages, slices);
  for (const [name, size] of living.tables) {
    const file = await read(names.includes(name) ? name : name.replace(/ldb$/, "sst"));
    if (file === undefined) damages.push(`${name} is missing`);
    else {
      const table = await readLevelTable(file, slices);
      changes.push(...table.changes);
      if (table.damage !== undefined) damages.push(`${name} ${table.damage}`);
      else if (file.length !== size) damages.push(`${name} has ${file.length} bytes instead of ${size}`);
    }
  }
  for (const name of living.logs) {
    const file = await read(name);
    if (file === undefined) damages.push(`${name} is missing`);
    else await readLog(name, file, { changes, damages, slices });
  }
  return { values: await latest(changes), damages };
}

/**
 * Whether LevelDB says that it dropped something when it last opened the folder: that as a damage.
 * @throws the system's error
 */
export async function readDropped(folder: string): Promise<string | undefined> {
  for (const name of ["LOG", "LOG.old"])
    if (DROPPED.test((await bytesOf(path.join(folder, name)))?.toString("latin1") ?? ""))
      return `${name} says that damaged records were dropped`;
  return undefined;
}

/** A process that opens a folder at the same time renames and removes files: what is gone is not there. */
async function bytesOf(file: string): Promise<Buffer | undefined> {
  try {
    return await readRegularFile(file);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function namesIn(folder: string): Promise<readonly string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

interface LogReading {
  readonly changes: LevelChange[];
  readonly damages: string[];
  readonly slices: Slices;
}

async function readLog(name: string, file: Buffer, { changes, damages, slices }: LogReading): Promise<void> {
  const { records, damage } = await readLevelLog(file, slices);
  if (damage !== undefined) damages.push(`${name} ${damage}`);
  for (const record of records) {
    await slices.rest();
    try {
      changes.push(...changesOf(record));
    } catch (error) {
      if (!(error instanceof LevelFormatError)) throw error;
      if (damage === undefined) damages.push(`${name} ${error.message}`);
    }
  }
}

async function latest(changes: readonly LevelChange[]): Promise<Map<string, string>> {
  const newest = new Map<string, LevelChange>();
  await inSlices(changes, (change) => {
    if (change.sequence >= (newest.get(change.key)?.sequence ?? 0)) newest.set(change.key, change);
  });
  const values = new Map<string, string>();
  for (const { key, value } of newest.values()) if (value !== undefined) values.set(key, value);
  return values;
}

interface LivingFiles {
  /** Names and sizes in bytes. */
  readonly tables: ReadonlyMap<string, number>;
  /** In the order in which they were written. */
  readonly logs: readonly string[];
}

const TABLE = /^\d+\.(ldb|sst)$/;
const LOG = /^\d+\.log$/;
const MANIFEST = /^MANIFEST-\d+$/;

type Read = (name: string) => Promise<Buffer | undefined>;

/** The files that hold what counts, by the manifest; without a whole manifest, all tables and logs. */
async function livingFiles(
  names: readonly string[],
  read: Read,
  damages: string[],
  slices: Slices,
): Promise<LivingFiles> {
  const logs = names.filter((name) => LOG.test(name)).sort((a, b) => numberOf(a) - numberOf(b));
  const tables = names.filter((name) => TABLE.test(name));
  const current = (await read("CURRENT"))?.toString("latin1");
  // A process that was killed while it made a new folder leaves a manifest alone.
  if (current === undefined && tables.length + logs.length === 0) return { tables: new Map(), logs };
  try {
    const living = await livingByManifest(current, read, slices);
    return { tables: living.tables, logs: countingLogs(logs, living) };
  } catch (error) {
    if (!(error instanceof LevelFormatError)) throw error;
    damages.push(error.message);
    const sizes = await Promise.all(tables.map(async (name) => [name, (await read(name))?.length ?? 0] as const));
    return { tables: new Map(sizes), logs };
  }
}

/** @throws LevelFormatError that names the file, a sentence without its full stop */
async function livingByManifest(current: string | undefined, read: Read, slices: Slices): Promise<Living> {
  if (current === undefined) throw new LevelFormatError("CURRENT is missing");
  const manifest = current.trimEnd();
  if (!MANIFEST.test(manifest) || !current.endsWith("\n"))
    throw new LevelFormatError(`CURRENT holds ${cleanJson(current.slice(0, 40))} instead of the name of a manifest`);
  const file = await read(manifest);
  if (file === undefined) throw new LevelFormatError(`${manifest} is missing`);
  const { records, damage } = await readLevelLog(file, slices);
  if (damage !== undefined) throw new LevelFormatError(`${manifest} ${damage}`);
  try {
    return livingBy(records);
  } catch (error) {
    throw error instanceof LevelFormatError ? new LevelFormatError(`${manifest} ${error.message}`) : error;
  }
}

/** The logs that count, the oldest also where its file is lost. */
function countingLogs(logs: readonly string[], { firstLog }: Living): readonly string[] {
  const counting = logs.filter((name) => numberOf(name) >= firstLog);
  const isLost = firstLog > 0 && !counting.some((name) => numberOf(name) === firstLog);
  return isLost ? [fileName(firstLog, "log"), ...counting] : counting;
}

const numberOf = (name: string): number => Number.parseInt(name, 10);
const fileName = (number: number, ending: string): string => `${String(number).padStart(6, "0")}.${ending}`;

interface Living {
  readonly tables: ReadonlyMap<string, number>;
  /** Number of the oldest log that counts; 0: none was begun. */
  readonly firstLog: number;
}

/** Tags of a manifest's records (leveldb: version_edit.cc). */
const EDIT = {
  comparator: 1,
  logNumber: 2,
  nextFile: 3,
  lastSequence: 4,
  compactPointer: 5,
  deletedFile: 6,
  newFile: 7,
  previousLog: 9,
} as const;

/** @throws LevelFormatError */
function livingBy(edits: readonly Buffer[]): Living {
  const tables = new Map<string, number>();
  let firstLog = 0;
  for (const cursor of edits.map((edit) => new LevelCursor(edit)))
    while (!cursor.isAtEnd) {
      const tag = cursor.varint();
      if (tag === EDIT.comparator) cursor.slice();
      else if (tag === EDIT.logNumber) firstLog = cursor.varint();
      else if (tag === EDIT.nextFile || tag === EDIT.lastSequence || tag === EDIT.previousLog) cursor.varint();
      else if (tag === EDIT.compactPointer) {
        cursor.varint();
        cursor.slice();
      } else if (tag === EDIT.deletedFile) {
        cursor.varint();
        tables.delete(fileName(cursor.varint(), "ldb"));
      } else if (tag === EDIT.newFile) {
        cursor.varint();
        const name = fileName(cursor.varint(), "ldb");
        tables.set(name, cursor.varint());
        cursor.slice();
        cursor.slice();
      } else throw new LevelFormatError(`has an entry of kind ${tag}`);
    }
  return { tables, firstLog };
}
