/**
 * The ledger: who was mailed, in a LevelDB of its own folder, each write on disk before its promise resolves. One
 * process holds it at a time; another process is told who. It is opened when first used. It decides nothing: what was
 * `sending` when its process was killed becomes `uncertain` (decision 0019).
 */
import type { MailLedger, MailRecord } from "../../controller/ports/ledger.ts";
import { MAIL_DATABASE } from "./files.ts";
import { openStore, unknownRecord } from "./opened-store.ts";
import type { LedgerOptions } from "./place.ts";
import { readMailRecord } from "./record.ts";
import type { LevelDatabase, LevelWrite } from "./store.ts";

export interface Ledger extends MailLedger {
  close(): Promise<void>;
}

const SEND_THROUGH = "send the e-mail through it, or set another path in the [ledger] section of globus.conf";
/** Between the parts of a key; names of experiments and addresses cannot hold it. */
const SEPARATOR = "\u0000";
const AFTER_SEPARATOR = "\u0001";

export function createLedger(options: LedgerOptions): Ledger {
  let isSettled = false;
  const { run, close } = openStore(options, MAIL_DATABASE, {
    advice: SEND_THROUGH,
    opened: async (database) => {
      if (!isSettled) await settle(database, options); // opened anew, what is `sending` is being sent by this process
      isSettled = true;
    },
  });
  return {
    open: () => run(async () => {}),
    close,
    mailed: (experimentName) =>
      run(async (database) => {
        const range = { gt: experimentName + SEPARATOR, lt: experimentName + AFTER_SEPARATOR };
        const found = await database.iterator(range).all();
        return new Map(found.map(([key, value]) => [key.slice(range.gt.length), recordOf(value, options)]));
      }),
    putMailed: (experimentName, address, record) =>
      run((database) => database.put(experimentName + SEPARATOR + address, JSON.stringify(record), { sync: true })),
  };
}

/** @throws ActionError: what is not understood must not count as never mailed */
function recordOf(json: string, { path: folder }: Pick<LedgerOptions, "path">): MailRecord {
  const record = readMailRecord(json);
  if (record !== undefined) return record;
  throw unknownRecord(folder, json);
}

/** What its last process was sending when it was killed, nobody knows. */
async function settle(database: LevelDatabase, options: LedgerOptions): Promise<void> {
  const changes: LevelWrite[] = [];
  for (const [key, value] of await database.iterator({}).all()) {
    const record = recordOf(value, options);
    if (record.state !== "sending") continue;
    changes.push({ type: "put", key, value: JSON.stringify({ ...record, state: "uncertain" }) });
  }
  await database.batch(changes, { sync: true });
}
