/**
 * Files that this host sees itself. What is short is done at once and not in Node's threads, which is several times
 * quicker for small files; so this is for a process that has nothing else to do (worker-program.ts). A file system that
 * does not answer keeps that process waiting, and it alone.
 */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../base/errors.ts";
import { fewAtATime } from "../../base/few-at-a-time.ts";
import { freeBytes } from "../../base/free-bytes.ts";
import { systemFailure } from "../../base/system-failure.ts";
import type { Attributes, FileFailure, FileLook, FolderEntry, HostFiles, OpenFile } from "./host-files.ts";

/** The calls that may be made to fail, or counted, by tests. */
export type SyncCalls = Pick<
  typeof fs,
  "openSync" | "writeSync" | "readSync" | "fsyncSync" | "renameSync" | "mkdirSync" | "futimesSync" | "closeSync"
>;

const ENTRIES_AT_ONCE = 1000;
/** Fewer files than this are brought to the disk one by one. */
const FEW = 8;
const SYNCS_AT_ONCE = 16;
/**
 * File systems (statfs(2), by `f_type`) that bring everything to the disk when syncfs(2) returns; of others, such as
 * FUSE, that is not known.
 */
const KEEP_SYNCFS: ReadonlySet<number> = new Set([
  0xef53, // ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0xf2f52010, // f2fs
  0x6969, // nfs
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
]);

const KINDS: Readonly<Record<string, FileFailure["kind"]>> = {
  ENOENT: "gone",
  ENOTDIR: "gone",
  EACCES: "denied",
  EPERM: "denied",
  ENOSPC: "noRoom",
  EDQUOT: "noRoom",
  EROFS: "noPlace",
  EIO: "noPlace",
  ESTALE: "noPlace",
  ENODEV: "noPlace",
  ENXIO: "noPlace",
  ENOTCONN: "noPlace",
  ETIMEDOUT: "noPlace",
  EHOSTDOWN: "noPlace",
  EREMOTEIO: "noPlace",
};

/** @param place as operators know the tree */
export function mountedFiles(place: string, calls: SyncCalls = fs): HostFiles {
  let scratch = Buffer.alloc(0);
  return {
    place,
    atOnce: 1,
    look: async (path) => found(fs.lstatSync(path, { throwIfNoEntry: false })),
    lookThrough: async (path) => found(fs.statSync(path, { throwIfNoEntry: false })),
    realPath: async (path) => fs.realpathSync.native(path),
    entries,
    names: async (path) => fs.readdirSync(path),
    readSmall: async (path, into) => {
      const file = calls.openSync(path, READ);
      try {
        const bytes = fill(into, (piece, at) => calls.readSync(file, piece, 0, piece.length, at));
        return { bytes, found: describe(fs.fstatSync(file)) };
      } finally {
        calls.closeSync(file);
      }
    },
    holds: async (path, bytes) => {
      if (scratch.length <= bytes.length) scratch = Buffer.allocUnsafeSlow(2 * bytes.length + 4096);
      const into = scratch.subarray(0, bytes.length + 1); // one more, to see that it ends
      const file = calls.openSync(path, READ);
      try {
        const length = fill(into, (piece, at) => calls.readSync(file, piece, 0, piece.length, at));
        return length === bytes.length && bytes.compare(into, 0, length) === 0;
      } finally {
        calls.closeSync(file);
      }
    },
    writeSmall: async (path, bytes, attributes) => {
      const file = calls.openSync(path, "wx", 0o600);
      try {
        fill(bytes, (piece, at) => calls.writeSync(file, piece, 0, piece.length, at));
        giveTo(file, attributes, calls);
      } finally {
        calls.closeSync(file); // of a network file system it may be what says that there is no room
      }
    },
    open: async (path, how) => openLarge(await (how === "read" ? open(path, READ) : open(path, "wx+", 0o600)), calls),
    give: async (path, attributes) => {
      const file = calls.openSync(path, READ);
      try {
        giveTo(file, attributes, calls);
      } finally {
        calls.closeSync(file);
      }
    },
    makeFolder: async (path) => {
      try {
        calls.mkdirSync(path);
      } catch (thrown) {
        if (codeOf(thrown) !== "EEXIST") throw thrown;
      }
    },
    rename: async (from, to) => calls.renameSync(from, to),
    remove: async (path) => fs.rmSync(path, { force: true }),
    removeEmpty: async (path) => {
      try {
        fs.rmdirSync(path);
        return true;
      } catch (thrown) {
        if (NOT_EMPTY.includes(codeOf(thrown) ?? "")) return false;
        throw thrown;
      }
    },
    settle: async (paths) => {
      const [first] = paths;
      if (first === undefined || (paths.length > FEW && settleAll(first))) return;
      await fewAtATime(paths, SYNCS_AT_ONCE, (path) => settleOne(path, calls));
    },
    settleFolders: async (paths) => {
      await fewAtATime(paths, SYNCS_AT_ONCE, (path) => settleOne(path, calls));
    },
    room: async (path) => freeBytes(fs.statfsSync(path)),
    failureOf: (thrown) => {
      const code = codeOf(thrown);
      if (code === undefined) return undefined;
      return { kind: KINDS[code] ?? "other", words: systemFailure(thrown)?.words ?? code };
    },
    close: () => Promise.resolve(),
  };
}

const NOT_EMPTY: readonly string[] = ["ENOTEMPTY", "EEXIST", "ENOTDIR", "ENOENT"];
/** A named pipe must not keep us waiting for its other end. */
const READ = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK;

const kindOf = (stats: fs.Stats): FileLook["kind"] =>
  stats.isFile() ? "file" : stats.isDirectory() ? "folder" : stats.isSymbolicLink() ? "link" : "other";

const describe = (stats: fs.Stats): FileLook => ({
  kind: kindOf(stats),
  bytes: stats.size,
  modified: Math.round(stats.mtimeMs),
  mode: stats.mode & 0o777,
  identity: `${stats.dev}:${stats.ino}`,
});

const found = (stats: fs.Stats | undefined): FileLook | undefined =>
  stats === undefined ? undefined : describe(stats);

async function* entries(path: string): AsyncGenerator<readonly FolderEntry[]> {
  const folder = fs.opendirSync(path, { bufferSize: ENTRIES_AT_ONCE });
  try {
    let batch: FolderEntry[] = [];
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
      const { name } = entry;
      const stats = fs.lstatSync(join(path, name), { throwIfNoEntry: false });
      // A name that is no UTF-8 is not found again; what has gone meanwhile is not there.
      if (stats !== undefined) batch.push({ name, ...describe(stats) });
      else if (name.includes("\ufffd")) batch.push({ name, ...NOTHING });
      if (batch.length < ENTRIES_AT_ONCE) continue;
      yield batch;
      batch = [];
    }
    yield batch;
  } finally {
    folder.closeSync();
  }
}
const NOTHING: FileLook = { kind: "other", bytes: 0, modified: 0, mode: 0, identity: undefined };

/** Calls `move` for what is left of the buffer until it moves nothing more. @returns bytes moved */
function fill(buffer: Buffer, move: (piece: Buffer, at: number) => number): number {
  let at = 0;
  while (at < buffer.length) {
    const moved = move(at === 0 ? buffer : buffer.subarray(at), at);
    if (moved === 0) break;
    at += moved;
  }
  return at;
}

/** Not every file system has permission bits. */
function giveTo(file: number, { modified, mode }: Attributes, calls: SyncCalls): void {
  calls.futimesSync(file, modified / 1000, modified / 1000);
  try {
    fs.fchmodSync(file, mode);
  } catch (thrown) {
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP"].includes(codeOf(thrown) ?? "")) throw thrown;
  }
}

function openLarge(file: FileHandle, calls: SyncCalls): OpenFile {
  return {
    read: async (into, at) => {
      let read = 0;
      while (read < into.length) {
        const { bytesRead } = await file.read(into, read, into.length - read, at + read);
        if (bytesRead === 0) break;
        read += bytesRead;
      }
      return read;
    },
    write: async (bytes, at) => {
      for (let written = 0; written < bytes.length; )
        written += (await file.write(bytes, written, bytes.length - written, at + written)).bytesWritten;
    },
    sync: () => file.datasync(),
    look: async () => describe(await file.stat()),
    give: async (attributes) => {
      giveTo(file.fd, attributes, calls);
      await file.sync();
    },
    close: () => file.close(),
  };
}

/**
 * Brings all that the file system has in memory to its disk, which for many files takes a fraction of the time of one
 * by one. @returns false where that is not known to have happened: the files one by one say why
 */
function settleAll(path: string): boolean {
  if (!KEEP_SYNCFS.has(fs.statfsSync(path).type)) return false;
  return spawnSync("sync", ["-f", "--", path], { stdio: "ignore" }).status === 0;
}

async function settleOne(path: string, calls: SyncCalls): Promise<void> {
  const file = calls.openSync(path, READ);
  try {
    calls.fsyncSync(file);
  } finally {
    calls.closeSync(file);
  }
}
