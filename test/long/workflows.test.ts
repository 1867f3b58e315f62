/**
 * WorkflowRun and the watch over its jobs, through Channel Access on the simulated beamline: over both ways to Data
 * Management, and through what goes wrong there.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ECA } from "../../src/ca/wire/status.ts";
import { WORKFLOW_STATES, type WorkflowState } from "../../src/controller/pvs/workflows.ts";
import { STAND_IN } from "../support/peers/dm-python-site.ts";
import { inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { needPeers } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const { missing } = needPeers("python3");
const FILE = "/data/2026-03/a1.h5";
const LAST = 4;

/** What the sandbox's globus.conf says otherwise, and what the IOC's environment has beside. */
const WAYS = {
  "over HTTP": { backend: "http", environment: {} },
  "over Python": { backend: "python", environment: { PYTHONPATH: STAND_IN, PYTHONDONTWRITEBYTECODE: "1" } },
} as const;

describe.each(Object.entries(WAYS))("%s", (way, { backend, environment }) => {
  let site: SimulatedBeamline;
  const { text, number, put, state, until, close } = operatorOf(() => site);
  const isMissing = backend === "python" && missing;

  beforeAll(async () => {
    if (isMissing) return;
    site = await startSimulatedBeamline({
      environment: () => environment,
      between: async (beamline) => {
        const conf = readFileSync(beamline.configFile, "utf8");
        writeFileSync(beamline.configFile, conf.replace(/^backend = .*$/m, `backend = ${backend}`));
        return { tomoScanPort: beamline.tomoScanPort };
      },
    });
  });
  afterAll(async () => {
    await close();
    await site?.stop();
  });
  beforeEach(async () => {
    if (isMissing) return;
    await site.beamline.dm.misbehave({});
    await put("WorkflowFile", FILE);
  });

  const untilState = (wanted: WorkflowState): Promise<string> =>
    until("WorkflowStatus", (value) => value === wanted || WORKFLOW_STATES[Number(value)] === wanted);
  const jobs = () => site.beamline.dm.jobs();
  const starts = (): number =>
    site.beamline.dm.requests.filter(({ path }) => path.includes("startProcessingJob")).length;

  test.skipIf(isMissing)("a job runs to its end, stage by stage, and carries the experiment", async () => {
    await until("ExperimentName", (value) => value === site.experimentName);
    expect(await put("WorkflowRun", 1)).toBe(ECA.NORMAL);
    const id = await text("WorkflowJobId");
    expect(await text("WorkflowRunMessage")).toBe(
      `Data Management has accepted the job ${id} of the workflow recon for ${FILE}; WorkflowStatus follows it.`,
    );
    expect(jobs().at(-1)).toMatchObject({ id, filePath: FILE, experimentName: site.experimentName });
    await until("WorkflowStage", (value) => value.startsWith("02-CENTRE (2 of 4)"));
    await untilState("Done");
    expect(await text("WorkflowMessage")).toBe("The workflow recon has ended well.");
    expect([await number("WorkflowStageNumber"), await number("WorkflowExit")]).toEqual([LAST, 0]);
    expect(await text("WorkflowOutput")).toBe(`the reconstruction of ${FILE} is ready`);
    expect(await text("WorkflowEnded")).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
  });

  test.skipIf(isMissing)("a stage that fails is named, and WorkflowMonitor fails with it", async () => {
    await site.beamline.dm.misbehave({
      jobs: { fails: "02-CENTRE", exitStatus: 3, says: "Traceback\nNo centre was found: grüße\n" },
    });
    expect(await put("WorkflowRun", 1)).toBe(ECA.NORMAL);
    expect(await put("WorkflowMonitor", 1)).toBe(ECA.PUTFAIL);
    const sentence =
      "The workflow recon has failed in its stage 02-CENTRE (2 of 4), exit status 3: No centre was found: grüße.";
    expect(await text("WorkflowMonitorMessage")).toBe(sentence);
    expect(await text("WorkflowMessage")).toBe(sentence);
    expect([await number("WorkflowExit"), await text("WorkflowErrors")]).toEqual([
      3,
      "Traceback\nNo centre was found: grüße",
    ]);
    expect(await text("LastError")).toContain("02-CENTRE");
  });

  test.skipIf(isMissing)("the same job is followed on by an IOC that was killed in the middle of it", async () => {
    expect(await put("WorkflowRun", 1)).toBe(ECA.NORMAL);
    const id = await text("WorkflowJobId");
    const before = starts();
    await site.restartIoc();
    await until("WorkflowJobId", (value) => value === id);
    await untilState("Done");
    expect(starts()).toBe(before);
    await put("WorkflowFile", FILE);
  });

  test.skipIf(isMissing)("a job is stopped, by what the sandbox's routes say", async () => {
    await site.beamline.dm.misbehave({ jobs: "hang" });
    await put("WorkflowRun", 1);
    await site.beamline.dm.misbehave({});
    expect(await put("WorkflowCancel", 1)).toBe(ECA.NORMAL);
    await untilState("Aborted");
    expect(await put("WorkflowMonitor", 1)).toBe(ECA.PUTFAIL);
    expect(await state("WorkflowMonitor")).toBe("Failed");
  });

  test.skipIf(isMissing)("the watch outlives a session that ends, and a service that is down for a while", async () => {
    const { dm } = site.beamline;
    await put("WorkflowRun", 1);
    await dm.misbehave({ invalidSession: "once", on: "processingJobsByOwner" });
    await until("WorkflowStage", (value) => value !== "");
    await dm.misbehave({ down: "refused" });
    await until("WorkflowMessage", (value) => value.includes("now it cannot be seen"));
    await dm.misbehave({});
    await untilState("Done");
  });

  test.skipIf(isMissing)("a start whose answer gets lost is found, and not repeated", async () => {
    const { dm } = site.beamline;
    const before = starts();
    await dm.misbehave({ on: "startProcessingJob", answerLost: true });
    expect(await put("WorkflowRun", 1)).toBe(ECA.NORMAL);
    expect(starts()).toBe(before + 1);
    expect(await text("WorkflowJobId")).toBe(jobs().at(-1)?.["id"]);
    await dm.misbehave({});
    await untilState("Done");
  });

  test.skipIf(isMissing)("a job that vanishes, or has a status of its own, is shown so", async () => {
    const { dm } = site.beamline;
    await dm.misbehave({ jobs: "strange" });
    await put("WorkflowRun", 1);
    await until("WorkflowMessage", (value) => value.includes('is "contemplating"'));
    await dm.misbehave({ jobsForgotten: true });
    await untilState("Gone");
    expect(await text("WorkflowMessage")).toMatch(/^Data Management no longer knows the job /);
  });

  test.skipIf(isMissing)(`a workflow that is not there is said with the command that helps (${way})`, async () => {
    await put("WorkflowName", "nothing");
    expect(await put("WorkflowRun", 1)).toBe(ECA.PUTFAIL);
    expect(await text("WorkflowRunMessage")).toMatch(
      /^dm2bm has no workflow nothing: globus-ioc workflow list shows those that there are/,
    );
    await put("WorkflowName", "");
    expect(Object.keys(inheritedEnvironment())).not.toContain("DM_LOGIN_FILE");
  });
});
