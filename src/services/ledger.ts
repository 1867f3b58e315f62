/**
 * The ledger: who was mailed, in a LevelDB of its own folder, each write on disk before its promise resolves. One process holds it at a time; another one is
 * told who. It is opened when first used. It decides nothing: what was `sending` when its process was killed becomes `uncertain` (decision 19).
 */
import { readFile, statfs, writeFile } from "node:fs/promises";
import path from "node:path";
import { ClassicLevel } from "classic-level";
import { z } from "zod";
import { ActionError, codeOf, messageOf } from "../base/errors.ts";
import { makeFolder } from "../base/make-folder.ts";
import type { MailLedger, MailRecord } from "../controller/ports.ts";

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

export interface LedgerOptions {
  /** Folder; made where it is missing. */
  readonly path: string;
  /** This process. */
  readonly owner: LedgerOwner;
  /** The number of the file system that holds a path; for tests. */
  readonly fileSystemType?: (path: string) => Promise<number>;
}

export interface Ledger extends MailLedger {
  /** Opens it if it is not open. @throws LedgerLockedError, ActionError */
  open(): Promise<void>;
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

const recordSchema = z.object({
  state: z.enum(["sending", "sent", "refused", "unsent", "uncertain"]),
  at: z.string(),
  reason: z.string().optional(),
});
const ownerSchema = z.object({ pid: z.number(), host: z.string(), prefix: z.string().optional() });

const DATABASE_FOLDER = "mail";
const OWNER_FILE = "owner.json";
/** Between the parts of a key; names of experiments and addresses cannot hold it. */
const SEPARATOR = "\u0000";
const AFTER_SEPARATOR = "\u0001";
type Database = ClassicLevel;

export function createLedger(options: LedgerOptions): Ledger {
  let opening: Promise<Database> | undefined;
  let isClosed = false;
  const opened = (): Promise<Database> => {
    if (isClosed) return Promise.reject(new ActionError(`The ledger ${options.path} is closed: the program ends`));
    opening ??= openDatabase(options).catch((error: unknown) => {
      opening = undefined; // what was wrong may be put right
      throw error;
    });
    return opening;
  };
  return {
    open: async () => void (await opened()),
    close: async () => {
      isClosed = true;
      const database = await opening?.catch(() => undefined);
      await database?.close();
    },
    mailed: async (experimentName) => {
      const database = await opened();
      const range = { gt: experimentName + SEPARATOR, lt: experimentName + AFTER_SEPARATOR };
      const found = await guarded(options, database.iterator(range).all());
      return new Map(found.map(([key, value]) => [key.slice(range.gt.length), recordOf(value, options)]));
    },
    putMailed: async (experimentName, address, record) => {
      const database = await opened();
      await guarded(
        options,
        database.put(experimentName + SEPARATOR + address, JSON.stringify(record), { sync: true }),
      );
    },
  };
}

/** @throws ActionError: what is not understood must not count as never mailed */
function recordOf(json: string, { path: folder }: Pick<LedgerOptions, "path">): MailRecord {
  const data = recordSchema.safeParse(parsed(json)).data;
  if (data === undefined)
    throw new ActionError(
      `The ledger ${folder} holds ${json}, which is no record of this version: use the newer version that wrote it`,
    );
  const { state, at, reason } = data;
  return { state, at, ...(reason !== undefined && { reason }) };
}

/** undefined when it is no JSON: that is no record either. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

async function guarded<T>(options: LedgerOptions, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new ActionError(`The ledger ${options.path} failed: ${messageOf(error)}`, { cause: error });
  }
}

async function openDatabase(options: LedgerOptions): Promise<Database> {
  const folder = options.path;
  const problem = (what: string, cause: unknown): ActionError =>
    new ActionError(
      `The ledger ${folder} cannot be ${what}: ${messageOf(cause)}; set path in the [ledger] section of globus.conf`,
    );
  await makeFolder(folder, 0o700).catch((error: unknown) => {
    throw problem("made", error);
  });
  await refuseNetwork(options);
  const database: Database = new ClassicLevel(path.join(folder, DATABASE_FOLDER));
  try {
    await database.open();
  } catch (error) {
    const cause = (error as { readonly cause?: unknown }).cause;
    throw codeOf(cause) === "LEVEL_LOCKED" ? await locked(folder, error) : problem("opened", cause ?? error);
  }
  try {
    await writeFile(path.join(folder, OWNER_FILE), `${JSON.stringify(options.owner)}\n`, { mode: 0o600 });
    await settle(database, options);
  } catch (error) {
    await database.close();
    throw error instanceof ActionError ? error : problem("written", error);
  }
  return database;
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

async function locked(folder: string, cause: unknown): Promise<LedgerLockedError> {
  const owner = await readOwner(folder);
  const who =
    owner === undefined
      ? "another process"
      : owner.prefix === undefined
        ? `process ${owner.pid} on ${owner.host}`
        : `the IOC ${owner.prefix}, process ${owner.pid} on ${owner.host}`;
  return new LedgerLockedError(
    `The ledger ${folder} is held by ${who}: send the e-mail through it, or set another path in the [ledger] section of globus.conf`,
    {
      cause,
      owner,
    },
  );
}

async function readOwner(folder: string): Promise<LedgerOwner | undefined> {
  try {
    const { pid, host, prefix } = ownerSchema.parse(JSON.parse(await readFile(path.join(folder, OWNER_FILE), "utf8")));
    return { pid, host, ...(prefix !== undefined && { prefix }) };
  } catch {
    return undefined; // it is being written, or is none of ours: the sentence says "another process"
  }
}

/** What its last process was sending when it was killed, nobody knows. */
async function settle(database: Database, options: LedgerOptions): Promise<void> {
  const changes: { readonly type: "put"; readonly key: string; readonly value: string }[] = [];
  for await (const [key, value] of database.iterator()) {
    const record = recordOf(value, options);
    if (record.state !== "sending") continue;
    changes.push({ type: "put", key, value: JSON.stringify({ ...record, state: "uncertain" }) });
  }
  await database.batch(changes, { sync: true });
}
