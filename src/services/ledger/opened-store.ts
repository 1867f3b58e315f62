/** A database of the ledger as its users have it: in its folder, on a local disk, with its troubles told. */
import { escapeUnclean } from "../../base/clean-text.ts";
import { ActionError, asSentence, messageOf } from "../../base/errors.ts";
import { silentTrouble } from "../../base/troubles.ts";
import type { LedgerDatabase } from "./files.ts";
import { type LedgerOptions, lockedLedger, prepareLedger, writeOwner } from "./place.ts";
import { LedgerStore, type LevelDatabase } from "./store.ts";

export interface OpenedStore {
  /** Runs work on the open database, one after the other. @throws ActionError, of which operators have been told */
  readonly run: <T>(work: (database: LevelDatabase) => Promise<T>) => Promise<T>;
  /** Resolves when what was asked for is done and the database closed. */
  readonly close: () => Promise<void>;
}

/** @param about advice: what to do when another process holds it; opened: called after each opening */
export function openStore(
  options: LedgerOptions,
  database: LedgerDatabase,
  about: { readonly advice: string; readonly opened?: (database: LevelDatabase) => Promise<void> },
): OpenedStore {
  const { trouble = silentTrouble } = options;
  const store = new LedgerStore({
    ...options,
    database,
    prepare: () => prepareLedger(options),
    locked: (cause) => lockedLedger(options.path, cause, about.advice),
    opened: async (opened) => {
      await writeOwner(options);
      await about.opened?.(opened);
    },
  });
  return {
    close: () => store.close(),
    run: async (work) => {
      try {
        const result = await store.run(work);
        trouble.ends(`The ledger ${options.path} works again.`);
        return result;
      } catch (error) {
        trouble.begins(asSentence(messageOf(error)));
        throw error;
      }
    },
  };
}

/** Characters of a record that a sentence has room for: behind it comes what to do. */
const MOST_SHOWN = 200;

/** What is not understood must not count as not there. */
export function unknownRecord(folder: string, value: string): ActionError {
  const shown = value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}…` : value;
  return new ActionError(
    `The ledger ${folder} holds ${escapeUnclean(shown)}, which is no record of this version: use the newer version that wrote it, or leave it out with \`globus-ioc ledger recover\``,
  );
}
