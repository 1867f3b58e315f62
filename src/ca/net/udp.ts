/** Datagram sockets over UDP/IPv4. */
import dgram from "node:dgram";
import type { Address, DatagramOptions, DatagramSocket } from "./transport.ts";

/** Receive buffer, bytes: a burst of searches from a whole beamline's clients must not be dropped. Linux caps it at rmem_max. */
const RECEIVE_BUFFER_BYTES = 4 << 20;

export function openUdp(options: DatagramOptions): Promise<DatagramSocket> {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket({
      type: "udp4",
      reuseAddr: options.shared === true,
      recvBufferSize: RECEIVE_BUFFER_BYTES,
    });
    socket.once("error", reject);
    socket.bind({ port: options.port ?? 0, address: options.host ?? "0.0.0.0" }, () => {
      socket.removeListener("error", reject);
      if (options.broadcast === true) socket.setBroadcast(true);
      const { address, port } = socket.address();
      let closed = false;
      const face: DatagramSocket = {
        address: { host: address, port },
        send: (bytes: Buffer, to: Address) => {
          if (closed) return;
          socket.send(bytes, to.port, to.host, (error) => {
            if (error !== null && !closed) face.onError(error);
          });
        },
        close: () => {
          if (closed) return;
          closed = true;
          socket.close();
        },
        onMessage: () => {},
        onError: () => {},
      };
      socket.on("message", (bytes, from) => face.onMessage(bytes, { host: from.address, port: from.port }));
      socket.on("error", (error) => face.onError(error));
      resolve(face);
    });
  });
}
