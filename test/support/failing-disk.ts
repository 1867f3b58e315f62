/**
 * Disks on which writes fail, for real: a limit on the size of files, which tears the write that meets the limit, and a
 * small file system that can be filled. Both need Linux; `needPeers("prlimit")` and `needPeers("root")` say whether
 * this host has them.
 */
import { mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inheritedEnvironment } from "./peers/epics-environment.ts";
import { ROOT } from "./peers/real-peers.ts";
import { runPeer, succeed } from "./peers/spawn-peer.ts";

export interface SmallDisk {
  readonly path: string;
  /** Takes all the room that is left, but for so many bytes. */
  fill(left?: number): Promise<void>;
  /** Gives the room back. */
  empty(): Promise<void>;
  remove(): Promise<void>;
}

/** A file system of its own in memory. Needs root. */
export async function mountSmallDisk(bytes: number): Promise<SmallDisk> {
  const path = await mkdtemp(join(tmpdir(), "small-disk-"));
  await succeed("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "none", path]);
  const ballast = join(path, "ballast");
  return {
    path,
    fill: async (left = 0) => {
      const { bavail, bsize } = await statfs(path);
      await writeFile(ballast, Buffer.alloc(Math.max(0, bavail * bsize - left)), { flag: "a" });
    },
    empty: () => rm(ballast, { force: true }),
    remove: async () => {
      await succeed("umount", ["--lazy", path]);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** What a process has seen that wrote a ledger while some of its writes failed. */
export interface FailingWrites {
  /** Numbers of the writes that were acknowledged: address `a<number>@x.example` of the experiment E. */
  readonly acknowledged: readonly number[];
  readonly sentences: readonly string[];
}

/**
 * Writes a ledger in a process of its own; every tenth write meets a limit on the size of files in the middle of its
 * record. Needs prlimit and dist.
 * @param writes how many
 */
export async function writeLedgerOnFailingDisk(folder: string, writes: number): Promise<FailingWrites> {
  const program = `
    import { execFileSync } from "node:child_process";
    import { readdirSync, statSync } from "node:fs";
    import { createLedger } from ${moduleOf("services/ledger/ledger.js")};
    const folder = ${JSON.stringify(folder)};
    const limit = (bytes) => execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=" + bytes + ":"]);
    const sizeOfLog = () => {
      const logs = readdirSync(folder + "/mail").filter((name) => name.endsWith(".log")).sort();
      return statSync(folder + "/mail/" + logs.at(-1)).size;
    };
    const ledger = createLedger({ path: folder, owner: { pid: process.pid, host: "child" } });
    await ledger.open();
    const acknowledged = [];
    const sentences = [];
    for (let i = 0; i < ${writes}; i++) {
      const fails = i % 10 === 9;
      if (fails) limit(sizeOfLog() + 20);
      try {
        await ledger.putMailed("E", "a" + i + "@x.example", { state: "sent", at: "2026-03-01T12:00:00Z" });
        acknowledged.push(i);
      } catch (error) {
        sentences.push(error.message);
      }
      if (fails) limit("unlimited");
    }
    await ledger.close();
    console.log(JSON.stringify({ acknowledged, sentences }));`;
  return (await runModule(program, 60 + writes / 10)) as FailingWrites;
}

/**
 * Writes a ledger in a process of its own, and kills that process once it has told `acknowledged` writes; on a small
 * disk some writes fail before.
 * @returns the numbers of the acknowledged writes, as writeLedgerOnFailingDisk has them
 */
export async function writeLedgerUntilKilled(folder: string, acknowledged: number): Promise<readonly number[]> {
  const program = `
    import { createLedger } from ${moduleOf("services/ledger/ledger.js")};
    const ledger = createLedger({ path: ${JSON.stringify(folder)}, owner: { pid: process.pid, host: "child" } });
    for (let i = 0, told = 0; ; i++) {
      const record = { state: "sent", at: "2026-03-01T12:00:00Z" };
      const isDone = await ledger.putMailed("E", "a" + i + "@x.example", record).then(() => true, () => false);
      if (isDone) {
        process.stdout.write(i + "\\n");
        if (++told === ${acknowledged}) setImmediate(() => process.kill(process.pid, "SIGKILL"));
      }
    }`;
  const { stdout } = await runPeer(process.execPath, ["--input-type=module", "-e", program]);
  return stdout.trim().split("\n").map(Number);
}

const moduleOf = (file: string): string => JSON.stringify(pathToFileURL(join(ROOT, "dist", file)).href);

async function runModule(program: string, timeoutSeconds: number): Promise<unknown> {
  const { code, stdout, stderr } = await runPeer(process.execPath, ["--input-type=module", "-e", program], {
    env: inheritedEnvironment(),
    timeoutSeconds,
  });
  if (code !== 0) throw new Error(`the program ended with ${code}: ${stdout}${stderr}`);
  return JSON.parse(stdout) as unknown;
}
