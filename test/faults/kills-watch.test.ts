/** The IOC that watches a tree, killed at random moments while scans are marked and destinations go away. */
import { test } from "vitest";
import { killWatch } from "../support/peers/watch-kills.ts";
import { Tally } from "./tally.ts";

/** `WATCH_KILLS=20`: so many alone, for a quick look. */
const KILLS = Number(process.env["WATCH_KILLS"] ?? 200);

test("SIGKILL at random moments of the watch over a tree", { timeout: 3_600_000 }, async () => {
  const tally = new Tally("SIGKILL in the watch over a tree");
  const figures = await tally.attempt("all", () => killWatch(KILLS, Math.random));
  tally.tried = figures?.kills ?? 1;
  tally.find("lost", "at the end", figures?.lost ?? []);
  tally.find("doubled", "at the end", figures?.doubled ?? []);
  tally.close();
});
