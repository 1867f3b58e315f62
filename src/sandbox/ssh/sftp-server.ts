/**
 * SFTP version 3 over one folder of this machine, which its clients see as `/`: what our own SFTP client and OpenSSH's
 * `sftp` ask for. One row a request; each row is plain file work, and one place turns its failure into an SFTP status
 * as OpenSSH's server does (sftp-server.c errno_to_portable). Who may log in is host.ts; symbolic links cannot be
 * made through it.
 */

import type { FileHandle } from "node:fs/promises";
import {
  chmod,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  truncate,
  utimes,
} from "node:fs/promises";
import { posix } from "node:path";
import ssh2, { type Attributes, type SFTPWrapper } from "ssh2";
import { codeOf } from "../../base/errors.ts";

const { OK, EOF, NO_SUCH_FILE, PERMISSION_DENIED, FAILURE, BAD_MESSAGE } = ssh2.utils.sftp.STATUS_CODE;
/** Entries in one READDIR answer. */
const ENTRIES_AT_ONCE = 100;
/** No answer to READ is longer; SFTP clients ask again. */
const MOST_READ_BYTES = 256 * 1024;

/** One request as the log and the faults see it. */
export interface SftpRequest {
  /** SFTP's own name, e.g. `MKDIR`. */
  readonly operation: string;
  /** As the client sees it, normalised; empty for requests on an open file. */
  readonly path: string;
  /** Of OPEN: to write. */
  readonly writes?: true;
}

/** How the host misbehaves. */
export interface SftpMood {
  /** Asked before each request: waits as long as the host is to be slow, and throws the status it is to fail with. */
  readonly admit: (request: SftpRequest) => Promise<void>;
  /** Whether listings have sizes; they need not. */
  readonly tellsSizes: () => boolean;
}

/** A failure with an SFTP status of its own. */
export class SftpFailure extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`SFTP status ${status}`);
    this.status = status;
  }
}

interface OpenThing {
  readonly path: string;
  readonly file?: FileHandle;
  /** Names not yet given to a directory listing. */
  readonly names?: string[];
}

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  ENOENT: NO_SUCH_FILE,
  ENOTDIR: NO_SUCH_FILE,
  ELOOP: NO_SUCH_FILE,
  EPERM: PERMISSION_DENIED,
  EACCES: PERMISSION_DENIED,
  ENAMETOOLONG: BAD_MESSAGE,
  EINVAL: BAD_MESSAGE,
};

/** Answers everything that comes over `sftp` until it ends. */
export function serveSftp(sftp: SFTPWrapper, root: string, mood: SftpMood): void {
  const server = new SftpServer(sftp, root, mood);
  server.listen();
}

class SftpServer {
  readonly #sftp: SFTPWrapper;
  readonly #root: string;
  readonly #mood: SftpMood;
  readonly #open = new Map<number, OpenThing>();
  #handles = 0;
  #isClosed = false;

  constructor(sftp: SFTPWrapper, root: string, mood: SftpMood) {
    this.#sftp = sftp;
    this.#root = root;
    this.#mood = mood;
  }

  listen(): void {
    this.#listenForPaths(this.#sftp);
    this.#listenForDirectories(this.#sftp);
    this.#listenForFiles(this.#sftp);
    this.#sftp.on("CLOSE", (id, handle) => this.#answer(id, "CLOSE", "", () => this.#close(handle)));
    this.#sftp.on("end", () => this.#sftp.end()); // the client has said its last; OpenSSH's waits for our end
    this.#sftp.on("close", () => void this.#closeAll());
  }

  /** Requests that name a path. */
  #listenForPaths(sftp: SFTPWrapper): void {
    sftp.on("REALPATH", (id, path) => this.#answer(id, "REALPATH", path, () => this.#realpath(id, path)));
    sftp.on("STAT", (id, path) =>
      this.#answer(id, "STAT", path, async () => sftp.attrs(id, seconds(await stat(await this.#at(path))))),
    );
    sftp.on("LSTAT", (id, path) =>
      this.#answer(id, "LSTAT", path, async () => sftp.attrs(id, seconds(await lstat(await this.#at(path, false))))),
    );
    sftp.on("SETSTAT", (id, path, attributes) =>
      this.#answer(id, "SETSTAT", path, async () => setAttributes(await this.#at(path), attributes)),
    );
    sftp.on("MKDIR", (id, path, attributes) =>
      this.#answer(id, "MKDIR", path, async () => {
        // As a server with umask 022 does: what the client wants beyond that it must set itself.
        await mkdir(await this.#at(path, false), { mode: ((attributes.mode as number | undefined) ?? 0o777) & 0o755 });
      }),
    );
    sftp.on("RMDIR", (id, path) => this.#answer(id, "RMDIR", path, async () => rmdir(await this.#at(path, false))));
    sftp.on("REMOVE", (id, path) => this.#answer(id, "REMOVE", path, async () => rm(await this.#at(path, false))));
    sftp.on("RENAME", (id, from, to) =>
      this.#answer(id, "RENAME", from, async () => move(await this.#at(from, false), await this.#at(to, false))),
    );
  }

  #listenForDirectories(sftp: SFTPWrapper): void {
    sftp.on("OPENDIR", (id, path) =>
      this.#answer(id, "OPENDIR", path, async () => {
        const names = [".", "..", ...(await readdir(await this.#at(path)))];
        sftp.handle(id, this.#remember({ path, names }));
      }),
    );
    sftp.on("READDIR", (id, handle) =>
      this.#answer(id, "READDIR", "", () => this.#readDirectory(id, this.#thing(handle))),
    );
  }

  /** Requests on the contents and the attributes of an open file. */
  #listenForFiles(sftp: SFTPWrapper): void {
    sftp.on("OPEN", (id, path, flags, attributes) => {
      const how = ssh2.utils.sftp.flagsToString(flags) ?? "r";
      const mode = ((attributes as Partial<Attributes>).mode ?? 0o666) & 0o755;
      const run = async (): Promise<void> => {
        const file = await open(await this.#at(path), how, mode);
        if (this.#isClosed) await file.close();
        else sftp.handle(id, this.#remember({ path, file }));
      };
      this.#answer(id, "OPEN", path, run, how !== "r");
    });
    sftp.on("READ", (id, handle, offset, length) =>
      this.#answer(id, "READ", "", async () => {
        const wanted = Buffer.alloc(Math.min(length, MOST_READ_BYTES));
        const { bytesRead } = await this.#file(handle).read(wanted, 0, wanted.length, offset);
        if (bytesRead === 0) throw new SftpFailure(EOF);
        sftp.data(id, wanted.subarray(0, bytesRead));
      }),
    );
    sftp.on("WRITE", (id, handle, offset, bytes) => {
      const copy = Buffer.from(bytes);
      this.#answer(id, "WRITE", "", async () => void (await this.#file(handle).write(copy, 0, copy.length, offset)));
    });
    sftp.on("FSTAT", (id, handle) =>
      this.#answer(id, "FSTAT", "", async () => sftp.attrs(id, seconds(await this.#file(handle).stat()))),
    );
    sftp.on("FSETSTAT", (id, handle, attributes) =>
      this.#answer(id, "FSETSTAT", "", async () => setAttributes(await this.#at(this.#thing(handle).path), attributes)),
    );
  }

  /** Runs one request; a row that has not answered itself has succeeded when it returns. */
  #answer(id: number, operation: string, path: string, run: () => Promise<unknown>, writes = false): void {
    const shown = path === "" ? "" : posix.resolve("/", path);
    const answered = ANSWERS_ITSELF.has(operation);
    void this.#mood
      .admit({ operation, path: shown, ...(writes && { writes }) })
      .then(run)
      .then(() => (answered ? undefined : this.#sftp.status(id, OK)))
      .catch((thrown: unknown) => this.#sftp.status(id, statusOf(thrown)));
  }

  async #realpath(id: number, path: string): Promise<void> {
    const wanted = posix.resolve("/", path);
    // As OpenSSH does, a path whose last part does not exist yet is resolved all the same.
    const real = await this.#at(wanted).then((at) => realpath(at).catch(() => at));
    const filename = real === this.#root ? "/" : real.slice(this.#root.length);
    this.#sftp.name(id, [{ filename, longname: filename, attrs: {} as Attributes }]);
  }

  async #readDirectory(id: number, thing: OpenThing): Promise<void> {
    const names = thing.names?.splice(0, ENTRIES_AT_ONCE) ?? [];
    if (names.length === 0) throw new SftpFailure(EOF);
    const entries = await Promise.all(
      names.map(async (filename) => {
        const attrs = await lstat(posix.join(await this.#at(thing.path), filename));
        const kind = attrs.isDirectory() ? "d" : "-";
        return {
          filename,
          longname: `${kind} ${attrs.size} ${attrs.mtime.toISOString()} ${filename}`,
          attrs: this.#mood.tellsSizes() ? seconds(attrs) : withoutSize(seconds(attrs)),
        };
      }),
    );
    this.#sftp.name(id, entries);
  }

  /**
   * The place on this machine.
   * @param follow whether a link at its end is followed;
   * @throws SftpFailure when it leads out of the folder
   */
  async #at(path: string, follow = true): Promise<string> {
    const place = posix.join(this.#root, posix.resolve("/", path));
    const parent = await realpath(follow ? place : posix.dirname(place)).catch(() => undefined);
    const inside =
      parent === undefined || parent === this.#root || parent.startsWith(`${this.#root}/`) || place === this.#root;
    if (!inside) throw new SftpFailure(PERMISSION_DENIED);
    return place;
  }

  #remember(thing: OpenThing): Buffer {
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(++this.#handles);
    this.#open.set(this.#handles, thing);
    return handle;
  }
  #thing(handle: Buffer): OpenThing {
    const thing = handle.length === 4 ? this.#open.get(handle.readUInt32BE(0)) : undefined;
    if (thing === undefined) throw new SftpFailure(FAILURE);
    return thing;
  }
  #file(handle: Buffer): FileHandle {
    const { file } = this.#thing(handle);
    if (file === undefined) throw new SftpFailure(FAILURE);
    return file;
  }
  async #close(handle: Buffer): Promise<void> {
    const { file } = this.#thing(handle);
    this.#open.delete(handle.readUInt32BE(0));
    await file?.close();
  }
  async #closeAll(): Promise<void> {
    this.#isClosed = true;
    const things = [...this.#open.values()];
    this.#open.clear();
    for (const { file } of things) await file?.close();
  }
}

/** Requests whose answer is more than a status. */
const ANSWERS_ITSELF = new Set(["REALPATH", "STAT", "LSTAT", "FSTAT", "OPENDIR", "READDIR", "OPEN", "READ"]);

async function setAttributes(place: string, attributes: Partial<Attributes>): Promise<void> {
  if (attributes.size !== undefined) await truncate(place, attributes.size);
  if (attributes.mode !== undefined) await chmod(place, attributes.mode & 0o7777);
  const { atime, mtime } = attributes;
  if (atime !== undefined && mtime !== undefined) await utimes(place, atime, mtime);
}

/** As OpenSSH's plain RENAME does, a file that has the name already stays. */
async function move(from: string, to: string): Promise<void> {
  if ((await lstat(from)).isDirectory()) return await rename(from, to);
  await link(from, to);
  await rm(from);
}

/** Times as SFTP has them: seconds, where Node has dates and milliseconds. */
function seconds(of: {
  mode: number;
  uid: number;
  gid: number;
  size: number;
  atimeMs: number;
  mtimeMs: number;
}): Attributes {
  const { mode, uid, gid, size, atimeMs, mtimeMs } = of;
  return { mode, uid, gid, size, atime: Math.floor(atimeMs / 1000), mtime: Math.floor(mtimeMs / 1000) };
}

function withoutSize({ size: _size, ...others }: Attributes): Attributes {
  return others as Attributes; // ssh2's type demands what its encoder does not
}

function statusOf(thrown: unknown): number {
  return thrown instanceof SftpFailure ? thrown.status : (STATUS_BY_CODE[codeOf(thrown) ?? ""] ?? FAILURE);
}
