import * as fc from "fast-check";
import { expect, test } from "vitest";
import { nameProblem, splitPvName } from "../../src/database/pv-name.ts";

test.each([
  ["rec", "rec", "VAL", ""],
  ["rec.", "rec", "VAL", ""],
  ["2bmb:Globus:Init.DESC", "2bmb:Globus:Init", "DESC", ""],
  ["rec.DESC$", "rec", "DESC", "$"],
  ["rec.$", "rec", "VAL", "$"],
  ["rec.[2]", "rec", "VAL", "[2]"],
  ["rec.VAL[1:3]", "rec", "VAL", "[1:3]"],
  ['rec.{"ts":{}}', "rec", "VAL", '{"ts":{}}'],
  ['rec.VAL{"arr":{"s":1.5}}', "rec", "VAL", '{"arr":{"s":1.5}}'],
])("%s is a record, a field and a modifier", (name, record, field, modifier) => {
  expect(splitPvName(name)).toEqual({ record, field, modifier });
});

test.each(["", ".VAL", "rec.VAL ", "rec.VAL.X", "rec.1", "rec.VAL:"])("%j is no PV name", (name) => {
  expect(splitPvName(name)).toBeUndefined();
});

test("modifiers count only behind a point: without one they belong to the record's name", () => {
  expect(splitPvName("rec[2]")).toEqual({ record: "rec[2]", field: "VAL", modifier: "" });
  expect(splitPvName("rec$")).toEqual({ record: "rec$", field: "VAL", modifier: "" });
});

test.each([
  ["", "is empty"],
  ["a b", "contains a blank, which no record name may"],
  ["a.b", "contains ., which no record name may"],
  ["x".repeat(61), "has 61 characters; at most 60 are possible"],
])("%j cannot name a record", (name, why) => {
  expect(nameProblem(name)).toBe(why);
});

test("splitting any text never throws, and what is found is part of it", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const name = splitPvName(text);
      return name === undefined || (text.startsWith(name.record) && text.endsWith(name.modifier));
    }),
  );
});
