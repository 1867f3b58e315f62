/** Transfers that a person has asked for, and that an earlier process has left in the ledger. */
import { expect, test } from "vitest";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { SubmissionRecord } from "../../../src/controller/ports/queue-ledger.ts";
import { started } from "./transfers-fixture.ts";

const LEFT: SubmissionRecord = {
  submission: {
    id: "s0",
    label: "20260301T120000000Z-aa by hand",
    sourceCollection: "src",
    destinationCollection: "dest",
    items: [{ source: "/data/a1.h5", destination: "/2-BM/a1.h5", isFolder: false }],
    deadline: "2026-03-04T12:00:00.000Z",
  },
  owner: "me",
  destination: "",
  scans: [],
  at: 0,
};
const submits = (requests: readonly string[]): number => requests.filter((one) => one === "submit").length;

test("a transfer that was left is submitted, and told of when it has ended", async () => {
  const bench = await started((one) => void one.ledger.put([{ submission: LEFT }]));
  await bench.pass(20);
  expect(bench.transfers.running?.asked?.last?.state).toBe("SUCCEEDED");
  expect(bench.said).toContain('NO_ALARM The transfer "20260301T120000000Z-aa by hand" is done.');
});

test("a transfer that fails says why in our words, and one that Globus no longer has is told of too", async () => {
  const bench = await started((one) => void one.ledger.put([{ submission: LEFT }]));
  await bench.pass(2);
  for (const task of bench.tasks.taskById.values())
    task.report = { state: "FAILED", fatal: { code: "NO_SPACE_LEFT", description: "no space" } };
  await bench.pass(10);
  expect(bench.said.at(-1)).toBe(
    'MAJOR The transfer "20260301T120000000Z-aa by hand" failed: the destination has no room left: make room there.',
  );
  await bench.stop();
  await bench.ledger.put([{ submission: { ...LEFT, task: "long gone" } }]);
  await bench.start();
  await bench.pass(90);
  expect(bench.said.at(-1)).toBe(
    'MAJOR The transfer "20260301T120000000Z-aa by hand" failed: Globus no longer has the task.',
  );
});

test("a transfer of another login waits for it, and says so", async () => {
  const bench = await started((one) => {
    one.tasks.login = "another";
    void one.ledger.put([{ submission: LEFT }]);
  });
  await bench.pass(60);
  expect(submits(bench.tasks.requests)).toBe(0);
  const { asked } = bench.transfers.running ?? {};
  expect(asked?.trouble).toBe(
    'The transfer "20260301T120000000Z-aa by hand" was submitted by me, and the login in [globus-auth] of globus.conf is another: log in as me.',
  );
  bench.tasks.login = "me";
  await bench.pass(300);
  expect([submits(bench.tasks.requests), asked?.trouble]).toEqual([1, undefined]);
});

test("a transfer of another login holds up none of the present one", async () => {
  const own: SubmissionRecord = { ...LEFT, submission: { ...LEFT.submission, id: "s1" }, owner: "another" };
  const bench = await started((one) => {
    one.tasks.login = "another";
    void one.ledger.put([{ submission: LEFT }, { submission: own }]);
  });
  await bench.pass(60);
  expect([...bench.tasks.taskById.keys()]).toEqual(["task-s1"]);
  expect(bench.transfers.running?.asked?.trouble).toContain("log in as me");
});

test("Globus' wish to be left alone is obeyed, and QueueRetry asks at once", async () => {
  const bench = await started((one) => {
    one.tasks.refuses = new UnavailableError("Globus is too busy.", { retryAfterSeconds: 1000 });
    void one.ledger.put([{ submission: LEFT }]);
  });
  await bench.pass(900);
  expect(submits(bench.tasks.requests)).toBe(1);
  await bench.transfers.retry();
  await bench.pass(2);
  expect(submits(bench.tasks.requests)).toBe(2);
});

test("a transfer that a person has cancelled here has not failed", async () => {
  const bench = await started((one) => void one.ledger.put([{ submission: LEFT }]));
  await bench.pass(2);
  const { asked } = bench.transfers.running ?? {};
  expect(await asked?.cancel("task-s0", {})).toBe(true);
  await bench.pass(3);
  expect(bench.said.at(-1)).toBe(
    'NO_ALARM The transfer "20260301T120000000Z-aa by hand" was cancelled (TransferCancel).',
  );
  expect(await asked?.cancel("task-s0", {})).toBe(false);
});
