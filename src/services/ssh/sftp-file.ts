/**
 * One open file of an SFTP session, and requests beyond SFTP 3 that a server may offer. The session is connection.ts's,
 * with its time limits and sentences.
 */
import type { SFTPWrapper, Stats } from "ssh2";
import ssh2 from "ssh2";

/** As SFTP has them: times in seconds. */
export interface SftpAttributes {
  readonly mode?: number;
  readonly atime?: number;
  readonly mtime?: number;
}

/** What is read of statvfs(3). */
export interface StatVfs {
  readonly f_bavail: number;
  readonly f_frsize: number;
}

/** Begins a request, whose answer `done` takes. */
export type StepStart<T> = (done: (error: unknown, result?: T) => void) => void;
/** Runs one request. @param what it does, for a sentence that goes on with the path */
type Step = <T>(what: string, start: StepStart<T>) => Promise<T>;

const { READ, WRITE, CREAT, EXCL, TRUNC } = ssh2.utils.sftp.OPEN_MODE;
/** To read, or a file that is not there yet, to write and read. */
export const OPEN_FLAGS = { read: READ, create: READ | WRITE | CREAT | EXCL | TRUNC } as const;

/** Undefined where the server does not offer the extension: ssh2 throws then, before anything is sent. */
export async function whereOffered<T>(
  step: (start: StepStart<T>) => Promise<T>,
  start: StepStart<T>,
): Promise<{ readonly value: T } | undefined> {
  let isOffered = true;
  const value = await step((done) => {
    try {
      start(done);
    } catch {
      isOffered = false;
      done(undefined);
    }
  });
  return isOffered ? { value } : undefined;
}

/** A file that is open on the host. Several requests may be under way at once. */
export class SftpFile {
  readonly #sftp: SFTPWrapper;
  readonly #handle: Buffer;
  readonly #step: Step;

  constructor(sftp: SFTPWrapper, handle: Buffer, step: Step) {
    this.#sftp = sftp;
    this.#handle = handle;
    this.#step = step;
  }
  /** @returns bytes read; 0 at the file's end */
  read(into: Buffer, at: number): Promise<number> {
    return this.#step("reading", (done) => this.#sftp.read(this.#handle, into, 0, into.length, at, done));
  }
  write(bytes: Buffer, at: number): Promise<void> {
    return this.#step("writing", (done) => this.#sftp.write(this.#handle, bytes, 0, bytes.length, at, done));
  }
  /** Brings the file to the host's disk, where its server offers OpenSSH's `fsync`. */
  async sync(): Promise<void> {
    const start: StepStart<unknown> = (done) => this.#sftp.ext_openssh_fsync(this.#handle, done);
    await whereOffered((begin) => this.#step("syncing", begin), start);
  }
  stat(): Promise<Stats> {
    return this.#step("looking at", (done) => this.#sftp.fstat(this.#handle, done));
  }
  setAttributes(attributes: SftpAttributes): Promise<void> {
    return this.#step("setting attributes of", (done) => this.#sftp.fsetstat(this.#handle, attributes, done));
  }
  close(): Promise<void> {
    return this.#step("closing", (done) => this.#sftp.close(this.#handle, done));
  }
}
