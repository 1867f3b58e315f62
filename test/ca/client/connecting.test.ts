import { expect, test } from "vitest";
import { PvNameError, PvNotConnectedError, PvTimeoutError } from "../../../src/ca/client/errors.ts";
import { ADDRESS_OF_SENDER } from "../../../src/ca/wire/constants.ts";
import { RESPONSES } from "../../../src/ca/wire/messages.ts";
import { ECA } from "../../../src/ca/wire/status.ts";
import { MemoryNetwork } from "../../support/engine/memory-network.ts";
import { message, ScriptedServer, searchReply } from "../../support/engine/scripted-server.ts";
import { DOUBLE, PORT, scene } from "./client-fixture.ts";

test("a PV connects, and says its type, size, rights and server", async () => {
  const { client, pass } = await scene({ "a:x": { native: 6, count: 3, rights: 1 } });
  const pv = client.pv("a:x");
  const connected = pv.connected();
  expect(pv.info()).toBeUndefined();
  await pass();
  const info = { nativeType: "DOUBLE", elementCount: 3, canRead: true, canWrite: false };
  await expect(connected).resolves.toMatchObject({ ...info, server: { host: "127.0.0.1", port: PORT } });
  expect(pv.info()).toMatchObject(info);
});

test("a channel of whose rights the server says nothing has none", async () => {
  const { client, server, pass } = await scene({});
  server.pvs.set("a", DOUBLE);
  server.creates = false;
  const pv = client.pv("a");
  await pass();
  const asked = server.circuit.requests.find(({ name }) => name === "createChan");
  server.circuit.say(RESPONSES.createChan, { cid: asked?.words["cid"] ?? -1, sid: 1, dbr: 6, count: 1 });
  await pass();
  expect(pv.info()).toMatchObject({ canRead: false, canWrite: false });
});

test("the greeting and all channels of a turn travel in one write", async () => {
  const { client, server, pass } = await scene({ a: DOUBLE, b: DOUBLE, c: DOUBLE });
  for (const name of ["a", "b", "c"]) client.pv(name);
  await pass();
  expect(server.searches).toEqual([["a", "b", "c"]]);
  const [first] = server.circuit.writes;
  expect(first?.map((one) => one.name)).toEqual([
    "version",
    "clientName",
    "hostName",
    "createChan",
    "createChan",
    "createChan",
  ]);
  expect(first?.map((one) => one.text)).toEqual(["", "op1", "ws1", "a", "b", "c"]);
  expect(first?.[0]?.words).toEqual({ priority: 0, minor: 13, sequence: 0 });
});

test("each priority has a circuit of its own", async () => {
  const { client, server, pass } = await scene({ a: DOUBLE, b: DOUBLE });
  client.pv("a");
  client.pv("b", { priority: 7 });
  client.pv("b");
  await pass();
  const priorities = server.circuits.map((circuit) => circuit.last("version")?.words["priority"]);
  expect(new Set(priorities)).toEqual(new Set([0, 7]));
  expect(priorities.length).toBe(2);
});

test("a circuit ends with its last channel, after what was asked", async () => {
  const { client, server, pass } = await scene({ a: DOUBLE, b: DOUBLE });
  const a = client.pv("a");
  const b = client.pv("b");
  await pass();
  a.close();
  await pass();
  expect(server.circuit.last("clearChannel")?.words).toMatchObject({ sid: 100 });
  expect(server.circuit.isClosed).toBe(false);
  await b.put(2);
  b.close();
  await pass();
  expect(server.circuit.isClosed).toBe(true);
  expect(server.circuit.requests.slice(-2).map((one) => one.name)).toEqual(["write", "clearChannel"]);
});

test("closing the client closes everything and leaves no timer", async () => {
  const { client, server, clock, pass } = await scene({ a: DOUBLE, b: DOUBLE });
  const pv = client.pv("a");
  const waiting = client.pv("missing").connected();
  await pass();
  pv.monitor({}, () => {});
  const get = pv.get();
  const ended = Promise.allSettled([waiting, get]);
  const closed = client.close();
  await pass(0);
  await closed;
  expect((await ended).map((one) => (one.status === "rejected" ? (one.reason as Error).name : one.status))).toEqual([
    "PvNotConnectedError",
    "PvNotConnectedError",
  ]);
  expect(server.circuit.isClosed).toBe(true);
  expect(clock.pending).toBe(0);
  expect(() => client.pv("a")).toThrow(PvNameError);
});

test("a server that does not close its side does not keep the client open", async () => {
  const { client, clock, pass } = await scene({ a: DOUBLE }, { adapt: (stream) => (stream.end = () => {}) });
  client.pv("a");
  await pass();
  let closed = false;
  void client.close().then(() => (closed = true));
  await pass(3);
  expect(closed).toBe(true);
  expect(clock.pending).toBe(0);
});

test("a wait for a connection ends with a sentence when its time is over", async () => {
  const { client, pass } = await scene({});
  const failure = client
    .pv("a:none")
    .connected({ timeoutSeconds: 2 })
    .catch((error: unknown) => error);
  await pass(2);
  const error = await failure;
  expect(error).toBeInstanceOf(PvTimeoutError);
  expect((error as Error).message).toBe(
    "PV a:none: no connection within 2 s; check the name, and that its IOC runs and is reached",
  );
});

test("a wait for a connection ends when its signal is aborted", async () => {
  const { client, clock } = await scene({});
  const controller = new AbortController();
  const pv = client.pv("a:none");
  const wait = pv.connected({ signal: controller.signal, timeoutSeconds: 9 });
  const timers = clock.pending;
  controller.abort(new Error("enough"));
  await expect(wait).rejects.toThrow("enough");
  expect(clock.pending).toBe(timers - 1);
  await expect(pv.connected({ signal: controller.signal })).rejects.toThrow("enough");
});

test("requests made without a connection fail at once", async () => {
  const { client } = await scene({});
  const pv = client.pv("a:none");
  for (const request of [pv.get(), pv.put(1), pv.putCallback(1)]) {
    await expect(request).rejects.toMatchObject({ name: "PvNotConnectedError", pv: "a:none", status: ECA.DISCONN });
  }
});

test("names that cannot be PVs are refused", async () => {
  const { client } = await scene({});
  expect(() => client.pv("")).toThrow("a PV name is empty");
  expect(() => client.pv("x".repeat(500))).toThrow("500 bytes");
  expect(() => client.pv("温度")).toThrow("not a byte string");
  expect(() => client.pv("a", { priority: 100 })).toThrow("priority 100");
});

test("a server that answers the search and then has no such channel is asked again, ever more slowly", async () => {
  const { client, server, pass } = await scene({ a: DOUBLE });
  server.creates = false;
  const pv = client.pv("a");
  await pass();
  const fail = (): void => {
    const cid = server.circuit.last("createChan")?.words["cid"] ?? 0;
    server.circuit.say(RESPONSES.createChFail, { cid });
  };
  fail();
  await pass(0.4);
  expect(server.searches.length).toBe(1);
  await pass(0.2);
  expect(server.searches.length).toBe(2);
  fail();
  await pass(1);
  expect(server.searches.length).toBe(2);
  server.creates = true;
  await pass(0.2);
  expect(pv.isConnected).toBe(true);
});

test("SERVER_DISCONN disconnects that channel only, and it is searched again", async () => {
  const { client, server, pass } = await scene({ a: DOUBLE, b: DOUBLE });
  const a = client.pv("a");
  const b = client.pv("b");
  await pass(2);
  const states: boolean[] = [];
  a.onConnection((isConnected) => states.push(isConnected));
  const get = a.get().catch((error: unknown) => error);
  server.circuit.say(RESPONSES.serverDisconn, { cid: server.circuit.requests[3]?.words["cid"] ?? 0 });
  await pass();
  expect(await get).toBeInstanceOf(PvNotConnectedError);
  expect([a.isConnected, b.isConnected]).toEqual([false, true]);
  await pass(1);
  expect(states).toEqual([false, true]);
  expect(server.circuits.length).toBe(1);
});

test("a channel closed before it was created is cleared when the server creates it", async () => {
  const { client, server, pass } = await scene({ a: DOUBLE, b: DOUBLE });
  server.creates = false;
  const a = client.pv("a");
  client.pv("b");
  await pass();
  const cid = server.circuit.requests[3]?.words["cid"] ?? 0;
  a.close();
  server.circuit.say(RESPONSES.createChan, { cid, sid: 7, dbr: 6, count: 1 });
  await pass();
  expect(server.circuit.last("clearChannel")?.words).toEqual({ sid: 7, cid });
});

test("after a lost connection the PV is found again, also on another port", async () => {
  const { client, server, network, pass, clock } = await scene({ a: DOUBLE });
  const pv = client.pv("a");
  await pass(10);
  expect(clock.pending).toBeGreaterThan(0);
  server.stop();
  await pass();
  expect(pv.isConnected).toBe(false);
  await expect(pv.get()).rejects.toThrow(`the connection to 127.0.0.1:${PORT} was lost`);
  await pass(60);
  const moved = await ScriptedServer.start(network, { a: DOUBLE }, 7000);
  const search = await network.datagrams({ host: "127.0.0.1", port: PORT });
  search.onMessage = (bytes, from) => search.send(searchReply(7000, bytes.readUInt32BE(bytes.length - 16)), from);
  await pass(5);
  expect(pv.info()?.server.port).toBe(7000);
  moved.stop();
});

test("a server that accepts and closes at once is not met with a storm of connections", async () => {
  const { client, server, pass } = await scene({ a: DOUBLE });
  server.creates = false;
  server.react = (circuit) => circuit.stream.destroy();
  client.pv("a");
  await pass(60);
  expect(server.circuits.length).toBeGreaterThan(3);
  expect(server.circuits.length).toBeLessThan(12);
});

test("a second server for one name is reported once and not used", async () => {
  const { client, server, network, lines, pass } = await scene({ a: DOUBLE });
  const pv = client.pv("a");
  await pass();
  const other = await network.datagrams({ port: 9000 });
  const to = network.datagramsSent[0]?.from;
  const id = server.circuit.requests[3]?.words["cid"] ?? 0;
  for (let i = 0; i < 3; i++) other.send(searchReply(9000, id), to ?? { host: "", port: 0 });
  await pass();
  expect(lines.filter((line) => line.includes("is served by"))).toEqual([
    "warn: ca: PV a is served by 127.0.0.1:6000 and by 127.0.0.1:9000: the first is used; rename one of them",
  ]);
  expect(pv.info()?.server.port).toBe(PORT);
});

test("a search reply without a port is one of the usual port of its sender; one cut off in its payload says nothing", async () => {
  const { client, network, pass } = await scene({}, {});
  const pv = client.pv("a");
  await pass(0.1);
  const { from, bytes } = network.datagramsSent[0]!;
  const id = bytes.readUInt32BE(bytes.length - 16);
  const old = await ScriptedServer.start(network, { a: DOUBLE }, 5064);
  const sender = await network.datagrams({ host: "127.0.0.1" });
  const reply = (payload: Buffer): Buffer =>
    message(RESPONSES.search, { tcpPort: 9000, address: 0x0a000001, searchId: id }, payload);
  sender.send(reply(Buffer.alloc(4)), from);
  await pass(0.1);
  expect([pv.isConnected, old.circuits.length]).toEqual([false, 0]);
  sender.send(reply(Buffer.alloc(0)), from);
  await pass(0.1);
  expect(pv.info()?.server).toEqual({ host: "127.0.0.1", port: 5064 });
});

test("a search of another client, and a reply that names an address where no host can be, are no answers", async () => {
  const { client, network, pass } = await scene({}, {});
  const pv = client.pv("a");
  await pass(0.1);
  const { from, bytes } = network.datagramsSent[0]!;
  const searchId = bytes.readUInt32BE(bytes.length - 16);
  const sender = await network.datagrams({ host: "127.0.0.1" });
  const version = Buffer.alloc(8);
  const server = await ScriptedServer.start(network, { a: DOUBLE }, 9000);
  const reply = (address: number, payload: Buffer): Buffer =>
    message(RESPONSES.search, { tcpPort: 9000, address, searchId }, payload);
  sender.send(reply(ADDRESS_OF_SENDER, Buffer.from("anotherPV".padEnd(16, "\0"))), from);
  for (const address of [0x00000001, 0xe0000001, 0xfffffffe]) sender.send(reply(address, version), from);
  await pass(0.1);
  expect([pv.isConnected, server.circuits.length]).toEqual([false, 0]);
  sender.send(reply(ADDRESS_OF_SENDER, version), from);
  await pass(0.1);
  expect(pv.info()?.server).toEqual({ host: "127.0.0.1", port: 9000 });
});

test("a name server that cannot be asked is told once, with its variable, until it answers", async () => {
  const nameServers = [{ host: "127.0.0.1", port: 8000 }];
  const { lines, network, pass } = await scene({}, { config: { searchAddresses: [], nameServers } });
  await pass(100);
  const told = /^warn: ca: name server 127\.0\.0\.1:8000 of EPICS_CA_NAME_SERVERS cannot be asked: ECONNREFUSED/;
  expect(lines).toEqual([expect.stringMatching(told)]);
  const server = await ScriptedServer.start(network, {}, 8000);
  await pass(31);
  server.stop();
  server.circuit.stream.destroy();
  await pass(100);
  expect(lines.length).toBe(2);
});

test("a name server is asked over its circuit, which then carries the channel", async () => {
  const { clock, client, network, pass } = await scene(
    {},
    { config: { searchAddresses: [], nameServers: [{ host: "127.0.0.1", port: 8000 }] } },
  );
  const pv = client.pv("a");
  await pass(1);
  expect(network.datagramsSent).toEqual([]);
  const server = await ScriptedServer.start(network, { a: DOUBLE }, 8000);
  const react = server.react.bind(server);
  server.react = (circuit, request) => {
    react(circuit, request);
    if (request.name !== "search") return;
    circuit.say(RESPONSES.searchOverTcp, { tcpPort: 1, address: 0xffffffff, searchId: request.words["searchId"] ?? 0 });
  };
  await pass(31); // a refused name server is tried again after the connection timeout
  expect(pv.info()?.server.port).toBe(8000);
  expect(server.circuits.length).toBe(1);
  pv.close();
  await pass();
  expect(server.circuit.isClosed).toBe(false);
  const closed = client.close();
  await pass();
  await closed;
  expect(server.circuit.isClosed).toBe(true);
  expect(clock.pending).toBe(0);
});

test("the protocol's breach by a server costs its circuit, not the client", async () => {
  const { client, server, lines, pass } = await scene({ a: DOUBLE });
  const pv = client.pv("a");
  await pass(2);
  server.circuit.stream.write(Buffer.from("00630001000000000000000000000000", "hex"));
  await pass();
  expect(pv.isConnected).toBe(false);
  expect(lines.some((line) => line.includes("broke the protocol"))).toBe(true);
  await pass(5);
  expect(pv.isConnected).toBe(true);
});

test("a bug of ours in handling a reply costs that circuit, and is logged with where it happened", async () => {
  const { client, server, lines, pass } = await scene({ a: DOUBLE });
  const pv = client.pv("a");
  await pass(2);
  const spoilt = Object.assign(client, {
    exception: () => {
      throw new Error("a bug");
    },
  });
  server.circuit.sayWith(RESPONSES.error, { cid: 0xffffffff, status: ECA.INTERNAL }, Buffer.alloc(24));
  await pass();
  expect(pv.isConnected).toBe(false);
  expect(lines).toContainEqual(
    expect.stringMatching(/^error: ca: a reply of server 127\.0\.0\.1:6000 .*a bug.*connecting\.test/),
  );
  Reflect.deleteProperty(spoilt, "exception");
  await pass(5);
  expect(pv.isConnected).toBe(true);
});

test("the network of these tests refuses a port that is taken", async () => {
  const { clock } = await scene({});
  const network = new MemoryNetwork(clock);
  await network.datagrams({ port: 1 });
  await expect(network.datagrams({ port: 1 })).rejects.toThrow("EADDRINUSE");
});
