/** Flows of Globus through an IOC, on the simulated beamline: FlowRun and what becomes of its run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ECA } from "../../src/ca/wire/status.ts";
import { FLOW_PV_STATES, RUN_PV_STATES } from "../../src/controller/pvs/flows.ts";
import { TASK_PV_STATES } from "../../src/controller/pvs/transfers.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let site: SimulatedBeamline;
const { text, number, put, until, state, close } = operatorOf(() => site);

beforeAll(async () => {
  site = await startSimulatedBeamline();
});
afterAll(async () => {
  await close();
  await site?.stop();
});

const runIs = (wanted: string): Promise<string> => until("RunStatus", (one) => RUN_PV_STATES[Number(one)] === wanted);

test("before the first run its PVs say that there was none, and the flow that would run stands in its own", async () => {
  await runIs("None");
  await until("FlowState", (one) => FLOW_PV_STATES[Number(one)] === "OK");
  expect(await text("FlowTitle")).toBe("Data of the simulated beamline");
  expect(Date.parse(await text("FlowExpires"))).toBeGreaterThan(Date.now() + 29 * 86_400_000);
  expect([await text("RunId"), await text("RunMessage"), await number("RunBytes")]).toEqual(["", "", 0]);
  expect(await number("FlowInputWaiting")).toBe(0);
});

test("FlowRun with nothing else set runs to SUCCEEDED, and its file has arrived", async () => {
  expect(await put("FlowRun", 1)).toBe(ECA.NORMAL);
  expect(await state("FlowRun")).toBe("Done");
  const run = await text("RunId");
  expect(await text("FlowRunMessage")).toBe(
    `Globus has accepted the run ${run} of the flow transfer; RunStatus follows it.`,
  );
  expect(await text("RunUrl")).toBe(`https://app.globus.org/runs/${run}`);
  await runIs("SUCCEEDED");
  expect(await text("RunMessage")).toBe(`The run ${run} of the flow transfer has succeeded.`);
  expect(TASK_PV_STATES[await number("RunTransferStatus")]).toBe("SUCCEEDED");
  expect([await number("RunBytes"), await number("RunBytesTotal"), await number("RunFiles")]).toEqual([
    2_000_000, 2_000_000, 1,
  ]);
  expect([await number("RunPercent"), await number("RunRate")]).toEqual([100, 0]);
  expect(Date.parse(await text("RunEnded"))).toBeGreaterThanOrEqual(Date.parse(await text("RunStarted")));
  const [from, to] = ["detector", "petrel"].map((name) => site.beamline.globus.collection(name).folder);
  const sent = readFileSync(join(from ?? "", "for-flows/example.dat"));
  expect(readFileSync(join(to ?? "", "from-flows/example.dat")).equals(sent)).toBe(true);
  expect(site.beamline.globus.flows.runs).toHaveLength(1);
});
