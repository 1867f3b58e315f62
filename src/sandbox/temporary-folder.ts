/**
 * The sandbox's folder of temporary files: keys, logins, directory trees. It goes when it is removed, at the latest
 * with the process; what a process left that was killed, the next sandbox sweeps away.
 */
import { readdirSync, rmSync } from "node:fs";
import { mkdtemp, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { AppError, messageOf } from "../base/errors.ts";

/** `globus-ioc-sandbox-<pid>-<random>` */
const NAME = /^globus-ioc-sandbox-(\d+)-/;

export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

const EVERYTHING = { recursive: true, force: true } as const;

/** Makes an empty folder that only this user can read. @throws AppError when `parent` does not take it */
export async function makeTemporaryFolder(parent = tmpdir(), removeTree = rmSync): Promise<TemporaryFolder> {
  const folder = await made(parent, removeTree);
  const removeNow = (): void => removeTree(folder, EVERYTHING);
  process.once("exit", removeNow);
  return {
    path: folder,
    remove: () => {
      removeNow(); // where it throws, the exit tries again
      process.removeListener("exit", removeNow);
      return Promise.resolve();
    },
  };
}

async function made(parent: string, removeTree: typeof rmSync): Promise<string> {
  try {
    sweep(parent, removeTree);
    return await realpath(await mkdtemp(path.join(parent, `globus-ioc-sandbox-${process.pid}-`)));
  } catch (error) {
    const start = `The simulated beamline cannot keep its files in ${parent}`;
    throw new AppError(`${start}: ${messageOf(error, start)}; set TMPDIR to a folder that can be written to.`);
  }
}

/** Removes the folders of processes that are no more, but for those of other users. */
function sweep(parent: string, removeTree: typeof rmSync): void {
  for (const name of readdirSync(parent)) {
    const pid = Number(NAME.exec(name)?.[1]);
    if (!(pid > 0) || isAlive(pid)) continue;
    try {
      removeTree(path.join(parent, name), EVERYTHING);
    } catch {
      // Somebody else's: it stays until they start a sandbox
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it lives, and is somebody else's
  }
}
