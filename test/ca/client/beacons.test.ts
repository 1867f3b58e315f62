import { expect, test } from "vitest";
import { BeaconWatch } from "../../../src/ca/client/beacon-watch.ts";
import { type Repeater, startRepeater } from "../../../src/ca/client/repeater.ts";
import { REQUESTS, RESPONSES } from "../../../src/ca/wire/messages.ts";
import type { DatagramSocket } from "../../../src/net/transport.ts";
import { MemoryNetwork } from "../../support/engine/memory-network.ts";
import { message } from "../../support/engine/scripted-server.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { DOUBLE, PORT, scene } from "./client-fixture.ts";

const REPEATER = 6001;
const AT_REPEATER = { host: "127.0.0.1", port: REPEATER };
const beacon = (sequence: number, tcpPort = PORT, address = 0): Buffer =>
  message(RESPONSES.beacon, { minor: 13, tcpPort, sequence, address });

test.each<[string, readonly (readonly [sequence: number, at: number])[], readonly string[]]>([
  [
    "steady",
    [
      [0, 0],
      [1, 15],
      [2, 30],
      [3, 45],
    ],
    ["ignored", "normal", "normal", "normal"],
  ],
  [
    "starting",
    [
      [0, 0],
      [1, 0.02],
      [2, 0.06],
      [3, 0.14],
    ],
    ["ignored", "normal", "anomaly", "anomaly"],
  ],
  [
    "doubled",
    [
      [0, 0],
      [0, 0],
      [1, 15],
      [1, 15],
      [2, 30],
    ],
    ["ignored", "ignored", "normal", "ignored", "normal"],
  ],
  [
    "restarted",
    [
      [500, 0],
      [501, 15],
      [0, 40],
      [1, 40.02],
    ],
    ["ignored", "normal", "anomaly", "anomaly"],
  ],
  [
    "lost on the way",
    [
      [0, 0],
      [1, 15],
      [3, 45],
      [4, 60],
    ],
    ["ignored", "normal", "ignored", "anomaly"],
  ],
  [
    "late by a second way",
    [
      [300, 0],
      [301, 15],
      [299, 16],
      [302, 30],
    ],
    ["ignored", "normal", "ignored", "ignored"],
  ],
])("beacons that are %s", (_name, beacons, meanings) => {
  const watch = new BeaconWatch();
  expect(beacons.map(([sequence, at]) => watch.note("10.0.0.1:5064", sequence, at))).toEqual(meanings);
});

test("the beacons of one server say nothing about another", () => {
  const watch = new BeaconWatch();
  for (let i = 0; i < 5; i++) watch.note("a", i, i * 15);
  expect(watch.note("b", 0, 60.1)).toBe("ignored");
  expect(watch.note("a", 5, 75)).toBe("normal");
});

/** A process of the same host. */
async function neighbour(
  network: MemoryNetwork,
  at: { readonly host?: string; readonly port?: number } = {},
): Promise<{ socket: DatagramSocket; heard: string[]; register: () => void }> {
  const socket = await network.datagrams(at);
  const heard: string[] = [];
  socket.onMessage = (bytes) => heard.push(bytes.toString("hex"));
  return { socket, heard, register: () => socket.send(Buffer.alloc(0), AT_REPEATER) };
}

/** Longer than a repeater waits between two looks at who still lives. */
const UNTIL_SWEPT_SECONDS = 10;

interface RepeaterScene {
  readonly clock: FakeClock;
  readonly network: MemoryNetwork;
  readonly repeater: Repeater;
}

async function withRepeater(localHosts: readonly string[] = ["127.0.0.1"]): Promise<RepeaterScene> {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock);
  const repeater = await startRepeater({ network, clock, port: REPEATER, localHosts, heard: () => {} });
  if (repeater === undefined) throw new Error("the repeater's port is taken");
  return { clock, network, repeater };
}

test("a repeater confirms, fans beacons out with their sender's address, and forgets who has gone", async () => {
  const { clock, network } = await withRepeater();
  const [a, b] = [await neighbour(network), await neighbour(network)];
  a.register();
  b.socket.send(message(REQUESTS.repeaterRegister, { clientAddress: 0x7f000001 }), AT_REPEATER);
  await clock.advanceAsync(0);
  const confirmation = message(RESPONSES.repeaterConfirm, { clientAddress: 0x7f000001 }).toString("hex");
  expect([a.heard, b.heard]).toEqual([[confirmation], [confirmation]]);
  const server = await network.datagrams({});
  server.send(beacon(1), AT_REPEATER);
  await clock.advanceAsync(0);
  expect(a.heard[1]).toBe(beacon(1, PORT, 0x7f000001).toString("hex"));
  expect(b.heard[1]).toBe(a.heard[1]);
  a.socket.close();
  const c = await neighbour(network);
  c.register();
  await clock.advanceAsync(UNTIL_SWEPT_SECONDS);
  const before = network.datagramsSent.length;
  server.send(beacon(2), AT_REPEATER);
  await clock.advanceAsync(0);
  expect(network.datagramsSent.length).toBe(before + 3); // the beacon itself, to b, to c
});

test("where the repeater's port is taken none is started", async () => {
  const { clock, network } = await withRepeater();
  const second = startRepeater({ network, clock, port: REPEATER, localHosts: [], heard: () => {} });
  expect(await second).toBeUndefined();
});

test("a stranger's registration is not taken", async () => {
  const { clock, network } = await withRepeater(["10.0.0.9"]);
  const a = await neighbour(network);
  a.register();
  await clock.advanceAsync(0);
  expect(a.heard).toEqual([]);
});

test("a thousand short-lived clients beside twenty that stay cost a repeater one socket at a time, and none in the end", async () => {
  const { clock, network, repeater } = await withRepeater();
  const living = await Promise.all(Array.from({ length: 20 }, () => neighbour(network)));
  for (const one of living) one.register();
  for (let i = 0; i < 1000; i++) {
    const one = await neighbour(network);
    one.register();
    await clock.advanceAsync(0.01);
    one.socket.close();
  }
  await clock.advanceAsync(UNTIL_SWEPT_SECONDS);
  expect(network.openSockets).toBe(1 + living.length);
  expect(network.mostSockets).toBeLessThanOrEqual(1 + living.length + 2); // a short-lived one, and one that looks
  repeater.close();
  await clock.advanceAsync(UNTIL_SWEPT_SECONDS);
  expect(network.openSockets).toBe(living.length);
});

test("registrations in quick succession make a repeater look once who lives, not once each", async () => {
  const { clock, network } = await withRepeater();
  const clients = await Promise.all(Array.from({ length: 10 }, () => neighbour(network)));
  for (const one of clients) one.register();
  await clock.advanceAsync(0);
  const looked = network.bindsRefused;
  expect(looked).toBe(clients.length);
  for (let i = 0; i < 100; i++) {
    clients[i % 10]!.register();
    await clock.advanceAsync(0.01);
  }
  expect(network.bindsRefused).toBe(looked);
  await clock.advanceAsync(UNTIL_SWEPT_SECONDS);
  expect(network.bindsRefused).toBe(2 * looked);
});

test("a client that has gone is forgotten although another has the same port at another address", async () => {
  const { clock, network } = await withRepeater(["127.0.0.1", "127.0.0.2"]);
  const stays = await neighbour(network, { host: "127.0.0.1", port: 7000 });
  const goes = await neighbour(network, { host: "127.0.0.2", port: 7000 });
  for (const one of [stays, goes]) one.register();
  await clock.advanceAsync(0);
  goes.socket.close();
  stays.register();
  await clock.advanceAsync(UNTIL_SWEPT_SECONDS);
  const before = network.datagramsSent.length;
  (await network.datagrams({})).send(beacon(1), AT_REPEATER);
  await clock.advanceAsync(0);
  expect(network.datagramsSent.slice(before).map(({ to }) => to)).toEqual([AT_REPEATER, stays.socket.address]);
});

test("clients that have gone get no beacon any more although nobody registers after them", async () => {
  const { clock, network } = await withRepeater();
  const goes = await neighbour(network);
  const stays = await neighbour(network, { host: "127.0.0.1", port: 7000 });
  for (const one of [goes, stays]) one.register();
  await clock.advanceAsync(UNTIL_SWEPT_SECONDS);
  goes.socket.close();
  const server = await network.datagrams({});
  server.send(beacon(1), AT_REPEATER);
  await clock.advanceAsync(UNTIL_SWEPT_SECONDS);
  const before = network.datagramsSent.length;
  server.send(beacon(2), AT_REPEATER);
  await clock.advanceAsync(0);
  expect(network.datagramsSent.slice(before).map(({ to }) => to)).toEqual([AT_REPEATER, stays.socket.address]);
});

test("beacons in quick succession make a repeater look once who lives, not once each", async () => {
  const { clock, network } = await withRepeater();
  const client = await neighbour(network);
  client.register();
  await clock.advanceAsync(UNTIL_SWEPT_SECONDS);
  const looked = network.bindsRefused;
  const server = await network.datagrams({});
  for (let sequence = 0; sequence < 100; sequence++) server.send(beacon(sequence), AT_REPEATER);
  await clock.advanceAsync(UNTIL_SWEPT_SECONDS);
  expect(client.heard.length).toBe(1 + 100);
  expect(network.bindsRefused).toBe(looked + 1);
});

test("a repeater that is full of clients that have gone takes new ones again", async () => {
  const { clock, network } = await withRepeater();
  for (let i = 0; i < 1000; i++) {
    const one = await neighbour(network);
    one.register();
    await clock.advanceAsync(0);
    one.socket.close();
  }
  const late = await neighbour(network);
  late.register();
  await clock.advanceAsync(UNTIL_SWEPT_SECONDS);
  late.register();
  await clock.advanceAsync(0);
  expect(late.heard.length).toBe(1);
});

test("a client without a repeater becomes one, and the beacons of a new server make it search soon", async () => {
  const { client, server, network, pass } = await scene({}, { config: { repeaterPort: REPEATER } });
  client.pv("late");
  await pass(2000);
  server.pvs.set("late", DOUBLE);
  const before = server.searches.length;
  const socket = await network.datagrams({});
  let period = 0.02;
  for (let sequence = 0; sequence < 5; sequence++, period *= 2) {
    socket.send(beacon(sequence), AT_REPEATER);
    await pass(period);
  }
  await pass(5);
  expect(server.searches.length).toBe(before + 1);
  expect(server.circuits.length).toBe(1);
  const closed = client.close();
  await pass();
  await closed;
  await expect(network.datagrams({ port: REPEATER })).resolves.toBeDefined();
});

test("with a repeater the client registers and leaves the port alone; regular beacons spare the ECHO", async () => {
  const { client, clock, server, network, pass } = await scene({ a: DOUBLE }, { config: { repeaterPort: 6002 } });
  const repeater = await startRepeater({ network, clock, port: 6002, localHosts: ["127.0.0.1"], heard: () => {} });
  client.pv("a");
  await pass(70); // the next registration finds the repeater
  const socket = await network.datagrams({});
  const echoes = server.circuit.count("echo");
  for (let sequence = 0; sequence < 10; sequence++) {
    socket.send(beacon(sequence), { host: "127.0.0.1", port: 6002 });
    await pass(15);
  }
  expect(server.circuit.count("echo") - echoes).toBeLessThanOrEqual(1);
  repeater?.close();
});
