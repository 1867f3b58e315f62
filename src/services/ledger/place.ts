/** The ledger's folder: that it is there and on a local disk, and which process holds it. */
import { statfs } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { oneLine } from "../../base/clean-text.ts";
import { ActionError, messageOf } from "../../base/errors.ts";
import { makeFolder } from "../../base/make-folder.ts";
import { readRegularFile } from "../../base/regular-file.ts";
import { replaceFile } from "../../base/replace-file.ts";
import type { Trouble } from "../../base/troubles.ts";
import type { LedgerStoreOptions } from "./store.ts";

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

export const ownerSchema = z.object({
  pid: z.number(),
  host: z.string(),
  prefix: z.string().exactOptional(),
});

const OWNER_FILE = "owner.json";
/** Before each opening. @throws ActionError when the ledger cannot be there */
export async function prepareLedger(options: LedgerOptions): Promise<void> {
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
export async function lockedLedger(folder: string, cause: unknown, advice: string): Promise<LedgerLockedError> {
  const owner = await readOwner(folder);
  return new LedgerLockedError(`The ledger ${folder} is held by ${ownerText(owner)}: ${advice}`, { cause, owner });
}

/** Who holds a ledger, for the middle of a sentence. */
export function ownerText(owner: LedgerOwner | undefined): string {
  if (owner === undefined) return "another process";
  const { prefix, pid, host } = owner;
  const where = `process ${pid} on ${oneLine(host)}`;
  return prefix === undefined ? where : `the IOC ${oneLine(prefix)}, ${where}`;
}

async function readOwner(folder: string): Promise<LedgerOwner | undefined> {
  try {
    return ownerSchema.parse(JSON.parse((await readRegularFile(path.join(folder, OWNER_FILE))).toString("utf8")));
  } catch {
    return undefined; // it is being written, or is none of ours: the sentence says "another process"
  }
}

export const writeOwner = ({ path: folder, owner }: LedgerOptions): Promise<void> =>
  replaceFile(path.join(folder, OWNER_FILE), `${JSON.stringify(owner)}\n`, { mode: 0o600 });
