/**
 * globusConfigure as the shipped st.cmd says it, in a process of its own: what globus.conf and st.cmd must agree on,
 * and what a start tells.
 */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { epicsEnvironment, freePort } from "../support/peers/epics-environment.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type Finished, runPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 60_000 });
const PROGRAM = join(ROOT, "dist/main.js");
const SCRIPT = join(ROOT, "iocBoot/iocGlobus/st.cmd");

interface Start {
  /** globus.conf. */
  readonly settings: string | Buffer;
  /** Behind the private ones: P, R. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Typed at the prompt. */
  readonly input?: string;
}

/** Runs the shipped st.cmd until its standard input ends it. */
async function start({ settings, environment = {}, input = "" }: Start): Promise<Finished & { readonly file: string }> {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-configure-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "globus.conf");
  writeFileSync(file, Buffer.concat([Buffer.from(settings), Buffer.from("\n[web]\nenable = False\n")]));
  const env = {
    ...epicsEnvironment(await freePort()),
    HOME: folder,
    TOP: ROOT,
    GLOBUS_CONF: file,
    GLOBUS_ACF: join(ROOT, "iocBoot/iocGlobus/globus.acf"),
    AUTOSAVE_DIR: join(folder, "autosave"),
    ...environment,
  };
  return { ...(await runPeer(process.execPath, [PROGRAM, "ioc", SCRIPT], { env, input })), file };
}

const EPICS = "[epics]\nioc-prefix = 99id:\ntomoscan-prefix = TomoScan:\n";

test("a start lists what is missing, with the commands that need it", async () => {
  const { code, stderr, file } = await start({ settings: "", environment: { P: "99id:" } });
  expect(code).toBe(0);
  expect(stderr).toContain(
    `${file}: [globus] experiment-type and primary-beamline-contact-badge are not set: needed by Init and CreateManual.\n`,
  );
  for (const line of stderr.trimEnd().split("\n")) expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S/);
});

test("an IOC tells every time in the zone of its settings, whatever the host's is", async () => {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-zone-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { stderr, stdout } = await start({
    settings: `[general]\ntime-zone = Pacific/Kiritimati\nlog-directory = ${folder}\n`,
    environment: { P: "99id:", TZ: "UTC" },
    input: "globusShow\ndbgf 99id:Globus:StartTime\n",
  });
  expect(stdout).toContain("Time zone: Pacific/Kiritimati (+14:00)\n");
  const [, startTime = ""] = /^DBF_STRING: +"([^"]+\+14:00)"/m.exec(stdout) ?? [];
  const file = readdirSync(folder).find((name) => name.startsWith("globus_ioc_")) ?? "";
  const lineTimes = [stderr, readFileSync(join(folder, file), "utf8")].map((lines) => `${lines.slice(0, 19)}+14:00`);
  for (const told of [startTime, ...lineTimes])
    expect(Math.abs(Date.parse(told) - Date.now()), told).toBeLessThan(3_600_000);
});

test("a start that breaks off ends the program, also while the log file cannot be written", async () => {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-no-folder-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "file");
  writeFileSync(file, "");
  const settings = `${EPICS}[general]\nlog-directory = ${file}/logs\n`;
  const { code, stderr } = await start({ settings, environment: { P: "99id:", AUTOSAVE_DIR: `${file}/autosave` } });
  expect(stderr).toMatch(/set_savefile_path: the folder \S+ cannot be made/);
  expect(code).toBe(1);
});

test("a start tells a file that is not there, and refuses a line that is no UTF-8", async () => {
  const missing = await start({ settings: "[globus]\nglobus-message-file = none.html\n", environment: { P: "99id:" } });
  expect(missing.stderr).toMatch(
    /\[globus\] globus-message-file = \S+\/none\.html does not exist: needed by PreviewEmail and Email\.\n/,
  );
  const latin = await start({
    settings: Buffer.from("[manual]\ntitle = Zürich\n", "latin1"),
    environment: { P: "99id:" },
  });
  expect(latin).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`${latin.file}:2: the line holds bytes that are no UTF-8`) as unknown,
  });
});

test("start_medm opens the package's screens from a copied folder, and says what it lacks", async () => {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-medm-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  copyFileSync(join(ROOT, "iocBoot/iocGlobus/start_medm"), join(folder, "start_medm"));
  writeFileSync(join(folder, "medm"), '#!/bin/sh\necho "$PWD $*"\n', { mode: 0o755 });
  for (const name of ["package/dist", "package/medm"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "package/dist/main.js"), "", { mode: 0o755 }); // as npm install leaves it
  symlinkSync(join(folder, "package/dist/main.js"), join(folder, "globus-ioc"));
  const run = (variables: Readonly<Record<string, string>>) =>
    runPeer("/bin/sh", [join(folder, "start_medm")], { env: { PATH: `${folder}:/usr/bin:/bin`, ...variables } });
  expect(await run({ P: "99id:" })).toMatchObject({
    code: 0,
    stdout: `${join(folder, "package/medm")} -x -macro P=99id:,R=Globus: globus.adl\n`,
  });
  expect((await run({})).stderr).toContain("set P to the prefix of the IOC, such as 2bmb:");
  expect((await run({ P: "99id:", PATH: "/usr/bin:/bin" })).stderr).toContain("globus-ioc is not on the PATH");
});

test("a command that needs a missing setting says which, and in which section; show lists them all", async () => {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-missing-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "globus.conf"), "");
  const env = { ...epicsEnvironment(await freePort()), HOME: folder };
  const run = (name: string) => runPeer(process.execPath, [PROGRAM, name], { env, cwd: folder });
  expect(await run("tag")).toMatchObject({
    code: 1,
    stderr: "tag: Rejected. Tag needs ioc-prefix in the [epics] section of globus.conf, which is not set.\n",
  });
  const init = await run("init");
  expect(init.stderr).toContain(
    "Nobody knows where TomoScan is: set ioc-prefix in the [epics] section of globus.conf.",
  );
  const shown = await run("show");
  expect(shown.code).toBe(0);
  expect(shown.stdout).toContain("[email] smtp-host is not set: needed by Email.");
});

test("an IOC whose P is not TomoScan's prefix does not start", async () => {
  const { code, stderr, file } = await start({ settings: EPICS, environment: { P: "98id:" } });
  expect(code).toBe(2);
  expect(stderr).toContain(
    `${file}:2: st.cmd's P is "98id:", and [epics] ioc-prefix is "99id:", TomoScan of another beamline: make them alike, or ` +
      "set globus-ioc-prefix = 98id: in [epics] where TomoScan has another prefix on purpose.\n",
  );
});

test("a TomoScan at another prefix on purpose is said by globus-ioc-prefix", async () => {
  const settings = `${EPICS}globus-ioc-prefix = 98id:\n`;
  const run = await start({ settings, environment: { P: "98id:" } });
  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("All initialization complete") as unknown });
  const other = await start({ settings, environment: { P: "97id:" } });
  expect(other).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      `${other.file}:4: st.cmd's P is "97id:", and [epics] globus-ioc-prefix is "98id:": make them alike.\n`,
    ) as unknown,
  });
});

test("an IOC whose R is not globus-prefix does not start: --ioc would not find it", async () => {
  const { code, stderr, file } = await start({ settings: EPICS, environment: { P: "99id:", R: "Data:" } });
  expect(code).toBe(2);
  expect(stderr).toContain(
    `${file}: st.cmd's R is "Data:", and [epics] globus-prefix is "Globus:", where --ioc would look for this IOC: make them alike.\n`,
  );
});

test("prefixes without their colon are named, those of globus.conf and those of st.cmd", async () => {
  const inFile = await start({
    settings: "[epics]\nioc-prefix = 99id\ntomoscan-prefix = TomoScan\n",
    environment: { P: "99id:" },
  });
  expect(inFile.code).toBe(2);
  expect(inFile.stderr).toContain(
    `${inFile.file}:2: [epics] ioc-prefix = "99id" is not a prefix of PVs with the colon at its end, such as 2bmb:\n`,
  );
  expect(inFile.stderr).toContain(`${inFile.file}:3: [epics] tomoscan-prefix = "TomoScan" is not a prefix`);
  const inScript = await start({ settings: EPICS, environment: { P: "99id", R: "Globus" } });
  expect(inScript.code).toBe(2);
  expect(inScript.stderr).toContain('st.cmd\'s P = "99id" is not a prefix of PVs with the colon at its end');
  expect(inScript.stderr).toContain('st.cmd\'s R = "Globus" is not a prefix');
});
