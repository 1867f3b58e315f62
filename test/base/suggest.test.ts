import { expect, test } from "vitest";
import { didYouMean, didYouMeanSentence, editDistance } from "../../src/base/suggest.ts";

test.each([
  ["HIHI", "HIHI", 0],
  ["PRECC", "PREC", 1],
  ["DECS", "DESC", 1],
  ["kitten", "sitting", 3],
  ["", "VAL", 3],
])("from %j to %j are %i mistakes", (from, to, mistakes) => {
  expect([editDistance(from, to), editDistance(to, from)]).toEqual([mistakes, mistakes]);
});

test("the nearest word is suggested, in a clause or a sentence, whatever its case", () => {
  expect(didYouMean("decs", ["VAL", "DESC", "DISP"])).toBe("; did you mean DESC?");
  expect(didYouMeanSentence("1 seconds", ["10 second", "1 second"])).toBe(' Did you mean "1 second"?');
});

test("nothing is suggested when nothing is near", () => {
  expect([didYouMean("XYZ", ["VAL", "DESC"]), didYouMeanSentence("", [])]).toEqual(["", ""]);
});
