/** What a task of Globus Compute says of itself. */
import { expect, test } from "vitest";
import { taskReport } from "../../../src/services/globus/compute/task-report.ts";

const failed = (exception: string) => taskReport({ task_id: "1", status: "failed", exception });

test("a function that has failed may be tried again", () => {
  const report = failed("Traceback (most recent call last):\n  File x\nValueError: no projections\n");
  expect(report).toMatchObject({ state: "failed", problem: "ValueError: no projections" });
  expect(report.isFinal).toBeUndefined();
});

test("a result that Compute does not take would be as long again: a person decides", () => {
  const words = "MaxResultSizeExceeded: Task result of 20971520B exceeded current limit of 10485760B";
  const report = failed(`Traceback (most recent call last):\n  File x\nglobus_compute_common.${words}\n`);
  expect(report).toMatchObject({ state: "failed", isFinal: true });
  expect(report.problem).toBe(
    "its result has 20971520 bytes, and Compute takes 10485760: let the function write what is large into a file, and return its path",
  );
});
