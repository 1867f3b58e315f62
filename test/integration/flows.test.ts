/** Flows of Globus through an IOC, on the simulated beamline: FlowRun and what becomes of its run. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ECA } from "../../src/ca/wire/status.ts";
import { FLOW_PV_STATES, RUN_PV_STATES } from "../../src/controller/pvs/flows.ts";
import { ANSWERS } from "../../src/controller/pvs/row.ts";
import { TASK_PV_STATES } from "../../src/controller/pvs/transfers.ts";
import { inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let site: SimulatedBeamline;
const { text, number, put, until, state, close } = operatorOf(() => site);

beforeAll(async () => {
  site = await startSimulatedBeamline();
  await runIs("None"); // the ledger is read
});
afterAll(async () => {
  await close();
  await site?.stop();
});

const runIs = (wanted: string): Promise<string> => until("RunStatus", (one) => RUN_PV_STATES[Number(one)] === wanted);

test("before the first run its PVs say that there was none, and the flow that would run stands in its own", async () => {
  await runIs("None");
  await until("FlowState", (one) => FLOW_PV_STATES[Number(one)] === "OK");
  expect(await text("FlowTitle")).toBe("globus-ioc beamline");
  expect(Date.parse(await text("FlowExpires"))).toBeGreaterThan(Date.now() + 29 * 86_400_000);
  expect([await text("RunId"), await text("RunMessage"), await number("RunBytes")]).toEqual(["", "", 0]);
  expect(ANSWERS[await number("FlowInputWaiting")]).toBe("No");
});

test("its flow is the one that flow deploy beamline changes from a terminal, and its file has all that Globus says of it", async () => {
  const { globus, configFile, flow } = site.beamline;
  const file = join(dirname(configFile), "flows/beamline.json");
  const kept = (): unknown => JSON.parse(readFileSync(file, "utf8"));
  expect(kept()).toEqual(globus.flows.document(flow.id));
  const flowDeploy = (...words: string[]) =>
    runPeer(process.execPath, [join(ROOT, "dist/main.js"), "flow", "deploy", "beamline", ...words], {
      env: { ...inheritedEnvironment(), GLOBUS_CONF: configFile },
    });
  expect((await flowDeploy()).stdout).toContain(`The flow "globus-ioc beamline" (${flow.id}) is as it was`);
  expect((await flowDeploy("--subtitle", "Of 2-BM")).stdout).toContain(`(${flow.id}) was changed`);
  expect(globus.flows.document(flow.id)).toMatchObject({ subtitle: "Of 2-BM" });
  expect(kept()).toEqual(globus.flows.document(flow.id));
});

test("FlowRun with nothing else set runs to SUCCEEDED, and its file has arrived", async () => {
  expect(await put("FlowRun", 1)).toBe(ECA.NORMAL);
  expect(await state("FlowRun")).toBe("Done");
  const run = await text("RunId");
  expect(await text("FlowRunMessage")).toBe(
    `Globus has accepted the run ${run} of the flow beamline; RunStatus follows it.`,
  );
  expect(await text("RunUrl")).toBe(`https://app.globus.org/runs/${run}`);
  await runIs("SUCCEEDED");
  expect(await text("RunMessage")).toBe(`The run ${run} of the flow beamline has succeeded.`);
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

const template = (name: string): object =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../flows", name), "utf8")) as object;
const current = (): string => site.beamline.globus.flows.runs.at(-1)?.id ?? "";

/** A run that stays at its step. @returns what lets it go on */
async function heldRun(step = "TransferData"): Promise<() => void> {
  const goOn = site.beamline.globus.flows.holdState(step);
  expect(await put("FlowRun", 1)).toBe(ECA.NORMAL);
  await until("RunStep", (one) => one === step);
  await runIs("ACTIVE");
  return goOn;
}

test("FlowMonitor ends as the run does, and FlowCancel ends the run in its middle", async () => {
  const goOn = await heldRun();
  const monitored = put("FlowMonitor", 1);
  await until("FlowMonitorStatus", (one) => one === "1");
  expect(await put("FlowCancel", 1)).toBe(ECA.NORMAL);
  expect(await text("FlowCancelMessage")).toBe(
    `Globus was asked to cancel the run ${current()}; RunStatus shows its end.`,
  );
  await runIs("FAILED");
  expect(await text("RunMessage")).toContain("was cancelled: start it again if it is still wanted");
  expect(await monitored).toBe(ECA.PUTFAIL);
  expect([await state("FlowMonitor"), await text("FlowMonitorMessage")]).toEqual(["Failed", await text("RunMessage")]);
  goOn();
  expect(await put("FlowCancel", 1)).toBe(ECA.NORMAL);
  expect(await text("FlowCancelMessage")).toBe(`The run ${current()} had ended before.`);
});

test("killed and started again in mid-run, it follows the same run on, and Flows has no second one", async () => {
  const before = site.beamline.globus.flows.runs.length;
  const goOn = await heldRun();
  const run = await text("RunId");
  await site.restartIoc();
  await runIs("ACTIVE");
  expect([await text("RunId"), await text("RunStep")]).toEqual([run, "TransferData"]);
  goOn();
  await runIs("SUCCEEDED");
  expect(await text("RunId")).toBe(run);
  await site.restartIoc();
  await runIs("SUCCEEDED");
  expect(await text("RunId")).toBe(run);
  expect(site.beamline.globus.flows.runs).toHaveLength(before + 1);
});

test("a run whose consent was withdrawn says so with the command that helps, and FlowResume lets it go on", async () => {
  const goOn = site.beamline.globus.pauseCollection("petrel", "maintenance");
  expect(await put("FlowRun", 1)).toBe(ECA.NORMAL);
  await until("RunMessage", (one) => one.includes("an administrator of a collection has paused it"));
  expect(TASK_PV_STATES[await number("RunTransferStatus")]).toBe("ACTIVE");
  expect(await put("FlowResume", 1)).toBe(ECA.PUTFAIL);
  expect(await text("FlowResumeMessage")).toBe(`The run ${current()} is under way: there is nothing to resume.`);
  site.beamline.globus.flows.revokeConsent(current());
  await runIs("INACTIVE");
  const message = await text("RunMessage");
  expect(message).toMatch(
    / waits at its step TransferData for a consent \(\S+_user\[\S+:transfer\.api\.globus\.org:all\]\)/,
  );
  expect(message).toContain(`run \`globus-ioc login --flow beamline\`, then \`globus-ioc flow resume ${current()}\`.`);
  expect(await text("LastError")).toBe(message);
  goOn();
  expect(await put("FlowResume", 1)).toBe(ECA.NORMAL); // a service account consents by itself
  await until("RunStatus", (one) => !["ACTIVE", "INACTIVE"].includes(RUN_PV_STATES[Number(one)] ?? ""));
  expect(await text("RunMessage")).toContain("has succeeded");
});

/** Puts a flow beside that of the sandbox. */
function deploy(name: string): void {
  const id = site.beamline.globus.flows.deploy({
    title: name,
    definition: template(`${name}.json`),
    inputSchema: template(`${name}.schema.json`) as Record<string, unknown>,
  });
  writeFileSync(join(dirname(site.beamline.configFile), "flows", `${name}.json`), JSON.stringify({ id }));
}

const askedFor = (respondent: string): string =>
  JSON.stringify({ approve: { respondents: [`urn:globus:auth:identity:${respondent}`] } });

test("a question is answered by FlowRespond, armed, once; the answers are states of FlowInputChoice", async () => {
  deploy("transfer-approve-delete");
  await put("FlowId", "transfer-approve-delete");
  expect(await put("FlowRun", 1)).toBe(ECA.PUTFAIL);
  expect(await text("FlowRunMessage")).toMatch(
    /^The flow transfer-approve-delete, .* does not take this input \(\$: 'approve' is a required property\)/,
  );
  expect(await put("FlowRespondArm", 1)).toBe(ECA.PUTFAIL);
  await put("RunInput", askedFor(site.beamline.globus.serviceAccount.clientId));
  expect(await put("FlowRun", 1)).toBe(ECA.NORMAL);
  await until("FlowInputWaiting", (one) => ANSWERS[Number(one)] === "Yes");
  expect(await text("FlowInputQuestion")).toMatch(/^The data are at the destination\. Delete the source\?: Source: /);
  expect(await text("FlowInputOptions")).toBe("1: Keep\n2: Delete");
  expect(await text("RunMessage")).toContain("for a person's answer: give it with FlowRespond");
  const refusals = ["FlowRespond is not armed", "No answer is chosen"];
  await put("FlowInputChoice", "Delete");
  expect(await number("FlowInputChoice")).toBe(2);
  for (const refusal of refusals) {
    expect(await put("FlowRespond", 1)).toBe(ECA.PUTFAIL);
    expect(await text("FlowRespondMessage")).toContain(refusal);
    await put("FlowInputChoice", 0);
  }
  await put("FlowInputChoice", "Delete");
  await put("FlowRespondArm", 1);
  expect(await put("FlowRespond", 1)).toBe(ECA.NORMAL);
  expect([await number("FlowRespondArm"), await number("FlowInputChoice")]).toEqual([0, 0]);
  await runIs("SUCCEEDED");
  expect(existsSync(join(site.beamline.globus.collection("detector").folder, "for-flows/example.dat"))).toBe(false);
  expect(ANSWERS[await number("FlowInputWaiting")]).toBe("No");
  expect(await put("FlowRespond", 1)).toBe(ECA.PUTFAIL);
  expect(await text("FlowRespondMessage")).toBe("No question waits for an answer.");
});
