import { expect, test } from "vitest";
import { parseTime } from "../../../src/services/scheduling/time.ts";

test.each([
  "2026-03-03T08:00:00-05:00",
  "2026-03-03T08:00:00-0500",
  "2026-03-03T08:00:00-05",
  "2026-03-03 13:00:00.000Z",
  "2026-03-03T13:00Z",
])("%s is the same moment", (text) => {
  expect(parseTime(text)?.toISOString()).toBe("2026-03-03T13:00:00.000Z");
});

test.each(["", "2026-03-03", "2026-03-03T08:00:00", "2026-13-03T08:00:00Z", "soon", "2026-03-03T08:00:00-5"])(
  "%j is no moment that can be told",
  (text) => {
    expect(parseTime(text)).toBeUndefined();
  },
);
