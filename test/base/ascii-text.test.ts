import { assert as check, property, string } from "fast-check";
import { expect, test } from "vitest";
import { asciiText } from "../../src/base/ascii-text.ts";

test.each([
  ["Trigger0Enable …", "Trigger0Enable ..."],
  ["Lise Méitnér, Łukasz Åström, Straße", "Lise Meitner, Lukasz Astrom, Strasse"],
  ["5 × 3 µm – “as sent” → ≥ 1 °", '5 x 3 um - "as sent" -> >= 1 ?'],
  ["김철수", "?"],
  ["", ""],
])("%j becomes %j", (text, ascii) => {
  expect(asciiText(text).replace(/\?+/g, "?")).toBe(ascii);
});

test("ASCII stays as it is, and nothing else is left", () => {
  check(
    property(string({ unit: "grapheme-ascii" }), (text) => {
      expect(asciiText(text)).toBe(text);
    }),
  );
  check(
    property(string({ unit: "grapheme" }), (text) => {
      expect(asciiText(text)).not.toMatch(/[\u0080-\uffff]/);
    }),
  );
});
