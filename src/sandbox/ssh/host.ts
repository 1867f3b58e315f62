/**
 * A machine of the beamline, simulated: an SSH server on a free port of 127.0.0.1 with SFTP over a real temporary
 * folder, one user, and keys made at its start. It can misbehave on request, and logs what it was asked. It gives no
 * shell. Uses ssh2's server; what SFTP answers is sftp-server.ts.
 */
import { timingSafeEqual } from "node:crypto";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2, { type AuthContext, type Connection, type ParsedKey, type Server } from "ssh2";
import { type Clock, sleep } from "../../base/clock.ts";
import { ActionError } from "../../base/errors.ts";
import { Listeners } from "../../base/listeners.ts";
import { SftpFailure, type SftpRequest, serveSftp } from "./sftp-server.ts";

/** How the host misbehaves from now on; all off at the start. */
export interface SshFaults {
  /** Connections are reset before a word is said. */
  down: boolean;
  /** Shows another host key than that of `knownHostsLine`. */
  otherHostKey: boolean;
  refusesLogin: boolean;
  noSftp: boolean;
  /** What would change a path that begins with this text is denied. */
  deniedBelow: string | undefined;
  /** Nothing new can be made. */
  diskFull: boolean;
  /** Seconds that each SFTP answer is held back. */
  delaySeconds: number;
  /** Listings are without sizes, as SFTP allows. */
  noSizes: boolean;
}

export interface SshHostOptions {
  /** Shown in the temporary folder's name: `detector`, `analysis`. */
  readonly name: string;
  readonly clock: Clock;
  /** The user who may log in; default `beamline`. */
  readonly user?: string;
  /** Absolute paths, as clients see them, that exist at the start. */
  readonly folders?: readonly string[];
  /** Folder in which it makes its own; the system's for temporary files unless given. */
  readonly parent?: string;
  /** Key of the user who may log in; default: a new key. */
  readonly clientKey?: SshKeyPair;
}

/** A private key, and the line of its public key, both in OpenSSH's form. */
export interface SshKeyPair {
  readonly private: string;
  readonly public: string;
}

export interface SshHost {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Where clients' `/` is on this machine. */
  readonly root: string;
  /** The private key of the user who may log in; mode 0600. */
  readonly identityFile: string;
  /** A known_hosts file with this host's line. */
  readonly knownHostsFile: string;
  readonly knownHostsLine: string;
  readonly faults: SshFaults;
  /** Everything asked since the start: logins as `LOGIN` with the user as path, then SFTP's own names. */
  readonly requests: readonly SftpRequest[];
  /** Told of each request before it is answered. */
  readonly asked: Listeners<[SftpRequest]>;
  /** Connections open now. */
  readonly connections: number;
  /** Breaks every connection, as a cable that is pulled. */
  cut(): void;
  /** Ends every connection and removes the folder and the keys. */
  close(): Promise<void>;
}

const { PERMISSION_DENIED, FAILURE } = ssh2.utils.sftp.STATUS_CODE;
const LOOPBACK = "127.0.0.1";
/** Requests that a full disk or a denied folder refuses. */
const CHANGES = new Set(["MKDIR", "SETSTAT", "RMDIR", "REMOVE", "RENAME"]);
const MAKES = new Set(["MKDIR", "WRITE"]);

/** Starts one host. */
export async function startSshHost(options: SshHostOptions): Promise<SshHost> {
  const folder = await realpath(await mkdtemp(join(options.parent ?? tmpdir(), `globus-ioc-${options.name}-`)));
  const host = new SandboxHost(folder, options);
  try {
    await host.start(options.folders ?? []);
  } catch (thrown) {
    await host.close();
    throw thrown;
  }
  return host;
}

class SandboxHost implements SshHost {
  readonly host = LOOPBACK;
  readonly user: string;
  readonly root: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
  readonly requests: SftpRequest[] = [];
  readonly asked = new Listeners<[SftpRequest]>();
  readonly faults: SshFaults = {
    down: false,
    otherHostKey: false,
    refusesLogin: false,
    noSftp: false,
    deniedBelow: undefined,
    diskFull: false,
    delaySeconds: 0,
    noSizes: false,
  };
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #listener = net.createServer((socket) => this.#accept(socket));
  readonly #sockets = new Set<net.Socket>();
  readonly #ended = new AbortController();
  readonly #client: SshKeyPair;
  readonly #hostKey = generateKey();
  readonly #server = this.#serverWith(this.#hostKey.private);
  readonly #impostor = this.#serverWith(generateKey().private);

  constructor(folder: string, options: SshHostOptions) {
    this.#folder = folder;
    this.#clock = options.clock;
    this.user = options.user ?? "beamline";
    this.#client = options.clientKey ?? generateKey();
    this.root = join(folder, "root");
    this.identityFile = join(folder, "id_ed25519");
    this.knownHostsFile = join(folder, "known_hosts");
  }

  get port(): number {
    return (this.#listener.address() as net.AddressInfo).port;
  }
  get knownHostsLine(): string {
    return `[${LOOPBACK}]:${this.port} ${this.#hostKey.public}`;
  }
  get connections(): number {
    return this.#sockets.size;
  }

  async start(folders: readonly string[]): Promise<void> {
    await mkdir(this.root);
    for (const path of folders) await mkdir(join(this.root, path), { recursive: true });
    await new Promise<void>((resolve, reject) => {
      this.#listener.on("error", reject); // later errors, of a client that cannot be accepted, concern nobody
      this.#listener.listen(0, LOOPBACK, resolve);
    });
    await writeFile(this.identityFile, this.#client.private, { mode: 0o600 });
    await writeFile(this.knownHostsFile, `${this.knownHostsLine}\n`);
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.#ended.abort(new ActionError("the simulated host is closed"));
    const closed = new Promise((resolve) => this.#listener.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await rm(this.#folder, { recursive: true, force: true });
  }

  #accept(socket: net.Socket): void {
    socket.on("error", () => {}); // the client went away
    socket.setNoDelay(true);
    if (this.faults.down) {
      socket.resetAndDestroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    (this.faults.otherHostKey ? this.#impostor : this.#server).injectSocket(socket);
  }

  #serverWith(hostKey: string): Server {
    return new ssh2.Server({ hostKeys: [hostKey] }, (connection) => this.#serve(connection));
  }

  #serve(connection: Connection): void {
    connection.on("error", () => {}); // a client that distrusts our key, or went away
    connection.on("authentication", (context) => this.#login(context));
    connection.on("session", (accept) => {
      const session = accept();
      session.on("sftp", (acceptSftp, reject) => {
        if (this.faults.noSftp) reject();
        else
          serveSftp(acceptSftp(), this.root, {
            admit: (request) => this.#admit(request),
            tellsSizes: () => !this.faults.noSizes,
          });
      });
    });
  }

  #login(context: AuthContext): void {
    const allowed = ssh2.utils.parseKey(this.#client.public) as ParsedKey;
    if (context.method !== "publickey") return context.reject(["publickey"]);
    const known = context.key.data;
    const wanted = allowed.getPublicSSH();
    const same = known.length === wanted.length && timingSafeEqual(known, wanted);
    const { signature, blob, hashAlgo } = context;
    const proven = signature === undefined || (blob !== undefined && allowed.verify(blob, signature, hashAlgo));
    if (signature !== undefined) this.#log({ operation: "LOGIN", path: context.username });
    if (context.username === this.user && same && proven && !this.faults.refusesLogin) context.accept();
    else context.reject(["publickey"]);
  }

  async #admit(request: SftpRequest): Promise<void> {
    this.#log(request);
    const { deniedBelow, diskFull, delaySeconds } = this.faults;
    if (delaySeconds > 0) await sleep(this.#clock, delaySeconds, this.#ended.signal);
    const denied = deniedBelow !== undefined && `${request.path}/`.startsWith(`${deniedBelow}/`);
    if (denied && (CHANGES.has(request.operation) || request.writes === true)) throw new SftpFailure(PERMISSION_DENIED);
    if (diskFull && MAKES.has(request.operation)) throw new SftpFailure(FAILURE);
  }

  #log(request: SftpRequest): void {
    this.requests.push(request);
    this.asked.notify(request);
  }
}

/**
 * A new ed25519 key. ssh2 1.17 drops the zero bytes that one public key in 256 begins with, and then cannot read the
 * pair: such a pair is not taken.
 */
export function generateKey(): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519");
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
