import { expect, test } from "vitest";
import { listed } from "../../src/base/word-list.ts";

test.each([
  [["a"], "a"],
  [["a", "b"], "a and b"],
  [["a", "b", "c"], "a, b and c"],
  [[], ""],
])("%j is listed as %j", (words, text) => {
  expect(listed(words)).toBe(text);
});
