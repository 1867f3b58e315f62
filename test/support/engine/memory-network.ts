/**
 * A network in memory: streams, listeners and datagram sockets, joined to each other. Bytes travel when the clock
 * settles, in the order in which they were sent: a test decides when anything arrives, and no call of the code under
 * test runs inside another.
 */
import type { Clock } from "../../../src/base/clock.ts";
import {
  type Address,
  addressText,
  type ByteStream,
  type DatagramOptions,
  type DatagramSocket,
  type Network,
  type StreamServer,
} from "../../../src/net/transport.ts";

/** The system's error for a port that is taken or closed. */
const systemError = (code: string, at: Address): Error =>
  Object.assign(new Error(`${code} ${addressText(at)}`), { code });

interface Sent {
  bytes: Buffer;
  readonly sent: (() => void) | undefined;
}

/** One end of a connection in memory. What is written stays unsent until the other end reads it. */
export class MemoryStream implements ByteStream {
  readonly peer: Address;
  #onData: ((chunk: Buffer) => void) | undefined;
  onDrain: () => void = () => {};
  onClose: (error?: Error) => void = () => {};
  readonly #clock: Pick<Clock, "soon">;
  #other: MemoryStream | undefined;
  #outgoing: Sent[] = [];
  #paused = false;
  #ending = false;
  #closed = false;
  #scheduled = false;
  /** Largest chunk that is delivered at once; a small chunk shows that the receiver copes with any cut. */
  chunkBytes = Number.POSITIVE_INFINITY;

  constructor(clock: Pick<Clock, "soon">, peer: Address) {
    this.#clock = clock;
    this.peer = peer;
  }
  /** Two ends of a new connection. */
  static pair(clock: Pick<Clock, "soon">, a: Address, b: Address): [MemoryStream, MemoryStream] {
    const first = new MemoryStream(clock, b);
    const second = new MemoryStream(clock, a);
    first.#other = second;
    second.#other = first;
    return [first, second];
  }
  get onData(): (chunk: Buffer) => void {
    return this.#onData ?? (() => {});
  }
  /** Bytes that were sent before there is a listener wait for it, as in a socket's buffer. */
  set onData(listener: (chunk: Buffer) => void) {
    this.#onData = listener;
    if (this.#other !== undefined) this.#other.#schedule();
  }
  get unsentBytes(): number {
    return this.#outgoing.reduce((sum, one) => sum + one.bytes.length, 0);
  }
  get isPaused(): boolean {
    return this.#paused;
  }
  get isClosed(): boolean {
    return this.#closed;
  }
  write(bytes: Buffer, sent?: () => void): void {
    if (this.#closed || this.#ending) return;
    this.#outgoing.push({ bytes, sent });
    this.#schedule();
  }
  pause(): void {
    this.#paused = true;
  }
  resume(): void {
    this.#paused = false;
    if (this.#other !== undefined) this.#other.#schedule();
  }
  end(): void {
    this.#ending = true;
    this.#schedule();
  }
  destroy(): void {
    this.fail();
  }
  /** Breaks the connection at both ends, as a reset does. Bytes that were not delivered are lost. */
  fail(error?: Error): void {
    this.#close(error);
    if (this.#other !== undefined) this.#other.#close(error);
  }
  #close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#outgoing = [];
    this.#clock.soon(() => this.onClose(error));
  }
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.soon(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }
  #deliver(): void {
    const other = this.#other;
    if (other === undefined || this.#closed) return;
    let moved = false;
    while (this.#outgoing.length > 0 && other.#onData !== undefined && !other.#paused && !other.#closed) {
      const first = this.#outgoing[0]!;
      const chunk = Buffer.from(first.bytes.subarray(0, this.chunkBytes));
      first.bytes = first.bytes.subarray(chunk.length);
      if (first.bytes.length === 0) this.#outgoing.shift();
      moved = true;
      other.#onData(chunk);
      if (first.bytes.length === 0) first.sent?.();
    }
    if (moved && this.#outgoing.length === 0) this.onDrain();
    // The end is read like data: not by an end that is paused.
    if (this.#ending && this.#outgoing.length === 0 && !other.#paused) this.fail();
  }
}

class MemoryDatagramSocket implements DatagramSocket {
  readonly address: Address;
  onMessage: (bytes: Buffer, from: Address) => void = () => {};
  onError: (error: Error) => void = () => {};
  readonly #network: MemoryNetwork;
  constructor(network: MemoryNetwork, address: Address) {
    this.#network = network;
    this.address = address;
  }
  send(bytes: Buffer, to: Address): void {
    this.#network.deliver(Buffer.from(bytes), this.address, to);
  }
  close(): void {
    this.#network.forget(this);
  }
}

/** A host with every address of 127.0.0.0/8, and all ports free. */
export class MemoryNetwork implements Network {
  readonly #clock: Pick<Clock, "soon">;
  readonly #listeners = new Map<string, (stream: ByteStream) => void>();
  readonly #sockets = new Set<MemoryDatagramSocket>();
  #nextPort = 40000;
  /** Every datagram that was sent. */
  readonly datagramsSent: { readonly bytes: Buffer; readonly from: Address; readonly to: Address }[] = [];
  /** Every listener, for tests in which a listener fails to accept. */
  readonly servers: StreamServer[] = [];
  /** The host that connections come from. */
  clientHost = "127.0.0.1";
  /** Ports that somebody else's server holds. */
  readonly takenPorts = new Set<number>();
  /** The number of datagram sockets that were not opened because their address was taken. */
  bindsRefused = 0;
  /** Most datagram sockets that were open at one time. */
  mostSockets = 0;

  constructor(clock: Pick<Clock, "soon">) {
    this.#clock = clock;
  }
  /** Datagram sockets open now. */
  get openSockets(): number {
    return this.#sockets.size;
  }
  connect(to: Address): Promise<MemoryStream> {
    const accept = this.#listeners.get(addressText(to)) ?? this.#listeners.get(`0.0.0.0:${to.port}`);
    if (accept === undefined) return Promise.reject(systemError("ECONNREFUSED", to));
    const from = { host: this.clientHost, port: this.#nextPort++ };
    const [near, far] = MemoryStream.pair(this.#clock, from, to);
    accept(far);
    return Promise.resolve(near);
  }
  listen(
    at: { readonly host?: string; readonly port: number },
    accept: (stream: ByteStream) => void,
  ): Promise<StreamServer> {
    const address = { host: at.host ?? "0.0.0.0", port: at.port === 0 ? this.#nextPort++ : at.port };
    if (this.takenPorts.has(address.port) || this.#listeners.has(addressText(address))) {
      return Promise.reject(systemError("EADDRINUSE", address));
    }
    this.#listeners.set(addressText(address), accept);
    const server: StreamServer = {
      address,
      close: () => void this.#listeners.delete(addressText(address)),
      onError: () => {},
    };
    this.servers.push(server);
    return Promise.resolve(server);
  }
  datagrams(options: DatagramOptions): Promise<DatagramSocket> {
    const { host = "0.0.0.0", port = 0, shared = false } = options;
    const taken = [...this.#sockets].some(({ address }) => {
      const sameHost = address.host === host || address.host === "0.0.0.0" || host === "0.0.0.0";
      return address.port === port && sameHost && !shared;
    });
    if (taken) {
      this.bindsRefused++;
      return Promise.reject(systemError("EADDRINUSE", { host, port }));
    }
    const socket = new MemoryDatagramSocket(this, { host, port: port === 0 ? this.#nextPort++ : port });
    this.#sockets.add(socket);
    this.mostSockets = Math.max(this.mostSockets, this.openSockets);
    return Promise.resolve(socket);
  }
  /** Hands a datagram to every socket at `to`. */
  deliver(bytes: Buffer, sender: Address, to: Address): void {
    const from = { host: sender.host === "0.0.0.0" ? "127.0.0.1" : sender.host, port: sender.port };
    this.datagramsSent.push({ bytes, from, to });
    this.#clock.soon(() => {
      for (const socket of this.#sockets) {
        const here = socket.address.host === to.host || socket.address.host === "0.0.0.0";
        if (here && socket.address.port === to.port) socket.onMessage(bytes, from);
      }
    });
  }
  forget(socket: MemoryDatagramSocket): void {
    this.#sockets.delete(socket);
  }
}
