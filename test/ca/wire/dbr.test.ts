/** The DBR table against the sizes that a C compiler gives (channel-access.md §2.1), and values through the wire. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/bytes.ts";
import { DbrSample, readDbr, readValue, writeDbr } from "../../../src/ca/wire/dbr-codec.ts";
import { DBR, DBR_TYPES, type DbrType, dbrBytes, ELEMENT_BYTES, NATIVES } from "../../../src/ca/wire/dbr-layout.ts";
import { numericArray } from "./vectors.ts";

/** code, size of one element's DBR, element size, value offset: printed from db_access.h */
const C_SIZES = `
  0 40 40 0   1 2 2 0    2 4 4 0    3 2 2 0      4 1 1 0    5 4 4 0    6 8 8 0
  7 44 40 4   8 6 2 4    9 8 4 4    10 6 2 4     11 6 1 5   12 8 4 4   13 16 8 8
  14 52 40 12 15 16 2 14 16 16 4 12 17 16 2 14   18 16 1 15 19 16 4 12 20 24 8 16
  21 44 40 4  22 26 2 24 23 44 4 40 24 424 2 422 25 20 1 19 26 40 4 36 27 72 8 64
  28 44 40 4  29 30 2 28 30 52 4 48 31 424 2 422 32 22 1 21 33 48 4 44 34 88 8 80
  35 2 2 0    36 2 2 0   37 48 40 8 38 40 40 0`
  .trim()
  .split(/\s+/)
  .map(Number);

test.each(DBR_TYPES.map((type) => [type.name, type] as const))("%s has the sizes of the C struct", (_, type) => {
  const [code, size, element, offset] = C_SIZES.slice(type.code * 4);
  expect([type.code, dbrBytes(type, 1), type.elementBytes, type.valueOffset]).toEqual([code, size, element, offset]);
});

test("types are found by name and by code", () => {
  expect(DBR["TIME_DOUBLE"]).toBe(20);
  expect(DBR_TYPES.length).toBe(39);
  expect(DBR_TYPES.every((type, code) => type.code === code && DBR[type.name] === code)).toBe(true);
});

const byNative = (native: string): fc.Arbitrary<number> =>
  ({
    DOUBLE: fc.double(),
    FLOAT: fc.float(),
    LONG: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    SHORT: fc.integer({ min: -32768, max: 32767 }),
    ENUM: fc.integer({ min: 0, max: 65535 }),
    CHAR: fc.integer({ min: 0, max: 255 }),
  })[native] ?? fc.constant(0);

const texts = fc.string({
  maxLength: 39,
  unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
});

function encode(type: DbrType, sample: DbrSample, count: number): Buffer {
  const out = new ByteWriter(16);
  writeDbr(out, type, sample, count);
  return out.take();
}

test.each(NATIVES.filter((native) => native !== "STRING"))("%s values survive the way, scalar and array", (native) => {
  for (const type of DBR_TYPES.filter((one) => one.native === native)) {
    fc.assert(
      fc.property(fc.array(byNative(native), { minLength: 1, maxLength: 20 }), (values) => {
        const sample = new DbrSample();
        sample.setArray(numericArray(native, values));
        const bytes = encode(type, sample, values.length);
        expect(bytes.length % 8).toBe(0);
        const read = readDbr(type, values.length, bytes)!;
        expect(values.length === 1 ? [read.number] : [...(read.array as Float64Array)]).toEqual(values);
      }),
      { numRuns: 30 },
    );
  }
});

test("strings survive the way, byte for byte", () => {
  fc.assert(
    fc.property(fc.array(texts, { minLength: 1, maxLength: 5 }), (values) => {
      const sample = new DbrSample();
      sample.setArray(values);
      const read = readDbr(DBR_TYPES[14]!, values.length, encode(DBR_TYPES[14]!, sample, values.length))!;
      expect(values.length === 1 ? [read.text] : read.array).toEqual(values);
    }),
  );
});

test("a string of 40 bytes or more is cut so that a NUL remains", () => {
  const sample = new DbrSample();
  sample.setText("x".repeat(50));
  const bytes = encode(DBR_TYPES[0]!, sample, 1);
  expect(bytes.toString("latin1")).toBe(`${"x".repeat(39)}\0`);
});

test("a string of 40 bytes without a NUL is read to its end, and not into the next one", () => {
  const type = DBR_TYPES[0]!;
  const [one, other] = ["x".repeat(40), "y".repeat(40)];
  expect(readDbr(type, 1, Buffer.from(one))!.text).toBe(one);
  expect(readDbr(type, 2, Buffer.from(one + other))!.array).toEqual([one, other]);
});

test("units never fill their eight bytes", () => {
  const sample = new DbrSample();
  sample.units = "millimetres";
  expect(encode(DBR_TYPES[34]!, sample, 1).subarray(8, 16).toString("latin1")).toBe("millime\0");
});

test("only sixteen states of an enum travel", () => {
  const sample = new DbrSample();
  sample.choices = Array.from({ length: 22 }, (_, i) => `state ${i}`);
  const read = readDbr(DBR_TYPES[31]!, 1, encode(DBR_TYPES[31]!, sample, 1))!;
  expect(read.choices).toEqual(sample.choices.slice(0, 16));
});

test.each([
  [0, []],
  [2, [1, 2]],
  [5, [1, 2, 3, 0, 0]],
])("of three elements %i are sent: exactly as many, zeros behind the last", (count, expected) => {
  const type = DBR_TYPES[DBR["TIME_SHORT"]!]!;
  const sample = new DbrSample();
  sample.setArray(Int16Array.of(1, 2, 3));
  expect([...(readDbr(type, count, encode(type, sample, count))!.array as Int16Array)]).toEqual(expected);
});

test("a scalar asked for as five elements has four zeros behind it", () => {
  const sample = new DbrSample();
  sample.setNumber(7);
  expect([...(readDbr(DBR_TYPES[5]!, 5, encode(DBR_TYPES[5]!, sample, 5))!.array as Int32Array)]).toEqual([
    7, 0, 0, 0, 0,
  ]);
});

test("an integer wider than its type sends its low bits, as a C cast does", () => {
  const sample = new DbrSample();
  sample.setArray(Int32Array.of(70000, -1));
  expect([...(readDbr(DBR_TYPES[3]!, 2, encode(DBR_TYPES[3]!, sample, 2))!.array as Uint16Array)]).toEqual([
    4464, 65535,
  ]);
});

test("every byte of a message is written: nothing of an earlier one shows through", () => {
  const out = new ByteWriter(4096);
  out.space(4096).fill(0xee);
  out.rewind(0);
  const sample = new DbrSample();
  sample.choices = ["a"];
  for (const type of DBR_TYPES) {
    writeDbr(out, type, sample, 2);
    expect([type.name, out.written().includes(0xee)]).toEqual([type.name, false]);
    out.rewind(0);
  }
});

test("a put with fewer bytes than its count is refused, but for one short string", () => {
  const into = new DbrSample();
  expect(readValue(DBR_TYPES[6]!, 2, Buffer.alloc(8), into)).toBe(false);
  expect(readValue(DBR_TYPES[20]!, 1, Buffer.alloc(16), into)).toBe(false);
  expect(readValue(DBR_TYPES[6]!, 0x7fffffff, Buffer.alloc(8), into)).toBe(false);
  expect(readValue(DBR_TYPES[0]!, 1, Buffer.from("ab\0\0\0\0\0\0"), into)).toBe(true);
  expect(into.text).toBe("ab");
  expect(readValue(DBR_TYPES[0]!, 2, Buffer.alloc(48), into)).toBe(false);
  expect(readValue(DBR_TYPES[0]!, 1, Buffer.alloc(0), into)).toBe(false);
});

test("a put's value is found inside a larger buffer, behind the metadata of a composite type, and keeps nothing of it", () => {
  const into = new DbrSample();
  const bytes = Buffer.concat([
    Buffer.alloc(5, 0xff),
    Buffer.from("000000000001000200030000", "hex"),
    Buffer.alloc(3, 0xff),
  ]);
  expect(readValue(DBR_TYPES[8]!, 3, bytes, into, 5, 17)).toBe(true);
  bytes.fill(0);
  expect([...(into.array as Int16Array)]).toEqual([1, 2, 3]);
});

test("a DBR that is cut short is refused, at every length", () => {
  for (const type of DBR_TYPES.filter((one) => one.native !== "STRING")) {
    for (let length = 0; length < dbrBytes(type, 1); length++) {
      expect(readDbr(type, 1, Buffer.alloc(length))).toBeUndefined();
    }
  }
});

test("elements of every native type have their C size", () => {
  expect(NATIVES.map((native) => ELEMENT_BYTES[native])).toEqual([40, 2, 4, 2, 1, 4, 8]);
});
