/**
 * A function of Globus Compute behind each verified scan, through a whole program: registered on the command line, held
 * while the endpoint is offline, and begun once, also where an answer is lost or the IOC is killed.
 */
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { EXIT } from "../../src/cli/exit-status.ts";
import { COMPUTE_PV_STATES } from "../../src/controller/pvs/steps.ts";
import { TRIGGER_STATES } from "../../src/controller/pvs/triggers.ts";
import { COMPUTE_ENDPOINT } from "../../src/sandbox/site-files.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { configure } from "../support/peers/site-conf.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

const IDLE = String(TRIGGER_STATES.indexOf("Idle"));
const stateOf = (name: (typeof COMPUTE_PV_STATES)[number]): string => String(COMPUTE_PV_STATES.indexOf(name));
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

test("a function runs behind each scan, once, whatever happens to the endpoint, the answers and the IOC", async () => {
  let config = "";
  const run = (...words: string[]) =>
    runPeer(process.execPath, [join(ROOT, "dist/main.js"), ...words, "--config", config]);
  await using site = await startSimulatedBeamline({
    between: async ({ configFile, tomoScanPort }) => {
      config = configFile;
      const file = join(dirname(configFile), "recon.py");
      writeFileSync(file, 'def recon(path):\n    return {"slices": 12}\n');
      await configure(configFile, {
        compute: ["task-seconds = 600"],
        "destination archive": ["compute = recon", "step-top = /eagle/2bm"],
      });
      const registered = await run("compute", "register", file, "recon");
      expect(registered, registered.stderr).toMatchObject({ code: EXIT.done });
      const again = await run("compute", "register", file, "recon", "--json");
      expect((JSON.parse(again.stdout) as { message: string }).message).toContain("recon is registered already");
      return { tomoScanPort };
    },
  });
  const { globus, tomoScan } = site.beamline;
  tomoScan.plan = { seconds: 0.2, bytes: 20_000 };
  const cluster = globus.compute.endpoint(COMPUTE_ENDPOINT);
  const paths: unknown[] = [];
  globus.compute.simulate("recon", ({ args }) => {
    paths.push(...args);
    return { slices: 12 };
  });
  const ours = operatorOf(() => site);
  onTestFinished(ours.close);
  const theirs = operatorOf(() => ({ iocPort: site.beamline.tomoScanPort, prefix: site.beamline.tomoScanPrefix }));
  onTestFinished(theirs.close);
  const scan = async (): Promise<void> => {
    await ours.until("Trigger0State", (state) => state === IDLE);
    await theirs.put("StartScan", 1);
  };
  const ended = (count: number): Promise<void> =>
    vi.waitFor(() => expect(paths).toHaveLength(count), { timeout: 60_000, interval: 200 });

  expect(globus.compute.functionById.size).toBe(1);
  await ours.until("ComputeStatus", (state) => state === stateOf("Online"));
  await scan();
  await ours.until("LastStep", (text) => /^The function recon has ended for .* at archive: It gave /.test(text));
  expect(paths).toEqual([expect.stringMatching(/^\/eagle\/2bm\/.*\.h5$/)]);
  expect(await ours.number("StepsFailed")).toBe(0);

  // Offline: nothing is begun, and a kill forgets nothing.
  globus.compute.setOnline(cluster, false);
  await scan();
  await ours.until("StepsMessage", (text) =>
    text.includes(`1 step waits: The Compute endpoint ${cluster.id} is offline`),
  );
  expect([await ours.number("StepsWaiting"), await ours.number("StepsRunning")]).toEqual([1, 0]);
  await site.restartIoc();
  await ours.until("ComputeStatus", (state) => state === stateOf("Offline"));
  globus.compute.setOnline(cluster, true);
  await ended(2);

  // The answer to a start is lost: it is found in the group, and not begun again.
  const before = globus.compute.taskById.size;
  await globus.misbehave({ on: "/submit", answerLost: true, times: 1 });
  await scan();
  await ended(3);
  await ours.until("LastStep", (text) => text.includes("has ended"));
  expect(globus.compute.taskById.size).toBe(before + 1);

  // Killed between a start and its answer.
  await globus.misbehave({ on: "/submit", slowSeconds: 30 });
  const submits = globus.requests.filter(({ path }) => path.endsWith("/submit")).length;
  await scan();
  await globus.arrived("/submit", submits + 1);
  await site.restartIoc();
  await globus.misbehave({});
  await ended(4);
  await ours.until("StepsRunning", (count) => count === "0");
  expect([globus.compute.taskById.size, new Set(paths).size]).toEqual([before + 2, 4]);
  const shown = await run("queue", "show", (await ours.text("LastDone")).trim());
  expect(shown.stdout).toContain("state: done since");
  expect(shown.stdout).toContain('result: It gave {"slices":12}.');

  const by = await run("compute", "run", "recon", '["/a.h5"]', "--wait");
  expect(by, by.stderr).toMatchObject({ code: EXIT.done });
  expect(by.stdout).toContain('{"slices":12}');
  globus.compute.simulate("recon", () => {
    throw new Error("no projections");
  });
  const failing = await run("compute", "run", "recon", "--wait", "--json");
  expect(failing.code).toBe(EXIT.failed);
  expect((JSON.parse(failing.stdout) as { message: string }).message).toContain(
    "has failed: RuntimeError: no projections.",
  );
});
