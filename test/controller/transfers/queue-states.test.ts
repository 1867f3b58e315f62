import { expect, test } from "vitest";
import type { ScanRecord, SendRecord } from "../../../src/controller/ports/queue-ledger.ts";
import { SCAN_STATES, SEND_STATES } from "../../../src/controller/ports/queue-ledger.ts";
import { isClosed, requireFollows } from "../../../src/controller/transfers/queue-states.ts";
import { ScanQueue } from "../../../src/controller/transfers/scan-queue.ts";
import { FakeQueueLedger } from "../../support/fakes/fake-transfers.ts";

const scan = (state: ScanRecord["state"]): ScanRecord => ({
  id: "1",
  file: "/data/a1.h5",
  state,
  seen: 0,
  trigger: "tomoscan",
});
const send = (state: SendRecord["state"]): SendRecord => ({
  scan: "1",
  destination: "petrel",
  state,
  attempts: 0,
  at: 0,
});

test("what a person has dropped, and a scan that was left, stay so", () => {
  for (const state of SEND_STATES) {
    const known = { scan: scan("ready"), sends: new Map([["petrel", send("dropped")]]) };
    expect(() => requireFollows({ send: send(state) }, known), state).toThrow(
      `the scan 1 cannot be ${state} at petrel: it is dropped`,
    );
  }
  for (const state of SCAN_STATES.filter((one) => one !== "left"))
    expect(() => requireFollows({ scan: scan(state) }, { scan: scan("left"), sends: new Map() }), state).toThrow();
});

test("a send that is closed is opened by being queued again, and by nothing else", () => {
  for (const before of SEND_STATES.filter((state) => isClosed({ state }) && state !== "dropped"))
    for (const state of SEND_STATES.filter((one) => one !== "queued" && !isClosed({ state: one }))) {
      const known = { scan: scan("ready"), sends: new Map([["petrel", send(before)]]) };
      expect(() => requireFollows({ send: send(state) }, known), `${before}, then ${state}`).toThrow();
    }
});

test("a scan begins by waiting, and a send by being queued", () => {
  expect(() => requireFollows({ scan: scan("ready") }, undefined)).toThrow("the scan 1 cannot be ready: it is none");
  expect(() => requireFollows({ send: send("verified") }, { scan: scan("ready"), sends: new Map() })).toThrow();
});

test("a scan that was found, and a send that was, begin where others end", () => {
  const known = { scan: scan("ready"), sends: new Map() };
  requireFollows({ scan: { ...scan("ready"), trigger: "reconcile" } }, undefined);
  requireFollows({ send: { ...send("verified"), reason: "It was there already." } }, known);
  expect(() => requireFollows({ send: { ...send("submitted"), reason: "It was there already." } }, known)).toThrow();
});

test("a state that does not follow never gets to the ledger", async () => {
  const ledger = new FakeQueueLedger();
  const queue = await ScanQueue.read(ledger);
  await queue.change(() => [{ scan: scan("waiting") }]);
  await queue.change(() => [{ scan: scan("ready") }, { send: send("queued") }]);
  const bug = queue.change(() => [{ scan: scan("waiting") }, { send: send("submitted") }]);
  await expect(bug).rejects.toThrow("the scan 1 cannot be submitted at petrel: it is queued");
  expect(queue.scans.get("1")?.scan.state).toBe("ready");
  expect((await ledger.read()).scans).toMatchObject([{ state: "ready" }]);
});
