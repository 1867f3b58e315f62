import { expect, test } from "vitest";
import { killTransfers } from "../support/peers/transfer-kills.ts";

const ROUNDS = 20;

test(`scans are at each destination exactly once, byte for byte, after ${ROUNDS} kills at random moments`, {
  timeout: 300_000,
}, async () => {
  expect(await killTransfers(ROUNDS, Math.random)).toEqual({ kills: ROUNDS, scans: 3 * ROUNDS, lost: [], doubled: [] });
});
