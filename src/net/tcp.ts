/** Streams over TCP: no delay, keep-alive. */
import net from "node:net";
import type { Address, ByteStream, StreamServer } from "./transport.ts";

/** Idle seconds before the system probes a silent peer (channel-access.md §8.1: half-open connections). */
const KEEP_ALIVE_SECONDS = 60;
/** Connections that wait to be accepted: Node's own default. */
const BACKLOG = 511;
/**
 * A larger write is handed to the system in pieces: how much of a write is sent cannot be seen before it is all sent.
 * Smaller pieces slow large arrays down.
 */
const SLICE_BYTES = 1 << 20;

interface Write {
  readonly bytes: Buffer;
  readonly sent: (() => void) | undefined;
}

class TcpStream implements ByteStream {
  readonly peer: Address;
  onData: (chunk: Buffer) => void = () => {};
  onDrain: () => void = () => {};
  onClose: (error?: Error) => void = () => {};
  readonly #socket: net.Socket;
  /** A large write, and what came after it, in order; the first is being handed over in slices. */
  readonly #queue: Write[] = [];
  /** Bytes of the queue that have not been handed over. */
  #queuedBytes = 0;
  /** Those of its first write that have been. */
  #handedOver = 0;
  #isEnding = false;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    this.peer = { host: socket.remoteAddress ?? "0.0.0.0", port: socket.remotePort ?? 0 };
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_SECONDS * 1000);
    let failure: Error | undefined;
    socket.on("data", (chunk: Buffer) => this.onData(chunk));
    socket.on("drain", () => {
      if (this.#queue.length === 0) this.onDrain();
    });
    socket.on("error", (error) => {
      failure = error;
    });
    socket.on("close", () => this.onClose(failure));
  }
  get unsentBytes(): number {
    return this.#socket.writableLength + this.#queuedBytes;
  }
  write(bytes: Buffer, sent?: () => void): void {
    if (this.#queue.length === 0 && bytes.length <= SLICE_BYTES) {
      this.#socket.write(
        bytes,
        sent === undefined ? undefined : (error) => (error instanceof Error ? undefined : sent()),
      );
      return;
    }
    this.#queuedBytes += bytes.length;
    if (this.#queue.push({ bytes, sent }) === 1) this.#handOver();
  }
  /** One slice; the next follows when the system has taken it. */
  #handOver(): void {
    const slice = this.#queue[0]!.bytes.subarray(this.#handedOver, this.#handedOver + SLICE_BYTES);
    this.#handedOver += slice.length;
    this.#queuedBytes -= slice.length;
    this.#socket.write(slice, (error) => {
      if (!(error instanceof Error)) this.#sliceSent();
    });
  }
  #sliceSent(): void {
    const { bytes, sent } = this.#queue[0]!;
    if (this.#handedOver === bytes.length) {
      this.#queue.shift();
      this.#handedOver = 0;
      sent?.();
    }
    if (this.#queue.length > 0) return this.#handOver();
    if (this.#isEnding) this.#socket.end();
    this.onDrain();
  }
  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.#socket.resume();
  }
  end(): void {
    this.#isEnding = true;
    if (this.#queue.length === 0) this.#socket.end();
  }
  destroy(): void {
    this.#socket.destroy();
  }
}

export function connectTcp(to: Address, timeoutSeconds: number): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: to.host, port: to.port, family: 4 });
    socket.setTimeout(timeoutSeconds * 1000, () => {
      socket.destroy(new Error(`no connection to ${to.host}:${to.port} within ${timeoutSeconds} s`));
    });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.setTimeout(0);
      socket.removeListener("error", reject);
      resolve(new TcpStream(socket));
    });
  });
}

export function listenTcp(
  at: { readonly host?: string; readonly port: number },
  accept: (stream: ByteStream) => void,
): Promise<StreamServer> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => accept(new TcpStream(socket)));
    server.once("error", reject);
    server.listen({ host: at.host ?? "0.0.0.0", port: at.port, backlog: BACKLOG }, () => {
      server.removeListener("error", reject);
      const { address, port } = server.address() as net.AddressInfo;
      const face: StreamServer = {
        address: { host: address, port },
        close: () => void server.close(),
        onError: () => {},
      };
      server.on("error", (error) => face.onError(error));
      resolve(face);
    });
  });
}
