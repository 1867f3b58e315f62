import { expect, test } from "vitest";
import { Breaker, sendBackOff } from "../../../src/controller/transfers/back-off.ts";

test("a scan waits twice as long after each failure, up to an hour, less up to half", () => {
  const most = [1, 2, 3, 7, 8, 20].map((attempts) => sendBackOff(attempts, () => 1));
  expect(most).toEqual([30, 60, 120, 1920, 3600, 3600]);
  expect(sendBackOff(1, () => 0)).toBe(15);
});

test("a destination that fails is tried after a while, and works at once when it works", () => {
  const breaker = new Breaker(() => 1);
  expect([breaker.trouble, breaker.waitSeconds(0)]).toEqual([undefined, 0]);
  breaker.failed(100, "It is down.");
  expect([breaker.trouble, breaker.waitSeconds(100), breaker.waitSeconds(115)]).toEqual(["It is down.", 15, 0]);
  for (let failure = 0; failure < 10; failure++) breaker.failed(200, "It is still down.");
  expect([breaker.trouble, breaker.waitSeconds(200)]).toEqual(["It is still down.", 300]);
  breaker.hurry();
  expect([breaker.trouble, breaker.waitSeconds(200), breaker.waitSeconds(205)], "a person wants it").toEqual([
    "It is still down.",
    5,
    0,
  ]);
  breaker.works();
  expect(breaker.trouble).toBeUndefined();
});

test("a destination that says when to come back is not tried before", () => {
  const breaker = new Breaker(() => 0);
  breaker.failed(0, "Too many requests.", 120);
  expect([breaker.waitSeconds(0), breaker.isPauseAsked]).toEqual([120, true]);
  breaker.failed(0, "Too many requests.", 1e9);
  expect(breaker.waitSeconds(0), "an hour at most").toBe(3600);
});
