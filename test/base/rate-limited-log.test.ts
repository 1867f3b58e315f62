/** A log that a broken client cannot flood. */
import { expect, test } from "vitest";
import { createLog } from "../../src/base/log.ts";
import { rateLimited } from "../../src/base/rate-limited-log.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

test("twenty lines in ten seconds are written, the rest are counted", () => {
  const lines: string[] = [];
  const clock = new FakeClock();
  const log = rateLimited(
    createLog("ca", (line) => lines.push(line)),
    clock,
  );
  for (let i = 0; i < 1000; i++) log.warn(`line ${i}`);
  expect(lines.length).toBe(20);
  clock.advance(10);
  log.error("again");
  expect(lines.slice(20)).toEqual(["warn: ca: 980 more lines like these were left out", "error: ca: again"]);
});
