/** `globus-ioc transfer-run` and `transfer-cancel`, through the IOC of the simulated beamline. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { EXIT } from "../../src/cli/exit-status.ts";
import { TASK_PV_STATES } from "../../src/controller/pvs/transfers.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

const SUCCEEDED = String(TASK_PV_STATES.indexOf("SUCCEEDED"));
vi.setConfig({ testTimeout: 120_000 });

test("a transfer is run and cancelled by name through the IOC, and without an IOC that is told", async () => {
  await using site = await startSimulatedBeamline();
  const { beamline, env, prefix } = site;
  const [source, destination] = [beamline.globus.collection("detector"), beamline.globus.collection("petrel")];
  mkdirSync(join(source.folder, "data"), { recursive: true });
  writeFileSync(join(source.folder, "data", "by hand 1.h5"), "x".repeat(1000));
  const run = (...words: string[]) =>
    runPeer(process.execPath, [join(ROOT, "dist/main.js"), ...words, "--config", beamline.configFile], { env });
  const inputs = [
    ["--source-collection", source.id],
    ["--source-path", "/data/by hand 1.h5"],
    ["--dest-collection", destination.id],
    ["--dest-path", "/by hand 1.h5"],
    ["--label", "by hand"],
  ].flat();
  const done = await run("transfer-run", "--ioc", prefix, ...inputs, "--json");
  expect(done, done.stdout + done.stderr).toMatchObject({ code: EXIT.done });
  const { results } = JSON.parse(done.stdout) as { readonly results: Readonly<Record<string, string>> };
  expect(results["TaskId"]).toMatch(/^[0-9a-f-]{36}$/);
  const ours = operatorOf(() => site);
  await ours.until("NiceStatus", (words) => words !== "");
  await ours.until("TransferStatus", (state) => state === SUCCEEDED);
  expect(existsSync(join(destination.folder, "by hand 1.h5"))).toBe(true);
  const over = await run("transfer-cancel", "--ioc", prefix);
  expect(over.code).toBe(EXIT.failed);
  expect(over.stderr).toContain("transfer-cancel: Rejected. No transfer of TransferRun is under way.");
  await ours.close();

  const alone = await run("transfer-run", ...inputs);
  expect(alone.code).toBe(EXIT.failed);
  expect(alone.stderr).toContain("start it, and give --ioc");
  const wrong = await run("transfer-run", ...inputs.with(1, "detector"), "--ioc", prefix);
  expect(wrong.code).toBe(EXIT.failed);
  expect(wrong.stderr).toContain('--source-collection is "detector": write the collection\'s UUID');
});
