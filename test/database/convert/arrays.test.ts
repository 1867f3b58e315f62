import { expect, test } from "vitest";
import { castArray, castInto, makeArray } from "../../../src/database/convert/arrays.ts";

test("an array of texts becomes numbers element by element, or is refused whole", () => {
  const list = (values: string[]) => ({ values, length: values.length, type: "STRING" as const });
  expect(castArray(list(["1", " 2.5 mm", ""]), "DOUBLE")).toEqual(Float64Array.of(1, 2.5, 0));
  expect(castArray(list(["1", "x"]), "DOUBLE")).toBeUndefined();
});

test("an array of numbers becomes texts with the precision of the record", () => {
  const source = { values: Float64Array.of(0.5, -1.5), length: 2, type: "DOUBLE" as const, precision: 2 };
  expect(castArray(source, "STRING")).toEqual(["0.50", "-1.50"]);
});

test("character codes sent as LONG become bytes", () => {
  const codes = Int32Array.from([72, 105, 0x141]);
  expect(castArray({ values: codes, length: 3, type: "LONG" }, "CHAR")).toEqual(Int8Array.of(72, 105, 0x41));
});

test("doubles in an array become integers as single ones do", () => {
  const values = Float64Array.of(300.7, NaN, 3e9, -1);
  const source = { values, length: 4, type: "DOUBLE" as const };
  expect(castArray(source, "LONG")).toEqual(Int32Array.of(300, -2147483648, -2147483648, -1));
  expect(castArray(source, "UCHAR")).toEqual(Uint8Array.of(44, 0, 0, 255));
});

test("what does not fit an array is dropped", () => {
  const target = makeArray("SHORT", 3);
  const source = { values: Int32Array.of(1, 2, 3, 4, 5), length: 5, type: "LONG" as const };
  expect(castInto(target, "SHORT", source)).toBe(3);
  expect(castInto(target, "SHORT", source, 2)).toBe(1);
  expect(target).toEqual(Int16Array.of(1, 2, 1));
});

test("64-bit integers keep their low bits, and become the nearest double", () => {
  const values = BigInt64Array.of(2n ** 40n + 5n, -1n);
  const source = { values, length: 2, type: "INT64" as const };
  expect(castArray(source, "LONG")).toEqual(Int32Array.of(5, -1));
  expect(castArray(source, "DOUBLE")).toEqual(Float64Array.of(2 ** 40 + 5, -1));
  expect(castArray(source, "STRING")).toEqual([String(2n ** 40n + 5n), "-1"]);
  expect(castArray({ values: Float64Array.of(3.7), length: 1, type: "DOUBLE" }, "INT64")).toEqual(BigInt64Array.of(3n));
});
