import { expect, test } from "vitest";
import type { ScanRecord } from "../../../src/controller/ports/queue-ledger.ts";
import { RejectedError } from "../../../src/controller/run/outcome.ts";
import type { RunningTransfers } from "../../../src/controller/transfers/transfers.ts";
import { newestScan } from "../../../src/controller/workflows/newest-scan.ts";
import { failureOf } from "../../support/failure-of.ts";

const record = (id: string, changes: Partial<ScanRecord> = {}): ScanRecord => ({
  id,
  file: `/data/${id}.h5`,
  state: "ready",
  seen: 0,
  trigger: "tomoscan",
  ...changes,
});

/** A queue of these scans, and TomoScan's PVs. */
function placesOf(scans: readonly ScanRecord[], pvs: Readonly<Record<string, string>> = {}) {
  const queue = { scans: new Map(scans.map((scan) => [scan.id, { scan }])) };
  return {
    find: () => ({ road: { queue } }) as unknown as RunningTransfers,
    beamline: { readText: async (name: string) => pvs[name] },
    nameOf: (key: string) => key,
  };
}

test("is the newest of the queue, with its experiment", async () => {
  const tags = { exp: "e", ym: "2026-03", last: "l", gup: "1" };
  const places = placesOf([record("a2", { tags }), record("a1")]);
  expect(await newestScan(places, {})).toEqual({ file: "/data/a2.h5", name: "a2", tags });
});

test.each(["waiting", "lost"] as const)("is none while it is %s: an older scan is not taken for it", async (state) => {
  const places = placesOf([record("a1"), record("a2", { state, reason: "its files still change" })]);
  const failure = await failureOf(newestScan(places, {}), RejectedError);
  expect(failure.message).toBe(
    "The newest scan, /data/a2.h5, cannot be taken yet: its files still change. Wait, or name a file with WorkflowFile.",
  );
});

test("is TomoScan's last file where there is no queue, once no scan runs", async () => {
  const withFile = { fullFileName: "/data/b1.h5", startScan: "Done" };
  expect(await newestScan(placesOf([], withFile), {})).toEqual({ file: "/data/b1.h5", name: "b1" });
  const busy = newestScan(placesOf([], { ...withFile, startScan: "Acquire" }), {});
  expect((await failureOf(busy, RejectedError)).message).toContain("TomoScan may still write it");
  expect(await newestScan({ ...placesOf([], withFile), find: () => "no queue here" }, {})).toMatchObject({
    name: "b1",
  });
});

test("is none where nobody knows one", async () => {
  expect(await newestScan(placesOf([]), {})).toBeUndefined();
  expect(await newestScan(placesOf([], { fullFileName: "" }), {})).toBeUndefined();
});
