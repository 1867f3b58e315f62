/** The steps of a visit, through Channel Access on the simulated beamline. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ECA } from "../../src/ca/wire/status.ts";
import { NEXT_STEPS, VISIT_STATES, VISIT_STEPS, visitPv } from "../../src/controller/pvs/visit.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let site: SimulatedBeamline;
const { number, text, put, until, close } = operatorOf(() => site);

beforeAll(async () => {
  site = await startSimulatedBeamline();
});
afterAll(async () => {
  await close();
  await site?.stop();
});

const states = async (): Promise<string> => {
  const found: (string | undefined)[] = [];
  for (const step of VISIT_STEPS) found.push(VISIT_STATES[await number(visitPv(step))]);
  return found.join(" ");
};
const untilNext = (wanted: (typeof NEXT_STEPS)[number]): Promise<string> =>
  until("NextStep", (value) => value === wanted || NEXT_STEPS[Number(value)] === wanted);
const tag = async (lastName: string): Promise<string> => {
  await site.beamline.tag({ UserLastName: lastName });
  return until("ExperimentName", (name) => name.includes(lastName));
};

test("a visit from its tag to the stop of its DAQs, the next one, a restart, and the first one again", async () => {
  await site.beamline.tag({ UserLastName: "" });
  await until("NextStepMessage", (sentence) => sentence.includes("UserLastName is empty"));
  await untilNext("Tag");
  const name = await tag("Levy");
  await untilNext("Init");
  expect(await states()).toBe("Done Next Later Later Later Later Later");
  expect(await text("NextStepMessage")).toContain(`Init puts ${name} with its users on`);
  expect(await put("Init", 1)).toBe(ECA.NORMAL);
  await untilNext("Dirs");
  expect(await put("Dirs", 1)).toBe(ECA.NORMAL);
  await untilNext("Email");
  await put("PreviewEmail", 1);
  await until("NextStepMessage", (sentence) => sentence.includes("set EmailArm to Armed"));
  await put("EmailArm", 1);
  await put("Email", 1);
  await untilNext("StartDaq");
  const folder = join(site.beamline.analysis.root, "data", name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "scan_1.h5"), "x".repeat(10));
  expect(await put("StartDaq", 1)).toBe(ECA.NORMAL);
  await untilNext("StopDaq");
  expect(await states()).toMatch(/^Done Done Done (Done|Partial) Done Done Next$/);

  await tag("Curie");
  await untilNext("Init");
  expect(await states()).toBe("Done Next Later Later Later Later Later");
  await tag("Levy");
  await untilNext("StopDaq");

  await site.restartIoc();
  await untilNext("StopDaq");
  expect(await states(), "Dirs alone nobody but the program that has run it knows").toBe(
    "Done Done Unknown Done Done Done Next",
  );
  await put("StopDaq", 1);
  await untilNext("None");
  expect(await text("NextStepMessage")).toContain("1 of 1 files moved by DAQs");
});
