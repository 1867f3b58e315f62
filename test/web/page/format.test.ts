/** Values as people read them on the page. */
import { describe, expect, test } from "vitest";
import { offsetMinutes, quantityText, shortTime, timeOfDay, webAddress } from "../../../src/web/page/format.ts";

/** Blanks that keep a number and its unit together are blanks here. */
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, " ");

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.00 kB"],
  [999_499, "999 kB"],
  [999_500, "1.00 MB"],
  [1_234_567_890, "1.23 GB"],
  [98_765_432_100, "98.8 GB"],
  [2e18, "2000 PB"],
  [-1500, "-1.50 kB"],
])("%d bytes are %s", (bytes, text) => {
  expect(plain(quantityText(bytes, "B"))).toBe(text);
});

test.each([
  [0, "0 s"],
  [0.5, "0.5 s"],
  [59.6, "1 min"],
  [200, "3 min 20 s"],
  [3600, "1 h"],
  [3660, "1 h 1 min"],
  [3605, "1 h"],
  [90_000, "1 d 1 h"],
  [-90, "-1 min 30 s"],
])("%d seconds are %s", (seconds, text) => {
  expect(plain(quantityText(seconds, "s"))).toBe(text);
});

test.each([
  [1234, "1234"],
  [12_345, "12 345"],
  [-1_234_567, "-1 234 567"],
  [0.123_456, "0.123"],
  [1234.6, "1235"],
])("%d is the figure %s", (value, text) => {
  expect(plain(quantityText(value, undefined))).toBe(text);
});

test.each([
  [42.04, "%", "42 %"],
  [99.96, "%", "100 %"],
  [1.5e6, "B/s", "1.50 MB/s"],
  [12, "1/min", "12 a minute"],
  [3, "h", "3 h"],
  [7, undefined, "7"],
])("%d of the unit %s is %s", (value, unit, text) => {
  expect(plain(quantityText(value, unit))).toBe(text);
});

describe("a time of the facility", () => {
  /** At 01:00 on the second, in UTC: still the first at the facility. */
  const now = Date.parse("2026-12-02T01:00:00Z");

  test.each([
    ["2026-12-01T18:59:30-06:00", "18:59:30"],
    ["2026-11-30T18:59:30-06:00", "2026-11-30 18:59"],
    ["2026-12-02T00:59:30.123Z", "00:59:30"],
    ["soon", "soon"],
  ])("%s is %s", (iso, text) => {
    expect(shortTime(iso, now)).toBe(text);
  });

  test("tells its offset, and what is none tells none", () => {
    expect([offsetMinutes("2026-12-01T18:59:30-06:30"), offsetMinutes("2026-12-01T18:59:30Z")]).toEqual([-390, 0]);
    expect(offsetMinutes("2026-12-01")).toBeUndefined();
  });

  test("is told of a moment by the offset", () => {
    expect(timeOfDay(now, -360)).toBe("19:00:00");
  });
});

test.each([
  ["https://app.globus.org/runs/1", "https://app.globus.org/runs/1"],
  ["HTTP://example.org", "http://example.org/"],
  ["javascript:alert(1)", undefined],
  ["data:text/html,<b>", undefined],
  ["//example.org", undefined],
  [" https://example.org", undefined],
  ["https://", undefined],
  ["see https://example.org", undefined],
])("%j as a link is %j", (text, address) => {
  expect(webAddress(text)).toBe(address);
});
