/**
 * What clients see of every PV of db/ as soon as the IOC runs, however it was started: a value, an alarm that is the
 * value's own, and a time.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Reading } from "../../src/ca/client/reading.ts";
import { allPvs, savedPvs } from "../../src/controller/pvs/index.ts";
import { freePort } from "../support/peers/epics-environment.ts";
import { openClient } from "../support/peers/our-client.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let site: SimulatedBeamline;
let folder: string;
const { put, text, close } = operatorOf(() => site);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
  site = await startSimulatedBeamline();
});
afterAll(async () => {
  await close();
  await site?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** By suffix. */
async function readAll(): Promise<ReadonlyMap<string, Reading>> {
  await using opened = openClient(site.iocPort);
  const read = async (suffix: string): Promise<[string, Reading]> => {
    const pv = opened.client.pv(site.prefix + suffix);
    await pv.connected({ timeoutSeconds: 20 });
    return [suffix, await pv.get()];
  };
  return new Map(await Promise.all([...allPvs().keys()].map(read)));
}

/** A state may be INVALID because of what it says; nothing else may. */
const isDefined = ({ alarm, time }: Reading): boolean =>
  time !== undefined && alarm.status !== "UDF" && (alarm.severity !== "INVALID" || alarm.status === "STATE");

const undefinedOnes = async (): Promise<string[]> =>
  [...(await readAll())].flatMap(([suffix, one]) =>
    isDefined(one)
      ? []
      : [`${suffix} ${one.alarm.status} ${one.alarm.severity} ${one.time?.toISOString() ?? "undefined"}`],
  );

/** The st.cmd of iocBoot without some of its lines. */
function scriptWithout(lines: RegExp): string {
  const script = readFileSync(join(ROOT, "iocBoot/iocGlobus/st.cmd"), "latin1").split("\n");
  const file = join(folder, "st.cmd");
  writeFileSync(file, script.filter((line) => !lines.test(line)).join("\n"), "latin1");
  return file;
}

test("every PV is defined and has a time at the first start, when nothing was saved", async () => {
  expect(await undefinedOnes()).toEqual([]);
});

test("every PV is defined and has a time after a restart, the restored settings too", async () => {
  for (const [suffix, value] of [
    ["Set", 2],
    ["EmailSubject", "Your data"],
    ["DaqRec", 0],
  ] as const)
    await put(suffix, value);
  await site.restartIoc(undefined, "SIGTERM");
  expect(await undefinedOnes()).toEqual([]);
  expect(savedPvs()).toContain("EmailSubject");
  expect([await text("Set"), await text("EmailSubject"), await text("DaqRec")]).toEqual(["2", "Your data", "0"]);
});

test("every PV is defined without TomoScan, and without Data Management", async () => {
  await site.beamline.dm.misbehave({ down: "reset" });
  await site.restartIoc(undefined, "SIGKILL", { env: { EPICS_CA_ADDR_LIST: `127.0.0.1:${await freePort()}` } });
  expect(await undefinedOnes()).toEqual([]);
});

test("every PV is defined where st.cmd has no autosave", async () => {
  await site.restartIoc(undefined, "SIGKILL", { script: scriptWithout(/^(set_|save_|create_)/) });
  expect(await undefinedOnes()).toEqual([]);
});

test("every PV is defined where st.cmd does not say globusStart", async () => {
  await site.restartIoc(undefined, "SIGKILL", { script: scriptWithout(/^globusStart/) });
  expect(await undefinedOnes()).toEqual([]);
  expect(await text("Message")).toMatch(/^Data management was not started/);
});
