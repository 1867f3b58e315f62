/**
 * A workflow of Data Management behind each verified scan, through a whole program: a job for each, once, also where
 * the answer to its start is lost or the IOC is killed before it comes, and a job that fails said by its stage.
 */
import { expect, onTestFinished, test, vi } from "vitest";
import { TRIGGER_STATES } from "../../src/controller/pvs/triggers.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { configure } from "../support/peers/site-conf.ts";
import { repeats } from "../support/repeats.ts";

const IDLE = String(TRIGGER_STATES.indexOf("Idle"));
vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

test("a job runs behind each scan, once, whatever happens to the answers and the IOC", async () => {
  await using site = await startSimulatedBeamline({
    between: async ({ configFile, tomoScanPort }) => {
      await configure(configFile, {
        "destination archive": ["workflow = recon", 'workflow-args = {"out": "{scan}_rec"}', "step-top = /gdata/2bm"],
      });
      return { tomoScanPort };
    },
  });
  const { dm, tomoScan } = site.beamline;
  tomoScan.plan = { seconds: 0.2, bytes: 20_000 };
  const ours = operatorOf(() => site);
  onTestFinished(ours.close);
  const theirs = operatorOf(() => ({ iocPort: site.beamline.tomoScanPort, prefix: site.beamline.tomoScanPrefix }));
  onTestFinished(theirs.close);
  const scan = async (): Promise<void> => {
    await ours.until("Trigger0State", (state) => state === IDLE);
    await theirs.put("StartScan", 1);
  };
  const ended = (count: number): Promise<void> =>
    vi.waitFor(() => expect(dm.jobs().filter(({ status }) => status === "done")).toHaveLength(count), {
      timeout: 90_000,
      interval: 200,
    });
  const starts = (): number => dm.requests.filter(({ path }) => path.includes("startProcessingJob")).length;

  await ours.until("ExperimentName", (name) => name === site.experimentName);
  await scan();
  await ended(1);
  await ours.until("LastStep", (text) => /^The workflow recon has ended for .* at archive/.test(text));
  const path = String(dm.jobs()[0]?.["filePath"]);
  expect(path).toMatch(/^\/gdata\/2bm\/.*\.h5$/);
  const name = /([^/]+)\.h5$/.exec(path)?.[1] ?? "";
  expect(dm.jobs()[0]).toMatchObject({ out: `${name}_rec`, experimentName: site.experimentName });

  // The answer to a start is lost: its job is found by the mark, and none is begun beside it.
  await dm.misbehave({ on: "startProcessingJob", answerLost: true });
  await scan();
  await vi.waitFor(() => expect(dm.jobs()).toHaveLength(2), { timeout: 60_000, interval: 200 });
  await dm.misbehave({});
  await ended(2);
  await ours.until("StepsRunning", (count) => count === "0");
  expect([starts(), dm.jobs().length]).toEqual([2, 2]);

  // Killed between a start and its answer.
  await dm.misbehave({ on: "startProcessingJob", slowSeconds: 30 });
  await scan();
  await dm.arrived("startProcessingJob", 3);
  await site.restartIoc();
  await dm.misbehave({});
  await ended(3);
  await ours.until("StepsRunning", (count) => count === "0");
  expect(repeats(dm.jobs().map(({ filePath }) => String(filePath)))).toEqual([]);
  expect(await ours.number("StepsFailed")).toBe(0);

  await dm.misbehave({ jobs: { fails: "02-CENTRE", exitStatus: 3, says: "No centre was found.\n" } });
  await scan();
  await ours.until("LastStep", (text) => text.includes("02-CENTRE (2 of 4), exit status 3: No centre was found"));
});
