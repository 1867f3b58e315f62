import * as fc from "fast-check";
import { expect, test } from "vitest";

import { cutLength, storeText } from "../../../src/database/convert/text-array.ts";
import type { FieldType, FieldValue } from "../../../src/database/record-type.ts";
import { anyText } from "../../support/engine/any-text.ts";
import { databaseOf, type TestDatabase } from "../../support/engine/test-database.ts";

const messageOf = (elements: number): TestDatabase =>
  databaseOf({ M: { type: "waveform", FTVL: "CHAR", NELM: String(elements), "info Q:form": "String" } });

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const codesOf = (text: string): Int32Array =>
  Int32Array.from({ length: text.length }, (_, unit) => text.charCodeAt(unit));

test.each<[string, FieldValue, FieldType]>([
  ["text", "Hello", "STRING"],
  ["bytes without a NUL", bytesOf("Hello"), "CHAR"],
  ["bytes with a NUL and leftovers behind it", bytesOf("Hello\0old"), "CHAR"],
  ["LONG codes with a 0, as Phoebus sends them", codesOf("Hello\0"), "LONG"],
  ["SHORT codes", Int16Array.from(codesOf("Hello")), "SHORT"],
])("a text PV takes %s", (_, value, from) => {
  const db = messageOf(20);
  expect(db.database.put(db.address("M"), value, { from })).toBeUndefined();
  expect([db.get("M"), db.get("M.NORD"), db.get("M.UDF")]).toEqual(["Hello", "6", "0"]);
});

test("codes of UTF-16 units are stored as UTF-8", () => {
  const db = messageOf(20);
  db.database.put(db.address("M"), codesOf("5 µm 😀"), { from: "LONG" });
  expect(Buffer.from(db.get("M"), "latin1").toString("utf8")).toBe("5 µm 😀");
});

test.each<[string, FieldValue, FieldType, string]>([
  ["a code above 0xFFFF is a code point", Int32Array.of(0x35, 0x1f600), "LONG", "5😀"],
  ["a negative SHORT is a unit above 0x7FFF", Int16Array.of(0x9e97 - 0x10000), "SHORT", "麗"],
  ["a code above the last code point is no character", Int32Array.of(0x35, 0x110041), "LONG", "5\uFFFD"],
  ["a code below every SHORT is no character", Int32Array.of(-0x8001, 0x35), "LONG", "\uFFFD5"],
  ["NaN is no character", Float64Array.of(0x35, Number.NaN, 0x36), "DOUBLE", "5\uFFFD6"],
  ["half a surrogate pair is no character", Int32Array.of(0xd83d, 0x35), "LONG", "\uFFFD5"],
])("%s", (_, value, from, text) => {
  const db = messageOf(20);
  db.database.put(db.address("M"), value, { from });
  expect(Buffer.from(db.get("M"), "latin1").toString("utf8")).toBe(text);
});

test("a text that is too long is cut between characters, and one NUL remains", () => {
  const db = messageOf(8);
  db.put("M", "1234567890");
  expect([db.get("M"), db.get("M.NORD")]).toEqual(["1234567", "8"]);
  db.put("M", Buffer.from("12345é", "utf8").toString("latin1"));
  expect([db.get("M").length, db.get("M.NORD")]).toEqual([7, "8"]);
  db.put("M", Buffer.from("123456é", "utf8").toString("latin1"));
  expect([db.get("M"), db.get("M.NORD")]).toEqual(["123456", "7"]);
});

test("an empty put leaves one NUL", () => {
  const db = messageOf(8);
  db.put("M", "old");
  db.database.put(db.address("M"), new Uint8Array(0), { from: "CHAR" });
  expect([db.get("M"), db.get("M.NORD")]).toEqual(["", "1"]);
});

test("a CHAR array without the info is an array of numbers", () => {
  const db = databaseOf({ W: { type: "waveform", FTVL: "CHAR", NELM: "8" } });
  expect(db.put("W", "Hello")?.kind).toBe("failed");
  expect(db.put("W", "65")).toBeUndefined();
  expect([db.get("W"), db.get("W.NORD")]).toEqual(["65", "1"]);
  db.database.put(db.address("W"), codesOf("Hi"), { from: "LONG" });
  expect(db.get("W")).toBe("72 105");
  db.database.put(db.address("W"), Int32Array.of(0x148, 0x10069), { from: "LONG" });
  expect(db.get("W")).toBe("72 105"); // each cast to 8 bits
});

test("whatever is stored ends in a NUL within the array, and never in half a character", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, elements) => {
      const bytes = Buffer.from(text, "utf8").toString("latin1");
      const array = new Uint8Array(elements).fill(255);
      const used = storeText(array, bytes);
      expect(array[used - 1]).toBe(0);
      const kept = Buffer.from(array.subarray(0, used - 1)).toString("utf8");
      expect(Buffer.from(text, "utf8").toString("utf8").startsWith(kept)).toBe(true);
    }),
  );
});

test("nothing is cut from what fits", () => {
  expect([cutLength("abc", 3), cutLength("abcd", 3), cutLength("", 0)]).toEqual([3, 3, 0]);
});
