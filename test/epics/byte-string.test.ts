import * as fc from "fast-check";
import { expect, test } from "vitest";
import { byteStringOf, fromByteString, isUtf8, toByteString } from "../../src/epics/byte-string.ts";

test("text is UTF-8 outside and bytes inside", () => {
  expect(toByteString("°C")).toBe("\xc2\xb0C");
  expect(fromByteString("\xc2\xb0C")).toBe("°C");
  expect(fromByteString("\xef\xbb\xbfx")).toBe("\ufeffx");
});

test("what is no UTF-8 is Latin-1, also where a text was cut in mid-character", () => {
  expect(fromByteString("\xb0C")).toBe("°C");
  expect(fromByteString("\xc2\xb0C\xc2")).toBe("Â°CÂ");
  expect([isUtf8("\xc2\xb0C"), isUtf8("\xb0C")]).toEqual([true, false]);
});

test("every text comes back", () => {
  const isCharacter = (code: number): boolean => code < 0xd800 || code > 0xdfff;
  const characters = fc.array(fc.integer({ min: 0, max: 0x10ffff }).filter(isCharacter));
  fc.assert(
    fc.property(characters, (codes) => {
      const text = String.fromCodePoint(...codes);
      expect(fromByteString(toByteString(text))).toBe(text);
    }),
  );
});

test("UTF-16 units in hexadecimal become the bytes of their characters", () => {
  expect(byteStringOf(["d83d", "de00", "e9"])).toBe("\xf0\x9f\x98\x80\xc3\xa9");
});
