/** Times of the put log, as strftime writes them. */
import { expect, test } from "vitest";
import { DEFAULT_TIME_FORMAT, formatTime, secondFormatter, unknownIn } from "../../../src/ioc/put-log/time-format.ts";
import { inZone } from "../../support/in-zone.ts";

const AT = Date.UTC(2026, 0, 3, 2, 5, 9, 47);

test.each([
  [DEFAULT_TIME_FORMAT, "02-Jan-26 20:05:09"],
  ["%Y-%m-%dT%H:%M:%S.%03f%z", "2026-01-02T20:05:09.047-0600"],
  ["%a %A %b %B %e %j", "Fri Friday Jan January  2 002"],
  ["%D %F %R %T %I%p %y", "01/02/26 2026-01-02 20:05 20:05:09 08PM 26"],
  ["%s %f %6f %%", "1767405909 047000000 047000 %"],
  ["plain", "plain"],
])("%s", async (format, text) => {
  await inZone("America/Chicago", () => expect(formatTime(format, AT)).toBe(text));
  expect(unknownIn(format)).toBeUndefined();
});

test.each([
  ["%H:%q", "%q"],
  ["%H:%", "%"],
  ["%5d", "%5"],
])("%s has what stands for nothing", (format, unknown) => {
  expect(unknownIn(format)).toBe(unknown);
});

test("a formatter that remembers its last text follows each second, and each millisecond where they show", () => {
  const second = secondFormatter("%T");
  const fraction = secondFormatter("%T.%03f %%f");
  const seen = [0, 400, 1000, -1].map((later) => [second(AT + later).slice(-2), fraction(AT + later).slice(-9)]);
  expect(seen).toEqual([
    ["09", "09.047 %f"],
    ["09", "09.447 %f"],
    ["10", "10.047 %f"],
    ["09", "09.046 %f"],
  ]);
});
