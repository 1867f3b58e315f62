/** The health of the program and of its services, as it sees them itself, through Channel Access. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { HEALTH_STATES, type HealthPart } from "../../src/controller/pvs/health.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let site: SimulatedBeamline;
const { text, number, put, until, close } = operatorOf(() => site);
const untilHealth = (part: HealthPart | "", wanted: (typeof HEALTH_STATES)[number]): Promise<string> =>
  until(`Health${part}`, (value) => value === wanted || HEALTH_STATES[Number(value)] === wanted);

beforeAll(async () => {
  site = await startSimulatedBeamline();
  await site.beamline.tag();
  await until("ExperimentName", (name) => name === site.experimentName);
});
afterAll(async () => {
  await close();
  await site?.stop();
});

test("what was not used yet is Unknown, and what has answered is OK", async () => {
  for (const part of ["IOC", "TomoScan", "DM", "Ledger"] as const) await untilHealth(part, "OK");
  for (const part of ["Mail", "SSH"] as const) expect(HEALTH_STATES[await number(`Health${part}`)]).toBe("Unknown");
  await until("EventLoopLag", (lag) => Number(lag) >= 0);
  await put("Init", 1);
  await put("Dirs", 1);
  await untilHealth("SSH", "OK");
  await put("PreviewEmail", 1);
  await put("EmailArm", 1);
  await put("Email", 1);
  await untilHealth("Mail", "OK");
});

test("a Data Management that does not answer is Down with its sentence, and OK when it has answered again", async () => {
  await site.beamline.dm.misbehave({ down: "refused" });
  await put("Init", 1);
  await untilHealth("DM", "Down");
  expect(await text("HealthDMMessage")).toMatch(/ Since \d{4}-\d\d-\d\d /);
  expect(await text("HealthMessage")).toContain("DM: ");
  await site.beamline.dm.misbehave({});
  await put("Init", 1);
  await untilHealth("DM", "OK");
  expect(await text("HealthDMMessage")).toBe("");
});
