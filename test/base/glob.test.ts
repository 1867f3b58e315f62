import { expect, test } from "vitest";
import { globTest } from "../../src/base/glob.ts";

test.each([
  ["*", "", true],
  ["*", "a1", true],
  ["", "", true],
  ["", "a", false],
  ["a?", "a1", true],
  ["a?", "a10", false],
  ["a*0", "a10", true],
  ["a*0", "a101", false],
  ["a*0", "a100", true],
  ["**1*", "a1", true],
  ["*ab*ab", "abab", true],
  ["*ab*ab", "ababa", false],
  ["a.b", "axb", false],
  ["[a]", "a", false],
  ["a*\nb", "a\n\nb", true],
])("%j matches %j: %s", (pattern, name, fits) => {
  expect(globTest(pattern)(name)).toBe(fits);
});

test("a pattern of many stars takes no more than the product of the lengths", () => {
  expect(globTest(`${"*a".repeat(2000)}b`)("a".repeat(2000))).toBe(false);
});
