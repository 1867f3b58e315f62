/**
 * One SSH connection with SFTP on it: host key verified against known_hosts, one user, one key file or agent, every
 * step with a time limit, every failure a sentence. It never starts a remote shell and never reads ~/.ssh/config. What
 * is done with the files is in directories.ts and data-host.ts.
 */
import type { Client, ConnectConfig, FileEntryWithStats, ServerHostKeyAlgorithm, SFTPWrapper, Stats } from "ssh2";
import ssh2 from "ssh2";
import type { Clock } from "../../base/clock.ts";
import { ActionError, codeOf, messageOf } from "../../base/errors.ts";
import { readPrivateFile } from "../../base/private-file.ts";
import { readRegularFile } from "../../base/regular-file.ts";
import { UnavailableError } from "../../controller/ports/call.ts";
import {
  hostKeyFailure,
  hostLabel,
  loginFailure,
  SFTP_STATUS,
  type SshLogin,
  type SshSettings,
  sftpStatusOf,
  socketFailure,
} from "./errors.ts";
import { type KnownHost, linesFor, parseKnownHosts, SSH_PORT } from "./known-hosts.ts";
import { OPEN_FLAGS, type SftpAttributes, SftpFile, type StatVfs, type StepStart, whereOffered } from "./sftp-file.ts";

const CONNECT_TIMEOUT_SECONDS = 15;
const STEP_TIMEOUT_SECONDS = 30;
/** A server that does not close its side within this time is cut off. */
const GOODBYE_SECONDS = 1;

/**
 * The signature algorithms for each type of host key, best first; the key types in the order in which we prefer them.
 */
const HOST_KEY_ALGORITHMS: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
};

/** The text of a known_hosts file; a missing file is an empty text. */
export async function readKnownHosts(path: string): Promise<string> {
  try {
    return (await readRegularFile(path)).toString("utf8");
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return "";
    throw new ActionError(`The known hosts file ${path} cannot be read: ${messageOf(thrown, path)}.`, {
      cause: thrown,
    });
  }
}

/** The key that a host shows, without logging in. @throws UnavailableError when it shows none */
export async function fetchHostKey(
  at: { readonly host: string; readonly port: number; readonly timeoutSeconds?: number },
  clock: Clock,
  signal?: AbortSignal,
): Promise<Buffer> {
  const label = hostLabel(at.host, at.port);
  const connection = new Connection(label, clock, signal);
  let shown: Buffer | undefined;
  try {
    const wait = at.timeoutSeconds ?? CONNECT_TIMEOUT_SECONDS;
    await connection.open({ host: at.host, port: at.port, username: "nobody", authHandler: [] }, wait, (key) => {
      shown = key;
      return new ActionError("the key is all that is wanted");
    });
  } catch (thrown) {
    if (shown === undefined) throw thrown;
  } finally {
    await connection.close();
  }
  if (shown === undefined) throw new UnavailableError(`${label} showed no host key.`);
  return shown;
}

/** Connects, verifies the host key, logs in and starts SFTP. The signal ends the connection at any time, also later. */
export async function openSftp(settings: SshSettings, clock: Clock, signal?: AbortSignal): Promise<SftpSession> {
  signal?.throwIfAborted();
  const { host, user, login, port = SSH_PORT } = settings;
  const label = hostLabel(host, port);
  const known = parseKnownHosts(await readKnownHosts(settings.knownHostsFile));
  const credentials = await credentialsOf(login);
  const connection = new Connection(label, clock, signal);
  try {
    await connection.open(
      { host, port, username: user, ...credentials, algorithms: { serverHostKey: preferred(known, host, port) } },
      settings.connectTimeoutSeconds ?? CONNECT_TIMEOUT_SECONDS,
      (key) => hostKeyFailure(known, settings, key),
      (error) => loginFailure(error, label, user, login),
    );
    const stepSeconds = settings.stepTimeoutSeconds ?? STEP_TIMEOUT_SECONDS;
    const sftp = await connection
      .step<SFTPWrapper>("starting SFTP", stepSeconds, (done) => connection.client.sftp(done))
      .catch((thrown: unknown) => {
        if (thrown instanceof ActionError || signal?.aborted === true) throw thrown;
        const advice = "its sshd_config needs a `Subsystem sftp` line";
        throw new UnavailableError(`${label} let ${user} in but offers no SFTP: ${advice}.`, { cause: thrown });
      });
    return new SftpSession(connection, sftp, stepSeconds);
  } catch (thrown) {
    await connection.close();
    throw thrown;
  }
}

/** An open SFTP session. Failures that the server names reject with its own error, whose `code` is the SFTP status. */
export class SftpSession {
  readonly #connection: Connection;
  readonly #sftp: SFTPWrapper;
  readonly #stepSeconds: number;

  constructor(connection: Connection, sftp: SFTPWrapper, stepSeconds: number) {
    this.#connection = connection;
    this.#sftp = sftp;
    this.#stepSeconds = stepSeconds;
  }
  /** Where `path` is a link, of the link itself. */
  lstat(path: string): Promise<Stats> {
    return this.#step(`looking at ${path}`, (done) => this.#sftp.lstat(path, done));
  }
  stat(path: string): Promise<Stats> {
    return this.#step(`looking at ${path}`, (done) => this.#sftp.stat(path, done));
  }
  realpath(path: string): Promise<string> {
    return this.#step(`resolving ${path}`, (done) => this.#sftp.realpath(path, done));
  }
  mkdir(path: string, mode: number): Promise<void> {
    return this.#step(`making ${path}`, (done) => this.#sftp.mkdir(path, { mode }, done));
  }
  /** What is in a directory, as many entries at a time as the server gives; links are not followed. */
  async *readdir(path: string): AsyncGenerator<readonly FileEntryWithStats[]> {
    const what = `listing ${path}`;
    const handle = await this.#step<Buffer>(what, (done) => this.#sftp.opendir(path, done));
    let failed = false;
    try {
      for (;;) yield await this.#step<FileEntryWithStats[]>(what, (done) => this.#sftp.readdir(handle, done));
    } catch (thrown) {
      failed = sftpStatusOf(thrown) !== SFTP_STATUS.EOF;
      if (failed) throw thrown;
    } finally {
      const closing = this.#step<void>(what, (done) => this.#sftp.close(handle, done));
      await (failed ? closing.catch(() => undefined) : closing); // what went wrong first is what is told
    }
  }
  chmod(path: string, mode: number): Promise<void> {
    return this.#step(`setting the mode of ${path}`, (done) => this.#sftp.chmod(path, mode, done));
  }
  /** @param how to read, or a file that is not there yet, for its owner alone */
  async openFile(path: string, how: keyof typeof OPEN_FLAGS): Promise<SftpFile> {
    const handle = await this.#step<Buffer>(`opening ${path}`, (done) =>
      this.#sftp.open(path, OPEN_FLAGS[how], 0o600, done),
    );
    return new SftpFile(this.#sftp, handle, (what, start) => this.#step(`${what} ${path}`, start));
  }
  setAttributes(path: string, attributes: SftpAttributes): Promise<void> {
    return this.#step(`setting attributes of ${path}`, (done) => this.#sftp.setstat(path, attributes, done));
  }
  remove(path: string): Promise<void> {
    return this.#step(`removing ${path}`, (done) => this.#sftp.unlink(path, done));
  }
  /** An empty folder alone. */
  removeFolder(path: string): Promise<void> {
    return this.#step(`removing ${path}`, (done) => this.#sftp.rmdir(path, done));
  }
  /**
   * Takes the place of a file that has the name: at once where the server offers OpenSSH's `posix-rename`, else that
   * file is removed before.
   */
  async rename(from: string, to: string): Promise<void> {
    const what = `renaming ${from}`;
    const isOffered = await this.#extension<void>(what, (done) => this.#sftp.ext_openssh_rename(from, to, done));
    if (isOffered !== undefined) return;
    await this.remove(to).catch((thrown: unknown) => {
      if (sftpStatusOf(thrown) !== SFTP_STATUS.NO_SUCH_FILE) throw thrown;
    });
    await this.#step<void>(what, (done) => this.#sftp.rename(from, to, done));
  }
  /** Bytes that the user may still write where `path` is; undefined where the server does not tell. */
  async room(path: string): Promise<number | undefined> {
    const told = await this.#extension<StatVfs>(`asking for the room at ${path}`, (done) =>
      this.#sftp.ext_openssh_statvfs(path, done),
    );
    return told?.value === undefined ? undefined : told.value.f_bavail * told.value.f_frsize;
  }
  close(): Promise<void> {
    return this.#connection.close();
  }
  #extension<T>(what: string, start: StepStart<T>): Promise<{ readonly value: T } | undefined> {
    return whereOffered((begin) => this.#step<T>(what, begin), start);
  }
  #step<T>(what: string, start: StepStart<T>): Promise<T> {
    return this.#connection.step(what, this.#stepSeconds, start);
  }
}

/** A client whose first failure (a time limit, the signal, the socket) ends it and rejects all that waits. */
class Connection {
  readonly client: Client = new ssh2.Client();
  readonly #label: string;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #waiting = new Set<(reason: unknown) => void>();
  readonly #closed: Promise<void>;
  #failure: { readonly reason: unknown } | undefined;
  #started = false;

  constructor(label: string, clock: Clock, signal: AbortSignal | undefined) {
    this.#label = label;
    this.#clock = clock;
    this.#signal = signal;
    this.#closed = new Promise((resolve) => this.client.once("close", () => resolve()));
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted === true) this.#onAbort(); // while the files of keys were read, say: no event tells of it
  }

  /**
   * @param judge what is wrong with the host's key, or undefined;
   * @param loginFailed the sentence for a refused login
   */
  async open(
    config: ConnectConfig,
    timeoutSeconds: number,
    judge: (key: Buffer) => Error | undefined,
    loginFailed: (error: unknown) => Error | undefined = () => undefined,
  ): Promise<void> {
    const { client } = this;
    let distrust: Error | undefined;
    client.on("error", (error) => this.#fail(distrust ?? loginFailed(error) ?? socketFailure(error, this.#label)));
    client.on("close", () => this.#fail(new UnavailableError(`${this.#label} closed the SSH connection.`)));
    const hostVerifier = (key: Buffer): boolean => {
      distrust = judge(key);
      return distrust === undefined;
    };
    await this.step<void>("opening the SSH connection", timeoutSeconds, (done) => {
      client.once("ready", () => done(undefined));
      client.connect({ ...config, hostVerifier, readyTimeout: 0 });
      this.#started = true; // from here on it tells its end, and not before
      // Without it each small request waits for the acknowledgement of the request before: 40 ms a request.
      client.setNoDelay(true);
    });
  }

  /** Runs one request; its time limit and the connection's end reject it too. */
  step<T>(what: string, seconds: number, start: (done: (error: unknown, result?: T) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure.reason);
      const late = `${this.#label} did not answer within ${seconds} s while ${what}.`;
      const cancel = this.#clock.after(seconds, () =>
        this.#fail(new UnavailableError(late, { mayHaveHappened: true })),
      );
      const fail = (reason: unknown): void => {
        cancel();
        this.#waiting.delete(fail);
        reject(reason);
      };
      this.#waiting.add(fail);
      const done = (error: unknown, result?: T): void => {
        // ssh2 passes on what it knows about a dead connection before the connection's own event comes: let that speak.
        if (error !== undefined && error !== null)
          return sftpStatusOf(error) !== undefined ? fail(error) : this.#clock.soon(() => fail(error));
        cancel();
        this.#waiting.delete(fail);
        resolve(result as T);
      };
      try {
        start(done);
      } catch (thrown) {
        fail(thrown); // ssh2 throws for what it cannot even begin
      }
    });
  }

  /** Ends the connection and waits until it is gone. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#failure ??= { reason: new UnavailableError(`The SSH connection to ${this.#label} is closed.`) };
    if (!this.#started) return;
    this.client.end();
    const cancel = this.#clock.after(GOODBYE_SECONDS, () => this.client.destroy());
    await this.#closed;
    cancel();
  }

  readonly #onAbort = (): void => this.#fail(this.#signal?.reason);

  #fail(reason: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { reason };
    for (const fail of this.#waiting) fail(reason);
    this.client.destroy();
  }
}

/** Key types on file for the host first: a host with several keys must show one that we can check. */
function preferred(known: readonly KnownHost[], host: string, port: number): ServerHostKeyAlgorithm[] {
  const onFile = new Set(
    [...linesFor(known, host, port), ...linesFor(known, host, SSH_PORT)].map((line) => line.keyType),
  );
  const types = Object.keys(HOST_KEY_ALGORITHMS);
  const sorted = [...types.filter((type) => onFile.has(type)), ...types.filter((type) => !onFile.has(type))];
  return sorted.flatMap((type) => HOST_KEY_ALGORITHMS[type] ?? []);
}

async function credentialsOf(login: SshLogin): Promise<Pick<ConnectConfig, "privateKey" | "agent" | "authHandler">> {
  if ("agentSocket" in login) return { agent: login.agentSocket, authHandler: ["agent"] };
  const text = await readPrivateFile(login.identityFile, "SSH key file");
  const parsed = ssh2.utils.parseKey(text);
  const key: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error) {
    const advice = "it must hold one private key without a passphrase; use an agent for a key that has one";
    throw new ActionError(`The SSH key file ${login.identityFile} cannot be used: ${advice} (${key.message}).`, {
      cause: key,
    });
  }
  return { privateKey: text, authHandler: ["publickey"] };
}
