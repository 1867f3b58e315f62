import { expect, test } from "vitest";
import { generalNumber, numberToText } from "../../../src/database/convert/number-text.ts";

// Expected values: EPICS base, measured (channel-access.md §2.7, §2.8) or from test/interop/convert-softioc.test.ts.

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

test.each([
  [1 / 3, "0.333333"],
  [1_147_905, "1.1479e+06"],
  [1_147_915, "1.14792e+06"],
  [999_999.5, "1e+06"],
  [-0.0001, "-0.0001"],
  [0.000_099_999_95, "0.0001"],
  [5e-324, "4.94066e-324"],
  [-1.797_693_134_862_315_7e308, "-1.79769e+308"],
  [-0, "-0"],
  [Number.NaN, "nan"],
])("%d with six digits, as C's %%g", (value, text) => {
  expect(generalNumber(value, 6)).toBe(text);
});

test("with twelve digits, as dbgf has them, an exact half becomes even", () => {
  expect([100_000_000_000.5, 100_000_000_001.5].map((value) => generalNumber(value, 12))).toEqual([
    "100000000000",
    "100000000002",
  ]);
});

test("integers read as decimals, whatever the precision", () => {
  expect(numberToText(-12, "LONG", 3)).toBe("-12");
  expect(numberToText(4294967295, "ULONG", 3)).toBe("4294967295");
});
