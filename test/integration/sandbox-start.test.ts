/** The start of the simulated beamline that is given up. */
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { CancelledError } from "../../src/base/errors.ts";
import { startBeamline } from "../../src/sandbox/beamline.ts";
import { freePort } from "../support/peers/epics-environment.ts";
import { ROOT } from "../support/peers/real-peers.ts";

vi.setConfig({ testTimeout: 60_000 });

test("a start that a signal ends says so, and not that TomoScan ended, which the signal did too", async () => {
  const stop = new AbortController();
  const reason = new CancelledError("Ended by SIGTERM.");
  const starting = startBeamline({
    iocCommand: [process.execPath, "-e", "process.stdin.resume()", "--"], // serves no PV
    tomoScanDatabase: join(ROOT, "db/none.db"),
    tomoScanPort: await freePort(),
    environment: process.env,
    signal: stop.signal,
    onTagging: () => stop.abort(reason),
  });
  await expect(starting).rejects.toBe(reason);
});
