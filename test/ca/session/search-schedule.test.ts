import { expect, test } from "vitest";
import {
  nextTries,
  searchWaitSeconds,
  slowestTries,
  TRIES_AFTER_ANOMALY,
  TRIES_AFTER_LOSS,
} from "../../../src/ca/session/search-schedule.ts";

const MAX = 300;

test.each([
  [0, 0],
  [1, 0.032],
  [2, 0.064],
  [5, 0.512],
  [8, 4.096],
  [14, 262.144],
  [15, 300],
  [40, 300],
])("after %i tries a name waits %f s", (tries, seconds) => {
  expect(searchWaitSeconds(tries, MAX)).toBeCloseTo(seconds, 9);
});

test("the period grows to the configured maximum and not beyond", () => {
  let tries = 0;
  for (let i = 0; i < 100; i++) tries = nextTries(tries, undefined, MAX);
  expect(tries).toBe(slowestTries(MAX));
  expect(searchWaitSeconds(tries, MAX)).toBe(MAX);
  expect(searchWaitSeconds(tries - 1, MAX)).toBeLessThan(MAX);
});

test("a lost server is asked for at least every 5 s for ten minutes, then like any other", () => {
  let tries = TRIES_AFTER_LOSS;
  let elapsed = 0;
  while (elapsed < 590) {
    const wait = searchWaitSeconds(tries, MAX);
    expect(wait).toBeLessThanOrEqual(5);
    elapsed += wait;
    tries = nextTries(tries, elapsed, MAX);
  }
  for (let i = 0; i < 20; i++) tries = nextTries(tries, 700 + i, MAX);
  expect(searchWaitSeconds(tries, MAX)).toBe(MAX);
});

test("after a beacon anomaly nothing waits longer than about 5 s", () => {
  expect(searchWaitSeconds(TRIES_AFTER_ANOMALY, MAX)).toBeLessThanOrEqual(5);
});

test.each([60, 61, 300, 3600])("with a maximum of %i s the slowest lane waits exactly that", (max) => {
  expect(searchWaitSeconds(slowestTries(max), max)).toBe(max);
});
