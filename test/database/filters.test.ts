import { expect, test } from "vitest";
import { parseModifier, sliceOf } from "../../src/database/filters.ts";

test.each([
  ["", { asCharacters: false }],
  ["$", { asCharacters: true }],
  ["[2]", { asCharacters: false, slice: { start: 2, increment: 1, end: 2 } }],
  ["[1:3]", { asCharacters: false, slice: { start: 1, increment: 1, end: 3 } }],
  ["[::2]", { asCharacters: false, slice: { start: 0, increment: 1, end: 2 } }],
  ["[0:2:-1]", { asCharacters: false, slice: { start: 0, increment: 2, end: -1 } }],
  ["$[0:4]", { asCharacters: true, slice: { start: 0, increment: 1, end: 4 } }],
  ['{"arr":{"s":1,"i":2,"e":-1}}', { asCharacters: false, slice: { start: 1, increment: 2, end: -1 } }],
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
  [{ start: 1, increment: 1, end: 3 }, 5, { first: 1, count: 3 }],
  [{ start: 0, increment: 1, end: -1 }, 5, { first: 0, count: 5 }],
  [{ start: -2, increment: 1, end: -1 }, 5, { first: 3, count: 2 }],
  [{ start: 0, increment: 2, end: -1 }, 5, { first: 0, count: 3 }],
  [{ start: 3, increment: 1, end: 1 }, 5, { first: 3, count: 0 }],
  [{ start: 7, increment: 1, end: 9 }, 5, { first: 5, count: 0 }],
  [{ start: -9, increment: 1, end: 9 }, 5, { first: 0, count: 5 }],
])("the slice %j of %i elements", (slice, length, taken) => {
  expect(sliceOf(slice, length)).toEqual(taken);
});
