/**
 * A circuit from its first byte to its end: who may say what, which channels there are, what ends it and what does not.
 */
import { expect, test } from "vitest";
import { ECA } from "../../../src/ca/wire/status.ts";
import { doubles, maskPayload, requestBytes } from "../../support/engine/raw-circuit.ts";
import { FakePv } from "../../support/fakes/fake-pvs.ts";
import { startServer } from "./server-fixture.ts";

const NO_CHANNEL = 0xffffffff;
const errorText = (payload: Buffer): string => payload.subarray(16).toString("latin1").split("\0")[0]!;

test("the server speaks first: its VERSION, before anything was asked", async () => {
  await using fixture = await startServer();
  const circuit = await fixture.connect();
  await circuit.reply("version", { sequenceValid: 0, minor: 13, sequence: 0 });
  expect(circuit.unread).toEqual([]);
});

test("before VERSION everything is answered DEFUNCT, with the request echoed, and the circuit goes on", async () => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const circuit = await fixture.connect();
  await circuit.reply("version");
  circuit.send("echo", { word3: 7 });
  const { payload } = await circuit.reply("error", { cid: NO_CHANNEL, status: ECA.DEFUNCT });
  expect(payload.subarray(0, 16)).toEqual(requestBytes("echo", { word3: 7 }));
  circuit.sendBytes(Buffer.from("00ff0000000000000000000000000000", "hex"));
  await circuit.reply("error", { status: ECA.DEFUNCT });
  circuit.send("version", { minor: 13 });
  await circuit.silence();
});

test("VERSION may come again, as from a client that pushes its search frames down the circuit", async () => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  circuit.send("version", { priority: 1, minor: 13, sequence: 4711 });
  circuit.send("readNotify", { dbr: 6, count: 1, sid, ioid: 1 });
  await circuit.reply("readNotify", { status: 1 });
  expect(fixture.server.report().clients[0]).toMatchObject({ minor: 13, priority: 0 });
});

test.each([
  ["a priority above 99", { priority: 100, minor: 13 }],
  ["a minor version below 4", { priority: 0, minor: 3 }],
])("%s ends the circuit without a word", async (_, words) => {
  await using fixture = await startServer();
  const circuit = await fixture.connect();
  await circuit.reply("version");
  circuit.send("version", words);
  await circuit.closed();
  expect(circuit.takeAll()).toEqual([]);
});

test("a client that never says VERSION is given up after 30 s; one without channels is kept", async () => {
  await using fixture = await startServer();
  const silent = await fixture.connect();
  const nameServerUser = await fixture.client();
  fixture.clock.advance(29);
  expect(silent.isClosed).toBe(false);
  fixture.clock.advance(2);
  expect(silent.isClosed).toBe(true);
  fixture.clock.advance(3600);
  expect(nameServerUser.isClosed).toBe(false);
  expect(fixture.server.counters.clients).toBe(1);
});

test("a channel is created: its rights first, then its type, count and server id", async () => {
  await using fixture = await startServer({ x: new FakePv(1), a: new FakePv([1, 2, 3], { nativeType: 1 }) });
  const circuit = await fixture.client();
  circuit.send("createChan", { cid: 11, minor: 13 }, "x");
  circuit.send("createChan", { cid: 12, minor: 13 }, "a");
  await circuit.reply("accessRights", { cid: 11, rights: 3 });
  await circuit.reply("createChan", { dbr: 6, count: 1, cid: 11, sid: 0 });
  await circuit.reply("accessRights", { cid: 12, rights: 3 });
  await circuit.reply("createChan", { dbr: 1, count: 3, cid: 12, sid: 1 });
});

test.each([
  ["an unknown name", "nobody"],
  ["an empty name", "\0"],
  ["a name of 501 bytes", "n".repeat(501)],
  ["a name of control characters", "\x01\xff\x02"],
])("%s is answered CREATE_CH_FAIL", async (_, name) => {
  await using fixture = await startServer();
  const circuit = await fixture.client();
  circuit.send("createChan", { cid: 5, minor: 13 }, name);
  await circuit.reply("createChFail", { cid: 5 });
  await circuit.silence();
});

test("a PV whose opening fails is answered CREATE_CH_FAIL and logged, and nobody else suffers", async () => {
  await using fixture = await startServer({ x: new FakePv(1) });
  fixture.pvs.open = () => {
    throw new Error("no such device");
  };
  const circuit = await fixture.client();
  circuit.send("createChan", { cid: 5, minor: 13 }, "x");
  await circuit.reply("createChFail", { cid: 5 });
  await circuit.silence();
  expect(fixture.logged.join()).toContain("no such device");
});

test("two channels of one client may have the same cid and the same PV", async () => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const circuit = await fixture.client();
  const first = await circuit.open("x", 1);
  const second = await circuit.open("x", 1);
  expect(second.sid).not.toBe(first.sid);
});

test("a channel is cleared: the request echoed, the PV closed, its subscriptions and its put-callback dropped in silence", async () => {
  const x = new FakePv(1);
  x.slow = true;
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x", 3);
  circuit.send("eventAdd", { dbr: 6, count: 1, sid, subscriptionId: 9 }, maskPayload(1));
  circuit.send("writeNotify", { dbr: 6, count: 1, sid, ioid: 1 }, doubles(2));
  await circuit.reply("eventAdd");
  await circuit.reply("eventAdd");
  circuit.send("clearChannel", { sid, cid: 3 });
  await circuit.reply("clearChannel", { sid, cid: 3 });
  x.set(5);
  x.finish();
  await circuit.silence();
  expect([x.openChannels.size, x.subscribers.size, x.cancelled]).toEqual([0, 0, 1]);
  expect(fixture.server.counters).toMatchObject({ channels: 0, subscriptions: 0 });
});

test.each([
  ["clearChannel", { sid: 99, cid: 1 }],
  ["readNotify", { sid: 99, dbr: 6 }],
  ["read", { sid: 99, dbr: 6 }],
  ["eventCancel", { sid: 99 }],
] as const)("%s for an unknown server id is answered INTERNAL, then the circuit ends", async (name, words) => {
  await using fixture = await startServer();
  const circuit = await fixture.client();
  circuit.send(name, words);
  circuit.send("echo");
  await circuit.reply("error", { cid: NO_CHANNEL, status: ECA.INTERNAL });
  await circuit.closed();
  expect(circuit.takeAll()).toEqual([]);
});

test.each([5, 7, 11, 13, 14, 16, 17, 22, 24, 25, 26, 27, 28, 4711, 65535])(
  "command %i is no request: INTERNAL, what was asked before is answered, the circuit ends",
  async (command) => {
    await using fixture = await startServer();
    const circuit = await fixture.client();
    const bad = Buffer.alloc(16);
    bad.writeUInt16BE(command, 0);
    circuit.sendBytes(Buffer.concat([requestBytes("echo", { word3: 1 }), bad]));
    await circuit.reply("echo", { word3: 1 });
    const { payload } = await circuit.reply("error", { status: ECA.INTERNAL });
    expect(payload.readUInt16BE(0)).toBe(command > 27 ? 0 : command); // libca indexes a table by it
    await circuit.closed();
    expect(fixture.logged.join()).toContain(`command ${command}`);
  },
);

test("a payload that is no multiple of 8 is answered INTERNAL, then the circuit ends", async () => {
  await using fixture = await startServer();
  const circuit = await fixture.client();
  circuit.sendBytes(Buffer.from("0017000400000000000000000000000000000000", "hex"));
  const { payload } = await circuit.reply("error", { status: ECA.INTERNAL });
  expect(errorText(payload)).toContain("not a multiple of 8");
  await circuit.closed();
});

test("who the client is can be said until it has a channel", async () => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const circuit = await fixture.client();
  circuit.send("clientName", {}, "op1");
  circuit.send("hostName", {}, "hs");
  await circuit.open("x");
  circuit.send("clientName", {}, "root");
  circuit.send("hostName", {}, "elsewhere");
  await circuit.reply("error", { status: ECA.INTERNAL });
  await circuit.reply("error", { status: ECA.INTERNAL });
  await circuit.silence();
  expect(fixture.server.report().clients).toMatchObject([{ user: "op1", host: "hs", channels: ["x"] }]);
});

test("a user name of more than 512 bytes ends the circuit", async () => {
  await using fixture = await startServer();
  const circuit = await fixture.client();
  circuit.send("clientName", {}, "u".repeat(520));
  await circuit.reply("error", { status: ECA.INTERNAL });
  await circuit.closed();
});

test("ECHO and READ_SYNC come back as they are, payload too", async () => {
  await using fixture = await startServer();
  const circuit = await fixture.client();
  circuit.send("echo", { word0: 1, word1: 2, word2: 3, word3: 4 }, "abc");
  const { payload } = await circuit.reply("echo", { word0: 1, word1: 2, word2: 3, word3: 4 });
  expect(payload.toString("latin1")).toBe("abc\0\0\0\0\0");
  circuit.send("readSync", { word0: 1, word1: 2, word2: 3, word3: 4 });
  await circuit.reply("readSync", { word0: 1, word1: 2, word2: 3, word3: 4 });
});

test("more channels than allowed are refused with a reason, the others live on", async () => {
  await using fixture = await startServer({ x: new FakePv(1) }, { limits: { channelsPerCircuit: 2 } });
  const circuit = await fixture.client();
  await circuit.open("x", 1);
  const { sid } = await circuit.open("x", 2);
  circuit.send("createChan", { cid: 3, minor: 13 }, "x");
  const { payload } = await circuit.reply("error", { cid: 3, status: ECA.ALLOCMEM });
  expect(errorText(payload)).toContain("2 channels");
  await circuit.reply("createChFail", { cid: 3 });
  circuit.send("clearChannel", { sid, cid: 2 });
  await circuit.reply("clearChannel");
  await circuit.open("x", 3);
});

test("when a client is gone nothing of it is left", async () => {
  const x = new FakePv(1);
  x.slow = true;
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  circuit.send("eventAdd", { dbr: 6, count: 1, sid, subscriptionId: 9 }, maskPayload(1));
  circuit.send("writeNotify", { dbr: 6, count: 1, sid, ioid: 1 }, doubles(2));
  circuit.send("writeNotify", { dbr: 6, count: 1, sid, ioid: 2 }, doubles(3));
  circuit.takeAll();
  circuit.stream.fail(new Error("ECONNRESET"));
  fixture.clock.settle();
  x.finish();
  x.set(7);
  expect([x.openChannels.size, x.subscribers.size, x.putsInProgress]).toEqual([0, 0, 0]);
  expect(fixture.server.counters).toMatchObject({ clients: 0, channels: 0, subscriptions: 0 });
  expect(fixture.clock.pending).toBe(0);
});

test("a server that closes ends every circuit and leaves no timer", async () => {
  const x = new FakePv(1);
  const fixture = await startServer({ x });
  const circuit = await fixture.client();
  await circuit.open("x");
  const closed = [fixture.server.close(), fixture.server.close()];
  fixture.clock.settle();
  await Promise.all(closed);
  expect(circuit.isClosed).toBe(true);
  expect(x.openChannels.size).toBe(0);
  expect(fixture.clock.pending).toBe(0);
});

test("a server that closes sends what is written to a client that is slow, and cuts off one that does not read", async () => {
  const a = new FakePv(Array.from({ length: 5000 }, () => 1));
  const fixture = await startServer({ a });
  const [slow, stuck] = [await fixture.client(), await fixture.client()];
  for (const circuit of [slow, stuck]) {
    const { sid } = await circuit.open("a");
    circuit.stream.pause();
    circuit.send("readNotify", { dbr: 6, count: 0, sid, ioid: 1 });
    fixture.clock.settle();
  }
  let isClosed = false;
  const closed = fixture.server.close().then(() => (isClosed = true));
  fixture.clock.advance(4);
  slow.stream.resume();
  await slow.reply("readNotify", { count: 5000, status: 1 });
  await slow.closed();
  await Promise.resolve();
  expect([stuck.isClosed, isClosed]).toEqual([false, false]);
  fixture.clock.advance(2);
  await closed;
  expect(stuck.isClosed).toBe(true);
  expect(stuck.takeAll()).toEqual([]);
  expect(fixture.clock.pending).toBe(0);
});

test("a client that cannot be accepted is told to the log, with what to do", async () => {
  await using fixture = await startServer();
  for (let i = 0; i < 100; i++) fixture.network.servers[0]?.onError(new Error("accept EMFILE"));
  expect(fixture.logged.length).toBe(20);
  expect(fixture.logged[0]).toMatch(
    /^error: ca: a client could not be accepted at 127.0.0.1:\d+: accept EMFILE.*ulimit/,
  );
  await fixture.client();
});

test("a PV that fails while it is closed does not keep the others open", async () => {
  const [bad, good] = [new FakePv(1), new FakePv(2)];
  await using fixture = await startServer({ bad, good });
  const open = fixture.pvs.open.bind(fixture.pvs);
  fixture.pvs.open = (name) => {
    const pv = open(name);
    if (name === "bad" && pv !== undefined) {
      pv.close = () => {
        throw new Error("broken");
      };
    }
    return pv;
  };
  const circuit = await fixture.client();
  await circuit.open("bad", 1);
  await circuit.open("good", 2);
  circuit.stream.destroy();
  await circuit.closed();
  expect(good.openChannels.size).toBe(0);
  expect(fixture.logged.join()).toContain("broken");
  expect(fixture.server.counters).toMatchObject({ clients: 0, channels: 0 });
});
