/**
 * The sandbox's folder of temporary files: keys, logins, directory trees. It goes when it is removed, at the latest with the process; what a process left that
 * was killed, the next sandbox sweeps away.
 */
import { readdirSync, rmSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** `globus-ioc-sandbox-<pid>-<random>` */
const NAME = /^globus-ioc-sandbox-(\d+)-/;

export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** Makes an empty folder that only this user can read. */
export async function makeTemporaryFolder(): Promise<TemporaryFolder> {
  sweep();
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), `globus-ioc-sandbox-${process.pid}-`)));
  const removeNow = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeNow);
  return {
    path: folder,
    remove: async () => {
      process.removeListener("exit", removeNow);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Removes the folders of processes that are no more. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(NAME.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) rmSync(path.join(tmpdir(), name), { recursive: true, force: true });
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
