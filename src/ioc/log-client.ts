/**
 * Sends lines to one log server, such as base's iocLogServer, over TCP. It waits for nobody: what the server does not
 * take is kept up to a bound, and beyond it counted and told. It connects, and connects again, by itself. A log server
 * never answers, so what was on its way when a server died is lost and nobody can know it. epics-base: logClient.c.
 */
import type { Cancel, Clock } from "../base/clock.ts";
import { codeOf, messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Trouble } from "../base/troubles.ts";
import { type Lookup, systemLookup } from "../ca/host-names.ts";
import type { ByteStream, Network } from "../net/transport.ts";

/** Characters that wait for a server; base: 16 KiB. */
const MOST_WAITING = 1 << 20;
/** Characters handed to the network at once. */
const MOST_AT_ONCE = 1 << 16;
/** How long lines are gathered before they are sent. */
const GATHER_SECONDS = 0.02;
const CONNECT_SECONDS = 10;
const FIRST_WAIT_SECONDS = 1;
const LONGEST_WAIT_SECONDS = 30;
/** How long the end of the IOC waits for a server that takes lines. */
const CLOSE_SECONDS = 2;

/** A server as its setting names it. */
export interface LogServer {
  /** A name or a dotted address. */
  readonly host: string;
  readonly port: number;
  /** The command or the variables that name it, for sentences. */
  readonly setBy: string;
}

export interface LogClientOptions {
  readonly server: LogServer;
  /** Stands before each line, as it is when the line is sent. */
  readonly prefix: () => string;
  readonly network: Pick<Network, "connect">;
  readonly clock: Clock;
  readonly log: Log;
  readonly trouble: Trouble;
  readonly find?: Lookup;
}

export class LogClient {
  readonly #options: LogClientOptions;
  readonly #name: string;
  #stream: ByteStream | undefined;
  /** Lines with their ends, in order. */
  #waiting: string[] = [];
  #waitingLength = 0;
  /** Lines that the network has not yet taken. */
  #underWay: readonly string[] = [];
  #gathering: Cancel | undefined;
  #connections = 0;
  #connectedAt = 0;
  #waitSeconds = FIRST_WAIT_SECONDS;
  #retry: Cancel | undefined;
  #isTroubled = false;
  #lostNow = 0;
  #lost = 0;
  /** The end of the IOC has come; called when nothing waits any more. */
  #closing: (() => void) | undefined;
  #isClosed = false;

  /** Begins to connect. */
  constructor(options: LogClientOptions) {
    this.#options = options;
    this.#name = `${options.server.host}:${options.server.port}`;
    void this.#connect();
  }

  /** `host:port`, as it was given. */
  get name(): string {
    return this.#name;
  }
  get isConnected(): boolean {
    return this.#stream !== undefined;
  }
  /** Connections that there have been. */
  get connections(): number {
    return this.#connections;
  }
  /** What the server has not yet been sent. */
  get waiting(): readonly string[] {
    return [...this.#underWay, ...this.#waiting];
  }
  /** Lines that no server will get. */
  get lost(): number {
    return this.#lost;
  }

  /** Sends a line, soon. @param line a byte string without a line end */
  send(line: string): void {
    if (this.#isClosed) return;
    const text = `${this.#options.prefix()}${line}\n`;
    if (this.#waitingLength + text.length > MOST_WAITING) return this.#lose();
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    this.#schedule();
  }

  /** Sends what waits if the server takes it within two seconds, and disconnects. Never throws. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    if (!this.#isTroubled && this.#hasLines) {
      await new Promise<void>((resolve) => {
        const cancel = this.#options.clock.after(CLOSE_SECONDS, resolve);
        this.#closing = () => {
          cancel();
          resolve();
        };
      });
    }
    this.#isClosed = true;
    this.#gathering?.();
    this.#retry?.();
    if (this.#hasLines) {
      const count = this.#underWay.length + this.#waiting.length;
      this.#options.log.warn(`${count} lines for the log server ${this.#name} were not sent: it did not take them.`);
      this.#stream?.destroy();
    } else this.#stream?.end();
    this.#stream = undefined;
  }

  get #hasLines(): boolean {
    return this.#underWay.length + this.#waiting.length > 0;
  }

  /** Lines in quick succession go together: each write is a call of the system. */
  #schedule(): void {
    this.#gathering ??= this.#options.clock.after(GATHER_SECONDS, () => {
      this.#gathering = undefined;
      this.#write();
    });
  }

  #write(): void {
    const stream = this.#stream;
    if (stream === undefined || this.#underWay.length > 0) return;
    if (!this.#hasLines) return this.#closing?.();
    let length = 0;
    let count = 0;
    while (count < this.#waiting.length && length < MOST_AT_ONCE) length += this.#waiting[count++]!.length;
    this.#underWay = this.#waiting.splice(0, count);
    this.#waitingLength -= length;
    stream.write(Buffer.from(this.#underWay.join(""), "latin1"), () => {
      if (stream !== this.#stream) return;
      this.#underWay = [];
      this.#tellLost();
      this.#write();
    });
  }

  #lose(): void {
    this.#lost++;
    if (++this.#lostNow > 1) return;
    const why = this.isConnected ? "it takes no lines" : "it cannot be reached";
    this.#options.log.warn(
      `Lines for the log server ${this.#name} are lost from now on: ${why}, and its queue is full.`,
    );
  }
  #tellLost(): void {
    if (this.#lostNow === 0) return;
    this.#options.log.warn(`The log server ${this.#name} takes lines again; ${this.#lostNow} were lost.`);
    this.#lostNow = 0;
  }

  async #connect(): Promise<void> {
    const { server, network, log, clock, find = systemLookup } = this.#options;
    try {
      const host = await find(server.host);
      const stream = await network.connect({ host, port: server.port }, CONNECT_SECONDS);
      if (this.#isClosed) return stream.destroy();
      stream.onClose = (error) => this.#closed(error);
      this.#stream = stream;
    } catch (error) {
      return this.#failed(reasonOf(error, server), `start it, or correct ${server.setBy}`);
    }
    this.#connections++;
    this.#connectedAt = clock.monotonic();
    const sentence = `The log server ${this.#name} is connected.`;
    if (this.#isTroubled) this.#options.trouble.ends(sentence);
    else log.info(sentence);
    this.#isTroubled = false;
    this.#write();
  }

  #closed(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#stream = undefined;
    this.#waiting = [...this.#underWay, ...this.#waiting];
    this.#waitingLength += this.#underWay.reduce((sum, line) => sum + line.length, 0);
    this.#underWay = [];
    const { server, clock } = this.#options;
    // A server that takes a connection and closes it at once is asked ever more seldom.
    if (clock.monotonic() - this.#connectedAt >= LONGEST_WAIT_SECONDS) this.#waitSeconds = FIRST_WAIT_SECONDS;
    const why = error === undefined ? "it has closed the connection" : reasonOf(error, server);
    this.#failed(why, "lines wait for it; start it again if it has ended");
  }

  #failed(why: string, advice: string): void {
    if (this.#isClosed) return;
    this.#isTroubled = true;
    this.#options.trouble.begins(`The log server ${this.#name} gets no lines: ${why}; ${advice}.`);
    this.#retry = this.#options.clock.after(this.#waitSeconds, () => void this.#connect());
    this.#waitSeconds = Math.min(2 * this.#waitSeconds, LONGEST_WAIT_SECONDS);
    this.#closing?.();
  }
}

function reasonOf(error: unknown, { host }: LogServer): string {
  const code = codeOf(error);
  if (code === "ECONNREFUSED") return "nobody listens there";
  if (code === "ENOTFOUND") return `there is no host "${host}"`;
  return messageOf(error).replace(/\.$/, "");
}
