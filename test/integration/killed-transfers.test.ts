import { expect, test } from "vitest";
import { killTransfers } from "../support/peers/transfer-kills.ts";

const ROUNDS = 20;

test(`each scan is at each destination exactly once, byte for byte, after ${ROUNDS} kills at random moments`, {
  timeout: 300_000,
}, async () => {
  expect(await killTransfers(ROUNDS, Math.random)).toEqual({ kills: ROUNDS, scans: ROUNDS, lost: [], doubled: [] });
});
