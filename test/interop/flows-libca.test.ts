/** A flow run, and its question answered, with the reference client library: libca → our IOC → the simulated Globus. */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { RUN_PV_STATES } from "../../src/controller/pvs/flows.ts";
import { needPeers, peerPath, ROOT } from "../support/peers/real-peers.ts";
import { startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { runPython } from "../support/peers/spawn-peer.ts";

describe.skipIf(needPeers("pyepics", "libca").missing)("a script with Debian's libca", () => {
  test("runs a flow to SUCCEEDED, and chooses the answer to a run's question by its name", {
    timeout: 120_000,
  }, async () => {
    await using site = await startSimulatedBeamline();
    const { globus, configFile } = site.beamline;
    const asking = "transfer-approve-delete";
    const read = (name: string): Record<string, unknown> =>
      JSON.parse(readFileSync(join(ROOT, "flows", name), "utf8")) as Record<string, unknown>;
    const [definition, inputSchema] = [read(`${asking}.json`), read(`${asking}.schema.json`)];
    const id = globus.flows.deploy({ title: asking, definition, inputSchema });
    writeFileSync(join(dirname(configFile), "flows", `${asking}.json`), JSON.stringify({ id }));
    const respondents = [`urn:globus:auth:identity:${globus.serviceAccount.clientId}`];
    const output = await runPython(
      "flows_exercise.py",
      [site.prefix, asking, JSON.stringify({ approve: { respondents } })],
      { ...site.env, PYEPICS_LIBCA: peerPath("libca") },
    );
    const seen = JSON.parse(output.trim().split("\n").at(-1) ?? "") as Readonly<Record<string, unknown>>;
    const [first] = globus.flows.runs;
    expect(seen).toMatchObject({
      completed: true,
      state: "Done",
      message: `The run ${first?.id} of the flow beamline has succeeded.`,
      answers: ["None", "Keep", "Delete"],
      answersAfter: ["None"],
    });
    const statuses = (seen["statuses"] as readonly number[]).map((one) => RUN_PV_STATES[one]);
    expect(statuses.filter((one) => one !== "UNKNOWN")).toEqual(["None", "ACTIVE", "SUCCEEDED"]);
    expect(seen["respond"]).toEqual(["Done", expect.stringContaining('was answered with "Keep".')]);
  });
});
