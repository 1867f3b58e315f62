/**
 * Settings outlive the IOC of iocBoot: killed, restarted, and with save files that are damaged. And a set that is
 * killed while it saves, again and again.
 */
import { mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ECA } from "../../src/ca/wire/status.ts";
import { isComplete, parseSaveFile } from "../../src/ioc/autosave/save-file.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { spawnPeer } from "../support/peers/spawn-peer.ts";

const SECONDS = 20;
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

describe("the IOC of iocBoot", () => {
  let site: SimulatedBeamline;
  const { text, put, state, close } = operatorOf(() => site);
  beforeAll(async () => {
    site = await startSimulatedBeamline();
  });
  afterAll(async () => {
    await close();
    await site?.stop();
  });

  const change = async (suffix: string, value: string | number): Promise<void> =>
    expect(await put(suffix, value)).toBe(ECA.NORMAL);
  const read = (suffixes: readonly string[]): Promise<string[]> => Promise.all(suffixes.map(text));
  const file = (name: string): string => join(site.saveFolder, name);
  const savedText = (name: string): unknown =>
    parseSaveFile(readFileSync(file(name), "latin1")).values.find(({ pv }) => pv === `${site.prefix}EmailSubject`)
      ?.value;
  /** Resolves when both files hold this subject, and so all that was put before it. */
  const saved = (subject: string): Promise<void> =>
    vi.waitFor(
      () => {
        const codes = Array.from(Buffer.from(`${subject}\0`), String);
        expect([savedText("globus_settings.sav"), savedText("globus_settings.savB")]).toEqual([codes, codes]);
      },
      { timeout: SECONDS * 1000, interval: 50 },
    );
  const damage = (name: string): void => writeFileSync(file(name), readFileSync(file(name)).subarray(0, -3));

  const SETTINGS = ["EmailMode", "Set", "DaqRec", "ServerName", "EmailSubject"];
  const OTHERS = ["ExperimentNameOverride", "EditUserBadge", "Init", "Dirs"];
  let defaults: string[];

  test("comes back from a kill with its settings, its commands idle, and nothing else", async () => {
    defaults = await read(SETTINGS);
    const others = await read(OTHERS);
    await change("ExperimentNameOverride", "Staff");
    await change("EditUserBadge", "123456");
    await change("EmailMode", "Test");
    await change("Set", -2.5);
    await change("DaqRec", "No");
    await change("ServerName", "petrel");
    await change("EmailSubject", "Your data");
    await saved("Your data");
    await site.restartIoc();
    expect(await read(SETTINGS)).toEqual(["2", "-2.5", "0", "1", "Your data"]);
    expect(await read(OTHERS)).toEqual(others);
    expect(await state("Init")).toBe("Idle");
    expect(site.ioc.stdout).toContain("ServerName is petrel, as saved; configured is voyager.");
    expect(site.ioc.stdout).toContain("Set is -2.5, as saved; configured is 0.");
  });

  test("uses the copy when the save file is damaged", async () => {
    await saved("Your data");
    await site.restartIoc(() => damage("globus_settings.sav"));
    expect(await read(SETTINGS)).toEqual(["2", "-2.5", "0", "1", "Your data"]);
    expect(site.ioc.stderr).toContain("globus_settings.savB is restored instead of");
  });

  test("goes on with the configured server when the saved one does not exist any more", async () => {
    await saved("Your data");
    await site.restartIoc(() => {
      const before = readFileSync(file("globus_settings.sav"), "latin1");
      writeFileSync(file("globus_settings.sav"), before.replace(/ServerName 1/, "ServerName 7"), "latin1");
    });
    expect(await read(["ServerName", "EmailMode"])).toEqual(["0", "2"]);
    expect(site.ioc.stderr).toContain(
      "The saved ServerName is number 7, and globus.conf has 2 servers: voyager is used",
    );
  });

  test("starts with what is configured, and says so, when both are damaged", async () => {
    await saved("Your data");
    await site.restartIoc(() => {
      damage("globus_settings.sav");
      damage("globus_settings.savB");
      for (const number of [0, 1, 2]) rmSync(file(`globus_settings.sav${number}`), { force: true });
    });
    expect(await read(SETTINGS)).toEqual(defaults);
    expect(site.ioc.stderr).toContain("is left: nothing is restored");
  });
});

/** Enough for a file of more than half a megabyte, which no system call writes at once. */
const ELEMENTS = 50_000;
/** Saves for ever, another value each time, and says so. */
const SAVER = `
const [folder] = process.argv.slice(1);
const { MonitorSet } = await import("${ROOT}/dist/ioc/autosave/monitor-set.js");
const { Database } = await import("${ROOT}/dist/database/database.js");
const { systemClock: clock } = await import("${ROOT}/dist/base/clock.js");
const { silentLog: log } = await import("${ROOT}/dist/base/log.js");
const database = new Database({ clock });
const record = database.createRecord("waveform", "x:wf");
database.setFieldText(record, "FTVL", "LONG");
database.setFieldText(record, "NELM", "${ELEMENTS}");
database.initialize();
const settings = { retrySeconds: 60, sequenceCount: 0, sequenceSeconds: 60, datedBackups: false, fileMode: 0o644 };
const set = new MonitorSet({ name: "x.req", file: folder + "/x.sav", pvs: ["x:wf"], periodSeconds: 5, settings, database, clock, log, trouble: { begins: () => {}, ends: () => {} } });
set.start();
for (let value = 1; ; value++) {
  database.putInternal(database.find("x:wf"), new Int32Array(${ELEMENTS}).fill(1e9 + value));
  if ((await set.saveNow()) !== undefined) process.exit(1);
  process.stdout.write("saved " + value + "\\n");
}
`;

/** Starts a saver, kills it at the so manyth change of its folder from then on, and looks at what it left. */
async function killAt(change: number, folder: string): Promise<void> {
  const saver = await spawnPeer(process.execPath, ["--input-type=module", "-e", SAVER, folder], { line: /saved 1\n/ });
  const watcher = watch(folder);
  await new Promise<void>((resolve) => {
    let changes = 0;
    watcher.on("change", () => {
      if (++changes === change) resolve();
    });
  });
  saver.kill("SIGKILL");
  watcher.close();
  expect((await saver.exited).signal).toBe("SIGKILL");
  for (const name of ["x.sav", "x.savB"]) {
    const text = readFileSync(join(folder, name), "latin1");
    expect(isComplete(text), `${name} at change ${change}`).toBe(true);
    const [saved] = parseSaveFile(text).values;
    expect([saved?.value.length, new Set(saved?.value).size]).toEqual([ELEMENTS, 1]);
  }
}

test("a kill in the middle of a save leaves both files whole", async () => {
  const lanes = [1, 2, 3, 4].map(async (lane) => {
    const folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
    try {
      for (let round = 0; round < 5; round++) await killAt(lane + 4 * round, folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  await Promise.all(lanes);
});
