/**
 * Conversations that every Channel Access server has to be able to hold, by raw sockets: the cases of catvs, under
 * catvs' names, in our words. The cases need two PVs: `ival` (LONG, 42) and `aval` (SHORT, five elements, zero), and no
 * PV `invalid`. They hold for any server, ours and softIoc alike.
 */
import { describe, expect, test } from "vitest";
import { Frame } from "../../../src/ca/wire/frame.ts";
import { readDatagram } from "../../../src/ca/wire/framing.ts";
import { ECA } from "../../../src/ca/wire/status.ts";
import { nodeNetwork } from "../../../src/net/node-network.ts";
import { maskPayload, RawCircuit, requestBytes, shorts } from "./raw-circuit.ts";

export interface CatvsTarget {
  /** TCP and UDP port on 127.0.0.1. */
  readonly port: number;
  /** Before the names of the PVs. */
  readonly prefix: string;
}

const HOST = "127.0.0.1";
const SHORT = 1;
const LONG = 5;
const ANY = 0xffffffff;

const longs = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeInt32BE(value, i * 4));
  return bytes;
};
const elements = (payload: Buffer, count: number): number[] =>
  Array.from({ length: count }, (_, i) => payload.readInt16BE(i * 2));

/** Defines the tests. @param target the running server; asked inside the tests */
export function defineCatvsCases(target: () => CatvsTarget): void {
  const client = async (): Promise<RawCircuit> => {
    const stream = await nodeNetwork.connect({ host: HOST, port: target().port }, 5);
    return await new RawCircuit(stream).begin();
  };
  const open = async (name: string): Promise<{ circuit: RawCircuit; sid: number; dbr: number; count: number }> => {
    const circuit = await client();
    return { circuit, ...(await circuit.open(target().prefix + name, 5)) };
  };
  describe("circuit", () => defineCircuitCases(client, target));
  describe("scalar", () => defineScalarCases(() => open("ival")));
  describe("array", () => defineArrayCases(() => open("aval")));
  describe("names", () => defineNameCases(client, target));
}

type Open = () => Promise<{ circuit: RawCircuit; sid: number; dbr: number; count: number }>;

/** Reads away messages until the server closes the circuit. */
async function expectClosed(circuit: RawCircuit): Promise<void> {
  await circuit.closed();
  expect(circuit.isClosed).toBe(true);
}

function defineCircuitCases(client: () => Promise<RawCircuit>, target: () => CatvsTarget): void {
  test("echo", async () => {
    const circuit = await client();
    circuit.send("echo");
    await circuit.reply("echo", { word0: 0, word1: 0, word2: 0, word3: 0 });
    circuit.stream.destroy();
  });
  test("channel_create", async () => {
    const circuit = await client();
    circuit.send("createChan", { cid: 0x2345, minor: 13 }, `${target().prefix}ival`);
    await circuit.reply("accessRights", { cid: 0x2345, rights: 3 });
    const { p2: sid } = await circuit.reply("createChan", { dbr: LONG, count: 1, cid: 0x2345 });
    circuit.send("clearChannel", { sid, cid: 0x2345 });
    await circuit.reply("clearChannel", { sid, cid: 0x2345 });
    circuit.stream.destroy();
  });
  test("channel_bad", async () => {
    const circuit = await client();
    circuit.send("createChan", { cid: 0x2345, minor: 13 }, `${target().prefix}invalid`);
    await circuit.reply("createChFail", { cid: 0x2345 });
    circuit.stream.destroy();
  });
}

function defineScalarCases(open: Open): void {
  test("put and get", async () => {
    const { circuit, sid, dbr, count } = await open();
    expect([dbr, count]).toEqual([LONG, 1]);
    circuit.send("write", { dbr: LONG, count: 1, sid, cid: 5 }, longs(17));
    circuit.send("readNotify", { dbr: LONG, count: 1, sid, ioid: 0x4312 });
    const { payload } = await circuit.reply("readNotify", { dbr: LONG, count: 1, status: 1, ioid: 0x4312 });
    expect(payload).toEqual(Buffer.concat([longs(17), Buffer.alloc(4)]));
    circuit.stream.destroy();
  });
  test("get_convert", async () => {
    const { circuit, sid } = await open();
    circuit.send("write", { dbr: LONG, count: 1, sid, cid: 5 }, longs(42));
    circuit.send("readNotify", { dbr: 0, count: 1, sid, ioid: 1 });
    const text = await circuit.reply("readNotify", { dbr: 0, count: 1, status: 1, ioid: 1 });
    expect(text.payload.toString("latin1").split("\0")[0]).toBe("42");
    circuit.send("readNotify", { dbr: 6, count: 1, sid, ioid: 2 });
    expect((await circuit.reply("readNotify", { dbr: 6, status: 1 })).payload.readDoubleBE(0)).toBe(42);
    circuit.stream.destroy();
  });
  test("get_bad", async () => {
    const { circuit, sid } = await open();
    circuit.send("readNotify", { dbr: 39, count: 1, sid, ioid: 0x4312 });
    await expectClosed(circuit);
  });
  test("put_bad", async () => {
    const { circuit, sid } = await open();
    circuit.send("write", { dbr: 39, count: 1, sid, cid: 5 }, longs(1));
    await circuit.reply("error", { cid: 5, status: ECA.BADTYPE });
    await expectClosed(circuit);
  });
  test("put_callback", async () => {
    const { circuit, sid } = await open();
    circuit.send("writeNotify", { dbr: LONG, count: 1, sid, ioid: 0x4312 }, longs(43));
    await circuit.reply("writeNotify", { dbr: LONG, count: 1, status: 1, ioid: 0x4312 });
    circuit.stream.destroy();
  });
  test("put_callback_bad", async () => {
    const { circuit, sid } = await open();
    circuit.send("writeNotify", { dbr: 39, count: 1, sid, ioid: 0x4312 }, longs(1));
    await circuit.reply("writeNotify", { dbr: 39, count: 1, status: ECA.BADTYPE, ioid: 0x4312 });
    await expectClosed(circuit);
  });
  test("monitor", async () => {
    const { circuit, sid } = await open();
    circuit.send("write", { dbr: LONG, count: 1, sid, cid: 5 }, longs(42));
    circuit.send("eventAdd", { dbr: LONG, count: 1, sid, subscriptionId: 0x8100 }, maskPayload(1));
    const first = await circuit.reply("eventAdd", { dbr: LONG, count: 1, status: 1, subscriptionId: 0x8100 });
    expect(first.payload.readInt32BE(0)).toBe(42);
    circuit.send("write", { dbr: LONG, count: 1, sid, cid: 5 }, longs(142));
    const second = await circuit.reply("eventAdd", { dbr: LONG, count: 1, status: 1, subscriptionId: 0x8100 });
    expect(second.payload.readInt32BE(0)).toBe(142);
    circuit.send("eventCancel", { dbr: LONG, count: 1, sid, subscriptionId: 0x8100 });
    const { payload } = await circuit.reply("eventCancelled", { dbr: LONG, count: 1, sid, subscriptionId: 0x8100 });
    expect(payload.length).toBe(0);
    circuit.stream.destroy();
  });
}

function defineArrayCases(open: Open): void {
  const opened = async (...values: number[]): ReturnType<Open> => {
    const channel = await open();
    const { circuit, sid } = channel;
    circuit.send("writeNotify", { dbr: SHORT, count: values.length, sid, ioid: 1 }, shorts(...values));
    await circuit.reply("writeNotify", { status: 1 });
    return channel;
  };
  const get = async (circuit: RawCircuit, sid: number, count: number, sent: number): Promise<Buffer> => {
    circuit.send("readNotify", { dbr: SHORT, count, sid, ioid: 0x4312 });
    return (await circuit.reply("readNotify", { dbr: SHORT, count: sent, status: 1, ioid: 0x4312 })).payload;
  };
  test("get_all", async () => {
    const { circuit, sid, count } = await opened(1, 2, 3, 4, 5);
    expect(count).toBe(5);
    const payload = await get(circuit, sid, 5, 5);
    expect([payload.length, elements(payload, 5)]).toEqual([16, [1, 2, 3, 4, 5]]);
    circuit.stream.destroy();
  });
  test("get_some", async () => {
    const { circuit, sid } = await opened(1, 2, 3);
    expect(elements(await get(circuit, sid, 5, 5), 5)).toEqual([1, 2, 3, 0, 0]);
    circuit.stream.destroy();
  });
  test("get_one", async () => {
    const { circuit, sid } = await opened(1, 2, 3);
    const payload = await get(circuit, sid, 1, 1);
    expect([payload.length, elements(payload, 1)]).toEqual([8, [1]]);
    circuit.stream.destroy();
  });
  test("get_zero and get_zero_dynamic", async () => {
    const { circuit, sid } = await opened(7, 8, 9);
    expect(elements(await get(circuit, sid, 0, 3), 3)).toEqual([7, 8, 9]);
    circuit.stream.destroy();
  });
  test("put of more elements than there are", async () => {
    const { circuit, sid } = await opened(1, 2, 3, 4, 5, 6, 7);
    expect(elements(await get(circuit, sid, 0, 5), 5)).toEqual([1, 2, 3, 4, 5]);
    circuit.stream.destroy();
  });
  test.each([
    ["monitor_one_fixed", 1, 1, [4]],
    ["monitor_three_fixed", 3, 3, [4, 5, 6]],
    ["monitor_zero_dynamic", 0, 3, [4, 5, 6]],
  ])("%s", async (_, count, sent, expected) => {
    const { circuit, sid } = await opened(4, 5, 6);
    circuit.send("eventAdd", { dbr: SHORT, count, sid, subscriptionId: 3 }, maskPayload(1));
    const { payload } = await circuit.reply("eventAdd", { dbr: SHORT, count: sent, status: 1, subscriptionId: 3 });
    expect(elements(payload, sent)).toEqual(expected);
    circuit.send("eventCancel", { dbr: SHORT, count, sid, subscriptionId: 3 });
    await circuit.reply("eventCancelled", { dbr: SHORT, count, sid, subscriptionId: 3 });
    circuit.stream.destroy();
  });
}

function defineNameCases(client: () => Promise<RawCircuit>, target: () => CatvsTarget): void {
  const version = (sequence: number, minor = 13): Buffer => requestBytes("version", { priority: 1, minor, sequence });
  const search = (name: string, id: number, minor = 13, replyFlag = 5): Buffer =>
    requestBytes("search", { replyFlag, minor, searchId: id, searchIdAgain: id }, target().prefix + name);

  /**
   * Sends `datagram` and resolves when so many messages have come. With 0 messages a second socket asks for `ival`
   * afterwards: what has come by the time of that answer is all. (Asked by two sockets at a time softIoc now and then
   * forgets to answer the first.)
   */
  async function answersTo(datagram: Buffer, messages = 0): Promise<number[][]> {
    const [socket, marker] = [await nodeNetwork.datagrams({ host: HOST }), await nodeNetwork.datagrams({ host: HOST })];
    const seen: number[][] = [];
    const to = { host: HOST, port: target().port };
    await new Promise<void>((resolve) => {
      socket.onMessage = (bytes) => {
        readDatagram(bytes, new Frame(), ({ command, dataType, p1, p2 }) => seen.push([command, dataType, p1, p2]) > 0);
        if (messages > 0 && seen.length >= messages) resolve();
      };
      marker.onMessage = () => resolve();
      socket.send(datagram, to);
      if (messages === 0) marker.send(Buffer.concat([version(1), search("ival", 4711)]), to);
    });
    for (const one of [socket, marker]) one.close();
    return seen;
  }
  test("udpecho: not answered", async () => {
    expect(await answersTo(requestBytes("echo"))).toEqual([]);
  });
  test("udplookup", async () => {
    const { port } = target();
    expect(await answersTo(Buffer.concat([version(0x1000), search("ival", 0x12345678)]), 2)).toEqual([
      [0, 1, 0x1000, 0],
      [6, port, ANY, 0x12345678],
    ]);
  });
  test("udplookup as a client of version 11", async () => {
    const { port } = target();
    expect(await answersTo(Buffer.concat([version(9, 11), search("ival", 1, 11)]), 2)).toEqual([
      [0, 1, 9, 0],
      [6, port, ANY, 1],
    ]);
  });
  test("udplookup_err1 and udplookup_err2: silence about unknown names, whatever is wanted", async () => {
    expect(await answersTo(Buffer.concat([version(1), search("invalid", 1)]))).toEqual([]);
    expect(await answersTo(Buffer.concat([version(1), search("invalid", 1, 13, 10)]))).toEqual([]);
  });
  test("tcplookup", async () => {
    const circuit = await client();
    circuit.sendBytes(search("ival", 77));
    const { payload } = await circuit.reply("searchOverTcp", { tcpPort: target().port, address: ANY, searchId: 77 });
    expect(payload.length).toBe(0);
    circuit.stream.destroy();
  });
  test("tcplookup_err1 and tcplookup_err2: NOT_FOUND only for who asks for it", async () => {
    const circuit = await client();
    circuit.sendBytes(search("invalid", 78));
    await circuit.silence();
    circuit.sendBytes(search("invalid", 79, 13, 10));
    await circuit.reply("notFound", { replyFlag: 10, minor: 13, searchId: 79, searchIdAgain: 79 });
    circuit.stream.destroy();
  });
}
