/** Subscriptions: masks, cancelling, flow control, slow clients, changes of access. */
import { expect, test } from "vitest";
import { ECA } from "../../../src/ca/wire/status.ts";
import {
  doubles,
  maskPayload,
  type RawCircuit,
  type Received,
  requestBytes,
} from "../../support/engine/raw-circuit.ts";
import { FakePv } from "../../support/fakes/fake-pvs.ts";
import { startServer } from "./server-fixture.ts";

function subscribe(circuit: RawCircuit, sid: number, subscriptionId: number, mask = 1, dbr = 6, count = 1): void {
  circuit.send("eventAdd", { dbr, count, sid, subscriptionId }, maskPayload(mask));
}
const numbers = (messages: readonly Received[]): number[] =>
  messages.filter((message) => message.command === 1).map((message) => message.payload.readDoubleBE(0));

test("the first update comes at once, whatever the mask, later ones by the mask", async () => {
  const x = new FakePv(1);
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  subscribe(circuit, sid, 1, 1);
  subscribe(circuit, sid, 2, 4);
  await circuit.reply("eventAdd", { dbr: 6, count: 1, status: 1, subscriptionId: 1 });
  await circuit.reply("eventAdd", { dbr: 6, count: 1, status: 1, subscriptionId: 2 });
  x.set(2, 1);
  await circuit.reply("eventAdd", { subscriptionId: 1 });
  x.set(3, 4);
  await circuit.reply("eventAdd", { subscriptionId: 2 });
  await circuit.silence();
});

test("each update carries the value, time and length of its moment", async () => {
  const a = new FakePv([1, 2, 3], { elementCount: 4 });
  await using fixture = await startServer({ a });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("a");
  subscribe(circuit, sid, 1, 1, 20, 0);
  await circuit.reply("eventAdd", { count: 3 });
  a.set([7]);
  const one = await circuit.reply("eventAdd", { dbr: 20, count: 1 });
  expect([one.payload.readUInt32BE(4), one.payload.readDoubleBE(16)]).toEqual([1, 7]);
  a.set([]);
  expect((await circuit.reply("eventAdd", { count: 0 })).payload.length).toBe(16);
});

test.each([0, 0x100])("a mask of %i is refused BADMASK and the circuit goes on", async (mask) => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x", 5);
  subscribe(circuit, sid, 1, mask);
  await circuit.reply("error", { cid: 5, status: ECA.BADMASK });
  circuit.send("eventAdd", { dbr: 6, count: 1, sid, subscriptionId: 1 }); // no payload at all
  await circuit.reply("error", { cid: 5, status: ECA.BADMASK });
  await circuit.silence();
});

test("a subscription to a type above 38 is answered BADTYPE, then the circuit ends", async () => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x", 5);
  subscribe(circuit, sid, 1, 1, 39);
  await circuit.reply("error", { cid: 5, status: ECA.BADTYPE });
  await circuit.closed();
});

test("a subscription to PUT_ACKT has updates that say GETFAIL, and can be cancelled", async () => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  subscribe(circuit, sid, 1, 1, 35);
  await circuit.reply("eventAdd", { dbr: 35, status: ECA.GETFAIL, subscriptionId: 1 });
  circuit.send("eventCancel", { dbr: 35, count: 1, sid, subscriptionId: 1 });
  await circuit.reply("eventCancelled", { dbr: 35, count: 1, sid, subscriptionId: 1 });
});

test("a cancelled subscription is acknowledged with its own type and count, and sends nothing more", async () => {
  const x = new FakePv(1);
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  subscribe(circuit, sid, 7, 1, 20, 0);
  await circuit.reply("eventAdd");
  circuit.send("eventsOff");
  await circuit.silence();
  x.set(2); // waits
  circuit.send("eventCancel", { dbr: 0, count: 9, sid, subscriptionId: 7 });
  const { payload } = await circuit.reply("eventCancelled", { dbr: 20, count: 0, sid, subscriptionId: 7 });
  expect(payload.length).toBe(0);
  circuit.send("eventsOn");
  x.set(3);
  await circuit.silence();
  expect(x.subscribers.size).toBe(0);
});

test("cancelling an unknown subscription is answered BADMONID and the circuit goes on", async () => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x", 5);
  circuit.send("eventCancel", { dbr: 6, count: 1, sid, subscriptionId: 7 });
  await circuit.reply("error", { cid: 5, status: ECA.BADMONID });
  await circuit.silence();
});

test("an id used again names the newer subscription: no update of the older one follows", async () => {
  const x = new FakePv(1);
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  subscribe(circuit, sid, 1, 1, 6);
  subscribe(circuit, sid, 1, 1, 20);
  await circuit.reply("eventAdd", { dbr: 6 });
  await circuit.reply("eventAdd", { dbr: 20 });
  x.set(2);
  await circuit.reply("eventAdd", { dbr: 20 });
  await circuit.silence();
  expect(fixture.server.counters.subscriptions).toBe(1);
});

test("more subscriptions than allowed are refused with a reason", async () => {
  await using fixture = await startServer({ x: new FakePv(1) }, { limits: { subscriptionsPerCircuit: 1 } });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  subscribe(circuit, sid, 1);
  await circuit.reply("eventAdd");
  subscribe(circuit, sid, 2);
  await circuit.reply("error", { status: ECA.ALLOCMEM });
  circuit.send("eventCancel", { sid, subscriptionId: 1 });
  await circuit.reply("eventCancelled");
  subscribe(circuit, sid, 2);
  await circuit.reply("eventAdd", { subscriptionId: 2 });
});

test("a subscription that the PV fails on is refused and logged, and the circuit goes on", async () => {
  const x = new FakePv(1);
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  x.failure = new Error("broken");
  subscribe(circuit, sid, 1);
  await circuit.reply("error", { status: ECA.ALLOCMEM });
  circuit.send("eventCancel", { sid, subscriptionId: 1 });
  await circuit.reply("eventCancelled");
  expect(fixture.logged.join()).toContain("broken");
});

test("while events are off nothing is sent, not even a first update; then the newest value of each", async () => {
  const [x, y] = [new FakePv(1), new FakePv(10)];
  await using fixture = await startServer({ x, y });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x", 1);
  const second = await circuit.open("y", 2);
  subscribe(circuit, sid, 1);
  await circuit.reply("eventAdd");
  circuit.send("eventsOff");
  subscribe(circuit, second.sid, 2);
  await circuit.silence();
  for (let value = 2; value <= 9; value++) x.set(value);
  y.set(11);
  await circuit.silence();
  circuit.send("eventsOn");
  expect(numbers(circuit.takeAll()).sort((a, b) => a - b)).toEqual([9, 11]); // in the order in which they began to wait
  expect(fixture.server.counters.updatesReplaced).toBe(8);
});

test("toggled off and on again and again, every subscription still delivers its last value", async () => {
  const pvs = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`x${i}`, new FakePv(0)]));
  await using fixture = await startServer(pvs);
  const circuit = await fixture.client();
  const last = new Map<number, number>();
  for (let i = 0; i < 20; i++) {
    const { sid } = await circuit.open(`x${i}`, i);
    subscribe(circuit, sid, i);
    await circuit.reply("eventAdd");
  }
  for (let round = 1; round <= 30; round++) {
    circuit.send(round % 3 === 0 ? "eventsOn" : "eventsOff");
    fixture.clock.settle();
    for (const pv of Object.values(pvs)) pv.set(round);
  }
  circuit.send("eventsOn");
  for (const message of circuit.takeAll())
    if (message.command === 1) last.set(message.p2, message.payload.readDoubleBE(0));
  expect([...last.values()]).toEqual(Array.from({ length: 20 }, () => 30));
});

test("a client that does not read is sent no more than the high-water mark; when it reads again it has the newest value of all", async () => {
  const arrays = Array.from({ length: 20 }, () => new FakePv(Array.from({ length: 5000 }, () => 0)));
  const scalar = new FakePv(0);
  const pvs = Object.fromEntries([...arrays.map((pv, i) => [`a${i}`, pv] as const), ["x", scalar]]);
  await using fixture = await startServer(pvs);
  const circuit = await fixture.client();
  for (let i = 0; i < 20; i++) {
    const { sid } = await circuit.open(`a${i}`, i);
    subscribe(circuit, sid, i, 1, 6, 0);
    await circuit.reply("eventAdd");
  }
  const { sid } = await circuit.open("x", 99);
  subscribe(circuit, sid, 99);
  circuit.takeAll();
  const before = fixture.server.counters.bytesSent;
  circuit.stream.pause();
  for (let round = 1; round <= 50; round++) {
    for (const pv of arrays) pv.set(Array.from({ length: 5000 }, () => round));
    scalar.set(round);
    fixture.clock.settle();
  }
  expect(fixture.server.counters.bytesSent - before).toBeLessThan(256 * 1024 + 2 * 40_016);
  expect(fixture.server.counters.updatesReplaced).toBeGreaterThan(750);
  circuit.stream.resume();
  const last = new Map<number, number>();
  for (const message of circuit.takeAll()) last.set(message.p2, message.payload.readDoubleBE(0));
  expect([...last.values()]).toEqual(Array.from({ length: 21 }, () => 50));
});

test("of a scalar whose client is slow, a few old values and the newest are kept, in order", async () => {
  const x = new FakePv(0);
  await using fixture = await startServer({ x }, { limits: { highWaterBytes: 100 } });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  subscribe(circuit, sid, 1);
  circuit.takeAll();
  circuit.stream.pause();
  for (let value = 1; value <= 50; value++) x.set(value);
  circuit.stream.resume();
  expect(numbers(circuit.takeAll())).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 50]); // five sent at once, four kept
});

test("while a client does not read, its requests are not handled either; then all are, in order", async () => {
  const a = new FakePv(Array.from({ length: 5000 }, () => 1));
  await using fixture = await startServer({ a });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("a");
  circuit.stream.pause();
  for (let ioid = 0; ioid < 100; ioid++) circuit.send("readNotify", { dbr: 6, count: 0, sid, ioid });
  fixture.clock.settle();
  expect(fixture.server.counters.bytesSent).toBeLessThan(400_000);
  circuit.stream.resume();
  expect(circuit.takeAll().map((message) => message.p2)).toEqual(Array.from({ length: 100 }, (_, ioid) => ioid));
});

test("a client that takes nothing for five minutes is given up; one that is only slow is not", async () => {
  const a = new FakePv(Array.from({ length: 50000 }, () => 1));
  await using fixture = await startServer({ a });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("a");
  circuit.stream.pause();
  circuit.send("readNotify", { dbr: 6, count: 0, sid });
  fixture.clock.advance(299);
  expect(circuit.isClosed).toBe(false);
  fixture.clock.advance(2);
  expect(circuit.isClosed).toBe(true);
  expect(fixture.logged.join()).toContain("300 s");
});

test("when too much waits for all clients, the one for which most waits is cut off, and the others go on", async () => {
  const [a, b] = [20000, 10000].map((length) => new FakePv(Array.from({ length }, () => 1)));
  const limits = { highWaterBytes: 50_000, unsentBytes: 300_000 };
  await using fixture = await startServer({ a: a!, b: b! }, { limits });
  const clients = [await fixture.client(), await fixture.client(), await fixture.client()];
  for (const [i, name] of ["b", "a", "b"].entries()) {
    const circuit = clients[i]!;
    const { sid } = await circuit.open(name);
    circuit.stream.pause();
    circuit.send("readNotify", { dbr: 6, count: 0, sid });
    fixture.clock.settle();
  }
  expect(clients.map((circuit) => circuit.isClosed)).toEqual([false, true, false]);
  expect(fixture.logged.join()).toMatch(/of 3\d{5} bytes that wait for all clients, 160\d{3} wait for it/);
  for (const circuit of [clients[0]!, clients[2]!]) {
    circuit.stream.resume();
    expect((await circuit.reply("readNotify", { status: 1 })).payload.length).toBe(80_000);
  }
});

test("a change of access is announced, then each subscription says so once, and later resumes with the current value", async () => {
  const x = new FakePv(1);
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x", 5);
  subscribe(circuit, sid, 1);
  await circuit.reply("eventAdd");
  x.setRights(0);
  await circuit.reply("accessRights", { cid: 5, rights: 0 });
  const { payload } = await circuit.reply("eventAdd", { dbr: 6, count: 1, status: ECA.NORDACCESS, subscriptionId: 1 });
  expect(payload).toEqual(Buffer.alloc(8));
  x.set(2);
  x.set(3);
  await circuit.silence();
  x.setRights(1);
  await circuit.reply("accessRights", { cid: 5, rights: 1 });
  expect((await circuit.reply("eventAdd", { status: 1, subscriptionId: 1 })).payload).toEqual(doubles(3));
  x.setRights(3);
  await circuit.reply("accessRights", { cid: 5, rights: 3 });
  await circuit.silence();
});

test("without read access the first update says so", async () => {
  const x = new FakePv(1);
  x.rights = 2;
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  subscribe(circuit, sid, 1);
  await circuit.reply("eventAdd", { status: ECA.NORDACCESS, subscriptionId: 1 });
});

test("a post from elsewhere reaches every client, with one write each", async () => {
  const [x, y] = [new FakePv(1), new FakePv(2)];
  await using fixture = await startServer({ x, y });
  const clients = [await fixture.client(), await fixture.client(), await fixture.client()];
  for (const circuit of clients) {
    const sids = [(await circuit.open("x", 1)).sid, (await circuit.open("y", 2)).sid];
    for (const sid of sids) subscribe(circuit, sid, sid);
    circuit.takeAll();
  }
  x.set(5);
  y.set(6);
  for (const circuit of clients) expect(numbers(circuit.takeAll())).toEqual([5, 6]);
});

test("a flood of requests by one client leaves the others their turn", async () => {
  const x = new FakePv(1);
  await using fixture = await startServer({ x });
  const [flood, other] = [await fixture.client(), await fixture.client()];
  const { sid } = await flood.open("x");
  const theirs = await other.open("x");
  const order: string[] = [];
  const flooding = flood.stream.onData;
  flood.stream.onData = (chunk) => {
    order.push("flood");
    flooding(chunk);
  };
  const calm = other.stream.onData;
  other.stream.onData = (chunk) => {
    order.push("other");
    calm(chunk);
  };
  const requests = Array.from({ length: 5000 }, (_, ioid) =>
    requestBytes("readNotify", { dbr: 6, count: 1, sid, ioid }),
  );
  flood.sendBytes(Buffer.concat(requests));
  other.send("readNotify", { dbr: 6, count: 1, sid: theirs.sid, ioid: 1 });
  fixture.clock.settle();
  expect(flood.takeAll().length).toBe(5000);
  expect(order.indexOf("other")).toBeLessThan(order.lastIndexOf("flood"));
});
