/**
 * A folder mounted a second time, read-only, so that nobody there is notified of what is changed beneath: as on a
 * network file system, where another host changes it. Needs root, and Linux.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { succeed } from "./peers/spawn-peer.ts";

export interface SilentMount {
  readonly path: string;
  remove(): Promise<void>;
}

/** @param folder what is to be seen there, and goes on to change */
export async function mountSilently(folder: string): Promise<SilentMount> {
  const place = await mkdtemp(join(tmpdir(), "silent-mount-"));
  const [path, empty] = [join(place, "mount"), join(place, "empty")];
  for (const one of [path, empty]) await mkdir(one);
  // Without a folder that takes changes there have to be two
  await succeed("mount", ["-t", "overlay", "-o", `lowerdir=${folder}:${empty}`, "none", path]);
  return {
    path,
    remove: async () => {
      await succeed("umount", ["--lazy", path]);
      await rm(place, { recursive: true, force: true });
    },
  };
}
