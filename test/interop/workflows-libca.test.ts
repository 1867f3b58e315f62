/** A job of a workflow with the reference client library: libca → our IOC → the simulated Data Management. */
import { describe, expect, test } from "vitest";
import { needPeers, peerPath } from "../support/peers/real-peers.ts";
import { startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { runPython } from "../support/peers/spawn-peer.ts";

const FILE = "/data/2026-03/a1.h5";

describe.skipIf(needPeers("pyepics", "libca").missing)("a script with Debian's libca", () => {
  test("starts a job, sees its stages and its end, and is told where no file is known", {
    timeout: 120_000,
  }, async () => {
    await using site = await startSimulatedBeamline();
    const output = await runPython("workflow_job_exercise.py", [site.prefix, site.experimentName, FILE], {
      ...site.env,
      PYEPICS_LIBCA: peerPath("libca"),
    });
    const seen = JSON.parse(output.trim().split("\n").at(-1) ?? "") as Readonly<Record<string, unknown>>;
    const [job, ...others] = site.beamline.dm.jobs();
    expect(others).toEqual([]);
    expect(job).toMatchObject({ filePath: FILE, status: "done" });
    expect(seen).toMatchObject({
      without: [
        "Rejected",
        "No scan is known, and Data Management fails a job without a file: set WorkflowFile, or filePath in WorkflowArgs.",
      ],
      run: [
        "Done",
        `Data Management has accepted the job ${String(job?.["id"])} of the workflow recon for ${FILE}; WorkflowStatus follows it.`,
      ],
      monitor: ["Done", "The workflow recon has ended well."],
      status: "Done",
    });
    expect(seen["stages"]).toEqual(expect.arrayContaining(["02-CENTRE (2 of 4)", "04-DONE (4 of 4)"]));
  });
});
