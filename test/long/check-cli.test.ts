/** `globus-ioc check` at the simulated beamline: by itself, through the IOC, and called off through its Abort. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { EXIT } from "../../src/cli/exit-status.ts";
import { CHECK_STATES } from "../../src/controller/pvs/check.ts";
import { COMMAND_STATES } from "../../src/controller/pvs/commands.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 120_000 });

const trialFiles = ({ beamline }: SimulatedBeamline): readonly string[] =>
  [
    join(beamline.globus.collection("detector").folder, "data"),
    join(beamline.globus.collection("petrel").folder, "2-BM"),
    beamline.archive,
  ]
    .flatMap((folder) => readdirSync(folder))
    .filter((name) => name.startsWith(".globus-ioc-check"));

test("a beamline is checked with and without its IOC; what is broken is told, and the status says so", async () => {
  await using site = await startSimulatedBeamline();
  const { beamline, env, prefix } = site;
  const run = (...words: string[]) =>
    runPeer(process.execPath, [join(ROOT, "dist/main.js"), "check", ...words, "--config", beamline.configFile], {
      env,
    });
  const linesOf = (stdout: string): readonly string[] =>
    (JSON.parse(stdout) as { results: { CheckLines: string } }).results.CheckLines.split("\n");

  for (const words of [["--json"], ["--ioc", prefix, "--json"]]) {
    const done = await run(...words);
    expect(done, done.stdout + done.stderr).toMatchObject({ code: EXIT.done });
    expect(linesOf(done.stdout)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^OK Ledger's disk: .* can be written\.$/),
        "OK Round trip to archive: 1000000 bytes arrived equal and are removed.",
        "OK Round trip to petrel: 1000000 bytes arrived equal and are removed.",
      ]),
    );
  }
  const dry = await run("--dry-run");
  expect(dry, dry.stdout + dry.stderr).toMatchObject({ code: EXIT.done });
  expect(dry.stdout + dry.stderr).toContain("Round trip to petrel: would send the test file");
  expect(beamline.globus.transfers).toHaveLength(2);

  const ours = operatorOf(() => site);
  expect(CHECK_STATES[await ours.number("CheckState")]).toBe("OK");
  const release = beamline.globus.pauseCollection("petrel", "noon", { read: true, write: true, delete: false });
  rmSync(beamline.archive, { recursive: true });
  const failed = await run("--ioc", prefix);
  expect(failed.code).toBe(EXIT.failed);
  expect(failed.stdout).toMatch(/MAJOR Top of archive: The destination .* is not there: is it mounted\?/);
  expect(failed.stdout).toContain("MAJOR Round trip to petrel: Transfers to petrel are held up by an administrator");
  expect(CHECK_STATES[await ours.number("CheckState")]).toBe("Failed");
  expect(await ours.number("CheckCount")).toBe(2);
  release();

  await ours.close();
});

test("Abort ends a check with its Globus task, and nothing stays behind", async () => {
  await using site = await startSimulatedBeamline();
  const { globus } = site.beamline;
  const ours = operatorOf(() => site);
  globus.addFault("petrel", { code: "CONNECTION_RESET" });
  const over = ours.put("TransferCheck", 1);
  await globus.arrived("/v0.10/transfer", 1);
  await ours.until("CheckState", (state) => state === String(CHECK_STATES.indexOf("Checking")));
  await ours.put("Abort", 1);
  await over;
  expect(COMMAND_STATES[await ours.number("TransferCheckStatus")]).toBe("Cancelled");
  expect(CHECK_STATES[await ours.number("CheckState")]).toBe("Unknown");
  expect(trialFiles(site)).toEqual([]);
  await ours.close();
});
