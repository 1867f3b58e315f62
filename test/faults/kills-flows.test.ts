import { expect, test } from "vitest";
import { benchOfTests } from "./bench.ts";
import { FLOW_CASES } from "./flow-cases.ts";
import { killAtEachCall, killTests } from "./kills.ts";

killTests(["FlowRun", "FlowCancel", "FlowResume", "FlowRespond"]);

/** It asks nothing itself: it is killed where the IOC looks at the run. */
const bench = benchOfTests();
test("FlowMonitor, killed in its middle, follows the same run to its end when repeated", {
  timeout: 120_000,
}, async () => {
  const monitor = FLOW_CASES.find(({ command }) => command === "FlowMonitor");
  expect(monitor).toBeDefined();
  if (monitor !== undefined) (await killAtEachCall(bench(), monitor, [1])).close();
});
