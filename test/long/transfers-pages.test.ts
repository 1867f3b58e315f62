/**
 * The snippets of docs/transfers.md, docs/notify.md and the queue's section of docs/ledger.md, as they stand there: the
 * settings read as globus.conf is and run, the shell's lines run, with the names of the simulated beamline.
 */

import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { ANSWERS } from "../../src/controller/pvs/row.ts";
import { SCAN_PV_STATES, TASK_PV_STATES } from "../../src/controller/pvs/transfers.ts";
import { TRIGGER_STATES, type TriggerState } from "../../src/controller/pvs/triggers.ts";
import { freePort } from "../support/peers/epics-environment.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { type Finished, runPeer, spawnPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const page = (name: string): string => readFileSync(join(ROOT, "docs", name), "utf8");
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map(([, code]) => code ?? "");
const isState =
  (state: TriggerState) =>
  (text: string): boolean =>
    TRIGGER_STATES[Number(text)] === state;

let site: SimulatedBeamline;
let folder: string;
const { text, until, close } = operatorOf(() => site);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
  const own = join(folder, "globus-ioc");
  writeFileSync(own, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, "dist/main.js")}" "$@"\n`);
  chmodSync(own, 0o755);
  site = await startSimulatedBeamline();
  site.beamline.tomoScan.plan = { seconds: 0.4, bytes: 50_000 };
  await until("ExperimentName", (name) => name === site.experimentName);
});
afterAll(async () => {
  await close();
  await site?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** With what this beamline has instead of the page's. */
function here(code: string): string {
  const { tomoScanPrefix, globus } = site.beamline;
  return code
    .replaceAll("2bmb:Globus:", site.prefix)
    .replaceAll("2bmb:TomoScan:", tomoScanPrefix)
    .replaceAll("6c54cade-bde5-45c1-bdea-f4bd71dba2cc", globus.collection("detector").id)
    .replaceAll("39c5ee57-ea21-4d86-8ade-4a02a8c1a24a", globus.collection("petrel").id);
}
const shell = (): Readonly<Record<string, string>> => ({
  ...site.env,
  PATH: `${folder}:${process.env["PATH"] ?? ""}`,
  GLOBUS_CONF: site.beamline.configFile,
});
async function runs(line: string): Promise<Finished> {
  const run = await runPeer("/bin/sh", ["-c", here(line)], { env: shell(), cwd: folder });
  expect(run, line).toMatchObject({ code: 0, stderr: "" });
  return run;
}

/** Runs a page's first lines: the first starts a scan, the second shows what becomes of it. */
async function inFiveMinutes(wanted: RegExp, trigger: TriggerState = "Idle"): Promise<string> {
  const [start = "", show = "", ...more] = blocks(page("transfers.md"), "sh")[0]?.trim().split("\n") ?? [];
  expect(more).toEqual([]);
  await until("Trigger0State", isState(trigger));
  const monitor = await spawnPeer("/bin/sh", ["-c", here(show)], { env: shell(), line: /ArchiveMessage/ });
  await runs(start);
  const [said = ""] = await monitor.said(wanted, 60);
  await monitor.stop();
  return said;
}

/** The block of docs/transfers.md with this section. */
const settingsWith = (section: string): string =>
  blocks(page("transfers.md"), "ini").find((code) => code.includes(section)) ?? "";

test("docs/ledger.md: every line about the queue does what it says, for a scan that has failed", async () => {
  const inTheWay = join(site.beamline.archive, site.experimentName);
  writeFileSync(inTheWay, "no folder");
  await inFiveMinutes(/ArchiveMessage .* is not proven: archive: .* is in the way/);
  await until("Scan0State", (state) => SCAN_PV_STATES[Number(state)] === "Retrying");
  const name = await text("Scan0Name");
  const section = page("ledger.md").split("## The queue of scans")[1] ?? "";
  const lines = section.split("\n").flatMap((line) => /^ {4}(globus-ioc queue .*?) +# /.exec(line)?.[1] ?? []);
  expect(lines.map((line) => line.split(" ")[2])).toEqual(["list", "show", "retry", "drop", "reconcile", "export"]);
  const said = new Map<string, string>();
  for (const line of lines) {
    const [, , what = ""] = line.split(" ");
    if (what === "reconcile") rmSync(inTheWay);
    const typed = line.replace(/\ba1\b/, name) + (what === "drop" ? " --yes" : "");
    said.set(what, (await runs(typed)).stdout);
  }
  expect(said.get("list")).toContain(name);
  expect(said.get("show")).toMatch(/is in the way/);
  expect(said.get("retry")).toContain("1 scan is tried again.");
  expect(said.get("drop")).toContain("1 scan is given up.");
  const records = readFileSync(join(folder, "queue.jsonl"), "utf8").trim().split("\n");
  expect(records.map((line) => JSON.parse(line) as unknown)).toContainEqual({
    send: expect.objectContaining({ destination: "archive", state: "dropped" }) as unknown,
  });
});

test("docs/ledger.md: the options of queue list that it names are there", async () => {
  const [, named = ""] = /queue list +# (.*)$/m.exec(page("ledger.md")) ?? [];
  const options = [...named.matchAll(/--[a-z]+/g)].map(([option]) => option);
  expect(options.length).toBeGreaterThan(4);
  const { stdout } = await runs("globus-ioc queue list --help");
  for (const option of options) expect(stdout).toContain(option);
});

test("docs/transfers.md: in five minutes a scan is proven at both destinations", async () => {
  await inFiveMinutes(/ArchiveMessage .* is proven at archive and petrel\./);
  expect(await text("LastDone")).toBe(await text("Scan0Name"));
});

test("docs/transfers.md: one transfer by hand arrives", async () => {
  const { globus } = site.beamline;
  const file = join(globus.collection("detector").folder, "data/2026-03/scan_001.h5");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, "by hand");
  const byHand = blocks(page("transfers.md"), "sh").find((code) => code.includes("TransferRun"));
  const { stdout } = await runs(`set -e\n${byHand}`);
  expect(stdout).toMatch(/TransferRunMessage Globus has accepted the transfer .*; TransferStatus follows it\./);
  await until("TransferStatus", (state) => TASK_PV_STATES[Number(state)] === "SUCCEEDED");
  const arrived = join(globus.collection("petrel").folder, "2-BM/by-hand/scan_001.h5");
  expect(readFileSync(arrived, "utf8")).toBe("by hand");
});

test("docs/notify.md: its settings are read", () => {
  const codes = blocks(page("notify.md"), "ini");
  expect(codes).toHaveLength(1);
  for (const code of codes) {
    const { notify, email } = parseConfig(code, "/site/globus.conf", "/home/op");
    expect(email["smtp-host"]).toBe("smtp.example.org");
    expect(notify).toMatchObject({ "mail-to": ["anne@example.org", "bob@example.org"], "summary-at": "07:00" });
  }
});

/** Starts the IOC anew with these triggers instead of those that globus.conf has. */
async function withTriggers(code: string): Promise<readonly string[]> {
  const { configFile } = site.beamline;
  const others = readFileSync(configFile, "utf8")
    .split(/^(?=\[)/m)
    .filter((section) => !section.startsWith("[trigger "));
  await site.restartIoc(() => writeFileSync(configFile, [...others, here(code)].join("\n")), "SIGTERM");
  const names = [...code.matchAll(/^\[trigger (\w+)\]$/gm)].map(([, name = ""]) => name);
  for (const [index, name] of names.entries()) {
    expect(await text(`Trigger${index}Name`)).toBe(name);
    await until(`Trigger${index}State`, isState("Watching"));
  }
  return names;
}

test("docs/transfers.md: each of its triggers on a directory sends the scan that it means", async () => {
  const { archive, detector } = site.beamline;
  const code = settingsWith("[trigger raw]");
  const quick = code
    .replace("quiet-seconds = 300", "quiet-seconds = 1")
    .replace(/^enable = True$/gm, "$&\nsweep-seconds = 0.5");
  const names = await withTriggers(quick);
  const sixty = Array.from({ length: 60 }, (_, index) => `ms_2/frames/scan_2/detector1/${index}.h5`);
  for (const file of [
    "ue_1/rawData/scan_1_DIR/detector1/a.h5",
    "ue_1/rawData/scan_1_DIR/detector1/a.done",
    ...sixty,
    "ue_1/dat/scan_3/a.h5",
    "2026-03/2026-03-Doe-1/a_009.h5",
    "2026-03/2026-03-Doe-1/a_010.h5",
  ]) {
    const path = join(detector.root, "data", file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file);
  }
  for (const index of names.keys()) await until(`Trigger${index}Scans`, (count) => count === "1");
  const areVerified = async (): Promise<void> => {
    const { stdout } = await runs(`globus-ioc queue list --json --last ${names.length}`);
    expect(JSON.parse(stdout)).toMatchObject({ scans: names.map(() => ({ state: "Verified" })) });
  };
  await vi.waitFor(areVerified, { timeout: 60_000, interval: 500 });
  for (const file of [
    "ue_1/rawData/scan_1_DIR/detector1/a.h5",
    ...sixty,
    "ue_1/dat/scan_3/a.h5",
    "2026-03/2026-03-Doe-1/a_009.h5",
  ])
    expect(readFileSync(join(archive, file), "utf8")).toBe(file);
  const petrel = join(site.beamline.globus.collection("petrel").folder, "2-BM");
  expect(["ue_1/rawData/scan_1_DIR", "ms_2/frames"].map((path) => existsSync(join(petrel, path)))).toEqual([
    true,
    false,
  ]);
  expect(existsSync(join(archive, "2026-03/2026-03-Doe-1/a_010.h5"))).toBe(false);
  expect([ANSWERS[Number(await text("WatchAlive"))], await text("WatchMessage")]).toEqual([
    "Yes",
    expect.stringMatching(/^\d scans in /),
  ]);
});

test("docs/transfers.md: its trigger on a PV sends the file that another PV names", async () => {
  await withTriggers(settingsWith("[trigger camera]"));
  const { stdout: before } = await runs("globus-ioc queue list --json");
  await inFiveMinutes(/ArchiveMessage .* is proven at archive and petrel\./, "Watching"); // perhaps of the scan before
  await until("Trigger0Scans", (count) => count === "1");
  const done = await until("LastDone", (name) => name !== "" && !before.includes(name));
  expect(await text("Scan0Name")).toBe(done);
});

test("docs/transfers.md: its settings send scans to their three destinations, one of which is down", async () => {
  const code = settingsWith("[trigger tomoscan]");
  const { configFile, archive, detector } = site.beamline;
  const before = readFileSync(configFile, "utf8")
    .split(/^(?=\[)/m)
    .filter((section) => !/^\[(source|trigger|destination)\b/.test(section));
  const own = here(code)
    .replace("mount = /data", `mount = ${join(detector.root, "data")}`)
    .replace("/mnt/archive", archive)
    .replace("host = tape.example.org", `host = 127.0.0.1\nport = ${await freePort()}`);
  expect(parseConfig(code, "/site/globus.conf", "/home/op").destinations.map(({ name }) => name)).toEqual([
    "archive",
    "petrel",
    "tape",
  ]);
  await site.restartIoc(() => writeFileSync(configFile, [...before, own].join("\n")), "SIGTERM");
  const said = await inFiveMinutes(/ArchiveMessage .* is not proven: tape has it not yet.*/);
  expect(said).not.toMatch(/archive|petrel/);
  expect([await text("Dest0Name"), await text("Dest1Name"), await text("Dest2Name")]).toEqual([
    "archive",
    "petrel",
    "tape",
  ]);
  expect(existsSync(join(archive, site.experimentName))).toBe(true);
});
