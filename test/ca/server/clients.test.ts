/** Many clients at once: who is let in, who goes for whom, and how much they may hold together. */
import { expect, test } from "vitest";
import { doubles, type RawCircuit, requestBytes } from "../../support/engine/raw-circuit.ts";
import { FakePv } from "../../support/fakes/fake-pvs.ts";
import { type ServerFixture, startServer } from "./server-fixture.ts";

/** A circuit of a client at this address that has said VERSION and nothing more. */
async function from(fixture: ServerFixture, host: string): Promise<RawCircuit> {
  fixture.network.clientHost = host;
  const circuit = await fixture.client();
  fixture.clock.settle();
  return circuit;
}

async function isTurnedAway(fixture: ServerFixture): Promise<boolean> {
  const circuit = await fixture.connect();
  fixture.clock.settle();
  return circuit.isClosed;
}

const linesAbout = (fixture: ServerFixture, what: string): number =>
  fixture.logged.filter((line) => line.includes(what)).length;

test("circuits that say VERSION and nothing more keep nobody out: the oldest goes for each new one, which is told once", async () => {
  await using fixture = await startServer({ x: new FakePv(1) }, { limits: { circuits: 10, circuitsPerAddress: 10 } });
  const idle: RawCircuit[] = [];
  for (let i = 0; i < 30; i++) idle.push(await from(fixture, "10.0.0.1"));
  const late = await from(fixture, "10.0.0.2");
  await late.open("x");
  expect(idle.map((circuit) => circuit.isClosed)).toEqual(idle.map((_, i) => i < 21));
  expect(fixture.server.counters.clients).toBe(10);
  expect(fixture.logged).toEqual([
    "warn: ca: 10.0.0.1 has 10 circuits, as many as are allowed: the oldest without a channel is closed for each new one",
    "warn: ca: this server has 10 circuits, as many as are allowed: the oldest without a channel is closed for each new one",
  ]);
});

test("a circuit with a channel does not go for another, however old it is", async () => {
  await using fixture = await startServer({ x: new FakePv(1) }, { limits: { circuits: 3 } });
  const [used, idle] = [await from(fixture, "10.0.0.1"), await from(fixture, "10.0.0.2")];
  const { sid } = await used.open("x");
  await (await from(fixture, "10.0.0.3")).open("x");
  await (await from(fixture, "10.0.0.4")).open("x");
  expect([used.isClosed, idle.isClosed]).toEqual([false, true]);
  expect(await isTurnedAway(fixture)).toBe(true);
  expect(await isTurnedAway(fixture)).toBe(true);
  used.send("readNotify", { dbr: 6, count: 1, sid, ioid: 1 });
  await used.reply("readNotify", { ioid: 1 });
});

test("one address may not take every circuit, and others come in beside it", async () => {
  await using fixture = await startServer({ x: new FakePv(1) }, { limits: { circuits: 10, circuitsPerAddress: 4 } });
  for (let i = 0; i < 4; i++) await (await from(fixture, "10.0.0.1")).open("x");
  expect(await isTurnedAway(fixture)).toBe(true);
  expect(await isTurnedAway(fixture)).toBe(true);
  expect(linesAbout(fixture, "10.0.0.1 has 4 circuits")).toBe(1);
  expect((await from(fixture, "10.0.0.2")).isClosed).toBe(false);
});

test("that a server is full is told again when it was not so in between", async () => {
  await using fixture = await startServer({ x: new FakePv(1) }, { limits: { circuits: 1 } });
  for (let round = 1; round <= 3; round++) {
    const only = await from(fixture, "10.0.0.1");
    await only.open("x");
    for (let i = 0; i < 5; i++) expect(await isTurnedAway(fixture)).toBe(true);
    expect(linesAbout(fixture, "turned away")).toBe(round);
    only.stream.destroy();
    fixture.clock.settle();
  }
});

const WRITE_BYTES = 8000;
const MOST_BYTES = 100_000;

/** Half of a write that its channel takes, and no more. */
async function halfAWrite(fixture: ServerFixture, host: string): Promise<RawCircuit> {
  const circuit = await from(fixture, host);
  const { sid } = await circuit.open("a");
  const whole = requestBytes("write", { dbr: 6, count: WRITE_BYTES / 8, sid }, Buffer.alloc(WRITE_BYTES));
  circuit.sendBytes(whole.subarray(0, WRITE_BYTES / 2));
  fixture.clock.settle();
  return circuit;
}

const arrayServer = (): Promise<ServerFixture> =>
  startServer(
    { a: new FakePv(Array.from({ length: WRITE_BYTES / 8 }, () => 0)) },
    { limits: { unfinishedBytes: MOST_BYTES } },
  );

test("writes that nobody finishes hold no more together than is allowed: who has held most for longest is disconnected", async () => {
  await using fixture = await arrayServer();
  const halves: RawCircuit[] = [];
  for (let i = 0; i < 100; i++) {
    halves.push(await halfAWrite(fixture, `10.0.0.${i}`));
    fixture.clock.advance(1);
  }
  expect(fixture.server.counters.unfinishedBytes).toBeLessThanOrEqual(MOST_BYTES);
  const open = halves.map((circuit) => !circuit.isClosed);
  expect(open.lastIndexOf(false)).toBeLessThan(open.indexOf(true));
  expect(fixture.logged[0]).toMatch(
    /^warn: ca: 10\.0\.0\.0:\d+ is disconnected: all clients' unfinished requests hold \d+ bytes, and it holds \d+ of them for \d+ s$/,
  );
});

test("a large write on its way gets through among halves of writes that nobody finishes", async () => {
  await using fixture = await arrayServer();
  for (let i = 0; i < 20; i++) await halfAWrite(fixture, `10.0.0.${i}`);
  fixture.clock.advance(10);
  const honest = await from(fixture, "10.0.1.1");
  const { sid } = await honest.open("a");
  const bytes = requestBytes(
    "writeNotify",
    { dbr: 6, count: WRITE_BYTES / 8, sid, ioid: 1 },
    Buffer.alloc(WRITE_BYTES),
  );
  for (let at = 0; at < bytes.length; at += 1000) {
    honest.sendBytes(bytes.subarray(at, at + 1000));
    fixture.clock.advance(0.01);
    if (at % 3000 === 0) await halfAWrite(fixture, `10.0.2.${at / 1000}`);
  }
  await honest.reply("writeNotify", { status: 1, ioid: 1 });
});

test("one client alone may hold what its channel takes, although that is more than all may hold together", async () => {
  const a = new FakePv(Array.from({ length: WRITE_BYTES / 8 }, () => 0));
  await using fixture = await startServer({ a }, { limits: { unfinishedBytes: 1000 } });
  const circuit = await halfAWrite(fixture, "10.0.0.1");
  fixture.clock.advance(60);
  expect(circuit.isClosed).toBe(false);
});

test("put-callbacks that wait for others count, too, and nothing is counted of a client that is gone", async () => {
  const x = new FakePv(0);
  x.slow = true;
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  for (let ioid = 0; ioid < 11; ioid++) circuit.send("writeNotify", { dbr: 6, count: 1, sid, ioid }, doubles(ioid));
  fixture.clock.settle();
  expect(fixture.server.counters.unfinishedBytes).toBe(10 * 8);
  circuit.stream.destroy();
  fixture.clock.settle();
  expect(fixture.server.counters.unfinishedBytes).toBe(0);
});

test("what put-callbacks held is not counted once they have begun, whether their client speaks again or not", async () => {
  const x = new FakePv(0);
  x.slow = true;
  await using fixture = await startServer({ x }, { limits: { unfinishedBytes: 100 } });
  const { counters } = fixture.server;
  const clients = [await fixture.client(), await fixture.client()];
  for (const circuit of clients) {
    const { sid } = await circuit.open("x");
    for (let ioid = 0; ioid < 11; ioid++) circuit.send("writeNotify", { dbr: 6, count: 1, sid, ioid }, doubles(ioid));
    fixture.clock.settle();
    expect(counters.unfinishedBytes).toBe(10 * 8);
    for (let left = 10; left > 0; left--) {
      x.finish();
      expect(counters.unfinishedBytes).toBe((left - 1) * 8);
    }
    x.finish();
  }
  for (const circuit of clients) {
    circuit.takeAll();
    await circuit.silence();
  }
  expect(counters.unfinishedBytes).toBe(0);
});

test("put-callbacks of many clients that wait for one PV hold no more together than is allowed", async () => {
  const a = new FakePv(Array.from({ length: WRITE_BYTES / 8 }, () => 0));
  a.slow = true;
  await using fixture = await startServer({ a }, { limits: { unfinishedBytes: MOST_BYTES } });
  const clients: RawCircuit[] = [];
  for (let i = 0; i < 40; i++) {
    const circuit = await from(fixture, `10.0.0.${i}`);
    const { sid } = await circuit.open("a");
    const words = { dbr: 6, count: WRITE_BYTES / 8, sid, ioid: i };
    circuit.send("writeNotify", words, Buffer.alloc(WRITE_BYTES));
    fixture.clock.advance(1);
    clients.push(circuit);
  }
  expect(fixture.server.counters.unfinishedBytes).toBe(12 * WRITE_BYTES);
  expect(a.putsInProgress).toBe(13);
  expect(clients.filter((circuit) => !circuit.isClosed).length).toBe(13);
});
