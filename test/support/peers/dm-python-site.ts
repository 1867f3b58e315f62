/**
 * Our DM client over a Python dm package: the stand-in before the simulated service, or a package that a test writes.
 */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import { createLog } from "../../../src/base/log.ts";
import { type DmTwin, startDmTwin } from "../../../src/sandbox/dm/service.ts";
import { STATION } from "../../../src/sandbox/people.ts";
import { createDmPython, type DmPython, type DmPythonOptions } from "../../../src/services/dm/over-python.ts";
import { ImpatientClock } from "../fakes/impatient-clock.ts";
import { inheritedEnvironment } from "./epics-environment.ts";
import { ROOT } from "./real-peers.ts";

/** The folder that holds the stand-in package. */
export const STAND_IN = join(ROOT, "test/peers/dm_stand_in");

/** The environment for a Python that finds `dm` in this folder. */
export const withDmIn = (folder: string): Record<string, string> => ({
  ...inheritedEnvironment(),
  PYTHONPATH: folder,
  PYTHONDONTWRITEBYTECODE: "1",
});

/** A folder that is gone when the test ends. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "globus-ioc-dm-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with a `dm` package of this text. */
export async function folderWithDm(text: string): Promise<string> {
  const folder = await testFolder();
  await writeFile(join(folder, "dm.py"), text);
  return folder;
}

/** Our client over the `dm` in `folder`; stopped when the test ends. @param changes to its options */
export function dmOverPython(folder: string, changes: Partial<DmPythonOptions> = {}): DmPython & { log: string[] } {
  const log: string[] = [];
  const dm = createDmPython({
    python: "python3",
    station: STATION.name,
    urls: { ds: "http://127.0.0.1:9" },
    loginFile: "",
    environment: withDmIn(folder),
    clock: systemClock,
    log: createLog("dm", (line) => log.push(line), "debug"),
    ...changes,
  });
  onTestFinished(() => dm.close());
  return Object.assign(dm, { log });
}

/** A server of 127.0.0.1 that notes each visitor and keeps it waiting; closed when the test ends. */
export async function doorbell(): Promise<{ readonly url: string; readonly rung: () => Promise<void> }> {
  const visitors: (() => void)[] = [];
  let waiting = 0;
  const server = createServer(() => {
    const next = visitors.shift();
    if (next === undefined) waiting++;
    else next();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const rung = (): Promise<void> =>
    new Promise((resolve) => {
      if (waiting === 0) return visitors.push(resolve);
      waiting--;
      resolve();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, rung };
}

export interface StandInSite {
  readonly twin: DmTwin;
  readonly dm: DmPython & { readonly log: string[] };
  readonly loginFile: string;
  readonly count: (part: string) => number;
}

interface StandInChanges {
  /** In the login file. */
  readonly password?: string;
  readonly twinClock?: ImpatientClock;
}

/**
 * The stand-in before the simulated service; both are stopped when the test ends.
 * @param changes to the client's options
 */
export async function standInSite({
  twinClock = new ImpatientClock(),
  ...changes
}: Partial<DmPythonOptions> & StandInChanges = {}): Promise<StandInSite> {
  const twin = await startDmTwin({ clock: twinClock });
  onTestFinished(() => twin.close());
  const loginFile = join(await testFolder(), "login");
  await writeFile(loginFile, `${twin.login.username}|${changes.password ?? twin.login.password}\n`, { mode: 0o600 });
  const dm = dmOverPython(STAND_IN, { urls: twin.urls, loginFile, ...changes });
  const count = (part: string): number => twin.requests.filter(({ path }) => path.includes(part)).length;
  return { twin, dm, loginFile, count };
}

/** The bridge processes that this process has started. */
export function bridgeProcesses(): readonly { readonly pid: number; readonly commandLine: string }[] {
  const found = [];
  for (const name of readdirSync("/proc").filter((one) => /^\d+$/.test(one))) {
    try {
      const parent = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${name}/status`, "utf8"))?.[1];
      const commandLine = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
      if (parent === String(process.pid) && commandLine.includes("dm_bridge.py"))
        found.push({ pid: Number(name), commandLine });
    } catch {
      // The process ended while we looked.
    }
  }
  return found;
}
