/** A file system of its own and of a few kilobytes, which can be filled and emptied. Only root may mount one, and only on Linux. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why there is none here, as the rest of a sentence; undefined: there is. */
export const noSmallDisk: string | undefined = reason();

function reason(): string | undefined {
  if (process.platform !== "linux") return "only Linux has the tmpfs that stands for a small disk";
  if (process.getuid?.() !== 0) return "only root may mount the tmpfs that stands for a small disk";
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-disk-"));
  try {
    const { status, stderr } = mount(folder);
    if (status === 0) spawnSync("umount", [folder]);
    return status === 0 ? undefined : `a tmpfs cannot be mounted here: ${String(stderr).trim()}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function mount(folder: string): ReturnType<typeof spawnSync> {
  return spawnSync("mount", ["-t", "tmpfs", "-o", `size=${KILOBYTES}k`, "tmpfs", folder]);
}

const KILOBYTES = 1024;
const BLOCK = 4096;

export class SmallDisk implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "globus-ioc-disk-"));
  readonly #filler = join(this.folder, "filler");

  constructor() {
    const { status, stderr } = mount(this.folder);
    if (status !== 0) throw new Error(`no tmpfs: ${String(stderr)}`);
  }
  /** Leaves no byte. */
  fill(): void {
    const bytes = Buffer.alloc(BLOCK);
    try {
      for (;;) writeFileSync(this.#filler, bytes, { flag: "a" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
  empty(): void {
    rmSync(this.#filler, { force: true });
  }
  [Symbol.dispose](): void {
    spawnSync("umount", ["--lazy", this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
