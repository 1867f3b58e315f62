/** Bytes into messages: any cut, any garbage, any announced size, in bounded memory. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/bytes.ts";
import { RemoteProtocolError } from "../../../src/base/errors.ts";
import { Frame, padded, viewOf, writeHeader } from "../../../src/ca/wire/frame.ts";
import { type FrameVerdict, readDatagram, StreamFramer } from "../../../src/ca/wire/framing.ts";
import { REQUESTS, RESPONSES } from "../../../src/ca/wire/messages.ts";

interface Message {
  readonly command: number;
  readonly dataType: number;
  readonly dataCount: number;
  readonly p1: number;
  readonly p2: number;
  readonly payload: string;
}

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const messages: fc.Arbitrary<Message[]> = fc.array(
  fc.record({
    command: fc.integer({ min: 0, max: 27 }),
    dataType: u16,
    dataCount: fc.oneof(u16, u32),
    p1: u32,
    p2: u32,
    payload: fc
      .uint8Array({ maxLength: 100 })
      .map((bytes) => Buffer.concat([bytes], padded(bytes.length)).toString("hex")),
  }),
  { maxLength: 12 },
);

function encode(all: readonly Message[]): Buffer {
  const out = new ByteWriter();
  for (const message of all) {
    const payload = Buffer.from(message.payload, "hex");
    writeHeader(out, message.command, message, payload.length);
    out.bytes(payload);
  }
  return out.take();
}

const taken = (frame: Frame): Message => ({
  command: frame.command,
  dataType: frame.dataType,
  dataCount: frame.dataCount,
  p1: frame.p1,
  p2: frame.p2,
  payload: frame.payload().toString("hex"),
});

/** Reads everything; `stopAfter` messages the sink stops, and goes on with `resume`. */
function decode(chunks: readonly Buffer[], stopAfter = Number.POSITIVE_INFINITY): Message[] {
  const seen: Message[] = [];
  let left = stopAfter;
  const framer = new StreamFramer({
    admit: () => "take",
    message: (frame) => {
      seen.push(taken(frame));
      return --left > 0;
    },
  });
  for (const chunk of chunks) {
    framer.push(chunk);
    while (left <= 0) {
      left = stopAfter;
      framer.resume();
    }
  }
  return seen;
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return [...chunks, Buffer.from(bytes.subarray(at))];
}

test("any messages survive the way through the wire, however the network cuts them", () => {
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 0, max: 60 })), (all, sizes) => {
      expect(decode(cut(encode(all), sizes))).toEqual(all);
    }),
  );
});

test("a reader that stops now and then loses nothing and repeats nothing", () => {
  fc.assert(
    fc.property(
      messages,
      fc.array(fc.integer({ min: 0, max: 200 })),
      fc.integer({ min: 1, max: 3 }),
      (all, sizes, stop) => {
        expect(decode(cut(encode(all), sizes), stop)).toEqual(all);
      },
    ),
  );
});

test("garbage gives messages or a protocol error, and is not hoarded", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 }), (chunks) => {
      let received = 0;
      const framer = new StreamFramer({
        admit: (frame) => (frame.payloadBytes > 65536 ? "skip" : "take"),
        message: () => true,
      });
      try {
        for (const chunk of chunks) {
          framer.push(Buffer.from(chunk));
          received += chunk.length;
          expect(framer.heldBytes).toBeLessThanOrEqual(received);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(RemoteProtocolError);
      }
    }),
    { numRuns: 500 },
  );
});

test("flipped bits in good messages never throw anything but a protocol error", () => {
  fc.assert(
    fc.property(messages, fc.array(fc.tuple(fc.nat(2000), fc.integer({ min: 0, max: 7 }))), (all, flips) => {
      const bytes = encode(all);
      for (const [at, bit] of flips) if (at < bytes.length) bytes[at]! ^= 1 << bit;
      try {
        decode([bytes]);
      } catch (error) {
        expect(error).toBeInstanceOf(RemoteProtocolError);
      }
    }),
  );
});

const HUGE = Buffer.from("0004ffff0006000000000007000000010000000000000000", "hex");

function framerWith(verdict: (frame: Frame) => FrameVerdict): { framer: StreamFramer; seen: Message[] } {
  const seen: Message[] = [];
  const framer = new StreamFramer({
    admit: verdict,
    message: (frame) => {
      seen.push(taken(frame));
      return true;
    },
  });
  return { framer, seen };
}

test("a message that announces 4 GB is refused before any of it is kept", () => {
  const header = Buffer.from(HUGE);
  header.writeUInt32BE(0xfffffff0, 16);
  let announced = 0;
  const { framer } = framerWith((frame) => {
    announced = frame.payloadBytes;
    return "skip";
  });
  framer.push(Buffer.from(header));
  for (let i = 0; i < 100; i++) framer.push(Buffer.alloc(65536));
  expect(announced).toBe(0xfffffff0);
  expect(framer.heldBytes).toBe(0);
});

test("after a refused message has been skipped the next one is read", () => {
  const header = Buffer.from(HUGE);
  header.writeUInt32BE(100_000, 16);
  const echo = encode([{ command: 23, dataType: 0, dataCount: 0, p1: 1, p2: 2, payload: "" }]);
  const all = Buffer.concat([header, Buffer.alloc(100_000, 0xee), echo]);
  for (const size of [1, 7, 99_999, all.length]) {
    const { framer, seen } = framerWith((frame) => (frame.payloadBytes > 65536 ? "skip" : "take"));
    framer.push(all.subarray(0, size));
    for (let at = size; at < all.length; at += 4096) framer.push(all.subarray(at, at + 4096));
    expect(seen.map((message) => message.command)).toEqual([23]);
  }
});

test("a payload that is no multiple of 8 is a protocol error that says where", () => {
  const echo = encode([{ command: 23, dataType: 0, dataCount: 0, p1: 1, p2: 2, payload: "" }]);
  const bad = Buffer.from(echo);
  bad.writeUInt16BE(4, 2);
  const { framer, seen } = framerWith(() => "take");
  expect(() => framer.push(Buffer.concat([echo, bad]))).toThrow(expect.objectContaining({ offset: 16 }) as Error);
  expect(seen.length).toBe(1);
  expect(framer.current.command).toBe(23);
});

test("the announced size alone tells the extended header: its 16-bit count may be anything", () => {
  const bytes = Buffer.from("0017ffff00001234000000010000000200000008000111700102030405060708", "hex");
  const [message] = decode([bytes]);
  expect(message).toEqual({ command: 23, dataType: 0, dataCount: 70000, p1: 1, p2: 2, payload: "0102030405060708" });
});

test("size or count from 65535 on takes the extended header", () => {
  const headerBytes = (payloadBytes: number, dataCount: number): number => {
    const out = new ByteWriter();
    writeHeader(out, 1, { dataType: 0, dataCount, p1: 0, p2: 0 }, payloadBytes);
    return out.length;
  };
  expect(headerBytes(0xfff8, 1)).toBe(16);
  expect(headerBytes(0x10000, 1)).toBe(24);
  expect(headerBytes(0, 0xfffe)).toBe(16);
  expect(headerBytes(0, 0xffff)).toBe(24);
});

test("a chunk is not kept after the call, nor changed", () => {
  const bytes = encode([{ command: 23, dataType: 0, dataCount: 0, p1: 1, p2: 2, payload: "0102030405060708" }]);
  const { framer, seen } = framerWith(() => "take");
  const first = Buffer.from(bytes.subarray(0, 20));
  framer.push(first);
  first.fill(0xff);
  framer.push(bytes.subarray(20));
  expect(seen[0]?.payload).toBe("0102030405060708");
});

test("a datagram ends quietly at the first message that is cut short, malformed or unwanted", () => {
  const good = encode([{ command: 6, dataType: 5, dataCount: 13, p1: 1, p2: 1, payload: "6100000000000000" }]);
  const frame = new Frame();
  const read = (bytes: Buffer, want = 9): number => {
    let count = 0;
    readDatagram(bytes, frame, () => ++count < want);
    return count;
  };
  expect(read(Buffer.alloc(0))).toBe(0);
  expect(read(Buffer.concat([good, good]))).toBe(2);
  expect(read(Buffer.concat([good, good]), 1)).toBe(1);
  expect(read(Buffer.concat([good, good.subarray(0, 20)]))).toBe(1);
  const odd = Buffer.from(good);
  odd.writeUInt16BE(7, 2);
  expect(read(Buffer.concat([good, odd, good]))).toBe(1);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => void read(Buffer.from(bytes))));
});

test("a view names the words of its row, and what it wrote is what it reads", () => {
  const reply = viewOf(RESPONSES.readNotify);
  reply.dbr = 20;
  reply.count = 3;
  reply.status = 1;
  reply.ioid = 0xfffffffe;
  const out = new ByteWriter();
  reply.writeHeader(out, 40);
  const [message] = decode([Buffer.concat([out.take(), Buffer.alloc(40)])]);
  expect(message).toMatchObject({ command: 15, dataType: 20, dataCount: 3, p1: 1, p2: 0xfffffffe });
  const request = viewOf(REQUESTS.readNotify).from({ dataType: 6, dataCount: 1, p1: 4, p2: 5 });
  expect([request.dbr, request.count, request.sid, request.ioid]).toEqual([6, 1, 4, 5]);
});

test("text ends at its NUL, or before the last byte when there is none", () => {
  const texts: string[] = [];
  const framer = new StreamFramer({
    admit: () => "take",
    message: (frame) => {
      texts.push(frame.text());
      return true;
    },
  });
  const of = (payload: string): Buffer =>
    encode([
      {
        command: 18,
        dataType: 0,
        dataCount: 0,
        p1: 1,
        p2: 13,
        payload: Buffer.from(payload, "latin1").toString("hex"),
      },
    ]);
  framer.push(Buffer.concat([of("abc\0\0\0\0\0"), of("abcdefgh"), of("\0\0\0\0\0\0\0\0"), of("")]));
  expect(texts).toEqual(["abc", "abcdefg", "", ""]);
});
