/** A folder of this host, for the check before beam time: its room, and whether what is written reaches the disk. */
import type { StatsFs } from "node:fs";
import * as nodeFiles from "node:fs/promises";
import { dirname, join } from "node:path";
import { ActionError, codeOf, messageOf } from "../base/errors.ts";
import { freeBytes } from "../base/free-bytes.ts";
import { makeFolder } from "../base/make-folder.ts";
import { orAbort } from "../base/or-abort.ts";
import { CHECK_FILE } from "../base/own-files.ts";
import { createFile, type FileCalls, syncFolder } from "../base/replace-file.ts";
import type { OwnDisk } from "../controller/ports/own-disk.ts";

export interface OwnDiskOptions {
  readonly folder: string;
  /** What lies there, as sentences begin: `The ledger`. */
  readonly what: string;
  readonly files?: FileCalls;
}

export function createOwnDisk({ folder, what, files = nodeFiles }: OwnDiskOptions): OwnDisk {
  const told = async <T>(doing: string, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
    try {
      return await (signal === undefined ? work() : orAbort(work(), signal));
    } catch (thrown) {
      signal?.throwIfAborted();
      throw new ActionError(`${what} ${folder} cannot ${doing}: ${messageOf(thrown, folder)}`, { cause: thrown });
    }
  };
  return {
    folder,
    room: ({ signal }) => told("tell its room", async () => freeBytes(await statsOf(folder)), signal),
    tryWriting: ({ signal }) =>
      told(
        "be written",
        async () => {
          await makeFolder(folder, 0o700);
          const file = join(folder, CHECK_FILE); // what a killed check has left the next one removes
          await files.rm(file, { force: true });
          await createFile(file, "globus-ioc check\n", { mode: 0o600, files });
          await files.rm(file, { force: true });
          await syncFolder(folder, files);
        },
        signal,
      ),
  };
}

/** Of a folder that is not there yet, those of the folder above in which it will be made. */
async function statsOf(folder: string): Promise<StatsFs> {
  try {
    return await nodeFiles.statfs(folder);
  } catch (thrown) {
    if (codeOf(thrown) !== "ENOENT" || dirname(folder) === folder) throw thrown;
    return await statsOf(dirname(folder));
  }
}
