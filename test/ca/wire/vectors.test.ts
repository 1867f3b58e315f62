/**
 * Every golden message, written and read by our codec: whole, byte by byte, with more behind it, and cut at every
 * length.
 */
import { expect, test } from "vitest";
import { Frame } from "../../../src/ca/wire/frame.ts";
import { StreamFramer } from "../../../src/ca/wire/framing.ts";
import { REQUESTS, RESPONSES } from "../../../src/ca/wire/messages.ts";
import { bytesOf, encodeVector, expectVector, VECTORS, type Vector } from "./vectors.ts";

/** Reads `chunks` and checks that they are exactly the messages of `vectors`. */
function expectMessages(chunks: readonly Buffer[], vectors: readonly Vector[]): void {
  const expected = [...vectors];
  const framer = new StreamFramer({
    admit: () => "take",
    message: (frame: Frame) => {
      expectVector(frame, expected.shift()!);
      return true;
    },
  });
  for (const chunk of chunks) framer.push(chunk);
  expect(expected).toEqual([]);
  expect(framer.heldBytes).toBe(0);
}

const titled = VECTORS.map((vector) => [`${vector.table} ${vector.row}: ${vector.name}`, vector] as const);

/**
 * softIoc leaves what was in its buffer in pads and behind strings, and reserves an extended header for what might have
 * been a long array.
 */
const isOnlyRead = (vector: Vector): boolean =>
  vector.source.startsWith("capture: softIoc") &&
  bytesOf(vector).readUInt16BE(2) === 0xffff &&
  vector.payload?.zeros === undefined;

test.each(titled)("%s is read whole", (_, vector) => {
  expectMessages([bytesOf(vector)], [vector]);
});

test.each(titled)("%s is read byte by byte", (_, vector) => {
  const bytes = bytesOf(vector).subarray(0, 2000);
  if (bytes.length < bytesOf(vector).length) return; // the long array is read in chunks below
  expectMessages(
    [...bytes].map((byte) => Buffer.from([byte])),
    [vector],
  );
});

test.each(titled)("%s is read with other messages around it", (_, vector) => {
  const next = VECTORS[0]!;
  expectMessages([Buffer.concat([bytesOf(next), bytesOf(vector), bytesOf(next)])], [next, vector, next]);
});

test.each(titled)("%s, cut short anywhere, is asked more for", (_, vector) => {
  const bytes = bytesOf(vector);
  const step = Math.max(1, Math.floor(bytes.length / 500));
  for (let length = 0; length < bytes.length; length += step) {
    const framer = new StreamFramer({
      admit: () => "take",
      message: () => expect.fail("a message out of half of one"),
    });
    framer.push(Buffer.from(bytes.subarray(0, length)));
    expect(framer.heldBytes).toBe(length);
  }
});

test.each(titled)("%s is written as it came", (_, vector) => {
  if (isOnlyRead(vector)) return;
  const expected = bytesOf(vector);
  const ours = encodeVector(vector);
  if (vector.payload?.dbr === undefined && vector.payload?.error === undefined) {
    return expect(ours.toString("hex")).toBe(expected.toString("hex"));
  }
  expect(ours.length).toBe(expected.length);
  // What ours leaves zero is checked by reading
  const written = [...ours].map((byte, i) => (byte === 0 ? expected[i]! : byte));
  expect(Buffer.from(written).toString("hex")).toBe(expected.toString("hex"));
  expectMessages([ours], [vector]);
});

test("every row of the message table has a vector", () => {
  const seen = new Set(VECTORS.map((vector) => `${vector.table}.${vector.row}`));
  const rows = [
    ...Object.keys(REQUESTS).map((row) => `REQUESTS.${row}`),
    ...Object.keys(RESPONSES).map((row) => `RESPONSES.${row}`),
  ];
  expect(rows.filter((row) => !seen.has(row))).toEqual([]);
});

test("every DBR type that can be read has a vector captured from an IOC", () => {
  const captured = VECTORS.filter(
    (vector) => vector.source.startsWith("capture") && vector.payload?.dbr !== undefined,
  ).map((vector) => vector.words["dbr"]);
  const missing = Array.from({ length: 39 }, (_, code) => code).filter(
    (code) => code !== 35 && code !== 36 && !captured.includes(code),
  );
  expect(missing).toEqual([]);
});
