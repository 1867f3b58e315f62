/** READ_NOTIFY and READ: every type, every count, and each way in which a read can fail. */
import { expect, test } from "vitest";
import { readDbr } from "../../../src/ca/wire/dbr-codec.ts";
import { DBR_TYPES, dbrBytes } from "../../../src/ca/wire/dbr-layout.ts";
import { padded } from "../../../src/ca/wire/frame.ts";
import { ECA } from "../../../src/ca/wire/status.ts";
import { requestBytes } from "../../support/engine/raw-circuit.ts";
import { FakePv } from "../../support/fakes/fake-pvs.ts";
import { startServer } from "./server-fixture.ts";

const readable = DBR_TYPES.filter((type) => type.code !== 35 && type.code !== 36);

test.each(readable.map((type) => [type.name, type] as const))("a scalar is read as %s", async (_, type) => {
  await using fixture = await startServer({ x: new FakePv(42) });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  circuit.send("readNotify", { dbr: type.code, count: 1, sid, ioid: 7 });
  const { payload } = await circuit.reply("readNotify", { dbr: type.code, count: 1, status: 1, ioid: 7 });
  expect(payload.length).toBe(padded(dbrBytes(type, 1)));
  const sample = readDbr(type, 1, payload)!;
  expect(type.native === "STRING" ? sample.text : sample.number).toBe(type.native === "STRING" ? "42" : 42);
});

test.each([
  [0, 3, [1, 2, 3]],
  [1, 1, [1]],
  [3, 3, [1, 2, 3]],
  [5, 5, [1, 2, 3, 0, 0]],
])("of a three-element array, count %i brings %i elements", async (count, sent, expected) => {
  await using fixture = await startServer({ a: new FakePv([1, 2, 3], { elementCount: 4 }) });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("a");
  circuit.send("readNotify", { dbr: 6, count, sid, ioid: 1 });
  const { payload } = await circuit.reply("readNotify", { dbr: 6, count: sent, status: 1, ioid: 1 });
  expect(expected.map((_, i) => payload.readDoubleBE(i * 8))).toEqual(expected);
});

test("an empty array read with count 0 has no payload for a plain type, and its metadata for others", async () => {
  await using fixture = await startServer({ a: new FakePv([], { elementCount: 4 }) });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("a");
  circuit.send("readNotify", { dbr: 6, count: 0, sid, ioid: 1 });
  expect((await circuit.reply("readNotify", { count: 0, status: 1 })).payload.length).toBe(0);
  circuit.send("readNotify", { dbr: 20, count: 0, sid, ioid: 1 });
  expect((await circuit.reply("readNotify", { count: 0, status: 1 })).payload.length).toBe(16);
});

test("a scalar read with count 0 has one element", async () => {
  await using fixture = await startServer({ x: new FakePv(42) });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  circuit.send("readNotify", { dbr: 6, count: 0, sid, ioid: 1 });
  await circuit.reply("readNotify", { count: 1, status: 1 });
});

test.each([
  ["without read access", ECA.NORDACCESS, (pv: FakePv) => (pv.rights = 0)],
  ["when the PV refuses", ECA.GETFAIL, (pv: FakePv) => (pv.status = ECA.GETFAIL)],
  ["when the PV throws", ECA.GETFAIL, (pv: FakePv) => (pv.failure = new Error("broken"))],
])("%s a read is answered with the status and zeros of the size asked for", async (_, status, spoil) => {
  const x = new FakePv(42);
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  spoil(x);
  const { sid } = await circuit.open("x");
  circuit.send("readNotify", { dbr: 34, count: 1, sid, ioid: 7 });
  const { payload } = await circuit.reply("readNotify", { dbr: 34, count: 1, status, ioid: 7 });
  expect(payload).toEqual(Buffer.alloc(88));
  await circuit.silence();
});

test.each([35, 36])("type %i can only be written: GETFAIL, as from softIoc", async (dbr) => {
  await using fixture = await startServer({ x: new FakePv(42) });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  for (const [count, bytes] of [
    [0, 0],
    [1, 8],
    [3, 8],
  ] as const) {
    circuit.send("readNotify", { dbr, count, sid, ioid: 7 });
    expect((await circuit.reply("readNotify", { dbr, count, status: ECA.GETFAIL })).payload.length).toBe(bytes);
  }
});

test.each(["readNotify", "read"] as const)(
  "%s of a type above 38 is answered BADTYPE, then the circuit ends",
  async (name) => {
    await using fixture = await startServer({ x: new FakePv(42) });
    const circuit = await fixture.client();
    const { sid } = await circuit.open("x", 5);
    circuit.send(name, { dbr: 39, count: 1, sid, ioid: 7 });
    await circuit.reply("error", { cid: 5, status: ECA.BADTYPE });
    await circuit.closed();
  },
);

test("the obsolete READ answers with the client's channel id, a failure with ERROR", async () => {
  const x = new FakePv(42);
  await using fixture = await startServer({ x, s: new FakePv("hello") });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x", 5);
  const text = await circuit.open("s", 6);
  circuit.send("read", { dbr: 6, count: 1, sid, ioid: 7 });
  await circuit.reply("read", { dbr: 6, count: 1, cid: 5, ioid: 7 });
  circuit.send("read", { dbr: 0, count: 1, sid: text.sid, ioid: 8 });
  const { payload } = await circuit.reply("read", { dbr: 0, count: 1, cid: 6, ioid: 8 });
  expect(payload.toString("latin1")).toBe("hello\0\0\0"); // rsrv cuts it to its length as well
  x.rights = 2;
  circuit.send("read", { dbr: 6, count: 1, sid, ioid: 9 });
  await circuit.reply("error", { cid: 5, status: ECA.NORDACCESS });
  x.rights = 3;
  x.status = ECA.GETFAIL;
  circuit.send("read", { dbr: 6, count: 1, sid, ioid: 9 });
  await circuit.reply("error", { cid: 5, status: ECA.GETFAIL });
});

test("a huge count is refused TOLARGE with the request echoed, and costs nothing", async () => {
  await using fixture = await startServer({ x: new FakePv(42) });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x", 5);
  const words = { dbr: 6, count: 0x7fffffff, sid, ioid: 7 };
  circuit.send("readNotify", words);
  const { payload } = await circuit.reply("error", { cid: 5, status: ECA.TOLARGE });
  expect(payload.subarray(0, 24)).toEqual(requestBytes("readNotify", words));
  await circuit.silence();
  expect(fixture.server.counters.tooLarge).toBe(1);
});

test("a scalar asked for as an array gets 64 KiB of zeros at most, though its client reads more", async () => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x", 5);
  circuit.send("readNotify", { dbr: 6, count: 8192, sid, ioid: 1 });
  expect((await circuit.reply("readNotify", { ioid: 1, status: 1 })).payload.length).toBe(65536);
  circuit.send("readNotify", { dbr: 6, count: 8193, sid, ioid: 2 });
  await circuit.reply("error", { cid: 5, status: ECA.TOLARGE });
});

test("a channel larger than the general limit is read whole", async () => {
  const values = Array.from({ length: 1000 }, (_, i) => i);
  await using fixture = await startServer({ a: new FakePv(values) }, { limits: { replyBytes: 4096 } });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("a");
  circuit.send("readNotify", { dbr: 6, count: 0, sid });
  expect((await circuit.reply("readNotify", { count: 1000, status: 1 })).payload.length).toBe(8000);
  circuit.send("readNotify", { dbr: 6, count: 1001, sid });
  await circuit.reply("error", { status: ECA.TOLARGE });
});

test("with an array limit set, larger arrays are refused TOLARGE though the channel has them", async () => {
  const values = Array.from({ length: 5000 }, (_, i) => i);
  await using fixture = await startServer({ a: new FakePv(values) }, { config: { maxArrayBytes: 20000 } });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("a");
  circuit.send("readNotify", { dbr: 6, count: 0, sid });
  await circuit.reply("error", { status: ECA.TOLARGE });
  circuit.send("readNotify", { dbr: 6, count: 2500, sid });
  await circuit.reply("readNotify", { count: 2500, status: 1 });
});

test("a client older than version 9 hears of no more than 65534 elements, and is never sent an extended header", async () => {
  const values = Array.from({ length: 70000 }, () => 1);
  await using fixture = await startServer({ a: new FakePv(values) });
  const old = await fixture.connect();
  await old.begin(8);
  const { sid, count } = await old.open("a");
  expect(count).toBe(0xfffe);
  old.send("readNotify", { dbr: 4, count: 0, sid });
  await old.reply("error", { status: ECA["16KARRAYCLIENT"] });
  old.send("readNotify", { dbr: 4, count: 1000, sid });
  await old.reply("readNotify", { count: 1000, status: 1 });
  const modern = await fixture.client();
  expect((await modern.open("a")).count).toBe(70000);
});

test("replies come in the order of the requests", async () => {
  await using fixture = await startServer({ x: new FakePv(42) });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  const all = Array.from({ length: 2000 }, (_, ioid) => requestBytes("readNotify", { dbr: 6, count: 1, sid, ioid }));
  circuit.sendBytes(Buffer.concat(all));
  expect(circuit.takeAll().map((message) => message.p2)).toEqual(all.map((_, ioid) => ioid));
});

test("requests cut anywhere are understood", async () => {
  await using fixture = await startServer({ x: new FakePv(42) });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x");
  circuit.stream.chunkBytes = 7;
  for (let ioid = 0; ioid < 50; ioid++) circuit.send("readNotify", { dbr: 6, count: 1, sid, ioid });
  expect(circuit.takeAll().length).toBe(50);
});
