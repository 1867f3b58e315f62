/** `globus-ioc queue` through an IOC that runs, that is killed, and that is started again. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import { EXIT } from "../../src/cli/exit-status.ts";
import { ANSWERS } from "../../src/controller/pvs/row.ts";
import { TRIGGER_STATES } from "../../src/controller/pvs/triggers.ts";
import { lacksDescriptors, openDescriptors } from "../support/descriptors.ts";
import { openClient } from "../support/peers/our-client.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 120_000 });
const IDLE = String(TRIGGER_STATES.indexOf("Idle"));
const YES = String(ANSWERS.indexOf("Yes"));

const words = (site: SimulatedBeamline, line: string): readonly string[] => [
  join(ROOT, "dist/main.js"),
  "queue",
  ...line.split(" "),
  "--config",
  site.beamline.configFile,
];
interface Said {
  readonly exitStatus: number;
  readonly message: string;
  readonly holder?: { readonly pid: number; readonly prefix?: string };
  readonly scans?: readonly { readonly name: string; readonly state: string; readonly id: string }[];
}
async function asked(site: SimulatedBeamline, line: string): Promise<Said> {
  const { stdout } = await runPeer(process.execPath, words(site, `${line} --json`), { env: site.env });
  return JSON.parse(stdout) as Said;
}

test("the IOC that runs is asked, by several at once; killed, the ledger is; started again, the IOC is", async () => {
  await using site = await startSimulatedBeamline();
  const { beamline } = site;
  const door = join(dirname(beamline.configFile), "ledger", "queue.sock");
  beamline.tomoScan.plan = { seconds: 0.4, bytes: 60_000 };
  const ours = operatorOf(() => site);
  await using theirs = openClient(beamline.tomoScanPort);
  const startScan = theirs.client.pv(`${beamline.tomoScanPrefix}StartScan`);
  await startScan.connected({ timeoutSeconds: 20 });
  await ours.until("Trigger0State", (state) => state === IDLE);
  await startScan.putCallback(1, { timeoutSeconds: 30 });
  await ours.until("ArchiveVerified", (state) => state === YES);
  const name = await ours.text("LastDone");

  const running = await Promise.all(["list", "list", "list"].map((line) => asked(site, line)));
  for (const { holder, scans } of running) {
    expect(holder).toMatchObject({ pid: site.ioc.pid, prefix: site.prefix });
    expect(scans).toMatchObject([{ name, state: "Verified" }]);
  }
  const failed = await asked(site, `retry ${name}`);
  expect(failed).toMatchObject({
    exitStatus: EXIT.failed,
    message: expect.stringContaining(`There is nothing to retry: ${name} is Verified.`) as string,
  });

  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    await site.restartIoc(() => {
      expect(existsSync(door), `the socket after ${signal}`).toBe(signal === "SIGKILL");
      const { stdout } = spawnSync(process.execPath, words(site, "list --json"), { env: site.env, encoding: "utf8" });
      const said = JSON.parse(stdout) as Said;
      expect(said.holder).toBeUndefined();
      expect(said.scans).toMatchObject([{ name, state: "Verified" }]);
    }, signal);
    await ours.until("QueueDepth", (depth) => depth === "0");
    const { holder, scans } = await asked(site, "list");
    expect(holder).toMatchObject({ pid: site.ioc.pid });
    expect(scans).toHaveLength(1);
  }
  await ours.close();
});

test.skipIf(lacksDescriptors())(
  "a drop and a retry reach the running queue, and leave no descriptor open",
  async () => {
    await using site = await startSimulatedBeamline();
    const { beamline } = site;
    beamline.tomoScan.plan = { seconds: 0.4, bytes: 60_000 };
    const ours = operatorOf(() => site);
    await using theirs = openClient(beamline.tomoScanPort);
    const startScan = theirs.client.pv(`${beamline.tomoScanPrefix}StartScan`);
    await startScan.connected({ timeoutSeconds: 20 });
    await ours.until("Trigger0State", (state) => state === IDLE);
    await ours.put("QueuePaused", 1);
    await startScan.putCallback(1, { timeoutSeconds: 30 });
    await ours.until("QueueDepth", (depth) => depth === "1");
    const before = openDescriptors(site.ioc.pid);
    const { scans = [] } = await asked(site, "list");
    const dropped = await asked(site, `drop ${scans[0]?.id} --yes`);
    expect(dropped).toMatchObject({
      exitStatus: EXIT.done,
      message: expect.stringContaining("1 scan is given up.") as string,
    });
    await ours.until("QueueDepth", (depth) => depth === "0");
    expect(await ours.text("QueueFailed"), "what a person has dropped needs nobody").toBe("0");
    expect((await asked(site, "retry --all")).message).toContain("No scan has failed.");
    expect((await asked(site, "list --state left")).scans).toHaveLength(1);
    expect((await ours.text("Log")).includes("globus-ioc queue drop: 1 scan is given up")).toBe(true);
    expect(openDescriptors(site.ioc.pid)).toBeLessThanOrEqual(before);
    await ours.close();
  },
);
