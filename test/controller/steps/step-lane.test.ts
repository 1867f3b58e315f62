/** Steps behind verified scans, with transfers in memory and in virtual time. */
import { describe, expect, it } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { StepRecord } from "../../../src/controller/ports/queue-ledger.ts";
import { FakeStepKind } from "../../support/fakes/fake-steps.ts";
import { RULES } from "../../support/fakes/fake-transfers.ts";
import { type Bench, started } from "../transfers/transfers-fixture.ts";

/** Long enough for a scan to be verified at the folder. */
const VERIFIED = 10;

async function withSteps(change: (bench: Bench, kind: FakeStepKind) => void = () => {}) {
  const kind = new FakeStepKind();
  const bench = await started((one) => {
    one.told = {
      steps: [{ destination: "archive", kind: "compute", what: "recon", top: "/mnt/store" }],
      stepKinds: [kind],
    };
    change(one, kind);
  });
  const stepOf = (file: string): StepRecord | undefined => {
    const queue = bench.transfers.running?.road.queue;
    return queue?.steps.ofScan(queue.ofFile(file).at(-1)?.scan.id ?? "")[0];
  };
  return { bench, kind, stepOf };
}

describe("a step behind a verified scan", () => {
  it("begins once the scan is verified there, with its path as the endpoint sees it, and tells how it ended", async () => {
    const { bench, kind, stepOf } = await withSteps();
    const scan = bench.scan("a1");
    bench.announce(scan);
    await bench.pass(VERIFIED);
    expect(kind.begun).toEqual(["recon /mnt/store/2026-03/a1.h5"]);
    expect(stepOf(scan)).toMatchObject({ state: "started", run: "run 1", attempts: 0 });
    kind.becomes({ state: "done", words: "It gave 12." });
    await bench.pass(6);
    expect(stepOf(scan)).toMatchObject({ state: "done", reason: "It gave 12." });
    expect(bench.said).toContain("NO_ALARM The function recon has ended for a1 at archive: It gave 12.");
    await bench.pass(60);
    expect(kind.begun).toHaveLength(1);
  });

  it("gets the folder of a scan that is one", async () => {
    const { bench, kind } = await withSteps();
    bench.source.tree.put("/data/2026-03/b1/x.tif", 10);
    bench.announce("/data/2026-03/b1");
    await bench.pass(VERIFIED);
    expect(kind.begun).toEqual(["recon /mnt/store/2026-03/b1"]);
  });

  it("does not come of a destination that has none, nor of a scan that fails", async () => {
    const { bench, kind } = await withSteps((one) => {
      one.copier.failure = new ActionError("no room for it");
    });
    bench.announce(bench.scan("a1"));
    await bench.pass(30);
    expect(kind.begun).toEqual([]);
  });

  it("waits, without an attempt, while the endpoint is offline, and goes on when it is back", async () => {
    const { bench, kind, stepOf } = await withSteps((_, one) => {
      one.held = "The endpoint theta is offline.";
    });
    const scan = bench.scan("a1");
    bench.announce(scan);
    await bench.pass(120);
    expect([kind.begun, stepOf(scan)?.state, stepOf(scan)?.attempts]).toEqual([[], "queued", 0]);
    expect(bench.said.filter((one) => one.includes("offline"))).toEqual([
      "MAJOR Steps wait: The endpoint theta is offline.",
    ]);
    expect(kind.holds).toBeLessThan(20);
    kind.held = undefined;
    await bench.pass(15);
    expect(kind.begun).toHaveLength(1);
    expect(bench.said).toContain("NO_ALARM Steps go on.");
  });

  it("is begun by nothing while the queue is paused", async () => {
    const { bench, kind } = await withSteps((_, one) => {
      one.held = "The endpoint theta is offline.";
    });
    bench.announce(bench.scan("a1"));
    await bench.pass(VERIFIED);
    bench.transfers.hold({ isPaused: true, isDry: false });
    kind.held = undefined;
    await bench.pass(60);
    expect(kind.begun).toEqual([]);
    bench.transfers.hold({ isPaused: false, isDry: false });
    await bench.pass(30);
    expect(kind.begun).toHaveLength(1);
  });

  it("is not begun again when the answer to its start is lost, but found", async () => {
    const { bench, kind, stepOf } = await withSteps((_, one) => {
      one.losesAnswers = true;
    });
    const scan = bench.scan("a1");
    bench.announce(scan);
    await bench.pass(60);
    expect(kind.begun).toHaveLength(1);
    expect(stepOf(scan)).toMatchObject({ state: "started", run: "run 1" });
  });

  it("is not begun again where the start was held up on its way, and others wait until that is known", async () => {
    const { bench, kind, stepOf } = await withSteps((_, one) => {
      one.losesAnswers = true;
      one.lateFinds = 2;
    });
    const scan = bench.scan("a1");
    bench.announce(scan);
    await bench.pass(VERIFIED);
    kind.losesAnswers = false;
    const other = bench.scan("a2");
    bench.announce(other);
    await bench.pass(15);
    expect([stepOf(scan)?.state, stepOf(other)?.state]).toEqual(["starting", "queued"]);
    await bench.pass(60);
    expect(kind.begun).toEqual(["recon /mnt/store/2026-03/a1.h5", "recon /mnt/store/2026-03/a2.h5"]);
    expect(stepOf(scan)).toMatchObject({ state: "started", run: "run 1" });
    expect(kind.finds).toBe(3);
  });

  it("is begun again where the service knows of no such run", async () => {
    const { bench, kind, stepOf } = await withSteps((_, one) => {
      one.refusal = new UnavailableError("cut", { mayHaveHappened: true });
    });
    const scan = bench.scan("a1");
    bench.announce(scan);
    await bench.pass(VERIFIED);
    expect(stepOf(scan)?.state).toBe("starting");
    kind.refusal = undefined;
    await bench.pass(60);
    expect([kind.begun.length, stepOf(scan)?.state, stepOf(scan)?.attempts]).toEqual([1, "started", 0]);
  });

  it("is a person's to decide where nobody can say whether it has begun", async () => {
    const { bench, kind, stepOf } = await withSteps((_, one) => {
      one.losesAnswers = true;
      one.found = "unknown";
    });
    const scan = bench.scan("a1");
    bench.announce(scan);
    await bench.pass(60);
    expect([kind.begun.length, stepOf(scan)?.state]).toEqual([1, "dead"]);
    expect(bench.said).toContain(
      "MAJOR The function recon has failed for a1 at archive: Nobody can say whether it has begun: look for its result first. (QueueRetry runs it again)",
    );
  });

  it("that fails is tried again, later and later, and then a person's; QueueRetry runs it again", async () => {
    const { bench, kind, stepOf } = await withSteps((one, fake) => {
      one.rules = { ...RULES, attempts: 2 };
      fake.report = { state: "failed", words: "ValueError: no projections" };
    });
    const scan = bench.scan("a1");
    bench.announce(scan);
    await bench.pass(VERIFIED + 6);
    expect(stepOf(scan)).toMatchObject({ state: "failed", attempts: 1, reason: "ValueError: no projections." });
    await bench.pass(120);
    expect(stepOf(scan)).toMatchObject({ state: "dead", attempts: 2 });
    expect(kind.begun).toHaveLength(2);
    kind.report = { state: "done", words: "" };
    expect(await bench.transfers.retry()).toBe(1);
    await bench.pass(20);
    expect(stepOf(scan)).toMatchObject({ state: "done" });
    expect(kind.begun).toHaveLength(3);
  });

  it("that a service refuses for itself fails alone, and the next one goes", async () => {
    const { bench, kind, stepOf } = await withSteps((_, one) => {
      one.refusal = new ActionError("There is no function recon.");
    });
    const [first, second] = [bench.scan("a1"), bench.scan("a2")];
    bench.announce(first);
    await bench.pass(VERIFIED);
    expect(stepOf(first)).toMatchObject({ state: "failed", reason: "There is no function recon." });
    kind.refusal = undefined;
    bench.announce(second);
    await bench.pass(VERIFIED);
    expect(stepOf(second)?.state).toBe("started");
  });

  it("that does not end in time is a person's, and the sentence says that it may still run", async () => {
    const { bench, kind, stepOf } = await withSteps((_, one) => {
      one.limitSeconds = 60;
      one.report = { state: "waiting", words: "The endpoint theta is offline." };
    });
    const scan = bench.scan("a1");
    bench.announce(scan);
    await bench.pass(VERIFIED + 90);
    expect(stepOf(scan)).toMatchObject({
      state: "dead",
      reason:
        "It has not ended within 60 s: The endpoint theta is offline; it is not ended by this, and may still run.",
    });
    expect(kind.begun).toHaveLength(1);
  });

  it("does not end by a clock that is set forward", async () => {
    const { bench, stepOf } = await withSteps();
    const scan = bench.scan("a1");
    bench.announce(scan);
    await bench.pass(VERIFIED);
    bench.clock.step(86_400);
    await bench.pass(30);
    expect(stepOf(scan)?.state).toBe("started");
  });

  it("whose service is away is not looked at for ever at once, and goes on when it is back", async () => {
    const { bench, kind, stepOf } = await withSteps();
    const scan = bench.scan("a1");
    bench.announce(scan);
    await bench.pass(VERIFIED);
    kind.failure = new UnavailableError("Compute does not answer.");
    const before = kind.looks;
    await bench.pass(300);
    expect(kind.looks - before).toBeLessThan(15);
    expect(bench.said.filter((one) => one.startsWith("MAJOR Steps wait"))).toHaveLength(1);
    kind.failure = undefined;
    kind.becomes({ state: "done", words: "" });
    await bench.pass(300);
    expect(stepOf(scan)?.state).toBe("done");
  });

  it("goes on where a killed process has left it, and begins nothing twice", async () => {
    const { bench, kind, stepOf } = await withSteps();
    const scan = bench.scan("a1");
    bench.announce(scan);
    for (let kills = 0; kills < 20; kills++) {
      await bench.pass(1);
      await bench.stop();
      await bench.start();
    }
    await bench.pass(30);
    kind.becomes({ state: "done", words: "" });
    await bench.pass(10);
    expect([kind.begun.length, stepOf(scan)?.state]).toEqual([1, "done"]);
  });

  it("is in the ledger with the proof, or not at all: a ledger that takes nothing loses none", async () => {
    const { bench, kind, stepOf } = await withSteps();
    const scan = bench.scan("a1");
    bench.announce(scan);
    await bench.pass(4);
    bench.ledger.failure = new ActionError("the disk is full");
    await bench.pass(30);
    bench.ledger.failure = undefined;
    await bench.pass(60);
    expect([kind.begun.length, stepOf(scan)?.state]).toEqual([1, "started"]);
  });

  it("is given up with its scan", async () => {
    const { bench, kind, stepOf } = await withSteps();
    const scan = bench.scan("a1");
    bench.announce(scan);
    await bench.pass(VERIFIED);
    await bench.transfers.running?.drop(() => true, "given up");
    expect(stepOf(scan)?.state).toBe("dropped");
    const looks = kind.looks;
    await bench.pass(60);
    expect(kind.looks).toBe(looks);
  });
});
