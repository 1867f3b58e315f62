/** StartDaq, StopDaq, Upload and the watch over them, through Channel Access on the simulated beamline. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ECA } from "../../src/ca/wire/status.ts";
import { DAQ_STATES, SOURCE_STATES, UPLOAD_STATES } from "../../src/controller/pvs/daq.ts";
import { UNKNOWN_COUNT } from "../../src/controller/pvs/row.ts";
import { PEOPLE, PROPOSAL } from "../../src/sandbox/people.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let site: SimulatedBeamline;
const { use, text, number, put, state, until, close } = operatorOf(() => site);
/** Another one for each test that starts something, so that none sees what is left of another. */
let name: string;
let tags = 0;
beforeAll(async () => {
  site = await startSimulatedBeamline();
  name = site.experimentName;
});
afterAll(async () => {
  await close();
  await site?.stop();
});
beforeEach(async () => {
  await site.beamline.dm.misbehave({});
  await put("ServerName", 0);
  for (const side of ["DaqRaw", "DaqRec", "ProcessExisting"]) await put(side, 1);
});

/** Tags TomoScan with an experiment that Data Management does not have. */
async function tagAnother(): Promise<void> {
  const lastName = `${PEOPLE.pi.lastName}${++tags}`;
  name = `${site.beamline.yearMonth}-${lastName}-${PROPOSAL.gupId}`;
  await site.beamline.tag({ UserLastName: lastName });
  await until("ExperimentName", (value) => value === name);
}
const untilState = (suffix: string, states: readonly string[], wanted: string): Promise<string> =>
  until(suffix, (value) => value === wanted || states[Number(value)] === wanted);

const source = (...parts: string[]): string => join(site.beamline.analysis.root, "data", name, ...parts);
/** What a scan leaves. */
async function writeFiles(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < count; i++) await writeFile(join(folder, `scan_${i}_${tags}.h5`), "x".repeat(10));
}
const started = () => site.beamline.dm.requests.filter(({ path }) => path.includes(`${name}/startDaq`)).length;

describe("StartDaq is refused", () => {
  test("before Init there is no experiment to move data for", async () => {
    expect(await put("StartDaq", 1)).toBe(ECA.PUTFAIL);
    expect(await text("StartDaqMessage")).toContain("run Init first");
  });

  test("a source that is missing is found before Data Management is asked for anything", async () => {
    await put("Init", 1);
    expect(await put("StartDaq", 1)).toBe(ECA.PUTFAIL);
    expect(await state("StartDaq")).toBe("Rejected");
    expect(await text("StartDaqMessage")).toContain(
      `127.0.0.1:${site.beamline.analysis.port}:/data/${name} does not exist; run Dirs first`,
    );
    expect(started()).toBe(0);
  });

  test("on a Globus collection there is no DAQ, and the sentence says what to choose", async () => {
    await put("ServerName", "petrel");
    expect(await put("StartDaq", 1)).toBe(ECA.PUTFAIL);
    expect(await text("StartDaqMessage")).toContain("does not exist on petrel");
  });
});

describe("with an experiment for each test", () => {
  beforeEach(tagAnother);

  test("from Dirs to StopDaq: existing and new files are moved, and the PVs follow", async () => {
    expect(await put("Init", 1)).toBe(ECA.NORMAL);
    expect(await put("Dirs", 1)).toBe(ECA.NORMAL);
    await writeFiles(source("before"), 2);
    expect(await put("StartDaq", 1)).toBe(ECA.NORMAL);
    expect(await state("StartDaq")).toBe("Done");
    expect(await text("StartDaqMessage")).toMatch(
      /raw data .* was started; .*_rec does not exist, so .* left out until this is run again\.$/,
    );
    expect(await text("DaqRawSource")).toBe(`/data/${name}`);
    expect(SOURCE_STATES[await number("DaqRawSourceState")]).toBe("OK");
    expect(await number("DaqRawSourceBytes")).toBe(20);
    expect(SOURCE_STATES[await number("DaqRecSourceState")]).toBe("NOT_YET");

    await until("DaqRawFilesDone", (value) => Number(value) === 2);
    await writeFiles(source("after"), 4);
    await until("DaqRawFilesDone", (value) => Number(value) === 6);
    expect([await number("DaqRawFilesTotal"), await number("DaqRawPercent")]).toEqual([6, 100]);
    expect(await number("DaqRawRate")).toBeGreaterThan(0);
    expect(await number("DaqRunning")).toBe(1);
    expect(await text("DaqList")).toContain(`${name}  /data/${name}  6/6  100 %`);
    expect(await text("DaqList")).toContain(await text("DaqRawId"));
    expect(DAQ_STATES[await number("DaqRawState")]).toBe("Running");

    expect(await put("StartDaq", 1)).toBe(ECA.NORMAL);
    expect(await text("StartDaqMessage")).toContain("runs already");
    expect(started()).toBe(1);

    expect(await put("StopDaq", 1)).toBe(ECA.NORMAL);
    expect(await number("DaqStopped")).toBe(1);
    await until("DaqRunning", (value) => Number(value) === 0);
    expect(DAQ_STATES[await number("DaqRawState")]).toBe("Stopped");
    expect(await put("StopDaq", 1)).toBe(ECA.NORMAL);
    expect(await text("StopDaqMessage")).toBe(`No DAQ of ${name} runs.`);
  });

  test("a data host that is down is told, and the DAQ of the raw data alone starts all the same", async () => {
    await put("Init", 1);
    site.beamline.analysis.faults.down = true;
    const status = await put("StartDaq", 1);
    site.beamline.analysis.faults.down = false;
    expect(status).toBe(ECA.PUTFAIL);
    expect(await state("StartDaq")).toBe("Partial");
    expect(await text("StartDaqMessage")).toContain("was not checked");
    expect(started()).toBe(1);
    await put("StopDaq", 1);
  });

  test("starts and stops whose answers get lost are looked for: nothing is started twice, and all is done", async () => {
    await put("Init", 1);
    await writeFiles(source(), 1);
    await put("DaqRec", 0);
    await site.beamline.dm.misbehave({ on: "startDaq", halfBody: true });
    expect(await put("StartDaq", 1)).toBe(ECA.NORMAL);
    expect(started()).toBe(1);
    expect(await text("DaqRawId")).not.toBe("");
    await until("DaqRawFilesDone", (value) => Number(value) === 1); // none is left behind
    await site.beamline.dm.misbehave({ on: "stopDaq", halfBody: true });
    expect(await put("StopDaq", 1)).toBe(ECA.NORMAL);
    expect([await number("DaqStopped"), DAQ_STATES[await number("DaqRawState")]]).toEqual([1, "Stopped"]);
  });

  test("after a restart of the IOC a DAQ that runs is Unseen, not None, until Data Management has answered", async () => {
    await put("Init", 1);
    await writeFiles(source(), 1);
    await put("StartDaq", 1);
    await site.beamline.dm.misbehave({ down: "reset" });
    await site.restartIoc();
    await until("ExperimentName", (value) => value === name);
    expect([DAQ_STATES[await number("DaqRawState")], await number("DaqRunning")]).toEqual(["Unseen", UNKNOWN_COUNT]);
    expect(await use("DaqRawState", async (pv) => (await pv.get()).alarm.severity)).toBe("INVALID");
    await site.beamline.dm.misbehave({});
    await put("StopDaq", 1); // after which the watch looks at once
    await until("DaqRunning", (value) => Number(value) === 0);
  });

  test("a DAQ that fails raises its state, with Data Management's words in the log", async () => {
    await put("Init", 1);
    await writeFiles(source(), 1);
    await put("StartDaq", 1);
    await untilState("DaqRawState", DAQ_STATES, "Running");
    await site.beamline.dm.misbehave({ daqs: "fail" });
    await untilState("DaqRawState", DAQ_STATES, "Failed");
    expect(await text("LastError")).toContain("Lost the connection to the data host");
  });

  test("Upload moves what is there and ends, and one whose answer got lost is not started twice", async () => {
    await put("Init", 1);
    await writeFiles(source(), 3);
    await put("DaqRec", 0);
    await site.beamline.dm.misbehave({ on: "/upload/", halfBody: true });
    expect(await put("Upload", 1)).toBe(ECA.NORMAL);
    expect(site.beamline.dm.transfers("upload")).toHaveLength(1);
    expect(await state("Upload")).toBe("Done");
    expect(await text("UploadMessage")).toMatch(/^3 of 3 files of .* were moved/);
    expect(UPLOAD_STATES[await number("UploadState")]).toBe("Done");
    expect([await number("UploadFilesDone"), await number("UploadPercent")]).toEqual([3, 100]);
    await rm(source(), { recursive: true });
    await mkdir(source());
    expect(await put("Upload", 1)).toBe(ECA.PUTFAIL);
    expect(await text("UploadMessage")).toContain("is empty; there is nothing to move yet");
  });

  test("Abort stops an upload at the service, and says what was moved", async () => {
    await put("Init", 1);
    await writeFiles(source(), 60); // 12 s at the twin's pace
    const done = put("Upload", 1);
    await until("UploadFilesDone", (value) => Number(value) > 0);
    await put("Abort", 1);
    expect(await done).toBe(ECA.PUTFAIL);
    expect(await state("Upload")).toBe("Cancelled");
    expect(await text("UploadMessage")).toMatch(/^Aborted on request\. \d+ of 60 files of .* were moved\.$/);
    expect(site.beamline.dm.requests.map(({ path }) => path)).toContainEqual(
      expect.stringMatching(/uploads\/.*\/stop$/),
    );
  });
});
