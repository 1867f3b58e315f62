/**
 * The whole path with the reference client library: libca → our IOC → the simulated services, and what these then
 * contain.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { COMMAND_STATES } from "../../src/controller/pvs/commands.ts";
import { PEOPLE } from "../../src/sandbox/people.ts";
import { needPeers, peerPath } from "../support/peers/real-peers.ts";
import { startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { runPython } from "../support/peers/spawn-peer.ts";

interface Seen {
  readonly name: string;
  readonly Init: Readonly<Record<string, unknown>>;
  readonly Dirs: Readonly<Record<string, unknown>>;
  /** States of Init as its monitor told them. */
  readonly events: readonly number[];
}

describe.skipIf(needPeers("pyepics", "libca").missing)("a script with Debian's libca", () => {
  test("makes the experiment with its users, and its directories, and returns when that is done", {
    timeout: 90_000,
  }, async () => {
    await using site = await startSimulatedBeamline();
    const output = await runPython("beamline_exercise.py", [site.prefix], {
      ...site.env,
      PYEPICS_LIBCA: peerPath("libca"),
    });
    const seen = JSON.parse(output.trim().split("\n").at(-1) ?? "") as Seen;
    expect(seen.name).toBe(site.experimentName);
    expect(seen.Init).toMatchObject({ completed: 1, value: 0, state: "Done" });
    expect(seen.Dirs).toMatchObject({ completed: 1, value: 0, state: "Done" });
    expect(seen.events.map((state) => COMMAND_STATES[state]).slice(-2)).toEqual(["Running", "Done"]);
    const { dm, detector, analysis } = site.beamline;
    expect(dm.experiments.get(site.experimentName)?.usernames).toContain(`d${PEOPLE.pi.badge}`);
    for (const host of [detector, analysis])
      expect(existsSync(join(host.root, "data", site.experimentName))).toBe(true);
  });
});
