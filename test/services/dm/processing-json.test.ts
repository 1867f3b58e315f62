import { expect, test } from "vitest";
import type * as z from "zod";
import { jobAnswer, jobsAnswer, workflowAnswer } from "../../../src/services/dm/processing-json.ts";

/** What the schema makes of it; undefined when it is no such answer. */
const read = <S extends z.ZodType>(schema: S, json: unknown): z.output<S> | undefined => schema.safeParse(json).data;

/** As a real service gave one that failed, with other names (data-management.md §7.9). */
const FAILED = {
  countFiles: 1,
  endTime: 1778850780.4493127,
  endTimestamp: "2026/05/15 08:13:00 CDT",
  filePath: "/dev/null",
  id: "7e01fb97-44b1-4b7f-b1ca-d08624eb8c77",
  owner: "user2bm",
  runTime: 14.46,
  run_uid: "4ddd5c94",
  stage: "030-EXPORT",
  startTime: 1778850765.9884155,
  status: "failed",
  submissionTime: 1778850765.985844,
  timeStamp: "20260515081246",
  workflow: {
    description: "Export",
    id: "6a03718401668a9aaf71ba47",
    name: "simple",
    owner: "user2bm",
    userAccount: "user2bm",
    version: 1,
    stages: {
      "010-START": {
        command: "/bin/date +%Y%m%d%H%M%S",
        outputVariableRegexList: ["(?P<timeStamp>.*)"],
        nCompletedChildProcesses: 1,
        childProcesses: {
          0: {
            childProcessNumber: 0,
            command: "/usr/bin/sudo -u user2bm -- /bin/date +%Y%m%d%H%M%S",
            exitStatus: 0,
            status: "done",
            stdErr: "",
            stdOut: "20260515081246\n",
            submitTime: 1778850765.99,
            workingDir: null,
          },
        },
      },
      "030-EXPORT": {
        command: "export-hdf $run_uid",
        nFailedChildProcesses: 1,
        childProcesses: {
          10: {
            command: "b",
            exitStatus: 1,
            status: "failed",
            stdErr: "Traceback\nPermissionError: denied\n",
            stdOut: "",
          },
          2: { command: "a", exitStatus: 0, status: "done", stdErr: "", stdOut: "ok\n" },
        },
      },
      "040-NEVER": { command: "true" },
    },
  },
};

test("a job that failed has its stages in order, each with what its commands wrote", () => {
  expect(read(jobAnswer, { ...FAILED, globusIocRun: "20260515T081245123Z-3f" })).toEqual({
    id: FAILED.id,
    owner: "user2bm",
    workflow: "simple",
    status: "failed",
    stage: "030-EXPORT",
    filePath: "/dev/null",
    mark: "20260515T081245123Z-3f",
    submitted: 1778850765985.844,
    started: 1778850765988.4155,
    ended: 1778850780449.3127,
    stages: [
      {
        id: "010-START",
        command: "/bin/date +%Y%m%d%H%M%S",
        processes: [
          {
            command: "/usr/bin/sudo -u user2bm -- /bin/date +%Y%m%d%H%M%S",
            status: "done",
            exitStatus: 0,
            output: "20260515081246\n",
            errors: "",
          },
        ],
      },
      {
        id: "030-EXPORT",
        command: "export-hdf $run_uid",
        processes: [
          { command: "a", status: "done", exitStatus: 0, output: "ok\n", errors: "" },
          { command: "b", status: "failed", exitStatus: 1, output: "", errors: "Traceback\nPermissionError: denied\n" },
        ],
      },
      { id: "040-NEVER", command: "true", processes: [] },
    ],
  });
});

test("a job that never began has no stage and no times but its own", () => {
  const json = {
    id: "j",
    owner: "o",
    status: "FAILED",
    errorMessage: "Invalid input file specification.",
    stage: null,
  };
  expect(read(jobAnswer, json)).toEqual({
    id: "j",
    owner: "o",
    workflow: "",
    status: "failed",
    stage: "",
    stages: [],
    problem: "Invalid input file specification.",
  });
});

test("an exit status that is not there yet, and words that are none, cost nothing else", () => {
  const stages = { a: { command: null, childProcesses: { 0: { status: "running", exitStatus: null, stdOut: 7 } } } };
  const job = read(jobAnswer, { id: "j", owner: "o", status: "running", workflow: { stages } });
  expect(job?.stages).toEqual([
    { id: "a", command: "", processes: [{ command: "", status: "running", output: "", errors: "" }] },
  ]);
});

test("of long words the end is kept", () => {
  const stdErr = `${"x".repeat(10_000)}PermissionError: denied`;
  const stages = { a: { command: "c", childProcesses: { 0: { stdErr } } } };
  const errors = read(jobAnswer, { id: "j", owner: "o", status: "failed", workflow: { stages } })?.stages[0]
    ?.processes[0]?.errors;
  expect(errors).toHaveLength(4000);
  expect(errors?.endsWith("PermissionError: denied")).toBe(true);
});

test.each([null, {}, { id: "j" }, { id: "j", owner: "o" }, { id: "j", owner: "o", status: "" }])(
  "%j is no job",
  (json) => {
    expect(read(jobAnswer, json)).toBeUndefined();
  },
);

test("a list gives what can be read of it", () => {
  const { list, unread } = read(jobsAnswer, [{ id: "j" }, FAILED]) ?? { list: [], unread: [] };
  expect(list.map(({ id }) => id)).toEqual([FAILED.id]);
  expect(unread).toHaveLength(1);
});

test("a workflow has its stages in the order in which they run", () => {
  expect(read(workflowAnswer, FAILED.workflow)).toEqual({
    name: "simple",
    owner: "user2bm",
    description: "Export",
    stages: [
      { id: "010-START", command: "/bin/date +%Y%m%d%H%M%S" },
      { id: "030-EXPORT", command: "export-hdf $run_uid" },
      { id: "040-NEVER", command: "true" },
    ],
  });
});
