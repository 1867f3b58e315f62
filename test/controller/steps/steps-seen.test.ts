/** What operators, programs and the queue's desk see of the steps behind verified scans. */
import { expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { DeskAnswer, DeskRequest } from "../../../src/controller/ports/queue-desk.ts";
import type { PvName } from "../../../src/controller/pvs/index.ts";
import { StepPvs } from "../../../src/controller/steps/steps-view.ts";
import { createQueueDesk, ledgerDesk, runningDesk } from "../../../src/controller/transfers/queue-desk.ts";
import { FakeStepKind } from "../../support/fakes/fake-steps.ts";
import { RULES } from "../../support/fakes/fake-transfers.ts";
import { type Bench, started } from "../transfers/transfers-fixture.ts";

/** Long enough for a scan to be verified at the folder. */
const VERIFIED = 10;

async function withSteps(change: (kind: FakeStepKind, bench: Bench) => void = () => {}) {
  const kind = new FakeStepKind();
  const bench = await started((one) => {
    one.told = {
      steps: [{ destination: "archive", kind: "compute", what: "recon", top: "/mnt/store" }],
      stepKinds: [kind],
    };
    change(kind, one);
  });
  return { bench, kind };
}

function shown({ transfers }: Bench): Partial<Record<PvName, unknown>> {
  const values: Partial<Record<PvName, unknown>> = {};
  new StepPvs().show((name, value) => {
    values[name] = value;
  }, transfers.running);
  return values;
}

async function ask(bench: Bench, request: DeskRequest): Promise<DeskAnswer[]> {
  const { running } = bench.transfers;
  if (running === undefined) throw new Error("no queue");
  const answers: DeskAnswer[] = [];
  for await (const answer of createQueueDesk(() => runningDesk(running)).answer(request)) answers.push(answer);
  return answers;
}

test("without a step in globus.conf that is said, and with one that nothing is to be done", async () => {
  expect(shown(await started())).toMatchObject({
    StepsWaiting: 0,
    StepsFailed: 0,
    StepsMessage: "No destination of globus.conf has a step.",
    LastStep: "",
  });
  expect(shown((await withSteps()).bench).StepsMessage).toBe("No step is to be done.");
});

test("before the ledger was read nobody knows", () => {
  const values: Partial<Record<PvName, unknown>> = {};
  new StepPvs().show((name, value) => {
    values[name] = value;
  }, undefined);
  expect(values).toMatchObject({ StepsWaiting: -1, StepsRunning: -1, StepsFailed: -1 });
});

test("a step that is held, runs, waits at its service and has ended is told in words", async () => {
  const { bench, kind } = await withSteps((one) => {
    one.held = "The endpoint theta is offline.";
  });
  bench.announce(bench.scan("a1"));
  await bench.pass(VERIFIED);
  expect(shown(bench)).toMatchObject({
    StepsWaiting: 1,
    StepsRunning: 0,
    StepsMessage: "1 step waits: The endpoint theta is offline.",
    LastStep: "The function recon waits for a1 at archive.",
  });
  kind.held = undefined;
  kind.report = { state: "waiting", words: "it waits for theta (waiting-for-ep)" };
  await bench.pass(20);
  expect(shown(bench)).toMatchObject({
    StepsWaiting: 0,
    StepsRunning: 1,
    StepsMessage: "1 step under way, 0 to begin; it waits for theta (waiting-for-ep).",
  });
  kind.becomes({ state: "done", words: "It gave 12." });
  await bench.pass(6);
  expect(shown(bench)).toMatchObject({
    StepsRunning: 0,
    StepsMessage: "No step is to be done.",
    LastStep: "The function recon has ended for a1 at archive: It gave 12.",
  });
});

test("a step that a person decides about is in the reason of its scan, and a retry at the desk runs it again", async () => {
  const { bench, kind } = await withSteps((one, of) => {
    of.rules = { ...RULES, attempts: 1 };
    one.report = { state: "failed", words: "ValueError: no projections" };
  });
  bench.announce(bench.scan("a1"));
  await bench.pass(60);
  expect(shown(bench)).toMatchObject({
    StepsFailed: 1,
    StepsMessage:
      "1 step failed and a person decides (QueueRetry): The function recon has failed for a1 at archive: ValueError: no projections.",
  });
  const [row] = await ask(bench, { ask: "list" });
  const reason = "recon, behind it at archive, failed: ValueError: no projections.";
  expect(row).toMatchObject({ row: { state: "Verified", reason } });
  expect(bench.view.scans[0]).toMatchObject({ state: "Verified", reason });
  const [one] = await ask(bench, { ask: "show", scan: "a1", files: 0 });
  expect(one).toMatchObject({ shown: { steps: [{ state: "dead", run: "run 1" }] } });
  const records = await ask(bench, { ask: "export" });
  expect(records.filter((answer) => "record" in answer && "step" in answer.record)).toHaveLength(1);
  kind.report = { state: "done", words: "" };
  expect((await ask(bench, { ask: "retry", scans: ["a1"] })).at(-1)).toMatchObject({ end: { isDone: true } });
  await bench.pass(20);
  expect(shown(bench)).toMatchObject({ StepsFailed: 0, LastStep: "The function recon has ended for a1 at archive." });
});

test("what a person decides while no IOC runs, the next one does", async () => {
  const { bench, kind } = await withSteps((one, of) => {
    of.rules = { ...RULES, attempts: 1 };
    one.report = { state: "failed", words: "ValueError: no projections" };
  });
  bench.announce(bench.scan("a1"));
  await bench.pass(60);
  await bench.stop();
  const desk = await ledgerDesk(bench.ledger, bench.clock);
  expect(await desk.retry(() => true)).toBe(1);
  kind.report = { state: "done", words: "" };
  await bench.start();
  await bench.pass(20);
  expect([kind.begun.length, shown(bench)["StepsFailed"]]).toEqual([2, 0]);
});

test("the webhook is told of the end of a step, with the path and what it gave, in the ledger with the end", async () => {
  const lines: Record<string, unknown>[] = [];
  const { bench } = await withSteps((one, of) => {
    of.rules = { ...RULES, tells: { webhook: true, mailFailed: true, mailVerified: false } };
    of.told = {
      ...of.told,
      webhook: {
        tell: async (line) => {
          lines.push(JSON.parse(line) as Record<string, unknown>);
          return { state: "taken" };
        },
      },
    };
    one.report = { state: "done", words: "It gave 12." };
  });
  bench.announce(bench.scan("a1"));
  await bench.pass(30);
  expect(lines.filter(({ event }) => event === "step")).toMatchObject([
    {
      text: "The function recon has ended for a1 at archive: It gave 12.",
      scan: "a1",
      destination: "archive",
      compute: "recon",
      path: "/mnt/store/2026-03/a1.h5",
      state: "done",
      attempts: 1,
      run: "run 1",
      reason: "It gave 12.",
    },
  ]);
});

test("a service that asks to be left alone is, as long as it asks, and nothing counts as an attempt", async () => {
  const { bench, kind } = await withSteps((one) => {
    one.refusal = new UnavailableError("Too many requests.", { retryAfterSeconds: 300 });
  });
  bench.announce(bench.scan("a1"));
  await bench.pass(VERIFIED);
  const keys = kind.keys;
  await bench.pass(280);
  expect(kind.keys).toBe(keys);
  kind.refusal = undefined;
  await bench.pass(60);
  expect([kind.begun.length, [...(bench.transfers.running?.road.queue.steps.all ?? [])][0]?.attempts]).toEqual([1, 0]);
});

test("a ledger that takes nothing when the service has answered loses no answer, and begins nothing twice", async () => {
  const { bench, kind } = await withSteps((one, of) => {
    const start = one.start.bind(one);
    one.start = async (begin) => {
      const run = await start(begin);
      of.ledger.failure = new ActionError("the disk is full");
      return run;
    };
  });
  bench.announce(bench.scan("a1"));
  await bench.pass(60);
  expect(kind.begun).toHaveLength(1);
  bench.ledger.failure = undefined;
  await bench.pass(30);
  expect([kind.begun.length, shown(bench)["StepsRunning"]]).toEqual([1, 1]);
});
