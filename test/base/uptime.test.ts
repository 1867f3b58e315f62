import { expect, test } from "vitest";
import { uptime } from "../../src/base/uptime.ts";

test.each([
  [0, "00:00:00"],
  [59.9, "00:00:59"],
  [86_399, "23:59:59"],
  [86_400, "1 days, 00:00:00"],
  [3 * 86_400 + 4 * 3600 + 5 * 60 + 6, "3 days, 04:05:06"],
])("%d s are told as %s", (seconds, text) => {
  expect(uptime(seconds)).toBe(text);
});
