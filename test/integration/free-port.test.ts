/** Tests that run at the same time, in processes of their own, never get the same port. */
import { expect, test } from "vitest";
import { claimPort, freePort } from "../support/peers/epics-environment.ts";

test("a port that was given out is claimed as long as this process runs, and with it the port above", async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, freePort));
  expect(new Set(ports.flatMap((port) => [port, port + 1])).size).toBe(100);
  for (const port of ports) expect(await claimPort(port)).toBe(false);
});
