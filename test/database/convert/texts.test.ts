import { assert, double, pre, property } from "fast-check";
import { expect, test } from "vitest";
import {
  enumFromText,
  fitText,
  menuFromDbText,
  menuToText,
  parseDbText,
  parseNumber,
} from "../../../src/database/convert/texts.ts";
import { menuAlarmSevr } from "../../../src/database/menus.ts";
import type { NumericFieldType } from "../../../src/database/record-type.ts";

// Expected values: EPICS base, measured (channel-access.md §2.7, §2.8) or from test/interop/convert-softioc.test.ts.

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
