import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { CaClient } from "../../src/ca/client/client.ts";
import { ECA } from "../../src/ca/wire/status.ts";
import { ANSWERS } from "../../src/controller/pvs/row.ts";
import { SCAN_PV_STATES, TASK_PV_STATES } from "../../src/controller/pvs/transfers.ts";
import { TRIGGER_STATES } from "../../src/controller/pvs/triggers.ts";
import { openClient } from "../support/peers/our-client.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let site: SimulatedBeamline;
let client: CaClient;
const { text, number, put, until, state, close } = operatorOf(() => site);
const IDLE = String(TRIGGER_STATES.indexOf("Idle"));

beforeAll(async () => {
  site = await startSimulatedBeamline();
  site.beamline.tomoScan.plan = { seconds: 0.4, bytes: 50_000 };
  client = openClient(site.beamline.tomoScanPort).client;
  await until("ExperimentName", (name) => name === site.experimentName);
});
afterAll(async () => {
  await client?.close();
  await close();
  await site?.stop();
});

/** Runs a scan of TomoScan to its end. @returns its name */
async function scan(): Promise<string> {
  await until("Trigger0State", (one) => one === IDLE);
  const prefix = site.beamline.tomoScanPrefix;
  const [start, file] = [client.pv(`${prefix}StartScan`), client.pv(`${prefix}FullFileName`)];
  await start.connected({ timeoutSeconds: 20 });
  await file.connected({ timeoutSeconds: 20 });
  const before = (await file.get()).text;
  const named = new Promise<string>((resolve) => {
    const stop = file.monitor({}, ({ text: now }) => {
      if (now === before || now === "") return;
      queueMicrotask(() => stop());
      resolve(now);
    });
  });
  await start.putCallback(1, { timeoutSeconds: 30 });
  const path = await named;
  start.close();
  file.close();
  return path.replace(/^.*\/|\.h5$/g, "");
}

const proven = (name: string): Promise<string> =>
  until("ArchiveMessage", (message) => message === `${name} is proven at archive and petrel.`);

function copiesOf(name: string): readonly string[] {
  const { beamline, experimentName } = site;
  return [
    join(beamline.globus.collection("detector").folder, "data", experimentName),
    join(beamline.archive, experimentName),
    join(beamline.globus.collection("petrel").folder, "2-BM", experimentName),
  ].map((folder) => join(folder, `${name}.h5`));
}

function expectEqualCopies(name: string): void {
  const [source, ...copies] = copiesOf(name).map((file) => readFileSync(file));
  expect(copies).toHaveLength(2);
  for (const copy of copies) expect(copy.equals(source as Buffer)).toBe(true);
}

test("a scan of TomoScan is proven at both destinations without anyone asking", async () => {
  const name = await scan();
  await proven(name);
  expectEqualCopies(name);
  expect(ANSWERS[await number("ArchiveVerified")]).toBe("Yes");
  expect(await text("LastDone")).toBe(name);
  expect([await text("Scan0Name"), SCAN_PV_STATES[await number("Scan0State")], await number("Scan0Percent")]).toEqual([
    name,
    "Verified",
    100,
  ]);
  expect([await text("Dest0Name"), await text("Dest1Name"), await text("Dest2Name")]).toEqual([
    "archive",
    "petrel",
    "",
  ]);
  const manifest = JSON.parse(
    readFileSync(join(site.beamline.archive, site.experimentName, `${name}.manifest.json`), "utf8"),
  ) as { readonly scan: string; readonly experiment: string; readonly files: readonly { readonly path: string }[] };
  expect(manifest).toMatchObject({ scan: name, experiment: site.experimentName });
  expect(manifest.files.map(({ path }) => path)).toEqual([`${name}.config`, `${name}.h5`]);
});

test("a kill -9 in mid-scan, and one on the way, lose nothing and send nothing twice", async () => {
  const started = scan();
  await until("Trigger0State", (one) => one !== IDLE);
  await site.restartIoc();
  const name = await started;
  await until("Scan0Name", (one) => one === name);
  await site.restartIoc();
  await proven(name);
  expectEqualCopies(name);
  const sent = site.beamline.globus.transfers
    .flatMap(({ sources }) => sources)
    .filter((one) => one.endsWith(`${name}.h5`));
  expect(sent).toHaveLength(1);
});

test("while the queue is paused scans are taken, and nothing is sent", async () => {
  await put("QueuePaused", 1);
  const name = await scan();
  await until("Scan0Name", (one) => one === name);
  await until("Scan0State", (one) => SCAN_PV_STATES[Number(one)] === "Queued");
  expect(copiesOf(name).map((file) => existsSync(file))).toEqual([true, false, false]);
  await put("QueuePaused", 0);
  await proven(name);
});

test("a destination that is down holds up no other, and gets the scan when it is back", async () => {
  await site.beamline.globus.misbehave({ on: "/v0.10/", down: "reset" });
  const name = await scan();
  await until("ArchiveMessage", (message) => message.startsWith(`${name} is not proven: petrel has it not yet`));
  expect(readdirSync(join(site.beamline.archive, site.experimentName))).toContain(`${name}.h5`);
  await until("Dest1Message", (message) => message.includes("Globus"));
  await site.beamline.globus.misbehave({});
  await put("QueueRetry", 1);
  await proven(name);
});

test("TransferRun is done when Globus has accepted the transfer, and TransferStatus follows it", async () => {
  const [source, petrel] = ["detector", "petrel"].map((one) => site.beamline.globus.collection(one));
  await put("SourceCollection", source?.id ?? "");
  await put("SourcePath", `/data/${site.experimentName}`);
  await put("DestCollection", petrel?.id ?? "");
  await put("DestPath", "/2-BM/by-hand");
  await put("RunLabel", "by hand");
  expect(await put("TransferRun", 1)).toBe(ECA.NORMAL);
  expect(await state("TransferRun")).toBe("Done");
  const task = await text("TaskId");
  expect(await text("TransferRunMessage")).toBe(`Globus has accepted the transfer ${task}; TransferStatus follows it.`);
  expect(site.beamline.globus.transfers.at(-1)?.label).toMatch(/^\d{8}T\d{9}Z-[0-9a-f]{2} by hand$/);
  await until("TransferStatus", (one) => TASK_PV_STATES[Number(one)] === "SUCCEEDED");
  expect(readdirSync(join(petrel?.folder ?? "", "2-BM/by-hand")).length).toBeGreaterThan(1);
});

test("TransferRun is rejected for a path that leads out, and TransferCancel without a transfer", async () => {
  await put("SourcePath", "/data/../etc");
  expect(await put("TransferRun", 1)).not.toBe(ECA.NORMAL);
  expect(await text("TransferRunMessage")).toContain('SourcePath is "/data/../etc"');
  expect(await put("TransferCancel", 1)).not.toBe(ECA.NORMAL);
  expect(await text("TransferCancelMessage")).toBe("No transfer of TransferRun is under way.");
});
