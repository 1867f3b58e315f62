import { expect, test } from "vitest";
import { Reading } from "../../src/ca/client/reading.ts";
import { dbrCodeOf, maskOf } from "../../src/ca/client/wish-text.ts";
import { DbrSample } from "../../src/ca/wire/dbr-codec.ts";
import { DBR, DBR_TYPES } from "../../src/ca/wire/dbr-layout.ts";
import { escaped, monitorLine, shortNumber, valueText } from "../../src/cli/pv-text.ts";
import { toByteString } from "../../src/epics/byte-string.ts";

function reading(type: string, fill: (sample: DbrSample) => void): Reading {
  const sample = new DbrSample();
  fill(sample);
  return new Reading(DBR_TYPES[DBR[type]!]!, sample);
}
const bytes = (...values: number[]): Reading =>
  reading("TIME_CHAR", (sample) => sample.setArray(Uint8Array.from(values)));
const text = (value: string): Reading => bytes(...Buffer.from(`${value}\0`, "utf8"));

/** Right column: what C's printf("%g") prints. */
test.each([
  [0, "0"],
  [-0, "-0"],
  [1, "1"],
  [-2.5, "-2.5"],
  [0.1, "0.1"],
  [1 / 3, "0.333333"],
  [100000, "100000"],
  [999999.4, "999999"],
  [999999.5, "1e+06"],
  [1234567, "1.23457e+06"],
  [0.0001, "0.0001"],
  [0.00001234, "1.234e-05"],
  [1e300, "1e+300"],
  [-1.5e-7, "-1.5e-07"],
  [Number.NaN, "nan"],
  [Number.POSITIVE_INFINITY, "inf"],
  [Number.NEGATIVE_INFINITY, "-inf"],
])("%f prints as C prints it", (value, printed) => {
  expect(shortNumber(value)).toBe(printed);
});

test("scalars, arrays and arrays of one", () => {
  expect(
    valueText(
      reading("TIME_DOUBLE", (sample) => sample.setNumber(1.5)),
      1,
      {},
    ),
  ).toBe("1.5");
  expect(
    valueText(
      reading("TIME_DOUBLE", (sample) => sample.setNumber(1.5)),
      5,
      {},
    ),
  ).toBe("1 1.5");
  expect(
    valueText(
      reading("TIME_LONG", (sample) => sample.setArray(Int32Array.from([1, -2]))),
      5,
      {},
    ),
  ).toBe("2 1 -2");
  expect(
    valueText(
      reading("TIME_LONG", (sample) => sample.setArray(new Int32Array(0))),
      5,
      {},
    ),
  ).toBe("0");
  expect(
    valueText(
      reading("TIME_STRING", (sample) => sample.setArray(["a", "b c"])),
      5,
      {},
    ),
  ).toBe("2 a b c");
});

test("a CHAR array is text when it looks like text, or when asked for", () => {
  expect(valueText(text("Grüße"), 256, {})).toBe("Grüße");
  expect(valueText(text(""), 256, {})).toBe("");
  expect(valueText(text("two\nlines"), 256, {})).toBe("two\\nlines");
  expect(valueText(bytes(1, 2, 3), 256, {})).toBe("3 1 2 3");
  expect(valueText(bytes(0xff, 0xfe, 65), 256, {})).toBe("3 255 254 65");
  expect(valueText(text("abc"), 256, { numbers: true })).toBe("4 97 98 99 0");
  expect(valueText(bytes(1, 65), 256, { charsAsText: true })).toBe("\\x01A");
});

test("control characters of a hostile PV do not reach the terminal", () => {
  expect(escaped("\x1b[31mred\x07")).toBe("\\x1b[31mred\\x07");
  expect(escaped(toByteString("\u009b2J"))).toBe("\\x9b2J");
});

test("a monitor line has name, time, value and alarm", () => {
  const one = reading("TIME_DOUBLE", (sample) => {
    sample.setNumber(6);
    sample.status = 4;
    sample.severity = 1;
  });
  expect(monitorLine("a:x", one, 1, {})).toBe(`${"a:x".padEnd(30)} <undefined> 6 HIGH MINOR`);
});

test.each([
  ["DBR_CTRL_DOUBLE", 34],
  ["time_int", 15],
  ["INT", 1],
  ["20", 20],
  ["39", undefined],
  ["constructor", undefined],
])("type %s", (typed, code) => {
  expect(dbrCodeOf(typed)).toBe(code);
});

test.each([
  ["va", 5],
  ["p", 8],
  ["", undefined],
  ["x", undefined],
])("mask %s", (typed, mask) => {
  expect(maskOf(typed)).toBe(mask);
});
