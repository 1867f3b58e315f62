/** A stream over TCP whose own address a test chooses: to a server on loopback, a client on another host. */
import { once } from "node:events";
import { connect } from "node:net";
import type { ByteStream } from "../../../src/net/transport.ts";

/** @param localAddress of 127.0.0.0/8 */
export async function connectFrom(localAddress: string, port: number): Promise<ByteStream> {
  const socket = connect({ host: "127.0.0.1", port, localAddress });
  await once(socket, "connect");
  const stream: ByteStream = {
    peer: { host: "127.0.0.1", port },
    onData: () => {},
    onDrain: () => {},
    onClose: () => {},
    get unsentBytes() {
      return socket.writableLength;
    },
    write: (bytes, sent) => void socket.write(bytes, () => sent?.()),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
  socket.on("data", (chunk: Buffer) => stream.onData(chunk));
  socket.on("drain", () => stream.onDrain());
  socket.on("error", () => {}); // told as the end
  socket.on("close", () => stream.onClose());
  return stream;
}
