/**
 * Files of a host behind SSH, over one SFTP connection: many small requests under way at once, so that the time of the
 * way there and back is paid once and not for each. SFTP keeps times in whole seconds.
 */
import { posix } from "node:path";
import type { Stats } from "ssh2";
import { fewAtATime } from "../../base/few-at-a-time.ts";
import type { SftpSession } from "../ssh/connection.ts";
import { SFTP_STATUS, sftpStatusOf } from "../ssh/errors.ts";
import type { SftpAttributes, SftpFile } from "../ssh/sftp-file.ts";
import type { Attributes, FileFailure, FileLook, FolderEntry, HostFiles, OpenFile } from "./host-files.ts";

const FILES_AT_ONCE = 32;
/** OpenSSH takes 255 KiB in one request; for a server that takes less ssh2 makes several of it. */
const REQUEST_BYTES = 240 * 1024;
const REQUESTS_AT_ONCE = 16;
/** Below this a disk is full for what a scan writes. */
const NO_ROOM_BYTES = 1024 * 1024;

/** @param place as operators know the tree */
export function sshFiles(place: string, session: SftpSession): HostFiles {
  return {
    place,
    atOnce: FILES_AT_ONCE,
    look: (path) => found(() => session.lstat(path)),
    lookThrough: (path) => found(() => session.stat(path)),
    realPath: (path) => session.realpath(path),
    entries: (path) => entries(session, path),
    names: async (path) => {
      const names: string[] = [];
      for await (const batch of session.readdir(path)) names.push(...batch.map(({ filename }) => filename));
      return names;
    },
    readSmall: (path, into) =>
      whileOpen(session.openFile(path, "read"), async (file) => ({
        bytes: await readAll(file, into, 0),
        found: describe(await file.stat()),
      })),
    holds: (path, bytes) =>
      whileOpen(session.openFile(path, "read"), async (file) => {
        const into = Buffer.allocUnsafe(bytes.length + 1); // one more, to see that it ends
        const length = await readAll(file, into, 0);
        return length === bytes.length && bytes.equals(into.subarray(0, length));
      }),
    writeSmall: (path, bytes, attributes) =>
      explained(session, path, () =>
        whileOpen(session.openFile(path, "create"), async (file) => {
          await writeAll(file, bytes, 0);
          await file.setAttributes(sftpAttributes(attributes));
          await file.sync();
        }),
      ),
    open: async (path, how) => openLarge(session, path, await session.openFile(path, how)),
    give: (path, attributes) => session.setAttributes(path, sftpAttributes(attributes)),
    makeFolder: async (path) => {
      try {
        await session.mkdir(path, 0o777);
      } catch (thrown) {
        // OpenSSH says no more than that it failed where there is one already: the caller looks at it.
        if (sftpStatusOf(thrown) !== SFTP_STATUS.FAILURE) throw thrown;
        if ((await found(() => session.stat(path))) === undefined) throw await withRoom(session, path, thrown);
      }
    },
    rename: (from, to) => session.rename(from, to),
    remove: async (path) => {
      await session.remove(path).catch((thrown: unknown) => {
        if (sftpStatusOf(thrown) !== SFTP_STATUS.NO_SUCH_FILE) throw thrown;
      });
    },
    // SFTP has no status of its own for a folder that is not empty.
    removeEmpty: async (path) => {
      for await (const batch of entries(session, path)) if (batch.length > 0) return false;
      await session.removeFolder(path);
      return true;
    },
    settle: () => Promise.resolve(), // each file was, when it was written
    settleFolders: () => Promise.resolve(), // SFTP has no request for that
    room: (path) => session.room(path),
    failureOf,
    close: () => session.close(),
  };
}

/** SFTP has no status for a full disk: the failure was one, as the room that is left says. */
class FullDisk extends Error {}

function failureOf(thrown: unknown): FileFailure | undefined {
  if (thrown instanceof FullDisk) return { kind: "noRoom", words: "its disk is full, or its quota used up" };
  const status = sftpStatusOf(thrown);
  switch (status) {
    case undefined:
      return undefined;
    case SFTP_STATUS.NO_SUCH_FILE:
      return { kind: "gone", words: "there is no such file or folder" };
    case SFTP_STATUS.PERMISSION_DENIED:
      return { kind: "denied", words: "permission is denied" };
    case SFTP_STATUS.FAILURE:
      return { kind: "other", words: "the host gives no reason; its quota may be used up, or its disk read-only" };
    case SFTP_STATUS.BAD_MESSAGE:
      return { kind: "other", words: "the name is too long or not allowed there" };
    default:
      return { kind: "other", words: `SFTP status ${status}` };
  }
}

async function explained<T>(session: SftpSession, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw await withRoom(session, path, thrown);
  }
}

async function withRoom(session: SftpSession, path: string, thrown: unknown): Promise<unknown> {
  if (sftpStatusOf(thrown) !== SFTP_STATUS.FAILURE) return thrown;
  const room = await session.room(posix.dirname(path)).catch(() => undefined);
  return room !== undefined && room < NO_ROOM_BYTES ? new FullDisk("no room", { cause: thrown }) : thrown;
}

const describe = (stats: Stats): FileLook => ({
  kind: stats.isFile() ? "file" : stats.isDirectory() ? "folder" : stats.isSymbolicLink() ? "link" : "other",
  bytes: stats.size,
  modified: stats.mtime * 1000,
  mode: stats.mode & 0o777,
  identity: undefined,
});

async function found(look: () => Promise<Stats>): Promise<FileLook | undefined> {
  try {
    return describe(await look());
  } catch (thrown) {
    if (sftpStatusOf(thrown) === SFTP_STATUS.NO_SUCH_FILE) return undefined;
    throw thrown;
  }
}

async function* entries(session: SftpSession, path: string): AsyncGenerator<readonly FolderEntry[]> {
  for await (const batch of session.readdir(path)) {
    const named = batch.filter(({ filename }) => filename !== "." && filename !== "..");
    yield await Promise.all(
      named.map(async ({ filename, attrs }) => {
        const isTold = attrs.size !== undefined && attrs.mtime !== undefined; // a server need not
        return { name: filename, ...describe(isTold ? attrs : await session.lstat(posix.join(path, filename))) };
      }),
    );
  }
}

const sftpAttributes = ({ modified, mode }: Attributes): SftpAttributes => {
  const seconds = Math.floor(modified / 1000);
  return { mode, atime: seconds, mtime: seconds };
};

/** @returns what `work` gives, when the file is closed */
async function whileOpen<T>(opening: Promise<SftpFile>, work: (file: SftpFile) => Promise<T>): Promise<T> {
  const file = await opening;
  let result: T;
  try {
    result = await work(file);
  } catch (thrown) {
    await file.close().catch(() => undefined); // what went wrong first is what is told
    throw thrown;
  }
  await file.close();
  return result;
}

/** A piece of a buffer, and where it belongs in the file. */
const requestsOf = (buffer: Buffer, at: number): { readonly piece: Buffer; readonly at: number }[] =>
  Array.from({ length: Math.ceil(buffer.length / REQUEST_BYTES) }, (_, index) => ({
    piece: buffer.subarray(index * REQUEST_BYTES, (index + 1) * REQUEST_BYTES),
    at: at + index * REQUEST_BYTES,
  }));

async function writeAll(file: SftpFile, bytes: Buffer, at: number): Promise<void> {
  await fewAtATime(requestsOf(bytes, at), REQUESTS_AT_ONCE, (one) => file.write(one.piece, one.at));
}

/** @returns bytes up to the first that the file has not */
async function readAll(file: SftpFile, into: Buffer, at: number): Promise<number> {
  const read = await fewAtATime(requestsOf(into, at), REQUESTS_AT_ONCE, async (one) => {
    let bytes = 0;
    while (bytes < one.piece.length) {
      const more = await file.read(one.piece.subarray(bytes), one.at + bytes); // a server may answer with less
      if (more === 0) break;
      bytes += more;
    }
    return bytes;
  });
  const end = read.findIndex((bytes) => bytes < REQUEST_BYTES);
  return end < 0 ? into.length : end * REQUEST_BYTES + (read[end] ?? 0);
}

function openLarge(session: SftpSession, path: string, file: SftpFile): OpenFile {
  let isOpen = true;
  return {
    read: (into, at) => readAll(file, into, at),
    write: (bytes, at) => explained(session, path, () => writeAll(file, bytes, at)),
    sync: () => explained(session, path, () => file.sync()),
    look: async () => describe(await file.stat()),
    give: async (attributes) => {
      await file.setAttributes(sftpAttributes(attributes));
      await file.sync();
    },
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await file.close();
    },
  };
}
