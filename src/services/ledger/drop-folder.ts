/**
 * The drop folder of a ledger: `globus-ioc trigger` writes a scan there that no process could be asked to take, and the
 * process that has the ledger takes it. Each file is written whole or not at all, for its user alone. What is no such
 * file is told, and kept aside; nothing of it is believed.
 */
import { randomBytes } from "node:crypto";
import { lstat, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { Clock } from "../../base/clock.ts";
import { ActionError, codeOf, messageOf } from "../../base/errors.ts";
import { makeFolder } from "../../base/make-folder.ts";
import { openRegularFile } from "../../base/regular-file.ts";
import { replaceFile, syncFolder } from "../../base/replace-file.ts";
import type { Drop, HandScan, ScanDrops } from "../../controller/ports/scan-drops.ts";
import { handScanSchema } from "./queue-door-words.ts";

/** Two paths of the longest kind, and names of destinations. */
const MOST_BYTES = 1 << 16;
/** Files that are taken in one look. */
const MOST_FILES = 100;
/** The age at which nobody writes a temporary file any more. */
const LEFT_MILLISECONDS = 3_600_000;
/** Permission bits with which others could write. */
const OTHERS_WRITE = 0o022;
const ASIDE = "refused";
/** The name of a whole file sorts by age; that of a temporary one is replaceFile's. */
const WHOLE = /^\d{8}T\d{9}Z-[0-9a-f]{12}\.json$/;
const TEMPORARY = /\.json\.[0-9a-f]{12}\.tmp$/;

export const dropFolder = (ledger: string): string => path.join(ledger, "drop");

/**
 * Puts a scan into the drop folder of a ledger.
 * @returns the file
 * @throws ActionError
 */
export async function dropScan(ledger: string, scan: HandScan, clock: Pick<Clock, "now">): Promise<string> {
  const folder = dropFolder(ledger);
  const stamp = new Date(clock.now()).toISOString().replace(/[-:.]/g, "");
  const file = path.join(folder, `${stamp}-${randomBytes(6).toString("hex")}.json`);
  try {
    await makeFolder(ledger, 0o700);
    await makeFolder(folder, 0o700);
    await replaceFile(file, `${JSON.stringify(scan)}\n`, { mode: 0o600 });
  } catch (error) {
    throw new ActionError(`The drop folder ${folder} cannot be written: ${messageOf(error, folder)}`, { cause: error });
  }
  return file;
}

export function createDropFolder(ledger: string, clock: Pick<Clock, "now">): ScanDrops {
  const folder = dropFolder(ledger);
  const guarded = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw error instanceof ActionError
        ? error
        : new ActionError(`${what}: ${messageOf(error, folder)}`, { cause: error });
    }
  };
  return {
    folder,
    look: () => guarded(`The drop folder ${folder} cannot be read`, () => lookInto(folder, clock.now())),
    remove: (name) =>
      guarded(`${path.join(folder, name)} cannot be removed`, async () => {
        await rm(path.join(folder, name), { force: true });
        await syncFolder(folder);
      }),
    setAside: (name) =>
      guarded(`${path.join(folder, name)} cannot be set aside`, async () => {
        const aside = path.join(folder, ASIDE);
        await makeFolder(aside, 0o700);
        const place = await freeName(aside, name);
        await rename(path.join(folder, name), place);
        return place;
      }),
  };
}

/** @throws ActionError, or the system's error */
async function lookInto(folder: string, now: number): Promise<readonly Drop[]> {
  const names = await namesIn(folder);
  if (names.length === 0) return [];
  const stats = await lstat(folder);
  if (!stats.isDirectory()) throw new ActionError(`${folder} is no folder: remove it`);
  if ((stats.mode & OTHERS_WRITE) !== 0)
    throw new ActionError(`Others can write to ${folder}, and nothing is taken from there: run chmod 700 ${folder}`);
  const drops: Drop[] = [];
  for (const name of names.filter((one) => one !== ASIDE).sort()) {
    const drop = await readDrop(folder, name, now);
    if (drop !== undefined && drops.push(drop) === MOST_FILES) break;
  }
  return drops;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

/** @returns undefined for what is being written, or has gone @throws the system's error */
async function readDrop(folder: string, name: string, now: number): Promise<Drop | undefined> {
  const file = path.join(folder, name);
  try {
    const stats = await lstat(file);
    if (TEMPORARY.test(name) && now - stats.mtimeMs < LEFT_MILLISECONDS) return undefined;
    if (!WHOLE.test(name)) return { name, problem: "it is no whole file of globus-ioc trigger" };
    if (!stats.isFile()) return { name, problem: "it is no file" };
    if (stats.size > MOST_BYTES) return { name, problem: `it has ${stats.size} bytes` };
    const text = await readWhole(file);
    return text === undefined ? { name, problem: "its text is no UTF-8" } : { name, ...scanIn(text) };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    if (codeOf(error) === "EACCES") return { name, problem: "it cannot be read" };
    throw error;
  }
}

/** @returns undefined for what is no UTF-8 */
async function readWhole(file: string): Promise<string | undefined> {
  const opened = await openRegularFile(file);
  try {
    const bytes = Buffer.alloc(MOST_BYTES);
    const { bytesRead } = await opened.read(bytes, 0, MOST_BYTES, 0);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, bytesRead));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  } finally {
    await opened.close();
  }
}

function scanIn(text: string): { readonly scan: HandScan } | { readonly problem: string } {
  try {
    const { success, data } = handScanSchema.safeParse(JSON.parse(text));
    if (success) return { scan: data };
  } catch {
    // no JSON: torn, or another's
  }
  return { problem: "it holds no scan" };
}

/** @throws the system's error */
async function freeName(folder: string, name: string): Promise<string> {
  const taken = new Set(await readdir(folder));
  for (let number = 1; ; number++) {
    const one = number === 1 ? name : `${name}.${number}`;
    if (!taken.has(one)) return path.join(folder, one);
  }
}
