/**
 * The IOC of a beamline, which is also its host's repeater, among programs that come and go and datagrams that should
 * end it: it serves, and holds no more open than before.
 */
import dgram from "node:dgram";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { REQUESTS, RESPONSES } from "../../src/ca/wire/messages.ts";
import { lacksDescriptors, openDescriptors } from "../support/descriptors.ts";
import { requestBytes } from "../support/engine/raw-circuit.ts";
import { lacksRawSockets, sendFromPortZero } from "../support/engine/raw-datagram.ts";
import { message } from "../support/engine/scripted-server.ts";
import { openClient } from "../support/peers/our-client.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const HOST = "127.0.0.1";
const REGISTER = message(REQUESTS.repeaterRegister, { clientAddress: 0x7f000001 });

let site: SimulatedBeamline;
let repeaterPort: number;
beforeAll(async () => {
  site = await startSimulatedBeamline();
  repeaterPort = site.iocPort + 1;
  // The IOC looks for a repeater for a second before it becomes one.
  (await register()).close();
});
afterAll(async () => {
  await site?.stop();
});

/**
 * A program of this host whose registration was confirmed: it asks until it is. What else comes is for whoever had its
 * port before.
 */
async function register(): Promise<dgram.Socket> {
  const socket = dgram.createSocket("udp4");
  socket.bind();
  await once(socket, "listening");
  const ask = (): void => socket.send(REGISTER, repeaterPort, HOST);
  const timer = setInterval(ask, 100);
  ask();
  await new Promise<void>((resolve) => {
    socket.on("message", (bytes) => {
      if (bytes.readUInt16BE(0) === RESPONSES.repeaterConfirm.command) resolve();
    });
  });
  clearInterval(timer);
  return socket;
}

/** Its PVs can be found, connected to and read. */
async function expectService(): Promise<void> {
  expect(site.ioc.hasExited).toBe(false);
  await using one = openClient(site.iocPort);
  const pv = one.client.pv(`${site.prefix}Heartbeat`);
  await pv.connected({ timeoutSeconds: 20 });
  await pv.get();
}

test.skipIf(lacksRawSockets())(
  "a search, and a registration, from port 0 is dropped, and the IOC serves on",
  async () => {
    const name = `${site.prefix}Status`;
    const search = Buffer.concat([
      requestBytes("version", { minor: 13 }),
      requestBytes("search", { replyFlag: 5, minor: 13, searchId: 1, searchIdAgain: 1 }, name),
    ]);
    await sendFromPortZero(search, site.iocPort);
    for (const bytes of [REGISTER, Buffer.alloc(0), message(RESPONSES.beacon, { minor: 13, tcpPort: 1, sequence: 1 })])
      await sendFromPortZero(bytes, repeaterPort);
    await expectService();
    (await register()).close();
  },
);

test.skipIf(lacksDescriptors())(
  "a thousand programs come and go beside twenty that stay, and the IOC that is their repeater holds no more open",
  async () => {
    const living = await Promise.all(Array.from({ length: 20 }, register));
    const before = openDescriptors(site.ioc.pid);
    for (let i = 0; i < 100; i++) {
      const short = await Promise.all(Array.from({ length: 10 }, register));
      for (const socket of short) socket.close();
    }
    // A look at who lives has one socket open; files may be open for a moment, too.
    expect(openDescriptors(site.ioc.pid) - before).toBeLessThanOrEqual(5);
    for (const socket of living) socket.close();
    await expectService();
  },
);
