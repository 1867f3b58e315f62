/** The state machine of steps: what may follow what. */
import { describe, expect, it } from "vitest";
import { STEP_STATES, type StepRecord } from "../../../src/controller/ports/queue-ledger.ts";
import { StepBook } from "../../../src/controller/steps/step-book.ts";
import { requireStepFollows } from "../../../src/controller/steps/step-states.ts";

const step = (state: StepRecord["state"], more: Partial<StepRecord> = {}): StepRecord => ({
  scan: "1",
  destination: "petrel",
  kind: "compute",
  what: "recon",
  path: "/2-BM/a.h5",
  state,
  attempts: 0,
  at: 1000,
  ...more,
});

describe("the states of a step", () => {
  it("begin with queued alone", () => {
    const firsts = STEP_STATES.filter((state) => isAllowed(step(state), undefined));
    expect(firsts).toEqual(["queued"]);
  });

  it("end with done and dropped, behind which nothing comes", () => {
    const ends = STEP_STATES.filter((before) => !STEP_STATES.some((state) => isAllowed(step(state), step(before))));
    expect(ends).toEqual(["done", "dropped"]);
  });

  it("never begin a second run beside one that the service has", () => {
    expect(() => requireStepFollows(step("starting"), step("started"))).toThrow(
      "the compute of the scan 1 at petrel cannot be starting: it is started",
    );
  });
});

describe("the book of steps", () => {
  it("has each step of a scan under its destination and kind, in its last state", () => {
    const book = new StepBook();
    for (const one of [step("queued"), step("queued", { kind: "workflow" }), step("starting")]) book.put(one);
    expect(book.ofScan("1").map(({ kind, state }) => [kind, state])).toEqual([
      ["compute", "starting"],
      ["workflow", "queued"],
    ]);
    expect(book.ofScan("2")).toEqual([]);
  });

  it("counts what is open, and what a person decides about", () => {
    const book = new StepBook();
    for (const one of [step("queued"), step("dead"), step("queued", { destination: "archive" })]) book.put(one);
    expect([book.openCount, book.deadCount]).toEqual([1, 1]);
    book.put(step("dropped"));
    expect([book.openCount, book.deadCount]).toEqual([1, 0]);
  });
});

function isAllowed(after: StepRecord, before: StepRecord | undefined): boolean {
  try {
    requireStepFollows(after, before);
    return true;
  } catch {
    return false;
  }
}
