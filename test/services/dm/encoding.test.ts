import * as fc from "fast-check";
import { expect, test } from "vitest";
import { dmDate, dmDecode, dmEncode } from "../../../src/services/dm/encoding.ts";

/** Text and segment; the first three as vendor clients were seen to send them (data-management.md §3). */
const VECTORS: readonly (readonly [string, string])[] = [
  ["tomo-2026-1", "b'ZEc5dGJ5MHlNREkyTFRFPQo='"],
  ["{}", "b'ZTMwPQo='"],
  ['"DEFAULT"', "b'SWtSRlJrRlZURlFpCg=='"],
  ["25IDC", "b'TWpWSlJFTT0K'"],
  ["25-ID-C", "b'TWpVdFNVUXRRdz09Cg=='"],
  ["2-BM-A,B", "b'TWkxQ1RTMUJMRUk9Cg=='"],
  ["2026-03-Noether-1014288", "b'TWpBeU5pMHdNeTFPYjJWMGFHVnlMVEV3TVRReU9EZz0K'"],
  [
    "x".repeat(58),
    "b'ZUhoNGVIaDRlSGg0ZUhoNGVIaDRlSGg0ZUhoNGVIaDRlSGg0ZUhoNGVIaDRlSGg0ZUhoNGVIaDRlSGg0ZUhoNGVIaDRlSGg0ZUhoNAplQT09Cg=='",
  ],
  ['{"processExistingFiles": true}', "b'ZXlKd2NtOWpaWE56UlhocGMzUnBibWRHYVd4bGN5STZJSFJ5ZFdWOQo='"],
  ["", "b''"],
];

test.each(VECTORS)("%s is sent as DM's own clients send it", (text, segment) => {
  expect(dmEncode(text)).toBe(segment);
  expect(dmDecode(segment)).toBe(text);
});

test("the form without inner line ends is understood too", () => {
  expect(dmDecode("b'TWpWSlJFTT0='")).toBe("25IDC");
});

test("text that is not encoded is not taken for encoded text", () => {
  for (const text of ["2BM", "b'", "b'%%%'", "'TWpWSlJFTT0='", "b'TWpWSlJFTT0='x"])
    expect(dmDecode(text)).toBeUndefined();
});

test("any text comes back, and is one segment of a path", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
      const segment = dmEncode(text);
      expect(segment).not.toMatch(/[/+\s%?#]/);
      expect(dmDecode(segment)).toBe(text);
    }),
  );
});

test.each([
  ["2026-03-03T15:00:00Z", "03-Mar-26"],
  ["2026-03-07T05:59:59Z", "06-Mar-26"],
  ["2026-05-01T04:59:00Z", "30-Apr-26"],
  ["2026-12-31T23:00:00-06:00", "31-Dec-26"],
])("%s is written %s: English month, the facility's day", (at, text) => {
  expect(dmDate(new Date(at))).toBe(text);
});
