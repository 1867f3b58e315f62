/**
 * Datagram sockets over UDP/IPv4. Anybody on the network may send to them, from any port and in any number: nothing
 * that comes, and nothing that the system refuses to send, throws into the event loop, and a socket that could not be
 * made ready is closed.
 */
import dgram from "node:dgram";
import type { Address, DatagramOptions, DatagramSocket } from "./transport.ts";

/**
 * Receive buffer, bytes: a burst of searches from a whole beamline's clients must not be dropped. Linux caps it at
 * rmem_max.
 */
const RECEIVE_BUFFER_BYTES = 4 << 20;

class UdpSocket implements DatagramSocket {
  readonly address: Address;
  onMessage: (bytes: Buffer, from: Address) => void = () => {};
  onError: (error: Error) => void = () => {};
  readonly #socket: dgram.Socket;
  #isClosed = false;

  /** @param socket bound @throws the system's error */
  constructor(socket: dgram.Socket) {
    const { address, port } = socket.address();
    this.address = { host: address, port };
    this.#socket = socket;
    socket.on("message", (bytes, from) => this.#received(bytes, { host: from.address, port: from.port }));
    socket.on("error", (error) => this.#failed(error));
  }
  send(bytes: Buffer, to: Address): void {
    if (this.#isClosed) return;
    try {
      this.#socket.send(bytes, to.port, to.host, (error) => {
        if (error !== null) this.#failed(error);
      });
    } catch (thrown) {
      this.#failed(thrown); // Node throws for what can be no address, such as port 0
    }
  }
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }
  /** Nobody can be answered at port 0, and only a raw socket sends from there. */
  #received(bytes: Buffer, from: Address): void {
    if (from.port === 0 || this.#isClosed) return;
    try {
      this.onMessage(bytes, from);
    } catch (thrown) {
      this.#failed(thrown);
    }
  }
  #failed(thrown: unknown): void {
    if (!this.#isClosed) this.onError(thrown instanceof Error ? thrown : new Error(String(thrown)));
  }
}

/** @throws the system's error, e.g. with code EADDRINUSE; nothing is left open then */
export function openUdp(options: DatagramOptions): Promise<DatagramSocket> {
  const { port = 0, host = "0.0.0.0", shared = false, broadcast = false } = options;
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket({ type: "udp4", reuseAddr: shared });
    const fail = (thrown: unknown): void => {
      socket.close();
      reject(thrown);
    };
    const bound = (): void => {
      try {
        enlargeBuffer(socket);
        if (broadcast) socket.setBroadcast(true);
        const face = new UdpSocket(socket);
        socket.removeListener("error", fail);
        resolve(face);
      } catch (thrown) {
        fail(thrown);
      }
    };
    socket.once("error", fail);
    try {
      socket.bind({ port, address: host }, bound);
    } catch (thrown) {
      fail(thrown);
    }
  });
}

/** A system that gives no more keeps what it has. */
function enlargeBuffer(socket: dgram.Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // The socket works with any size.
  }
}
