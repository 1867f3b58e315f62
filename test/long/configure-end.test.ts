/**
 * What globusConfigure has opened is closed however the IOC ends: also where iocInit fails or never runs, in a process
 * of its own.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { epicsEnvironment, freePort } from "../support/peers/epics-environment.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { runPeer, spawnPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 60_000 });
const PROGRAM = join(ROOT, "dist/main.js");
const SHIPPED = readFileSync(join(ROOT, "iocBoot/iocGlobus/st.cmd"), "utf8");
/** Far less than the ten seconds and the hour of what is begun again and again. */
const timeoutSeconds = 20;

const EPICS = "[epics]\nioc-prefix = 99id:\ntomoscan-prefix = TomoScan:\n";
const LOGIN = "[globus-auth]\nclient-id = 00000000-0000-0000-0000-000000000001\nauth-url = http://127.0.0.1:1\n";
/** No folder can be made in a file. */
const UNWRITABLE = "[general]\nlog-directory = GLOBUS_CONF/logs\n";

/** @param edit makes st.cmd of the shipped one */
async function prepared(settings: string, edit: (shipped: string) => string) {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-end-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, script] = [join(folder, "globus.conf"), join(folder, "st.cmd")];
  writeFileSync(file, `${settings.replace("GLOBUS_CONF", file)}\n[web]\nenable = False\n`);
  writeFileSync(script, edit(SHIPPED));
  const env = {
    ...epicsEnvironment(await freePort()),
    HOME: folder,
    TOP: ROOT,
    P: "99id:",
    GLOBUS_CONF: file,
    GLOBUS_ACF: join(ROOT, "iocBoot/iocGlobus/globus.acf"),
    AUTOSAVE_DIR: join(folder, "autosave"),
  };
  return { script, env };
}
const withLastLine = (line: string) => (shipped: string) => shipped.replace(/^iocInit$/m, line);

test.each([
  ["with a Globus login", EPICS + LOGIN],
  ["with a log-directory that cannot be written", EPICS + UNWRITABLE],
])("an IOC %s ends with status 1 after a line of st.cmd that fails", async (_what, settings) => {
  const { script, env } = await prepared(settings, withLastLine("iocInti"));
  const end = await runPeer(process.execPath, [PROGRAM, "ioc", script], { env, timeoutSeconds });
  expect(end).toMatchObject({ code: 1, stderr: expect.stringContaining("iocInti") as unknown });
});

test("an IOC whose settings are refused ends with status 2, although its log-directory cannot be written", async () => {
  const wrong = "[dm]\nstation = 99ID\nbackend = http\nds-url = https://127.0.0.1:1\nlogin-file = /login\n";
  const settings = `${EPICS}${UNWRITABLE}${wrong}ca-file = /no/such.pem\n`;
  const { script, env } = await prepared(settings, (shipped) => shipped);
  const end = await runPeer(process.execPath, [PROGRAM, "ioc", script], { env, timeoutSeconds });
  expect(end).toMatchObject({ code: 2, stderr: expect.stringContaining("/no/such.pem") as unknown });
});

test.each([
  ["without globusStart", (shipped: string) => shipped.replace(/^globusStart$/m, ""), /All initialization complete/],
  ["without iocInit", withLastLine("echo behind globusConfigure"), /behind globusConfigure/],
])("SIGTERM ends an IOC %s", async (_what, edit, line) => {
  const { script, env } = await prepared(EPICS + LOGIN + UNWRITABLE, edit);
  const ioc = await spawnPeer(process.execPath, [PROGRAM, "ioc", "-S", script], { env, line });
  expect(await ioc.stop()).toEqual({ code: 0, signal: null });
});

test("an IOC without globusStart does not look after the Globus login", async () => {
  const { script, env } = await prepared(EPICS + LOGIN, (shipped) => shipped.replace(/^globusStart$/m, ""));
  const end = await runPeer(process.execPath, [PROGRAM, "ioc", script], { env, timeoutSeconds });
  expect(end.code).toBe(0);
  expect(end.stderr).not.toContain("no Globus login");
});
