/** WRITE and WRITE_NOTIFY: what is stored, what is refused, and when a put-callback is answered. */
import { expect, test } from "vitest";
import { ECA } from "../../../src/ca/wire/status.ts";
import { doubles, maskPayload, requestBytes, shorts } from "../../support/engine/raw-circuit.ts";
import { FakePv } from "../../support/fakes/fake-pvs.ts";
import { startServer } from "./server-fixture.ts";

test("a plain write is stored and not answered", async () => {
  const x = new FakePv(1);
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  circuit.send("write", { dbr: 6, count: 1, sid, cid: 1 }, doubles(2.5));
  await circuit.silence();
  expect(x.puts).toEqual([2.5]);
});

test("a string may be as short as its text, and the value behind a composite type's metadata is taken", async () => {
  const x = new FakePv(1);
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  circuit.send("write", { dbr: 0, count: 1, sid }, "abc");
  circuit.send("write", { dbr: 14, count: 1, sid }, Buffer.concat([Buffer.alloc(12), Buffer.from("timed\0\0\0")]));
  circuit.send("write", { dbr: 20, count: 1, sid }, Buffer.concat([Buffer.alloc(16, 0xff), doubles(7)]));
  await circuit.silence();
  expect(x.puts).toEqual(["abc", "timed", 7]);
});

test("more elements than the PV has are cut off, fewer are taken as they are, none too", async () => {
  const a = new FakePv([0, 0, 0], { nativeType: 1 });
  await using fixture = await startServer({ a });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("a");
  circuit.send("write", { dbr: 1, count: 5, sid }, shorts(1, 2, 3, 4, 5));
  circuit.send("write", { dbr: 1, count: 2, sid }, shorts(1, 2));
  circuit.send("write", { dbr: 1, count: 0, sid });
  await circuit.silence();
  expect(a.puts).toEqual([[1, 2, 3], [1, 2], []]);
});

test.each([
  ["fewer bytes than its count", { dbr: 6, count: 2 }, doubles(1), ECA.BADCOUNT],
  ["a count of 2³¹ − 1", { dbr: 6, count: 0x7fffffff }, doubles(1), ECA.BADCOUNT],
  ["STSACK_STRING, which is only read", { dbr: 37, count: 1 }, Buffer.alloc(48), ECA.PUTFAIL],
  ["CLASS_NAME, which is only read", { dbr: 38, count: 1 }, Buffer.alloc(40), ECA.PUTFAIL],
])(
  "a write of %s is refused by ERROR and stores nothing, a put-callback by its reply",
  async (_, words, payload, status) => {
    const x = new FakePv([1, 2, 3]);
    await using fixture = await startServer({ x });
    const circuit = await fixture.client();
    const { sid } = await circuit.open("x", 5);
    circuit.send("write", { ...words, sid }, payload);
    await circuit.reply("error", { cid: 5, status });
    circuit.send("writeNotify", { ...words, sid, ioid: 3 }, payload);
    await circuit.reply("writeNotify", { ...words, status, ioid: 3 });
    await circuit.silence();
    expect(x.puts).toEqual([]);
  },
);

test("PUT_ACKT and PUT_ACKS reach the PV both ways; composite types only by plain write, as in softIoc", async () => {
  const x = new FakePv(1);
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  circuit.send("write", { dbr: 35, count: 1, sid }, shorts(1));
  circuit.send("writeNotify", { dbr: 36, count: 1, sid, ioid: 1 }, shorts(2));
  await circuit.reply("writeNotify", { dbr: 36, status: 1, ioid: 1 });
  circuit.send("writeNotify", { dbr: 20, count: 1, sid, ioid: 2 }, Buffer.alloc(24));
  await circuit.reply("writeNotify", { dbr: 20, status: ECA.PUTFAIL, ioid: 2 });
  expect(x.puts).toEqual([1, 2]);
});

test.each([
  ["without write access", ECA.NOWTACCESS, (pv: FakePv) => (pv.rights = 1)],
  ["when the PV refuses", ECA.PUTFAIL, (pv: FakePv) => (pv.status = ECA.PUTFAIL)],
  ["when the PV throws", ECA.PUTFAIL, (pv: FakePv) => (pv.failure = new Error("broken"))],
])("%s a write is an ERROR that echoes it, a put-callback is answered with the status", async (_, status, spoil) => {
  const x = new FakePv(1);
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  spoil(x);
  const { sid } = await circuit.open("x", 5);
  const words = { dbr: 6, count: 1, sid, cid: 4711 };
  circuit.send("write", words, doubles(2));
  const { payload } = await circuit.reply("error", { cid: 5, status });
  expect(payload.subarray(0, 16)).toEqual(requestBytes("write", words, doubles(2)).subarray(0, 16));
  circuit.send("writeNotify", { dbr: 6, count: 1, sid, ioid: 9 }, doubles(2));
  await circuit.reply("writeNotify", { dbr: 6, count: 1, status, ioid: 9 });
  await circuit.silence();
  expect(x.puts).toEqual([]);
});

test.each(["write", "writeNotify"] as const)(
  "%s of a type above 38 is answered BADTYPE, then the circuit ends",
  async (name) => {
    await using fixture = await startServer({ x: new FakePv(1) });
    const circuit = await fixture.client();
    const { sid } = await circuit.open("x", 5);
    circuit.send(name, { dbr: 39, count: 1, sid, ioid: 3 }, doubles(1));
    if (name === "write") await circuit.reply("error", { cid: 5, status: ECA.BADTYPE });
    else await circuit.reply("writeNotify", { dbr: 39, status: ECA.BADTYPE, ioid: 3 });
    await circuit.closed();
  },
);

test("a put-callback is answered when the processing has ended; other requests of the circuit go on meanwhile", async () => {
  const x = new FakePv(1);
  x.slow = true;
  await using fixture = await startServer({ x, y: new FakePv(2) });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x", 1);
  const other = await circuit.open("y", 2);
  circuit.send("writeNotify", { dbr: 6, count: 1, sid, ioid: 1 }, doubles(5));
  circuit.send("readNotify", { dbr: 6, count: 1, sid: other.sid, ioid: 2 });
  await circuit.reply("readNotify", { ioid: 2 });
  await circuit.silence();
  x.finish();
  await circuit.reply("writeNotify", { dbr: 6, count: 1, status: 1, ioid: 1 });
});

test("what the processing ends with is what the client is told", async () => {
  const x = new FakePv(1);
  x.slow = true;
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  circuit.send("writeNotify", { dbr: 6, count: 1, sid, ioid: 1 }, doubles(5));
  await circuit.silence();
  x.finish(ECA.PUTFAIL);
  await circuit.reply("writeNotify", { status: ECA.PUTFAIL, ioid: 1 });
});

test("put-callbacks of one channel are applied one after the other, in order; a plain write is not held up", async () => {
  const x = new FakePv(1);
  x.slow = true;
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  for (const ioid of [1, 2, 3]) circuit.send("writeNotify", { dbr: 6, count: 1, sid, ioid }, doubles(ioid * 10));
  circuit.send("write", { dbr: 6, count: 1, sid }, doubles(99));
  await circuit.silence();
  expect(x.puts).toEqual([10, 99]);
  x.finish();
  await circuit.reply("writeNotify", { ioid: 1 });
  expect(x.puts).toEqual([10, 99, 20]);
  x.slow = false;
  x.finish();
  await circuit.reply("writeNotify", { ioid: 2 });
  await circuit.reply("writeNotify", { ioid: 3 });
  expect(x.puts).toEqual([10, 99, 20, 30]);
});

test("a thousand queued put-callbacks that complete at once do not pile up on the stack", async () => {
  const x = new FakePv(1);
  x.slow = true;
  await using fixture = await startServer({ x }, { limits: { queuedPutsPerChannel: 20000 } });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  for (let ioid = 0; ioid < 12000; ioid++) circuit.send("writeNotify", { dbr: 6, count: 1, sid, ioid }, doubles(ioid));
  await circuit.silence();
  x.slow = false;
  x.finish();
  expect(circuit.takeAll().map((message) => message.p2)).toEqual(Array.from({ length: 12000 }, (_, ioid) => ioid));
});

test.each([
  ["256 waiting put-callbacks of a channel", { queuedPutsPerChannel: 256 }, 8],
  ["waiting put-callbacks of many bytes", { queuedPutBytes: 255 * 800 }, 800],
])("with %s the circuit is read no further, and goes on when there is room", async (_, limits, bytes) => {
  const x = new FakePv(Array.from({ length: 100 }, () => 0));
  x.slow = true;
  await using fixture = await startServer({ x }, { limits });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  const put = (ioid: number): Buffer =>
    requestBytes("writeNotify", { dbr: 6, count: bytes / 8, sid, ioid }, Buffer.alloc(bytes));
  circuit.sendBytes(Buffer.concat(Array.from({ length: 300 }, (_one, ioid) => put(ioid))));
  circuit.send("echo", { word3: 5 });
  expect(circuit.unread).toEqual([]); // the echo is behind what is not read
  for (let ioid = 0; ioid < 300; ioid++) {
    x.finish();
    fixture.clock.settle();
  }
  const replies = circuit.takeAll();
  expect(replies.filter((message) => message.command === 19).map((message) => message.p2)).toEqual(
    Array.from({ length: 300 }, (_one, ioid) => ioid),
  );
  expect(replies.filter((message) => message.command === 23).length).toBe(1);
});

test("a put-callback that has begun holds nothing: the circuit is read again, however large its value was", async () => {
  const x = new FakePv(Array.from({ length: 100 }, () => 0));
  x.slow = true;
  await using fixture = await startServer({ x }, { limits: { queuedPutBytes: 700 } });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  for (const ioid of [1, 2]) circuit.send("writeNotify", { dbr: 6, count: 100, sid, ioid }, Buffer.alloc(800));
  circuit.send("echo", { word3: 5 });
  expect(circuit.unread).toEqual([]);
  x.finish();
  await circuit.reply("writeNotify", { ioid: 1 });
  await circuit.reply("echo", { word3: 5 });
  x.finish();
  await circuit.reply("writeNotify", { ioid: 2 });
});

test("put-callbacks of many channels that wait for one PV hold as much as those of one channel", async () => {
  const x = new FakePv(Array.from({ length: 100 }, () => 0));
  x.slow = true;
  await using fixture = await startServer({ x }, { limits: { queuedPutBytes: 4 * 800 } });
  const circuit = await fixture.client();
  const sids: number[] = [];
  for (let cid = 0; cid < 7; cid++) sids.push((await circuit.open("x", cid)).sid);
  sids.forEach((sid, ioid) => circuit.send("writeNotify", { dbr: 6, count: 100, sid, ioid }, Buffer.alloc(800)));
  fixture.clock.settle();
  expect(x.putsInProgress).toBe(6); // one that has begun, four that fit, and the one that did not
  for (const ioid of sids.keys()) {
    x.finish();
    await circuit.reply("writeNotify", { ioid, status: 1 });
  }
  expect(fixture.server.counters.unfinishedBytes).toBe(0);
});

test("a client that leaves while its put-callbacks fill the queue is seen to leave: those that wait are dropped, plain writes applied, all else ignored", async () => {
  const [x, y] = [new FakePv(1), new FakePv(1)];
  x.slow = true;
  await using fixture = await startServer({ x, y }, { limits: { queuedPutsPerChannel: 2 } });
  const circuit = await fixture.client();
  const [{ sid }, other] = [await circuit.open("x", 1), await circuit.open("y", 2)];
  for (const ioid of [1, 2, 3]) circuit.send("writeNotify", { dbr: 6, count: 1, sid, ioid }, doubles(ioid));
  fixture.clock.settle();
  circuit.send("createChan", { cid: 3, minor: 13 }, "y");
  circuit.send("writeNotify", { dbr: 6, count: 1, sid, ioid: 4 }, doubles(4));
  circuit.send("write", { dbr: 6, count: 1, sid }, doubles(50));
  circuit.send("readNotify", { dbr: 6, count: 1, sid, ioid: 5 });
  circuit.send("writeNotify", { dbr: 6, count: 1, sid: other.sid, ioid: 6 }, doubles(60));
  const opened: string[] = [];
  const open = fixture.pvs.open.bind(fixture.pvs);
  fixture.pvs.open = (name) => {
    opened.push(name);
    return open(name);
  };
  fixture.clock.settle();
  expect([x.puts, y.puts]).toEqual([[1], []]);
  circuit.stream.end();
  fixture.clock.settle();
  expect(circuit.isClosed).toBe(true);
  x.finish();
  expect([x.puts, y.puts, opened]).toEqual([[1, 50], [60], []]);
  expect([x.putsInProgress, x.openChannels.size, fixture.server.counters.clients]).toEqual([0, 0, 0]);
});

test("behind put-callbacks that have no room, requests are held up to a limit; a client that sends more is disconnected", async () => {
  const x = new FakePv(1);
  x.slow = true;
  await using fixture = await startServer({ x }, { limits: { queuedPutsPerChannel: 1, heldBytes: 240 } });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  const put = (ioid: number): void => {
    circuit.send("writeNotify", { dbr: 6, count: 1, sid, ioid }, doubles(ioid));
    fixture.clock.settle();
  };
  for (let ioid = 1; ioid <= 12; ioid++) put(ioid);
  expect(circuit.isClosed).toBe(false);
  put(13);
  expect(circuit.isClosed).toBe(true);
  expect(fixture.logged.join()).toContain("more than 240 bytes of requests wait behind its put-callbacks");
  x.finish();
  expect([x.puts, x.openChannels.size]).toEqual([[1], 0]);
});

test("requests that come in pieces behind put-callbacks without room are answered in order when there is room", async () => {
  const x = new FakePv(1);
  x.slow = true;
  await using fixture = await startServer({ x }, { limits: { queuedPutsPerChannel: 1 } });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  const put = (ioid: number): Buffer => requestBytes("writeNotify", { dbr: 6, count: 1, sid, ioid }, doubles(ioid));
  const bytes = Buffer.concat([1, 2, 3, 4, 5, 6].map(put));
  for (let at = 0; at < bytes.length; at += 7) {
    circuit.sendBytes(bytes.subarray(at, at + 7));
    fixture.clock.settle();
  }
  for (let ioid = 1; ioid <= 6; ioid++) {
    x.finish();
    await circuit.reply("writeNotify", { ioid, status: 1 });
  }
  expect(x.puts).toEqual([1, 2, 3, 4, 5, 6]);
});

test("an update that a put causes comes before the put's reply", async () => {
  const x = new FakePv(1);
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  circuit.send("eventAdd", { dbr: 6, count: 1, sid, subscriptionId: 9 }, maskPayload(1));
  await circuit.reply("eventAdd");
  circuit.send("writeNotify", { dbr: 6, count: 1, sid, ioid: 1 }, doubles(5));
  await circuit.reply("eventAdd", { subscriptionId: 9, status: 1 });
  await circuit.reply("writeNotify", { ioid: 1 });
});

test("a write as large as its channel is taken, a larger one is refused once and skipped", async () => {
  const a = new FakePv(Array.from({ length: 20000 }, () => 0));
  await using fixture = await startServer({ a });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("a", 5);
  circuit.send("write", { dbr: 6, count: 20000, sid }, Buffer.alloc(160_000));
  await circuit.silence();
  expect(a.puts.length).toBe(1);
  const words = { dbr: 6, count: 30000, sid, ioid: 3 };
  circuit.send("writeNotify", words, Buffer.alloc(240_000));
  const { payload } = await circuit.reply("error", { cid: 5, status: ECA.TOLARGE });
  expect(payload.subarray(0, 24)).toEqual(requestBytes("writeNotify", words, Buffer.alloc(240_000)).subarray(0, 24));
  await circuit.silence();
  expect(a.puts.length).toBe(1);
});

test("4 GB announced for any other message end the circuit before any of it is kept", async () => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const circuit = await fixture.client();
  circuit.sendBytes(Buffer.from("0004ffff000600000000000000000001fffffff000000001", "hex"));
  circuit.sendBytes(Buffer.alloc(65536));
  await circuit.reply("error", { status: ECA.TOLARGE });
  await circuit.closed();
});

test("with an array limit set, a larger write is refused and the circuit survives", async () => {
  const a = new FakePv(Array.from({ length: 20000 }, () => 0));
  await using fixture = await startServer({ a }, { config: { maxArrayBytes: 20000 } });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("a");
  circuit.send("write", { dbr: 6, count: 5000, sid }, Buffer.alloc(40_000));
  await circuit.reply("error", { status: ECA.TOLARGE });
  circuit.send("write", { dbr: 6, count: 2500, sid }, Buffer.alloc(20_000));
  await circuit.silence();
  expect(a.puts.length).toBe(1);
});

test("puts sent just before the client leaves are applied, however many there are", async () => {
  const x = new FakePv(1);
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  const puts = Array.from({ length: 3000 }, (_, i) => requestBytes("write", { dbr: 6, count: 1, sid }, doubles(i)));
  circuit.sendBytes(Buffer.concat(puts));
  circuit.stream.end();
  await circuit.closed();
  expect(x.puts.length).toBe(3000);
  expect(x.openChannels.size).toBe(0);
});
