/** The life of a simulated transfer, by the clock alone. */
import { expect, test } from "vitest";
import { FileTree } from "../../../src/sandbox/globus/files.ts";
import { settle, stateOf, type TransferTask, taskDocument } from "../../../src/sandbox/globus/tasks.ts";

const PACE = { queuedSeconds: 10, workSeconds: 100 };
const START = Date.UTC(2026, 2, 1);
const at = (seconds: number): number => START + seconds * 1000;

function task(changes: Partial<TransferTask> = {}): TransferTask {
  return {
    id: "t",
    submissionId: "s",
    owner: "o",
    username: "u",
    label: null,
    sourceId: "a",
    sourceName: "beamline",
    destinationId: "b",
    destinationName: "archive",
    items: [{ source: "/scan", destination: "/copy" }],
    options: {},
    requested: START,
    deadline: at(86_400),
    files: 2,
    bytes: 1000,
    isSourceMissing: false,
    canceled: undefined,
    ended: undefined,
    isSuspended: false,
    ...changes,
  };
}

test("a task is queued, then moves bytes, then is done and its files have arrived", () => {
  const [source, destination] = [new FileTree(START), new FileTree(START)];
  source.put("/scan/a.h5", 600, START);
  source.put("/scan/sub/b.h5", 400, START);
  const one = task();
  expect(taskDocument(one, PACE, at(5))).toMatchObject({
    status: "ACTIVE",
    nice_status: "Queued",
    bytes_transferred: 0,
  });
  expect(taskDocument(one, PACE, at(60))).toMatchObject({
    status: "ACTIVE",
    nice_status: "OK",
    bytes_transferred: 500,
    completion_time: null,
  });
  settle(one, PACE, at(60), source, destination);
  expect(destination.at("/copy")).toBeUndefined();
  settle(one, PACE, at(200), source, destination);
  expect(taskDocument(one, PACE, at(200))).toMatchObject({
    status: "SUCCEEDED",
    bytes_transferred: 1000,
    files_transferred: 2,
    completion_time: "2026-03-01T00:01:50+00:00",
  });
  expect(destination.filesBelow("/copy").map(([path, { bytes }]) => [path, bytes])).toEqual([
    ["a.h5", 600],
    ["sub/b.h5", 400],
  ]);
});

test("a task whose source is missing stays active with more and more faults, until its deadline", () => {
  const lost = task({ isSourceMissing: true, deadline: at(1000) });
  expect(stateOf(lost, PACE, at(10))).toMatchObject({
    status: "ACTIVE",
    niceStatus: "FILE_NOT_FOUND",
    isOk: false,
    faults: 1,
  });
  expect(taskDocument(lost, PACE, at(10))).toMatchObject({ faults: 1, subtasks_retrying: 1, subtasks_pending: 2 });
  expect(taskDocument(task(), PACE, at(60))).toMatchObject({ faults: 0, subtasks_retrying: 0, subtasks_pending: 1 });
  expect(stateOf(lost, PACE, at(100)).faults).toBe(4);
  expect(stateOf(lost, PACE, at(1000))).toMatchObject({ status: "FAILED", fatal: { code: "EXPIRED" } });
});

test("a suspended task is INACTIVE, a canceled one FAILED", () => {
  expect(stateOf(task({ isSuspended: true }), PACE, at(20))).toMatchObject({ status: "INACTIVE", isOk: false });
  expect(stateOf(task({ canceled: at(20) }), PACE, at(30))).toMatchObject({
    status: "FAILED",
    fatal: { code: "CANCELED" },
  });
});
