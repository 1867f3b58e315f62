/** `globus-ioc <command>` as it is typed: against the simulated beamline, through its IOC, and at a pseudo-terminal. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { needPeers, peerPath, ROOT } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { type Finished, runPeer, spawnPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const PROGRAM = join(ROOT, "dist/main.js");

let site: SimulatedBeamline;
/** Of the experiment that TomoScan is tagged with. */
let ourName: string;
const { number, state, close } = operatorOf(() => site);
beforeAll(async () => {
  site = await startSimulatedBeamline();
  ourName = site.experimentName;
});
afterAll(async () => {
  await close();
  await site?.stop();
});
beforeEach(async () => {
  await site.beamline.dm.misbehave({});
});

const environment = () => ({ ...site.env, GLOBUS_CONF: site.beamline.configFile, TERM: "xterm" });
/** Runs the program with nothing at its standard input. */
const cli = (...args: readonly string[]): Promise<Finished> =>
  runPeer(process.execPath, [PROGRAM, ...args], { env: environment() });

/** What all log files say. */
function logs(): string {
  const folder = join(dirname(site.beamline.configFile), "logs");
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("");
}

/**
 * Most of a run is waiting, for a tag to be quiet or a PV to be found: those that do not disturb each other wait
 * together.
 */
describe("in this process", { concurrent: true }, () => {
  test("dirs makes the directories, a second time finds them, and the log file says so", async () => {
    const first = await cli("dirs");
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toMatch(/dirs: Done\. .* was made; .* was made\.\n$/);
    for (const host of [site.beamline.detector, site.beamline.analysis])
      expect(existsSync(join(host.root, "data", ourName))).toBe(true);
    expect((await cli("dirs")).stdout).toMatch(/exists; .* exists\.\n$/);
    expect(logs()).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - INFO: globus-ioc dirs$/m);
    expect(logs()).toMatch(/ - INFO: dirs: Done\. .* was made/);
  });

  test("init creates the experiment; a dry run before it does not", async () => {
    const dry = await cli("init", "--dry-run");
    expect(dry).toMatchObject({ code: 0, stderr: "" });
    expect(site.beamline.dm.experiments.has(ourName)).toBe(false);
    expect((await cli("create")).code).toBe(0);
    expect(site.beamline.dm.experiments.has(ourName)).toBe(true);
  });

  test("a question without a terminal is refused at once, with status 2", async () => {
    expect(await cli("delete")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^delete: Usage\. .*no terminal/) as unknown,
    });
  });

  test("an IOC that is not there is a sentence", async () => {
    const run = await cli("init", "--ioc", "nobody:");
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/^init: Failed\. There is no PV nobody:Init: start the IOC/);
  });
});

test("help is given where it is asked for, and a command that does not exist has none", {
  concurrent: true,
}, async () => {
  const [help, unknown] = await Promise.all([cli("ioc", "--help"), cli("nosuch", "--help")]);
  expect(help).toMatchObject({ code: 0, stderr: "" });
  expect(help.stdout).toMatch(/^Usage: globus-ioc ioc .*st\.cmd/);
  expect(unknown).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("'nosuch'") as unknown });
});

describe("put", { concurrent: true }, () => {
  test("to a result is refused because it is one", async () => {
    for (const wait of [[], ["--wait"]]) {
      const run = await cli("put", ...wait, `${site.prefix}UserCount`, "3");
      expect(run.code).toBe(1);
      expect(run.stderr).toMatch(/UserCount.*its IOC alone writes\.\n$|UserCount.*no write access/);
      expect(run.stderr.match(/ECA_\w+/g)).toHaveLength(1);
    }
  });
  test("to a command that is refused says what the IOC said of it", async () => {
    const run = await cli("put", "--wait", "-w", "20", `${site.prefix}Delete`, "1");
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/\(ECA_PUTFAIL\); \S+Globus:Message says: Delete: Deleting is off: .*\.\n$/);
  });
  test("of a value that an input cannot hold quotes nothing that is not about it", async () => {
    const run = await cli("put", "--wait", `${site.prefix}Set`, "soon");
    expect(run.stderr).toMatch(
      /Set: the put was completed with an error \(ECA_PUTFAIL\); see its status and alarm\.\n$/,
    );
  });
});

test("a second Ctrl-C is not needed: the first one stops the action in order", async () => {
  await site.beamline.dm.misbehave({ slowSeconds: 20 });
  const run = await spawnPeer(process.execPath, [PROGRAM, "init"], { env: environment(), line: /Init has begun/ });
  run.kill("SIGINT");
  expect(await run.exited).toMatchObject({ code: 1, signal: null });
  expect(run.stderr).toMatch(/^init: Cancelled\. Ended by SIGINT\./);
});

test("a setting that only shows to be wrong when the site is opened ends the program, with status 2", async () => {
  expect(await cli("dirs", "--ca-file", "/no/such.pem")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^dirs: Usage\. .*ca-file = \/no\/such\.pem does not exist/) as unknown,
  });
});

describe("through the IOC", () => {
  test("init does there what it does here, with the same words and status", async () => {
    const run = await cli("init", "--ioc", site.prefix, "--json");
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(run.stdout)).toMatchObject({
      state: "Done",
      message: expect.stringContaining(ourName) as unknown,
      results: { ExperimentExists: "Yes" },
      log: expect.arrayContaining([`Init has begun for ${ourName}.`]) as unknown,
    });
    await vi.waitFor(() => expect(logs()).toContain(` - INFO: globus: Init has begun for ${ourName}.`)); // the IOC's own file
  });

  test("an option counts for this run alone", async () => {
    const run = await cli("init", "--ioc", site.prefix, "--server", "petrel", "--set", "1");
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("petrel:/2-BM/");
    expect([await number("ServerName"), await number("Set")]).toEqual([0, 0]);
  });

  test("an option that is longer than its PV is refused with both lengths", async () => {
    const run = await cli("add-user", "--ioc", site.prefix, "--badges", "208112,".repeat(60));
    expect(run).toMatchObject({
      code: 2,
      stderr:
        "add-user: Usage. --badges has 420 characters, and an IOC's EditUserBadge holds 255: give less at once.\n",
    });
  });

  test("a failure has its sentence and status 1", async () => {
    await site.beamline.dm.misbehave({ loginRefused: true, unauthorized: "always" });
    const run = await cli("init", "--ioc", site.prefix);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/^init: Failed\. .*(login|password|401|session)/i);
  });

  test("Ctrl-C stops the command on the IOC", async () => {
    await site.beamline.dm.misbehave({ slowSeconds: 20 });
    const args = [PROGRAM, "init", "--ioc", site.prefix];
    const run = await spawnPeer(process.execPath, args, { env: environment(), line: /Init has begun/ });
    run.kill("SIGINT");
    expect(await run.exited).toMatchObject({ code: 1, signal: null });
    expect(run.stderr).toMatch(/^init: Cancelled\. Init was stopped: 0 was written to it\./);
    expect(await state("Init")).toBe("Cancelled");
  });
});

test("dirs ends with 3 when one host is down, and says which", { concurrent: true }, async () => {
  const run = await cli("dirs", "--analysis-port", "1", "--json");
  expect(run).toMatchObject({ code: 3, stderr: "" });
  expect(JSON.parse(run.stdout)).toMatchObject({
    state: "Partial",
    exitStatus: 3,
    results: { DirsDetector: "Exists", DirsAnalysis: "Error" },
    message: expect.stringMatching(/127\.0\.0\.1:1 refuses/) as unknown,
  });
});

describe.skipIf(needPeers("python3").missing)("at a terminal", { concurrent: true }, () => {
  /** What the terminal shows. @param answers what to wait for, and what to type then */
  const atTerminal = (answers: readonly (readonly [string, string])[], args: readonly string[], env = {}) =>
    runPeer(
      peerPath("python3"),
      [join(ROOT, "test/peers/at_terminal.py"), JSON.stringify(answers), process.execPath, PROGRAM, ...args],
      { env: { ...environment(), ...env } },
    );

  test("delete asks for the name, and another one deletes nothing", async () => {
    const run = await atTerminal([["to delete it: ", "no\r"]], ["delete", "--allow-delete"]);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain(`  ${ourName}`);
    expect(run.stdout).toContain("\x1b[33mCancelled\x1b[0m");
    expect(run.stdout).toContain(`"no" is not the name of the experiment, ${ourName}: nothing was deleted.`);
  });

  test("upload shows a bar that is redrawn in place", async () => {
    await cli("init");
    const folder = join(site.beamline.analysis.root, "data", ourName);
    mkdirSync(folder, { recursive: true });
    for (const name of ["a.h5", "b.h5"]) writeFileSync(join(folder, name), "data");
    const run = await atTerminal([], ["upload", "--no-rec", "--daq-poll-seconds", "0.2"]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain(`\r\x1b[K[${"#".repeat(30)}] 100 %, 2 of 2 files\r\n`);
  });

  test.each([
    ["Ctrl-C", "\x03"],
    ["Ctrl-D", "\x04"],
  ])("%s at the question ends it", async (_key, typed) => {
    const run = await atTerminal([["to delete it: ", typed]], ["delete", "--allow-delete"]);
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/Cancelled/);
  });

  test("there are colours, unless NO_COLOR is set", async () => {
    const wrong = ["dirs", "--detector-port", "0"];
    const [coloured, plain] = await Promise.all([atTerminal([], wrong), atTerminal([], wrong, { NO_COLOR: "1" })]);
    expect(coloured.stdout).toContain("\x1b[31mUsage\x1b[0m");
    expect(plain.stdout).toMatch(/Usage/);
    expect(plain.stdout).not.toContain("\x1b[");
  });
});
