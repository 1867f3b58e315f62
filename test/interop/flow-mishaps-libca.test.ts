/** Runs of flows that do not go straight to their end, operated with the reference client library. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ECA } from "../../src/ca/wire/status.ts";
import { RUN_PV_STATES, type RunPvState } from "../../src/controller/pvs/flows.ts";
import { needPeers, PYTHON, peerPath, ROOT } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { type PeerProcess, spawnPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

describe.skipIf(needPeers("pyepics", "libca").missing)("a script with Debian's libca", () => {
  let site: SimulatedBeamline;
  let operator: PeerProcess;
  let requests = 0;
  beforeAll(async () => {
    site = await startSimulatedBeamline();
    operator = await spawnPeer(PYTHON, [`${ROOT}/test/peers/libca_operator.py`, site.prefix], {
      env: { ...site.env, PYEPICS_LIBCA: peerPath("libca") },
    });
    await ask("watch", "RunStatus");
    await runIs("None"); // the ledger is read
  });
  afterAll(async () => {
    await operator?.stop();
    await site?.stop();
  });

  async function ask(...request: readonly (string | number | null)[]): Promise<unknown> {
    const number = requests++;
    operator.write(`${JSON.stringify(request)}\n`);
    const [, answer = ""] = await operator.said(new RegExp(`^${number} (.*)$`, "m"), 70);
    return JSON.parse(answer) as unknown;
  }
  const put = (command: string): Promise<unknown> => ask("put", command);
  const text = (suffix: string): Promise<unknown> => ask("get", suffix);
  /** @returns the states that the monitor told on the way, but those of which nobody knows */
  async function runIs(wanted: RunPvState | null): Promise<readonly (RunPvState | null | undefined)[]> {
    const told = await ask("until", "RunStatus", wanted === null ? null : RUN_PV_STATES.indexOf(wanted));
    const states = (told as readonly (number | null)[]).map((one) => (one === null ? null : RUN_PV_STATES[one]));
    return states.filter((one) => one !== "UNKNOWN");
  }
  const runs = () => site.beamline.globus.flows.runs;

  test("cancels a run in its middle, by FlowCancel, and reads how it ended", async () => {
    const goOn = site.beamline.globus.flows.holdState("TransferData");
    expect(await put("FlowRun")).toBe(ECA.NORMAL);
    await ask("until", "RunStep", "TransferData");
    const run = runs().at(-1);
    expect(await text("RunId")).toBe(run?.id);
    expect(await put("FlowCancel")).toBe(ECA.NORMAL);
    expect(await runIs("FAILED")).toEqual(["ACTIVE", "FAILED"]);
    expect(await text("RunMessage")).toContain("was cancelled");
    goOn();
    expect(runs().at(-1)).toMatchObject({ id: run?.id, status: "FAILED" });
  });

  test("is told which consent a run waits for, and lets it go on by FlowResume to SUCCEEDED", async () => {
    const before = runs().length;
    const { globus } = site.beamline;
    const goOn = globus.pauseCollection("petrel", "maintenance");
    expect(await put("FlowRun")).toBe(ECA.NORMAL);
    await ask("until", "RunMessage", "an administrator of a collection has paused it");
    const run = runs().at(-1)?.id ?? "";
    globus.flows.revokeConsent(run);
    expect(await runIs("INACTIVE")).toEqual(["ACTIVE", "INACTIVE"]);
    await ask("until", "RunMessage", `globus-ioc flow resume ${run}`);
    expect(await text("RunMessage")).toMatch(
      / waits at its step TransferData for a consent \(.*transfer\.api\.globus\.org:all/,
    );
    goOn();
    expect(await put("FlowResume")).toBe(ECA.NORMAL); // a service account consents by itself
    expect(await runIs("SUCCEEDED")).toEqual(["ACTIVE", "SUCCEEDED"]);
    expect(await text("RunId")).toBe(run);
    expect(runs()).toHaveLength(before + 1);
  });

  test("follows the same run on to its end when the IOC is killed in its middle and started again", async () => {
    const before = runs().length;
    const goOn = site.beamline.globus.flows.holdState("TransferData");
    expect(await put("FlowRun")).toBe(ECA.NORMAL);
    await ask("until", "RunStep", "TransferData");
    await runIs("ACTIVE");
    const run = await text("RunId");
    await site.restartIoc();
    expect(await runIs(null)).toEqual([null]);
    await runIs("ACTIVE");
    expect(await text("RunId")).toBe(run);
    goOn();
    expect(await runIs("SUCCEEDED")).toEqual(["SUCCEEDED"]);
    expect(await text("RunId")).toBe(run);
    expect(await text("RunMessage")).toBe(`The run ${String(run)} of the flow beamline has succeeded.`);
    expect(runs().slice(before)).toEqual([expect.objectContaining({ id: run, status: "SUCCEEDED" })]);
  });
});
