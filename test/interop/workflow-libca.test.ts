/** The whole data management of a beamtime, driven by Debian's libca, on both kinds of server. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ECA } from "../../src/ca/wire/status.ts";
import { PEOPLE } from "../../src/sandbox/people.ts";
import { needPeers, peerPath } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { runPython, runPythonJson } from "../support/peers/spawn-peer.ts";

interface Ended {
  readonly completed: number;
  readonly value: number;
  readonly state: string;
  readonly message: string;
}
interface Seen extends Readonly<Record<string, unknown>> {
  readonly users: readonly string[];
  readonly with: { readonly users: readonly string[]; readonly results: readonly string[] };
  readonly without: readonly string[];
  readonly recipients: readonly string[];
  readonly sent: number;
  readonly running?: number;
}

const COMMANDS = ["Init", "Dirs", "ListUsers", "AddUser", "RemoveUser", "PreviewEmail", "Email"] as const;

describe.skipIf(needPeers("pyepics", "libca").missing)("a beamtime with Debian's libca", () => {
  let site: SimulatedBeamline;
  beforeAll(async () => {
    site = await startSimulatedBeamline();
  }, 60_000);
  afterAll(() => site?.stop());

  async function exercise(server: string, user: string): Promise<Seen> {
    const folder = join(site.beamline.analysis.root, "data", site.experimentName);
    const output = await runPython("workflow_exercise.py", [site.prefix, server, user, folder], {
      ...site.env,
      PYEPICS_LIBCA: peerPath("libca"),
    });
    return JSON.parse(output.trim().split("\n").at(-1) ?? "") as Seen;
  }
  const ends = (seen: Seen, names: readonly string[]): unknown =>
    Object.fromEntries(names.map((name) => [name, { ...(seen[name] as Ended), message: undefined }]));
  const done = (names: readonly string[]): unknown =>
    Object.fromEntries(names.map((name) => [name, { completed: 1, value: 0, state: "Done" }]));

  test("on Data Management: experiment, directories, users, e-mail, DAQ", { timeout: 120_000 }, async () => {
    const [other] = PEOPLE.others;
    const seen = await exercise("voyager", other?.badge ?? "");
    expect(ends(seen, [...COMMANDS, "StartDaq", "StopDaq"])).toMatchObject(
      done([...COMMANDS, "StartDaq", "StopDaq"]) as object,
    );
    expect(seen.users.join("\n")).toContain(PEOPLE.pi.lastName);
    expect(seen.with.users.join("\n")).toContain(other?.lastName);
    expect(seen.without).toEqual(seen.users);
    expect(seen.recipients).toContain(PEOPLE.pi.email);
    expect(seen.sent).toBe(seen.recipients.length);
    expect(site.beamline.mail.messages.map((one) => one.to).sort()).toEqual([...seen.recipients].sort());
    expect(seen.running).toBe(1); // there are no reconstructions yet
    expect((seen["StartDaq"] as Ended).message).toContain("_rec");
  });

  test("on a Globus collection: directories, access rules, e-mail; it has no DAQs", { timeout: 120_000 }, async () => {
    const before = site.beamline.mail.messages.length;
    const [other] = PEOPLE.others;
    const seen = await exercise("petrel", other?.email ?? "");
    expect(ends(seen, COMMANDS)).toMatchObject(done(COMMANDS) as object);
    expect(seen.with.users.join("\n")).toContain(other?.email);
    expect(seen.without.join("\n")).not.toContain(other?.email);
    expect(site.beamline.mail.messages.length - before).toBe(seen.sent);
    expect(seen["StartDaq"]).toMatchObject({ state: "Rejected" });
  });

  test("a put-callback tells a command that is done from one of which something is missing", {
    timeout: 120_000,
  }, async () => {
    const put = (): Promise<unknown> =>
      runPythonJson("put_status.py", [`${site.prefix}Dirs`], { ...site.env, PYEPICS_LIBCA: peerPath("libca") });
    expect(await put()).toEqual([ECA.NORMAL]);
    site.beamline.detector.faults.down = true;
    expect(await put()).toEqual([ECA.PUTFAIL]);
    site.beamline.detector.faults.down = false;
  });
});
