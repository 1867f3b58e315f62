/**
 * The ledger: who was mailed, in a LevelDB of its own folder, each write on disk before its promise resolves. One
 * process holds it at a time; another process is told who. It is opened when first used. It decides nothing: what was
 * `sending` when its process was killed becomes `uncertain` (decision 0019).
 */
import { statfs } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { ActionError, asSentence, messageOf } from "../../base/errors.ts";
import { makeFolder } from "../../base/make-folder.ts";
import { readRegularFile } from "../../base/regular-file.ts";
import { replaceFile } from "../../base/replace-file.ts";
import { silentTrouble, type Trouble } from "../../base/troubles.ts";
import type { MailLedger, MailRecord } from "../../controller/ports/ledger.ts";
import { readMailRecord } from "./record.ts";
import { LedgerStore, type LedgerStoreOptions, type LevelDatabase, type LevelPut } from "./store.ts";

/** Who holds a ledger. */
export interface LedgerOwner {
  readonly pid: number;
  readonly host: string;
  /** Of the PVs of the IOC that holds it; absent for the command line. */
  readonly prefix?: string;
}

/** Another process holds the ledger; `owner` tells which, where that can be read. */
export class LedgerLockedError extends ActionError {
  readonly owner: LedgerOwner | undefined;
  constructor(message: string, options: ErrorOptions & { readonly owner: LedgerOwner | undefined }) {
    super(message, options);
    this.owner = options.owner;
  }
}

export interface LedgerOptions extends Pick<LedgerStoreOptions, "openLevel"> {
  /** Folder; made where it is missing. */
  readonly path: string;
  /** This process. */
  readonly owner: LedgerOwner;
  /** The number of the file system that holds a path; for tests. */
  readonly fileSystemType?: (path: string) => Promise<number>;
  /** Told when the ledger fails and when it works again. */
  readonly trouble?: Trouble;
}

export interface Ledger extends MailLedger {
  close(): Promise<void>;
}

/** File systems on which a lock is not to be trusted: f_type of statfs(2), Linux. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xfe534d42, "SMB2"],
  [0xff534d42, "CIFS"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
  [0x5346414f, "AFS"],
  [0x6b414653, "AFS"],
  [0x65735546, "FUSE, such as sshfs"],
  [0x00c36400, "Ceph"],
  [0x19830326, "BeeGFS"],
  [0xaad7aaea, "PanFS"],
]);

const ownerSchema = z.object({ pid: z.number(), host: z.string(), prefix: z.string().optional() });

const SEND_THROUGH = "send the e-mail through it, or set another path in the [ledger] section of globus.conf";
const OWNER_FILE = "owner.json";
/** Between the parts of a key; names of experiments and addresses cannot hold it. */
const SEPARATOR = "\u0000";
const AFTER_SEPARATOR = "\u0001";

export function createLedger(options: LedgerOptions): Ledger {
  const { trouble = silentTrouble } = options;
  let isSettled = false;
  const store = new LedgerStore({
    ...options,
    prepare: () => prepare(options),
    locked: (cause) => locked(options.path, cause),
    opened: async (database) => {
      await writeOwner(options);
      if (!isSettled) await settle(database, options); // opened anew, what is `sending` is being sent by this process
      isSettled = true;
    },
  });
  const run = async <T>(work: (database: LevelDatabase) => Promise<T>): Promise<T> => {
    try {
      const result = await store.run(work);
      trouble.ends(`The ledger ${options.path} works again.`);
      return result;
    } catch (error) {
      trouble.begins(asSentence(messageOf(error)));
      throw error;
    }
  };
  return {
    open: () => run(async () => {}),
    close: () => store.close(),
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
  throw new ActionError(
    `The ledger ${folder} holds ${json}, which is no record of this version: use the newer version that wrote it, or leave it out with \`globus-ioc ledger recover\``,
  );
}

/** @throws ActionError */
async function prepare(options: LedgerOptions): Promise<void> {
  try {
    await makeFolder(options.path, 0o700);
  } catch (error) {
    throw new ActionError(
      `The ledger ${options.path} cannot be made: ${messageOf(error, options.path)}; set path in the [ledger] section of globus.conf`,
      { cause: error },
    );
  }
  await refuseNetwork(options);
}

async function refuseNetwork({ path: folder, fileSystemType = typeOf }: LedgerOptions): Promise<void> {
  const name = NETWORK_FILE_SYSTEMS.get(await fileSystemType(folder));
  if (name === undefined) return;
  throw new ActionError(
    `The ledger ${folder} lies on a network file system (${name}), where two hosts could write it at once: set path in the [ledger] section of globus.conf to a folder on a local disk`,
  );
}

/** As an unsigned number of 32 bits. */
const typeOf = async (folder: string): Promise<number> => (await statfs(folder)).type >>> 0;

/** @param advice what to do, behind the colon */
export async function locked(folder: string, cause: unknown, advice = SEND_THROUGH): Promise<LedgerLockedError> {
  const owner = await readOwner(folder);
  const who =
    owner === undefined
      ? "another process"
      : owner.prefix === undefined
        ? `process ${owner.pid} on ${owner.host}`
        : `the IOC ${owner.prefix}, process ${owner.pid} on ${owner.host}`;
  return new LedgerLockedError(`The ledger ${folder} is held by ${who}: ${advice}`, {
    cause,
    owner,
  });
}

async function readOwner(folder: string): Promise<LedgerOwner | undefined> {
  try {
    const { pid, host, prefix } = ownerSchema.parse(
      JSON.parse((await readRegularFile(path.join(folder, OWNER_FILE))).toString("utf8")),
    );
    return { pid, host, ...(prefix !== undefined && { prefix }) };
  } catch {
    return undefined; // it is being written, or is none of ours: the sentence says "another process"
  }
}

const writeOwner = ({ path: folder, owner }: LedgerOptions): Promise<void> =>
  replaceFile(path.join(folder, OWNER_FILE), `${JSON.stringify(owner)}\n`, { mode: 0o600 });

/** What its last process was sending when it was killed, nobody knows. */
async function settle(database: LevelDatabase, options: LedgerOptions): Promise<void> {
  const changes: LevelPut[] = [];
  for (const [key, value] of await database.iterator({}).all()) {
    const record = recordOf(value, options);
    if (record.state !== "sending") continue;
    changes.push({ type: "put", key, value: JSON.stringify({ ...record, state: "uncertain" }) });
  }
  await database.batch(changes, { sync: true });
}
