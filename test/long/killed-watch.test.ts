import { expect, test } from "vitest";
import { killWatch } from "../support/peers/watch-kills.ts";

const ROUNDS = 3;

test(`scans marked in a watched tree are at each destination exactly once after ${ROUNDS} kills of its IOC`, {
  timeout: 300_000,
}, async () => {
  expect(await killWatch(ROUNDS, Math.random)).toEqual({ kills: ROUNDS, scans: 3 * ROUNDS, lost: [], doubled: [] });
});
