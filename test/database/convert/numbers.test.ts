import { assert, double, property } from "fast-check";
import { expect, test } from "vitest";
import { castNumber, clampFloat, toInt32, toUint32 } from "../../../src/database/convert/numbers.ts";
import type { NumericFieldType } from "../../../src/database/record-type.ts";

// Expected values: EPICS base, measured (channel-access.md §2.7, §2.8) or from test/interop/convert-softioc.test.ts.

const CASTS: readonly (readonly [value: number, from: NumericFieldType, to: NumericFieldType, result: number])[] = [
  [32768, "DOUBLE", "SHORT", -32768],
  [256, "DOUBLE", "UCHAR", 0],
  [300.7, "DOUBLE", "UCHAR", 44],
  [70000, "DOUBLE", "ENUM", 4464],
  [-1, "DOUBLE", "USHORT", 65535],
  [-1.9, "DOUBLE", "LONG", -1],
  [2147483648, "DOUBLE", "LONG", -2147483648],
  [NaN, "DOUBLE", "LONG", -2147483648],
  [Infinity, "DOUBLE", "SHORT", 0],
  [-1, "DOUBLE", "ULONG", 4294967295],
  [5e9, "DOUBLE", "ULONG", 705032704],
  [1e19, "DOUBLE", "ULONG", 0],
  [1e39, "DOUBLE", "FLOAT", 3.4028234663852886e38],
  [-1e-50, "DOUBLE", "FLOAT", -1.1754943508222875e-38],
  [4294967295, "ULONG", "LONG", -1],
  [70000, "LONG", "SHORT", 4464],
  [-1, "LONG", "USHORT", 65535],
  [16777217, "LONG", "FLOAT", 16777216],
];
for (const [value, from, to, result] of CASTS) {
  test(`${value} of type ${from} assigned to ${to} is ${result}`, () => {
    expect(castNumber(value, to, from)).toBe(result);
  });
}

test("a double within 32 bits is truncated towards zero", () => {
  assert(
    property(double({ min: -2147483648, max: 2147483647, noNaN: true }), (value) => {
      expect(toInt32(value)).toBe(Math.trunc(value) + 0);
      expect(toUint32(value)).toBe(Number(BigInt.asUintN(32, BigInt(Math.trunc(value)))));
    }),
  );
});

test("a float is never turned into an infinity or into zero", () => {
  assert(
    property(double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const float = clampFloat(value);
      expect(Number.isFinite(float)).toBe(true);
      expect(float === 0).toBe(value === 0);
      expect(Math.fround(float)).toBe(float);
    }),
  );
});
