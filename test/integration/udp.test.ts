/**
 * Datagram sockets and listeners on the real network of 127.0.0.1: nothing that is sent to them or cannot be sent ends
 * the program, and nothing stays open that failed.
 */
import dgram from "node:dgram";
import { expect, test, vi } from "vitest";
import { connectTcp, listenTcp } from "../../src/net/tcp.ts";
import type { Address, DatagramSocket } from "../../src/net/transport.ts";
import { openUdp } from "../../src/net/udp.ts";
import { lacksDescriptors, openDescriptors } from "../support/descriptors.ts";
import { lacksRawSockets, sendFromPortZero } from "../support/engine/raw-datagram.ts";

const HOST = "127.0.0.1";

/** A socket, what it has received, and what it was told of failures. */
async function listening(): Promise<{
  socket: DatagramSocket;
  errors: string[];
  next: () => Promise<{ text: string; from: Address }>;
}> {
  const socket = await openUdp({ host: HOST });
  const errors: string[] = [];
  const arrived: { text: string; from: Address }[] = [];
  let wake = (): void => {};
  socket.onError = (error) => errors.push(error.message);
  socket.onMessage = (bytes, from) => {
    arrived.push({ text: bytes.toString(), from });
    wake();
  };
  const next = async (): Promise<{ text: string; from: Address }> => {
    while (arrived.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return arrived.shift()!;
  };
  return { socket, errors, next };
}

test.each([0, -1, 70_000, Number.NaN])(
  "a datagram to port %s is told as failed, and the socket goes on",
  async (port) => {
    const { socket, errors, next } = await listening();
    expect(() => socket.send(Buffer.from("lost"), { host: HOST, port })).not.toThrow();
    expect(errors).toEqual([expect.stringContaining("Port should be")]);
    socket.send(Buffer.from("arrives"), socket.address);
    expect((await next()).text).toBe("arrives");
    socket.close();
  },
);

test("a datagram that makes its receiver throw is told as failed, and the next one is received", async () => {
  const { socket, errors, next } = await listening();
  const receive = socket.onMessage;
  socket.onMessage = (bytes, from) => {
    receive(bytes, from);
    if (bytes.toString() === "bad") throw new Error("the receiver has a fault");
  };
  for (const text of ["bad", "good"]) socket.send(Buffer.from(text), socket.address);
  expect([(await next()).text, (await next()).text]).toEqual(["bad", "good"]);
  expect(errors).toEqual(["the receiver has a fault"]);
  socket.close();
});

test.skipIf(lacksRawSockets())("a datagram from port 0 is dropped, for nobody can be answered there", async () => {
  const { socket, errors, next } = await listening();
  await sendFromPortZero(Buffer.from("from port 0"), socket.address.port);
  socket.send(Buffer.from("from a real port"), socket.address);
  expect(await next()).toEqual({ text: "from a real port", from: socket.address });
  expect(errors).toEqual([]);
  socket.close();
});

/** Counts while it runs `failing` a hundred times, each time to its rejection. */
async function descriptorsLeftBy(failing: () => Promise<unknown>): Promise<number> {
  const before = openDescriptors();
  for (let i = 0; i < 100; i++) await expect(failing()).rejects.toThrow();
  await new Promise((resolve) => setImmediate(resolve)); // handles are closed at the end of a turn
  return openDescriptors() - before;
}

test.skipIf(lacksDescriptors())("what cannot be opened leaves nothing open", async () => {
  const { socket } = await listening();
  const { port } = socket.address;
  const listener = await listenTcp({ host: HOST, port: 0 }, () => {});
  const away = "192.0.2.1"; // no address of this host
  expect(await descriptorsLeftBy(() => openUdp({ host: HOST, port })), "a taken UDP port").toBe(0);
  expect(await descriptorsLeftBy(() => openUdp({ host: away })), "another host's address").toBe(0);
  expect(await descriptorsLeftBy(() => listenTcp(listener.address, () => {})), "a taken TCP port").toBe(0);
  expect(await descriptorsLeftBy(() => listenTcp({ host: away, port: 0 }, () => {})), "TCP elsewhere").toBe(0);
  expect(await descriptorsLeftBy(() => listenTcp({ port: 70_000 }, () => {})), "no TCP port").toBe(0);
  listener.close();
  expect(await descriptorsLeftBy(() => connectTcp(listener.address, 5)), "a closed port").toBe(0);
  expect(await descriptorsLeftBy(() => connectTcp({ host: HOST, port: 0 }, 5)), "port 0").toBe(0);
  expect(await descriptorsLeftBy(() => connectTcp({ host: HOST, port: 70_000 }, 5)), "no such port").toBe(0);
  socket.close();
});

test.skipIf(lacksDescriptors())(
  "a socket that the system does not let broadcast is closed, and the failure is told",
  async () => {
    const refused = vi.spyOn(dgram.Socket.prototype, "setBroadcast").mockImplementation(() => {
      throw new Error("setBroadcast EPERM");
    });
    try {
      expect(await descriptorsLeftBy(() => openUdp({ host: HOST, broadcast: true }))).toBe(0);
      expect(refused).toHaveBeenCalledTimes(100);
    } finally {
      refused.mockRestore();
    }
  },
);
