import { expect, test } from "vitest";
import { ByteReader, ByteWriter, EndOfBytesError } from "../../src/base/bytes.ts";

/** Each way to write, with the bytes that it makes. */
const WRITES: readonly (readonly [string, (out: ByteWriter) => void, string])[] = [
  ["u8", (out) => out.u8(0x1ff), "ff"],
  ["u16", (out) => out.u16(-2), "fffe"],
  ["u32", (out) => out.u32(0xdeadbeef), "deadbeef"],
  ["f32", (out) => out.f32(1.5), "3fc00000"],
  ["f64", (out) => out.f64(-2), "c000000000000000"],
  ["few zeros", (out) => out.zeros(3), "000000"],
  ["many zeros", (out) => out.zeros(40), "00".repeat(40)],
  ["text with its NUL", (out) => out.text("abc", 6), "616263000000"],
  ["text that is too long", (out) => out.text("abcdef", 4), "61626300"],
  ["bytes", (out) => out.bytes(Buffer.from("0102030405", "hex")), "0102030405"],
  ["space", (out) => out.space(2).fill(7), "0707"],
];

test.each(WRITES)("%s lies where it belongs, whether or not the buffer has to grow for it", (_name, write, hex) => {
  for (let before = 0; before < 20; before++) {
    const out = new ByteWriter(16);
    for (let i = 0; i < before; i++) out.u8(0xaa);
    write(out);
    out.u8(0xbb);
    expect(out.take().toString("hex")).toBe(`${"aa".repeat(before)}${hex}bb`);
  }
});

test("what was taken is not touched by later writes", () => {
  const out = new ByteWriter(4);
  out.u32(1);
  const first = out.take();
  out.u32(2);
  expect(first.toString("hex")).toBe("00000001");
  expect(out.take().toString("hex")).toBe("00000002");
});

test("a reader gives back what was written and refuses to pass the end", () => {
  const out = new ByteWriter(4);
  out.u16(65535);
  out.u32(7);
  out.f64(0.1);
  out.text("hi", 5);
  const reader = new ByteReader(out.take());
  expect([reader.i16(), reader.i32(), reader.f64(), reader.text(5)]).toEqual([-1, 7, 0.1, "hi"]);
  expect(reader.remaining).toBe(0);
  expect(() => reader.u8()).toThrow(EndOfBytesError);
});

test("what a writer hands over lies in memory of its own, from its first byte, so that the memory may be used again", () => {
  const writer = new ByteWriter(16);
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 10 ** round; i++) writer.u32(i);
    const taken = writer.take();
    expect([
      taken.byteOffset,
      taken.buffer.byteLength >= taken.length,
      taken.buffer === Buffer.allocUnsafe(16).buffer,
    ]).toEqual([0, true, false]);
  }
});
