/** A flow as destination of an IOC's queue, on the simulated beamline: in PVs, through a consent and through a kill. */

import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import type { CaClient } from "../../src/ca/client/client.ts";
import { ANSWERS } from "../../src/controller/pvs/row.ts";
import { DEST_STATES, SCAN_PV_STATES } from "../../src/controller/pvs/transfers.ts";
import { TRIGGER_STATES } from "../../src/controller/pvs/triggers.ts";
import { openClient } from "../support/peers/our-client.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 90_000 });

let site: SimulatedBeamline;
let client: CaClient;
const { number, until, close } = operatorOf(() => site);
const IDLE = String(TRIGGER_STATES.indexOf("Idle"));

/** A file of flows/: TomoScan's scans are a file with another beside it, which takes a flow with a list. */
const flowFile = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(ROOT, "flows", name), "utf8")) as Record<string, unknown>;

beforeAll(async () => {
  site = await startSimulatedBeamline();
  site.beamline.tomoScan.plan = { seconds: 0.4, bytes: 50_000 };
  const { id } = site.beamline.globus.collection("petrel");
  const flow = site.beamline.globus.flows.deploy({
    title: "several",
    definition: flowFile("transfer-items.json"),
    inputSchema: flowFile("transfer-items.schema.json"),
  });
  const file = join(dirname(site.beamline.configFile), "flows/several.json");
  writeFileSync(file, JSON.stringify({ id: flow }), { mode: 0o600 });
  await site.restartIoc(() =>
    appendFileSync(
      site.beamline.configFile,
      `\n[destination store]\nkind = flow\nflow = several\ncollection = ${id}\ntop = /by-flow\npath = {rel}\n`,
    ),
  );
  client = openClient(site.beamline.tomoScanPort).client;
  await until("ExperimentName", (name) => name === site.experimentName);
});
afterAll(async () => {
  await client?.close();
  await close();
  await site?.stop();
});

/** Runs a scan of TomoScan to its end. */
async function scan(): Promise<void> {
  await until("Trigger0State", (one) => one === IDLE);
  const start = client.pv(`${site.beamline.tomoScanPrefix}StartScan`);
  await start.connected({ timeoutSeconds: 20 });
  await start.putCallback(1, { timeoutSeconds: 30 });
  start.close();
}

const runs = (): readonly { readonly id: string; readonly status: string; readonly state: string }[] =>
  site.beamline.globus.flows.runs;

async function newRun(before: number): Promise<string> {
  for (;;) {
    const run = runs()[before];
    if (run !== undefined && run.state === "TransferData") return run.id;
    await new Promise<void>((resolve) => systemClock.after(0.05, resolve));
  }
}

const proven = async (): Promise<string> => {
  const message = await until("ArchiveMessage", (one) => one.endsWith(" is proven at archive, petrel and store."));
  return message.replace(/ is proven.*/, "");
};

test("a scan of TomoScan goes to the flow's collection by a run of its own, and is proven there", async () => {
  await until("Dest2Name", (name) => name === "store");
  await scan();
  const name = await proven();
  const [source, there] = ["detector", "petrel"].map((one) => site.beamline.globus.collection(one).folder);
  const [sent, arrived] = [
    readFileSync(join(source ?? "", "data", site.experimentName, `${name}.h5`)),
    readFileSync(join(there ?? "", "by-flow", site.experimentName, `${name}.h5`)),
  ];
  expect(arrived.equals(sent)).toBe(true);
  expect(runs().map(({ status }) => status)).toEqual(["SUCCEEDED"]);
});

test("a consent that is withdrawn is told with its command in the PVs, and the scan goes on behind resume", async () => {
  const before = runs().length;
  const release = site.beamline.globus.flows.holdState("TransferData");
  await scan();
  const id = await newRun(before);
  site.beamline.globus.flows.revokeConsent(id);
  release();
  await until("Dest2Message", (message) => message.includes("run `globus-ioc login --flow several`"));
  await until("Scan0Reason", (reason) => reason.includes(`\`globus-ioc flow resume ${id}\``));
  expect(SCAN_PV_STATES[await number("Scan0State")]).toBe("Sending");
  const resumed = await runPeer(
    process.execPath,
    [join(ROOT, "dist/main.js"), "flow", "resume", id, "--config", site.beamline.configFile],
    { env: site.env },
  );
  expect(resumed, resumed.stdout + resumed.stderr).toMatchObject({ code: 0 });
  await proven();
  expect(runs()).toHaveLength(before + 1);
});

test("killed in mid-run and started again, the IOC follows the same run on", async () => {
  const before = runs().length;
  const release = site.beamline.globus.flows.holdState("TransferData");
  await scan();
  const id = await newRun(before);
  await until("Dest2State", (one) => DEST_STATES[Number(one)] === "Sending");
  await site.restartIoc();
  await until("Dest2State", (one) => DEST_STATES[Number(one)] === "Sending");
  release();
  await until("ArchiveVerified", (one) => ANSWERS[Number(one)] === "Yes");
  await proven();
  expect(runs().slice(before)).toMatchObject([{ id, status: "SUCCEEDED" }]);
});
