/** Streams over TCP: no delay, keep-alive. */
import net from "node:net";
import type { Address, ByteStream, StreamServer } from "./transport.ts";

/** Idle seconds before the system probes a silent peer (CA spec §8.1: half-open connections). */
const KEEP_ALIVE_SECONDS = 60;
/** Connections that wait to be accepted: Node's own default. */
const BACKLOG = 511;

class TcpStream implements ByteStream {
  readonly peer: Address;
  onData: (chunk: Buffer) => void = () => {};
  onDrain: () => void = () => {};
  onClose: (error?: Error) => void = () => {};
  readonly #socket: net.Socket;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    this.peer = { host: socket.remoteAddress ?? "0.0.0.0", port: socket.remotePort ?? 0 };
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_SECONDS * 1000);
    let failure: Error | undefined;
    socket.on("data", (chunk: Buffer) => this.onData(chunk));
    socket.on("drain", () => this.onDrain());
    socket.on("error", (error) => {
      failure = error;
    });
    socket.on("close", () => this.onClose(failure));
  }
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }
  write(bytes: Buffer, sent?: () => void): void {
    this.#socket.write(bytes, sent === undefined ? undefined : () => sent());
  }
  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.#socket.resume();
  }
  end(): void {
    this.#socket.end();
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
    const open = new Set<net.Socket>();
    const server = net.createServer((socket) => {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
      accept(new TcpStream(socket));
    });
    server.once("error", reject);
    server.listen({ host: at.host ?? "0.0.0.0", port: at.port, backlog: BACKLOG }, () => {
      server.removeListener("error", reject);
      server.on("error", () => {}); // accept failed (EMFILE): the next one may succeed
      const { address, port } = server.address() as net.AddressInfo;
      resolve({
        address: { host: address, port },
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const socket of open) socket.destroy();
          }),
      });
    });
  });
}
