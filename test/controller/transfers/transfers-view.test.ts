/** What the PVs say of the queue is true in every state. */
import { expect, test } from "vitest";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { PvName } from "../../../src/controller/pvs/index.ts";
import { destPv } from "../../../src/controller/pvs/transfers.ts";
import { TransferPvs } from "../../../src/controller/transfers/transfer-pvs.ts";
import { RULES } from "../../support/fakes/fake-transfers.ts";
import { type Bench, started } from "./transfers-fixture.ts";

/** The PVs as they are shown. */
function shown(bench: Bench): ReadonlyMap<PvName, unknown> {
  const values = new Map<PvName, unknown>();
  new TransferPvs().show((name, value) => values.set(name, value), bench.view);
  return values;
}

test("without a scan nothing is called proven", async () => {
  const { view } = await started();
  expect(view).toMatchObject({ state: "Idle", message: "No scan is known yet.", lastQueued: "", lastDone: "" });
  expect(view.archive).toMatchObject({ verified: "Unknown", message: "No scan is known yet.", missing: -1 });
});

test("scans that are left by a rule are not called proven", async () => {
  const bench = await started((one) => {
    one.rules = { ...RULES, aborted: "leave" };
  });
  bench.announce(bench.scan("a1"), { aborted: "AbortScan was written" });
  await bench.pass(5);
  expect(bench.view).toMatchObject({ state: "Idle", message: "No scan is on its way.", lastQueued: "" });
});

test("a scan that waits for its source is not the last that was queued", async () => {
  const bench = await started();
  bench.announce(bench.scan("a1"));
  await bench.pass(40);
  const growing = bench.scan("a2");
  bench.announce(growing);
  await bench.pass(2);
  expect(bench.view).toMatchObject({ lastQueued: "a1", depth: 1 });
  expect(bench.view.scans[0]).toMatchObject({ name: "a2", state: "Waiting" });
  await bench.pass(40);
  expect(bench.view).toMatchObject({ lastQueued: "a2" });
});

test("a scan says what it waits for: its files, a destination that is down, an operator", async () => {
  const bench = await started((one) => {
    one.copier.failure = new UnavailableError("/archive does not answer.");
  });
  bench.announce(bench.scan("a1"));
  await bench.pass(1);
  expect(bench.view.scans[0]).toMatchObject({ state: "Waiting", reason: "its files are not at rest yet" });
  await bench.pass(40);
  expect(bench.stateOf("/data/2026-03/a1.h5")).toEqual({ archive: "queued", petrel: "verified" });
  expect(bench.view.scans[0]).toMatchObject({ state: "Queued", reason: "archive: /archive does not answer." });
  expect(bench.view.archive.message).toBe("a1 is not proven: archive has it not yet: /archive does not answer.");
  bench.copier.failure = undefined;
  bench.transfers.hold({ isPaused: true, isDry: false });
  bench.announce(bench.scan("a2"));
  await bench.pass(40);
  expect(bench.view.scans[0]).toMatchObject({ name: "a2", reason: "archive: paused (QueuePaused)" });
  bench.transfers.hold({ isPaused: false, isDry: false });
  await bench.pass(400);
  expect(bench.view.scans.map(({ state, reason }) => [state, reason])).toEqual([
    ["Verified", ""],
    ["Verified", ""],
  ]);
});

test("a copy of which nothing is heard says so: its file server may hang", async () => {
  const bench = await started();
  let resolve = (): void => {};
  bench.copier.gate = new Promise((end) => {
    resolve = end;
  });
  bench.announce(bench.scan("a1"));
  await bench.pass(20);
  const silent = () => bench.view.destinations.map(({ state, message }) => [state, message])[0];
  expect(silent()).toEqual(["Sending", "1 scan to go."]);
  await bench.pass(130);
  const words = "Nothing was heard of the copy of a1 for 2 minutes: does the file server answer?";
  expect(silent()).toEqual(["Sending", words]);
  expect(bench.view.scans[0]).toMatchObject({ state: "Sending", reason: `archive: ${words}` });
  resolve();
  await bench.pass(20);
  expect(silent()).toEqual(["Idle", ""]);
});

test("a question as the reason ends its sentence", async () => {
  const bench = await started((one) => {
    one.copier.failure = new UnavailableError("/archive does not answer: is it mounted?");
  });
  bench.announce(bench.scan("a1"));
  await bench.pass(40);
  expect(bench.view.archive.message).toMatch(/not yet: \/archive does not answer: is it mounted\?$/);
  await bench.transfers.running?.drop(() => true, "dropped by a test");
  bench.announce(bench.scan("a2"));
  bench.transfers.hold({ isPaused: true, isDry: false });
  await bench.pass(20);
  expect(bench.view.message).toMatch(/^Archive: \/archive does not answer: is it mounted\?; .* on the way\.$/);
});

test("a destination that failed is no trouble once nothing goes there: nobody asks it any more", async () => {
  const bench = await started((one) => {
    one.copier.failure = new UnavailableError("/archive does not answer.");
  });
  bench.announce(bench.scan("a1"));
  await bench.pass(40);
  expect(bench.view).toMatchObject({ state: "Trouble", destinations: [{ state: "Trouble" }, {}] });
  await bench.transfers.running?.drop(() => true, "dropped by a test");
  expect(bench.view).toMatchObject({
    state: "Idle",
    destinations: [{ state: "Idle", message: "When it was tried last: /archive does not answer." }, {}],
  });
});

test.each([
  [{ isPaused: true, isDry: false }, "QueuePaused"],
  [{ isPaused: false, isDry: true }, "Testing"],
  [{ isPaused: true, isDry: true }, "QueuePaused, Testing"],
])("a queue that is held back says by what: %j", async (hold, by) => {
  const bench = await started();
  bench.transfers.hold(hold);
  bench.announce(bench.scan("a1"));
  await bench.pass(20);
  expect(bench.view).toMatchObject({ state: "Paused", message: `Paused (${by}); 1 scan on the way.` });
});

test("a destination has no more than all of it, also where a scan was dropped from a task that goes on", async () => {
  const bench = await started((one) => {
    one.tasks.seconds = 1000;
  });
  const [kept, dropped] = [bench.scan("a1", 1000), bench.scan("a2", 9000)];
  bench.announce(kept);
  bench.announce(dropped);
  await bench.pass(40);
  for (const task of bench.tasks.taskById.values()) task.report = { bytesTransferred: 9500 };
  await bench.transfers.running?.drop(({ file }) => file === dropped, "dropped by a test");
  await bench.pass(3);
  expect(bench.stateOf(kept)).toMatchObject({ petrel: "submitted" });
  const pvs = shown(bench);
  expect(pvs.get(destPv(1, "Percent"))).toBe(100);
  expect(pvs.get("PercentComplete")).toBe(100);
});

test("a place without a destination has sent nothing", async () => {
  const pvs = shown(await started());
  expect([pvs.get(destPv(3, "Name")), pvs.get(destPv(3, "Percent"))]).toEqual(["", 0]);
});

test("before the ledger was read the PVs say what is waited for", () => {
  const values = new Map<PvName, unknown>();
  const pvs = new TransferPvs();
  pvs.showTrouble((name, value) => values.set(name, value), "");
  expect(values.get("QueueMessage")).toBe("The ledger is being read.");
  expect(values.get("QueueDepth")).toBe(-1);
  pvs.showTrouble((name, value) => values.set(name, value), "The ledger is damaged.");
  expect(values.get("QueueMessage")).toBe("The ledger is damaged.");
});
