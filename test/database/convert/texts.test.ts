import { assert, double, pre, property } from "fast-check";
import { expect, test } from "vitest";
import { numberToText } from "../../../src/database/convert/number-text.ts";
import {
  castArray,
  castInto,
  castNumber,
  clampFloat,
  enumFromText,
  fitText,
  makeArray,
  menuFromDbText,
  menuToText,
  parseDbText,
  parseNumber,
  toInt32,
  toUint32,
} from "../../../src/database/convert/texts.ts";
import { menuAlarmSevr } from "../../../src/database/menus.ts";
import type { NumericFieldType } from "../../../src/database/record-type.ts";

// Expected values: EPICS base, measured (CA spec §2.7, §2.8) or from test/interop/convert-softioc.test.ts.

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

const TEXTS: readonly (readonly [value: number, precision: number, text: string])[] = [
  [1.5, 0, "2"],
  [-0.0005, 0, "-0"],
  [2.675, 2, "2.67"],
  [0.125, 2, "0.13"],
  [1e7, 3, "10000000.000"],
  [10000000.5, 0, "10000000"],
  [10000001.5, 0, "10000002"],
  [12345678.12345, 8, "12345678.123"],
  [1.5e17, 1, " 1.5e+17"],
  [0.1, 9, " 1.000000000e-01"],
  [1, 20, " 1.00000000000000000e+00"],
  [1, -1, " 1.00000000000000000e+00"],
  [NaN, 3, "nan"],
  [Infinity, 3, "       inf"],
  [-Infinity, 0, "   -inf"],
  [NaN, 9, "             nan"],
  [Infinity, 9, "             inf"],
  [-Infinity, 9, "            -inf"],
];
for (const [value, precision, text] of TEXTS) {
  test(`the double ${value} with ${precision} digits reads "${text}"`, () => {
    expect(numberToText(value, "DOUBLE", precision)).toBe(text);
  });
}

test("a float is rounded in float arithmetic, and goes to exponents above 1e8", () => {
  expect(numberToText(Math.fround(0.005), "FLOAT", 2)).toBe("0.01");
  expect(numberToText(1e8, "FLOAT", 2)).toBe("1.00e+08");
  expect(numberToText(2e7, "FLOAT", 6)).toBe("20000000.000");
});

test("integers read as decimals, whatever the precision", () => {
  expect(numberToText(-12, "LONG", 3)).toBe("-12");
  expect(numberToText(4294967295, "ULONG", 3)).toBe("4294967295");
});

const PARSED: readonly (readonly [text: string, type: NumericFieldType, value: number | undefined])[] = [
  ["5.9", "LONG", 5],
  ["0x10", "LONG", 16],
  ["010", "LONG", 8],
  ["12 mm", "LONG", 12],
  [" 42 ", "SHORT", 42],
  ["32768", "SHORT", undefined],
  ["2147483648", "LONG", undefined],
  ["", "LONG", 0],
  ["abc", "LONG", undefined],
  ["-1", "UCHAR", 255],
  ["256", "UCHAR", undefined],
  ["1e3", "ULONG", 1000],
  ["2.7", "ULONG", 2],
  ["-1", "ULONG", 4294967295],
  ["1.5 mm", "DOUBLE", 1.5],
  ["0x1F", "DOUBLE", 31],
  ["0x1.8p3", "DOUBLE", 12],
  ["-inf", "DOUBLE", -Infinity],
  ["nan", "DOUBLE", NaN],
  ["1e400", "DOUBLE", undefined],
  ["1e-400", "DOUBLE", undefined],
  ["0e-400", "DOUBLE", 0],
  ["mm", "DOUBLE", undefined],
  ["1e39", "FLOAT", undefined],
];
for (const [text, type, value] of PARSED) {
  test(`a client's text "${text}" is ${value === undefined ? "refused by" : `${value} in`} a field of type ${type}`, () => {
    expect(parseNumber(text, type)).toBe(value);
  });
}

test("every number comes back from its decimal text", () => {
  assert(
    property(double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      pre(value === 0 || Math.abs(value) >= 2.2250738585072014e-308);
      expect(parseNumber(String(value), "DOUBLE")).toBe(value + 0); // the text of −0 is "0"
    }),
  );
});

const DB_TEXTS: readonly (readonly [text: string, type: NumericFieldType, value: number | undefined])[] = [
  ["0x1F", "LONG", 31],
  ["010", "LONG", 8],
  ["4 mm", "LONG", undefined],
  ["1.5", "LONG", undefined],
  ["5000000000", "LONG", 705032704],
  ["70000", "SHORT", 4464],
  ["", "DOUBLE", 0],
  ["1.5 mm", "DOUBLE", undefined],
  ["Done", "ENUM", undefined],
];
for (const [text, type, value] of DB_TEXTS) {
  test(`"${text}" in a database file is ${value ?? "refused"} for a field of type ${type}`, () => {
    expect(parseDbText(text, type)).toBe(value);
  });
}

test("a state is put by its exact name or by its number, not by anything else", () => {
  const names = ["Done", "Busy", ""];
  expect(enumFromText("Busy", names)).toBe(1);
  expect(enumFromText("2", names)).toBe(2);
  expect(enumFromText("busy", names)).toBeUndefined();
  expect(enumFromText("3", names)).toBeUndefined();
  expect(enumFromText("1x", names)).toBeUndefined();
  expect(enumFromText("", names)).toBeUndefined();
});

test("a menu in a database file takes a choice, its number, or 65535 for none", () => {
  expect(menuFromDbText("MAJOR", menuAlarmSevr.choices)).toBe(2);
  expect(menuFromDbText("1", menuAlarmSevr.choices)).toBe(1);
  expect(menuFromDbText("65535", menuAlarmSevr.choices)).toBe(65535);
  expect(menuFromDbText("7", menuAlarmSevr.choices)).toBeUndefined();
  expect(menuFromDbText("Major", menuAlarmSevr.choices)).toBeUndefined();
});

test("a menu's number without a choice reads as digits", () => {
  expect(menuToText(1, menuAlarmSevr.choices)).toBe("MINOR");
  expect(menuToText(65535, menuAlarmSevr.choices)).toBe("65535");
});

test("a text is cut so that its NUL has a place, and ends at a NUL inside", () => {
  expect(fitText("x".repeat(40), 40)).toHaveLength(39);
  expect(fitText("abc\0def", 40)).toBe("abc");
  expect(fitText("abc", 4)).toBe("abc");
});

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
