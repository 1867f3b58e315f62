import { expect, test } from "vitest";
import { cleanJson, cleanLines, isUnclean, oneLine, onePerLine, visible } from "../../src/base/clean-text.ts";

/** One of each kind: C0, DEL, C1, line separators, marks of direction. */
const UNCLEAN = [
  "\n",
  "\r\n",
  "\x1b",
  "\x7f",
  "\x85",
  "\x9b",
  "\u2028",
  "\u2029",
  "\u200e",
  "\u202e",
  "\u2066",
  "\u061c",
];

test.each(UNCLEAN)("%j is a blank in one line", (unclean) => {
  expect(oneLine(`a${unclean}b`)).toBe("a b");
  expect(isUnclean(`a${unclean}b`)).toBe(true);
});

test.each(UNCLEAN)("%j in quotation marks is seen, and read back as what it was", (unclean) => {
  const shown = visible(`a${unclean}b`);
  expect(shown).toMatch(/^"a(\\[nr]|\\u[0-9a-f]{4})+b"$/);
  expect(JSON.parse(shown)).toBe(`a${unclean}b`);
});

test("letters of every script, accents and signs are clean", () => {
  for (const text of ["Müller", "Владимир", "山田", "עברית", "25 °C, 3 µm", "🙂"]) {
    expect(isUnclean(text)).toBe(false);
    expect(oneLine(text)).toBe(text);
    expect(visible(text)).toBe(`"${text}"`);
  }
});

test("a long text is cut where it is shown", () => {
  expect(visible("x".repeat(61))).toBe(`"${"x".repeat(60)}…"`);
});

test("an entry that holds a line end is still one line", () => {
  expect(onePerLine(["Levy\nWu, badge 102", "Curie"])).toBe("Levy Wu, badge 102\nCurie");
});

test("a text of several lines keeps them, and each is clean", () => {
  expect(cleanLines("a\x1b[2J\r\nb\u202ec\n\nd")).toBe("a [2J\nb c\n\nd");
});

test("JSON has nothing that drives a terminal, and reads the same", () => {
  const value = { name: "a\x9b2J\u202e", list: ["\u2028"] };
  expect(isUnclean(cleanJson(value))).toBe(false);
  expect(JSON.parse(cleanJson(value))).toEqual(value);
});
