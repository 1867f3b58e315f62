import { expect, test } from "vitest";
import { benchOfTests } from "./bench.ts";
import { killAtEachCall, killTests } from "./kills.ts";
import { WORKFLOW_CASES } from "./workflow-cases.ts";

killTests(["WorkflowRun", "WorkflowCancel"]);

/** It looks at the job as often as there is time: it is killed at its first look. */
const bench = benchOfTests();
test("WorkflowMonitor, killed in its middle, follows the same job to its end when repeated", {
  timeout: 120_000,
}, async () => {
  const monitor = WORKFLOW_CASES.find(({ command }) => command === "WorkflowMonitor");
  expect(monitor).toBeDefined();
  if (monitor !== undefined) (await killAtEachCall(bench(), monitor, [1])).close();
});
