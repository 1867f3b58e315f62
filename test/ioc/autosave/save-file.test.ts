import { array, assert, constantFrom, integer, oneof, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { isComplete, parseSaveFile, saveFileText, shortest } from "../../../src/ioc/autosave/save-file.ts";

describe("a file of autosave is read", () => {
  const FILE = [
    "# autosave R5.10.2\tAutomatically generated - DO NOT MODIFY - 240131-093000",
    "! 1 channel(s) not connected - or not all gets were successful",
    "x:ao.VAL 1.5",
    "x:si two  blanks ",
    "x:empty ",
    "#x:gone.VAL Search Issued",
    '#x:off @array@ { "1"',
    '"2" }',
    'x:wf @array@ { "1" "-2"',
    '"3" }',
    'x:texts @array@ { "say \\"hi\\"" "a } b" "line\\nbreak" }',
    "x:lso.VAL$ caf\\xc3\\xa9 \\303",
    "<END>",
    "x:behind 1",
  ].join("\n");

  test("with scalars, arrays over several lines, escapes, and PVs that were not connected", () => {
    expect(parseSaveFile(FILE)).toEqual({
      values: [
        { pv: "x:ao.VAL", value: "1.5" },
        { pv: "x:si", value: "two  blanks " },
        { pv: "x:empty", value: "" },
        { pv: "x:wf", value: ["1", "-2", "3"] },
        { pv: "x:texts", value: ['say "hi"', "a } b", "line\nbreak"] },
        { pv: "x:lso.VAL$", value: "caf\xc3\xa9 \xc3" },
      ],
      problems: [],
    });
  });
  test("and an array without an end is told", () => {
    expect(parseSaveFile('x:a 1\nx:wf @array@ { "1" \n<END>\n')).toEqual({
      values: [{ pv: "x:a", value: "1" }],
      problems: ["line 2: the array of x:wf does not end."],
    });
  });
});

test("it is written as autosave writes it", () => {
  const text = saveFileText(
    [
      { pv: "x:ao", value: "1.5" },
      { pv: "x:si", value: 'a "b" \\ c\nd' },
      { pv: "x:wf", value: ["1", 'say "hi"'] },
      { pv: "x:none", value: [] },
      { pv: "x:gone", value: undefined },
    ],
    "260301-120000",
  );
  expect(text.split("\n")).toEqual([
    "# autosave R5.11\tAutomatically generated - DO NOT MODIFY - 260301-120000",
    "! 1 channel(s) not connected - or not all gets were successful",
    "x:ao 1.5",
    'x:si a \\"b\\" \\\\ c\\nd',
    'x:wf @array@ { "1" "say \\\\\\"hi\\\\\\"" }',
    "x:none @array@ { }",
    "#x:gone Search Issued",
    "<END>",
    "",
  ]);
});

test("whatever bytes the values have, they come back", () => {
  const bytes = array(integer({ min: 1, max: 255 })).map((codes) => String.fromCharCode(...codes));
  const text = oneof(bytes, constantFrom('@array@ { "1" }', "<END>", "#x", "\\", '"', " "));
  const value = oneof(text, array(text));
  assert(
    property(array(value), (values) => {
      const pvs = values.map((one, index) => ({ pv: `x:${index}.VAL`, value: one }));
      const file = saveFileText(pvs, "");
      expect(isComplete(file)).toBe(true);
      expect(parseSaveFile(file)).toEqual({ values: pvs, problems: [] });
    }),
  );
});

test.each([
  ["# autosave R5\nx 1\n<END>\n", true],
  ["<END>\r\n", true],
  ["<END>", false],
  ["<END>\n\n\n", false],
  ["# autosave R5\nx 1\n<EN", false],
  ["", false],
])("%j is whole: %s", (text, whole) => {
  expect(isComplete(text)).toBe(whole);
});

test.each([
  [0, "0"],
  [-0, "-0"],
  [1, "1"],
  [100, "100"],
  [0.1, "0.1"],
  [1 / 3, "0.33333333333333"],
  [-123456.789, "-123456.789"],
  [1e-4, "0.0001"],
  [1e-5, "1e-05"],
  [1e14, "1e+14"],
  [12345678901234, "12345678901234"],
  [0.999999999999999, "1"],
  [99999999999999.9, "1e+14"],
  [1.5e300, "1.5e+300"],
  [Number.NaN, "nan"],
  [Number.NEGATIVE_INFINITY, "-inf"],
])("%d is %s, as C prints it with %%.14g", (value, text) => {
  expect(shortest(value, 14)).toBe(text);
});

test("a float has seven digits", () => {
  expect(shortest(Math.fround(0.1), 7)).toBe("0.1");
});
