import { expect, test } from "vitest";
import { parseModifier, sliced, slicedLength } from "../../src/database/filters.ts";

test.each([
  ["", { asCharacters: false }],
  ["$", { asCharacters: true }],
  ["[2]", { asCharacters: false, slices: [{ start: 2, increment: 1, end: 2 }] }],
  ["[1:3]", { asCharacters: false, slices: [{ start: 1, increment: 1, end: 3 }] }],
  ["[::2]", { asCharacters: false, slices: [{ start: 0, increment: 1, end: 2 }] }],
  ["[0:2:-1]", { asCharacters: false, slices: [{ start: 0, increment: 2, end: -1 }] }],
  ["$[0:4]", { asCharacters: true, slices: [{ start: 0, increment: 1, end: 4 }] }],
  ['{"arr":{"s":1,"i":2,"e":-1}}', { asCharacters: false, slices: [{ start: 1, increment: 2, end: -1 }] }],
  ["{dbnd:{abs:0.5}}", { asCharacters: false, deadband: { isRelative: false, width: 0.5 } }],
  ['{"dbnd":{"rel":10}}', { asCharacters: false, deadband: { isRelative: true, width: 10 } }],
  ['{"dbnd":{"m":"rel","d":10}}', { asCharacters: false, deadband: { isRelative: true, width: 10 } }],
  ["{ts:{}}", { asCharacters: false, stampsNow: true }],
  ["{'dec':{n:2},}", { asCharacters: false, every: 2 }],
])("%s is understood", (text, modifier) => {
  expect(parseModifier(text)).toEqual(modifier);
});

test.each(["$$", "[]", "[a]", "[1:2:3:4]", "[0:0:3]", "{}x", "{nosuch:{}}", "{dec:{n:0}}", "{dec:2}", "{", "[1", "x"])(
  "%s is refused",
  (text) => {
    expect(parseModifier(text)).toBeUndefined();
  },
);

test.each([
  ["[1:3]", "1 2 3"],
  ["[0:-1]", "0 1 2 3 4"],
  ["[-2:-1]", "3 4"],
  ["[0:2:-1]", "0 2 4"],
  ["[3:1]", ""],
  ["[7:9]", ""],
  ["[-9:9]", "0 1 2 3 4"],
  ["[1:3]{arr:{s:1}}", "2 3"],
  ["{arr:{i:0}}", "0 1 2 3 4"],
])("%s leaves of five elements %j", (text, left) => {
  const slices = parseModifier(text)?.slices ?? [];
  expect(sliced(Int32Array.of(0, 1, 2, 3, 4), slices).join(" ")).toBe(left);
  expect(slicedLength(5, slices)).toBe(left === "" ? 0 : left.split(" ").length);
});
