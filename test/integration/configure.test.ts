/** globusConfigure as the shipped st.cmd says it, in a process of its own: what globus.conf and st.cmd must agree on, and what a start tells. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { epicsEnvironment, freePort } from "../support/epics-environment.ts";
import { ROOT } from "../support/real-peers.ts";
import { type Finished, runPeer } from "../support/spawn-peer.ts";

vi.setConfig({ testTimeout: 60_000 });
const PROGRAM = join(ROOT, "dist/main.js");
const SCRIPT = join(ROOT, "iocBoot/iocGlobus/st.cmd");

interface Start {
  /** globus.conf. */
  readonly settings: string;
  /** Behind the private ones: P, R. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs the shipped st.cmd until its standard input, which is empty, ends it. */
async function start({ settings, environment = {} }: Start): Promise<Finished & { readonly file: string }> {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-configure-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "globus.conf");
  writeFileSync(file, settings);
  const env = {
    ...epicsEnvironment(await freePort()),
    HOME: folder,
    TOP: ROOT,
    GLOBUS_CONF: file,
    AUTOSAVE_DIR: join(folder, "autosave"),
    ...environment,
  };
  return { ...(await runPeer(process.execPath, [PROGRAM, "ioc", SCRIPT], { env })), file };
}

const EPICS = "[epics]\nioc-prefix = 99id:\ntomoscan-prefix = TomoScan:\n";

test("a start lists what is missing, with the commands that need it", async () => {
  const { code, stderr, file } = await start({ settings: "", environment: { P: "99id:" } });
  expect(code).toBe(0);
  expect(stderr).toContain(
    `${file}: [globus] experiment-type and primary-beamline-contact-badge are not set: needed by Init and CreateManual.\n`,
  );
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
      "set globus-ioc-prefix = 98id: in [epics] where TomoScan has another prefix on purpose\n",
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
      `${other.file}:4: st.cmd's P is "97id:", and [epics] globus-ioc-prefix is "98id:": make them alike\n`,
    ) as unknown,
  });
});

test("an IOC whose R is not globus-prefix does not start: --ioc would not find it", async () => {
  const { code, stderr, file } = await start({ settings: EPICS, environment: { P: "99id:", R: "Data:" } });
  expect(code).toBe(2);
  expect(stderr).toContain(
    `${file}: st.cmd's R is "Data:", and [epics] globus-prefix is "Globus:", where --ioc would look for this IOC: make them alike\n`,
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
