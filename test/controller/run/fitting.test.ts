import { expect, test } from "vitest";
import { fitted } from "../../../src/controller/run/fitting.ts";

const sizeOf = (text: string): number => Buffer.byteLength(text);

test("a text that fits stays as it is", () => {
  expect(fitted("one two three", 13, " …")).toBe("one two three");
});

test.each([
  ["one two three", 12, "one two …"],
  ["one two three", 11, "one two …"],
  ["one two, three", 12, "one two …"],
  ["onetwothreefour", 12, "onetwoth …"],
  ["ä twoo three fourth", 15, "ä twoo …"],
  ["one twothreefourfive", 18, "one twothreefo …"],
])("%j within %i bytes ends behind a word, with the mark", (text, limit, wanted) => {
  expect(fitted(text, limit, " …")).toBe(wanted);
  expect(sizeOf(wanted)).toBeLessThanOrEqual(limit);
});

test("no character is broken", () => {
  expect(fitted("𝛼".repeat(10), 18, " …")).toBe(`${"𝛼".repeat(3)} …`);
});
