/**
 * All that the layers above see of a network: a stream of bytes, a socket for datagrams. tcp.ts and udp.ts are the real
 * streams and sockets; tests join two streams in memory.
 */

export interface Address {
  /** IPv4, dotted. */
  readonly host: string;
  readonly port: number;
}

/** `host:port` */
export const addressText = (address: Address): string => `${address.host}:${address.port}`;

/** One connection. Events are set once, right after it was made, before the next turn of the event loop. */
export interface ByteStream {
  readonly peer: Address;
  /**
   * Bytes handed to `write` that the network has not yet taken; shrinks while a large write is on its way, not only
   * when it is done.
   */
  readonly unsentBytes: number;
  /** The buffer belongs to the stream until `sent` is called, which never is where the connection ends first. */
  write(bytes: Buffer, sent?: () => void): void;
  /** Stops, and restarts, the calls of `onData`. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
  /** A chunk is valid during the call only. */
  onData: (chunk: Buffer) => void;
  /** Everything written has been sent, after a time when it had not. */
  onDrain: () => void;
  /** Called once, after the last data. @param error why, when it was not an orderly end */
  onClose: (error?: Error) => void;
}

export interface StreamServer {
  readonly address: Address;
  /** Takes no more connections. Those that are open live on: end them first, or after. */
  close(): void;
  /** A connection could not be accepted; the next may be. */
  onError: (error: Error) => void;
}

export interface DatagramSocket {
  readonly address: Address;
  /** Fire and forget; a failure, and an address that can be none, is passed to `onError`. Never throws. */
  send(bytes: Buffer, to: Address): void;
  close(): void;
  /** The sender's port is never 0. What this throws is passed to `onError`: no datagram may end the program. */
  onMessage: (bytes: Buffer, from: Address) => void;
  onError: (error: Error) => void;
}

export interface DatagramOptions {
  /** Local port; 0: any. */
  readonly port?: number;
  /** Local IPv4 address; all by default. */
  readonly host?: string;
  /** Share the port with other processes (SO_REUSEADDR). */
  readonly shared?: boolean;
  /** May send to broadcast addresses. */
  readonly broadcast?: boolean;
}

/** What a CA server or client needs of the operating system. */
export interface Network {
  /** @param timeoutSeconds until the connection is given up */
  connect(to: Address, timeoutSeconds: number): Promise<ByteStream>;
  /** @throws the system's error, e.g. with code EADDRINUSE */
  listen(
    at: { readonly host?: string; readonly port: number },
    accept: (stream: ByteStream) => void,
  ): Promise<StreamServer>;
  /** @throws the system's error; nothing is left open then */
  datagrams(options: DatagramOptions): Promise<DatagramSocket>;
}
