/**
 * The ledger's LevelDB: calls in turn, on a database that was looked through before it was opened, and that is closed
 * and opened anew after any call of its own that failed: LevelDB writes on behind a record that it could not finish,
 * and at its next opening drops everything from there on.
 */
import { existsSync } from "node:fs";
import { ClassicLevel } from "classic-level";
import { ActionError, codeOf, messageOf } from "../../base/errors.ts";
import { databaseFolder, type LedgerDatabase, readLedger } from "./files.ts";
import { type LevelContent, readDropped } from "./leveldb/folder.ts";

/** What is used of a ClassicLevel. */
export interface LevelDatabase {
  open(options?: { readonly createIfMissing: boolean; readonly errorIfExists: boolean }): Promise<void>;
  close(): Promise<void>;
  put(key: string, value: string, options: { readonly sync: true }): Promise<void>;
  batch(changes: LevelWrite[], options: { readonly sync: true }): Promise<void>;
  iterator(range: { readonly gt?: string; readonly lt?: string }): {
    all(): Promise<[string, string][]>;
    /** The next records, at most so many; none: there are no more. */
    nextv(count: number): Promise<[string, string][]>;
    close(): Promise<void>;
  };
}
export type LevelWrite =
  | { readonly type: "put"; readonly key: string; readonly value: string }
  | { readonly type: "del"; readonly key: string };

export interface LedgerStoreOptions {
  /** The ledger's folder, as sentences name it. */
  readonly path: string;
  readonly database: LedgerDatabase;
  /** For tests. */
  readonly openLevel?: (folder: string) => LevelDatabase;
  /** Before each opening. @throws ActionError when the ledger cannot be there */
  readonly prepare: () => Promise<void>;
  /** Another process has it. */
  readonly locked: (cause: unknown) => Promise<Error>;
  /** After each opening. */
  readonly opened: (database: LevelDatabase) => Promise<void>;
}

/** The ledger's files are not what was written: nothing is read or written until a person decides. */
export class LedgerDamagedError extends ActionError {}

export class LedgerStore {
  readonly #options: LedgerStoreOptions;
  #database: LevelDatabase | undefined;
  /** A call of LevelDB failed since the database was opened. */
  #isSuspect = false;
  #isClosed = false;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: LedgerStoreOptions) {
    this.#options = options;
  }

  /** @throws ActionError */
  run<T>(work: (database: LevelDatabase) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      if (this.#isClosed) throw new ActionError(`The ledger ${this.#options.path} is closed: the program ends`);
      const database = await this.#opened();
      try {
        return await work(database);
      } catch (error) {
        if (error instanceof ActionError) throw error; // what is said of a record that was read: LevelDB has not failed
        this.#isSuspect = true;
        throw new ActionError(`The ledger ${this.#options.path} failed: ${messageOf(error, this.#options.path)}`, {
          cause: error,
        });
      }
    });
  }

  /** Resolves when what was asked for is done and the database closed. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#isClosed = true;
      await this.#shut();
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #shut(): Promise<void> {
    await this.#database?.close();
    this.#database = undefined;
    this.#isSuspect = false;
  }

  async #opened(): Promise<LevelDatabase> {
    const { path: folder, database: kind, prepare, opened, openLevel = openClassic } = this.#options;
    if (this.#isSuspect)
      await this.#shut().catch((error: unknown) => {
        throw unopened(folder, error);
      });
    if (this.#database !== undefined) return this.#database;
    await prepare();
    await this.#refuseDamage();
    const database = openLevel(databaseFolder(folder, kind));
    await database.open().catch(async (error: unknown) => {
      throw isLocked(error) ? await this.#options.locked(error) : unopened(folder, causeOf(error));
    });
    this.#database = database;
    try {
      const dropped = await readDropped(databaseFolder(folder, kind)); // what our own look has missed
      refuse(folder, kind, dropped === undefined ? [] : [dropped]);
      await opened(database);
      return database;
    } catch (error) {
      this.#isSuspect = true;
      await this.#shut().catch(() => {}); // tried again before the next opening
      throw error instanceof ActionError ? error : unopened(folder, error);
    }
  }

  async #refuseDamage(): Promise<void> {
    const { path: folder, database, locked, openLevel } = this.#options;
    refuse(folder, database, (await readUnheld(folder, database, locked, openLevel)).damages);
  }
}

/**
 * What stands in a ledger. Of another process that has it open, files come and go while they are read: before anything
 * counts as damaged, it is asked whether a process has it, and it is read once more.
 * @param locked makes the error when another process has it, of LevelDB's
 * @throws that error; ActionError for what cannot be read
 */
export async function readUnheld(
  ledger: string,
  database: LedgerDatabase,
  locked: LedgerStoreOptions["locked"],
  openLevel = openClassic,
): Promise<LevelContent> {
  const content = await readLedger(ledger, database);
  if (content.damages.length === 0) return content;
  const at = databaseFolder(ledger, database);
  const holder = (await readDropped(at)) === undefined ? await lockedBy(at, openLevel) : undefined;
  if (holder !== undefined) throw await locked(holder);
  return readLedger(ledger, database);
}

/**
 * Asks for LevelDB's lock in a way that never opens the database.
 * @param at a database's folder; LevelDB would make a missing folder
 * @returns the error when another process has it
 */
export async function lockedBy(at: string, openLevel = openClassic): Promise<unknown> {
  if (!existsSync(at)) return undefined;
  return openLevel(at)
    .open({ createIfMissing: false, errorIfExists: true })
    .then(
      () => undefined,
      (error: unknown) => (isLocked(error) ? error : undefined),
    );
}

export function openClassic(folder: string): LevelDatabase {
  return new ClassicLevel(folder);
}

function refuse(ledger: string, { ifDamaged }: LedgerDatabase, damages: readonly string[]): void {
  if (damages.length === 0) return;
  throw new LedgerDamagedError(
    `The ledger ${ledger} is damaged (${damages.join("; ")}), so ${ifDamaged}: \`globus-ioc ledger recover\` keeps the damaged files and goes on with what can be read of them`,
  );
}

/** classic-level tells of its own failures in the cause. */
const causeOf = (error: unknown): unknown => (error as { readonly cause?: unknown }).cause ?? error;
const isLocked = (error: unknown): boolean => codeOf(causeOf(error)) === "LEVEL_LOCKED";

const unopened = (folder: string, cause: unknown): ActionError =>
  new ActionError(
    `The ledger ${folder} cannot be opened: ${messageOf(cause, folder)}; set path in the [ledger] section of globus.conf`,
    { cause },
  );
