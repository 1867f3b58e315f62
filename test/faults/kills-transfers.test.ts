/** The transfers, killed at random moments while scans arrive. */
import { test } from "vitest";
import { killTransfers } from "../support/peers/transfer-kills.ts";
import { Tally } from "./tally.ts";

const KILLS = 200;

test(`SIGKILL at random moments of the transfers`, { timeout: 1_800_000 }, async () => {
  const tally = new Tally("SIGKILL in the transfers of scans");
  const figures = await tally.attempt("all", () => killTransfers(KILLS, Math.random));
  tally.tried = figures?.kills ?? 1;
  tally.find("lost", "at the end", figures?.lost ?? []);
  tally.find("doubled", "at the end", figures?.doubled ?? []);
  tally.close();
});
