/** The whole data management of a beamtime from the command line, at a pseudo-terminal, on both kinds of server. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PEOPLE } from "../../src/sandbox/people.ts";
import { needPeers, peerPath, ROOT } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { type Finished, runPeer } from "../support/peers/spawn-peer.ts";

const PROGRAM = join(ROOT, "dist/main.js");
/** For some ten programs, one after the other, on a machine that may be busy. */
const SECONDS = 240;
/** What a person types, where the program asks. */
const SEND = [["[t]est: ", "yes\n"]] as const;

describe.skipIf(needPeers("python3").missing)("a beamtime at a terminal", () => {
  let site: SimulatedBeamline;
  beforeAll(async () => {
    site = await startSimulatedBeamline();
  }, SECONDS * 1000);
  afterAll(() => site?.stop());

  /** One command at a pseudo-terminal. */
  function type(args: readonly string[], answers: readonly (readonly [string, string])[] = []): Promise<Finished> {
    const exercise = join(ROOT, "test/peers/at_terminal.py");
    const command = [exercise, JSON.stringify(answers), process.execPath, PROGRAM, ...args];
    return runPeer(peerPath("python3"), command, {
      env: { ...site.env, GLOBUS_CONF: site.beamline.configFile, TERM: "xterm" },
    });
  }
  async function done(args: readonly string[], answers: readonly (readonly [string, string])[] = []): Promise<string> {
    const { code, stdout } = await type(args, answers);
    expect(`${args.join(" ")}: status ${code}\n${code === 0 ? "" : stdout}`).toBe(`${args.join(" ")}: status 0\n`);
    return stdout;
  }

  test("on Data Management: experiment, directories, users, e-mail, DAQ", { timeout: SECONDS * 1000 }, async () => {
    const [other] = PEOPLE.others;
    await done(["init"]);
    await done(["dirs"]);
    expect(await done(["list-users"])).toContain(PEOPLE.pi.lastName);
    expect(await done(["add-user", "--badges", other?.badge ?? ""])).toContain(other?.lastName);
    expect(await done(["remove-user", "--badges", other?.badge ?? ""])).toContain(other?.lastName);
    // The IOC holds the ledger: the e-mail goes through it.
    const email = await done(["email", "--mode", "all"], SEND);
    expect(email).toContain(site.prefix);
    const addresses = site.beamline.mail.messages.map((one) => one.to);
    expect(addresses).toContain(PEOPLE.pi.email);
    expect(new Set(addresses).size).toBe(addresses.length);
    await done(["start-daq"]);
    const [name = ""] = site.beamline.dm.experiments.keys();
    const folder = join(site.beamline.analysis.root, "data", name);
    mkdirSync(folder, { recursive: true });
    for (const file of ["a.h5", "b.h5"]) writeFileSync(join(folder, file), "data");
    expect(await done(["daq-status"])).toContain(name);
    expect(await done(["stop-daq"])).toContain("topped");
  });

  test("on a Globus collection: directories, access rules, e-mail; it has no DAQs", {
    timeout: SECONDS * 1000,
  }, async () => {
    const petrel = ["--server", "petrel"];
    const [other] = PEOPLE.others;
    await done(["init", ...petrel]);
    await done(["dirs", ...petrel]);
    await done(["add-user", "--badges", other?.email ?? "", ...petrel]);
    expect(await done(["list-users", ...petrel])).toContain(other?.email);
    await done(["remove-user", "--badges", other?.email ?? "", ...petrel]);
    const before = site.beamline.mail.messages.length;
    await done(["email", "--mode", "all", ...petrel], SEND);
    expect(site.beamline.mail.messages.length).toBeGreaterThan(before);
    const daq = await type(["start-daq", ...petrel]);
    expect(daq.code).toBe(1);
    expect(daq.stdout).toContain("petrel");
  });
});
