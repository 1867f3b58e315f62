import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openDm } from "../../src/assemble/dm.ts";
import { Problems } from "../../src/assemble/parts.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { ECA } from "../../src/ca/wire/status.ts";
import { readConfig } from "../../src/config/config.ts";
import { PEOPLE, PROPOSAL } from "../../src/sandbox/people.ts";
import { watch } from "../support/peers/our-client.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const DBR = { CHAR: 4, LONG: 5, DOUBLE: 6 } as const;
let site: SimulatedBeamline;
/** Of the experiment that TomoScan is tagged with. */
let ourName: string;
const { use, text, number, put, state, until, close } = operatorOf(() => site);

beforeAll(async () => {
  site = await startSimulatedBeamline();
  ourName = site.experimentName;
  await tagged();
});
afterAll(async () => {
  await close();
  await site?.stop();
});

async function tagged(): Promise<void> {
  await site.beamline.tag();
  await until("ExperimentName", (name) => name === ourName);
}
beforeEach(async () => {
  await site.beamline.dm.misbehave({});
  await site.beamline.scheduling.misbehave({});
  await put("Abort", 1);
  await until("ActiveCommand", (names) => names === "");
  await put("Testing", 0);
  await put("ServerName", 0);
});

test("the tag is read and names the experiment", async () => {
  expect(await number("TagValid")).toBe(1);
  expect(await text("DataLink")).toContain(encodeURIComponent(`/${site.beamline.yearMonth}/${ourName}/`));
  expect(await text("DetectorDir")).toBe(`/data/${ourName}`);
});

test("Init creates the experiment in Data Management with its users, and a second Init reuses it", async () => {
  expect(await put("Init", 1)).toBe(ECA.NORMAL);
  expect(await state("Init")).toBe("Done");
  const experiment = site.beamline.dm.experiments.get(ourName);
  const { pi, experimenters, esafOnly, contacts } = PEOPLE;
  const badges = [pi, ...experimenters, ...esafOnly, ...contacts].map((person) => `d${person.badge}`);
  expect([...(experiment?.usernames ?? [])].sort()).toEqual(badges.sort());
  expect(await number("ExperimentCreated")).toBe(1);
  expect(await put("Init", 1)).toBe(ECA.NORMAL);
  expect(await number("ExperimentCreated")).toBe(0);
  expect(await number("UsersAdded")).toBe(badges.length);
});

test("Dirs makes both directories, and a second Dirs finds them", async () => {
  expect(await put("Dirs", 1)).toBe(ECA.NORMAL);
  expect(await text("DirsMessage")).toMatch(/was made; .* was made\.$/);
  for (const host of [site.beamline.detector, site.beamline.analysis])
    expect(existsSync(join(host.root, "data", ourName))).toBe(true);
  expect(await put("Dirs", 1)).toBe(ECA.NORMAL);
  expect(await text("DirsMessage")).toMatch(/exists; .* exists\.$/);
});

test("a DAQ of the Data Management in globus.conf finds the files of the data host in it", async () => {
  const settings = readConfig(site.beamline.configFile, {});
  const { local, ssh } = settings;
  expect([local["data-host"], ssh["data-port"]]).toEqual([site.beamline.analysis.host, site.beamline.analysis.port]);
  const closers: (() => Promise<void> | void)[] = [];
  const problems = new Problems();
  const { dm } = openDm({ settings, environment: {}, clock: systemClock, log: silentLog, closers, problems });
  const name = "2026-01-Lonsdale-7";
  const folder = join(site.beamline.analysis.root, local["data-top-dir"], name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "scan_001.h5"), "x");
  try {
    await dm.addExperiment({ name, typeName: "2BM", description: "", rootPath: "2026-01" }, {});
    const directory = `${local["data-top-dir"]}/${name}`;
    expect(await dm.startDaq(name, directory, { processExistingFiles: true }, {})).toMatchObject({ filesTotal: 1 });
    await dm.stopDaq(name, directory, {});
    expect(site.beamline.dm.transfers("daq")).toMatchObject([{ experimentName: name, countFiles: 1 }]);
  } finally {
    for (const one of closers) await one();
  }
});

test("Init on a Globus collection makes the directory chain there", async () => {
  await put("ServerName", "petrel");
  expect(await put("Init", 1)).toBe(ECA.NORMAL);
  expect(await text("InitMessage")).toContain(`petrel:/2-BM/${site.beamline.yearMonth}/${ourName}/`);
  expect(site.beamline.globus.collection("petrel").files.at(`/2-BM/${site.beamline.yearMonth}/${ourName}`)?.type).toBe(
    "dir",
  );
});

test("the detector's files are a collection, beside the one that they are sent to", () => {
  const { globus, detector } = site.beamline;
  expect(globus.collection("detector").folder).toBe(detector.root);
  expect(globus.collection("detector").files.at("/data")?.type).toBe("dir");
  expect(globus.collection("petrel").folder).not.toBe(detector.root);
});

test("a put-callback of a failed command completes with an error, and the PVs say why", async () => {
  await site.beamline.dm.misbehave({ loginRefused: true, unauthorized: "always" });
  expect(await put("Init", 1)).toBe(ECA.PUTFAIL);
  expect(await state("Init")).toBe("Failed");
  expect(await text("LastError")).toMatch(/^Init: .*(login|password|401|session)/i);
  expect(await number("Init")).toBe(0);
});

test("a second start is refused while the first runs, and does not disturb it", async () => {
  await site.beamline.scheduling.misbehave({ slowSeconds: 3 });
  const done = put("Init", 1);
  await until("ActiveCommand", (names) => names === "Init");
  const beats = await number("Heartbeat");
  await until("Heartbeat", (now) => Number(now) >= beats + 2); // no double click any more
  expect(await put("Init", 1)).toBe(ECA.PUTFAIL);
  expect(await text("LastError")).toContain("Init is running");
  expect(await state("Init")).toBe("Running");
  expect(await done).toBe(ECA.NORMAL);
});

test("on one channel, too, a second start is refused at once and 0 stops the first", async () => {
  await site.beamline.scheduling.misbehave({ slowSeconds: 3 });
  await use("Init", async (pv) => {
    const done = pv.putCallback(1, { timeoutSeconds: 60 });
    await until("ActiveCommand", (names) => names === "Init");
    expect(await pv.putCallback(1, { timeoutSeconds: 60 })).toBe(ECA.PUTFAIL);
    expect(await state("Init")).toBe("Running");
    expect(await pv.putCallback(0, { timeoutSeconds: 60 })).toBe(ECA.NORMAL);
    expect(await done).toBe(ECA.PUTFAIL);
  });
  expect(await state("Init")).toBe("Cancelled");
});

describe("services that fail", () => {
  const well = { down: false, otherHostKey: false, refusesLogin: false, deniedBelow: undefined, diskFull: false };
  beforeEach(() => {
    Object.assign(site.beamline.detector.faults, well);
    Object.assign(site.beamline.analysis.faults, well);
  });

  test.each([
    ["is down", { down: true }, /connect|reset|closed/i],
    ["shows another key", { otherHostKey: true }, /key/i],
    ["refuses the login", { refusesLogin: true }, /login|key|refus/i],
    ["gives no right to the directory", { deniedBelow: "/data" }, /permission|right|may not|denied/i],
    ["has no space", { diskFull: true }, /space|quota|fail/i],
  ])("a detector host that %s makes Dirs partial, and the sentence names it", async (_, fault, sentence) => {
    for (const { root } of [site.beamline.detector, site.beamline.analysis])
      rmSync(join(root, "data", ourName), { recursive: true, force: true });
    Object.assign(site.beamline.detector.faults, fault);
    expect(await put("Dirs", 1)).toBe(ECA.PUTFAIL);
    expect(await state("Dirs")).toBe("Partial");
    const message = await text("DirsMessage");
    expect(message).toContain(`127.0.0.1:${site.beamline.detector.port}`);
    expect(message).toMatch(sentence);
    expect(await number("DirsDetector")).toBe(3);
    expect(await number("DirsAnalysis")).toBe(2);
  });

  test("both hosts down is a failure", async () => {
    site.beamline.detector.faults.down = true;
    site.beamline.analysis.faults.down = true;
    expect(await put("Dirs", 1)).toBe(ECA.PUTFAIL);
    expect(await state("Dirs")).toBe("Failed");
  });

  test.each([
    ["answers with a web page", { htmlPage: { status: 200 } }, /HTML/],
    ["answers 503", { unavailable: { status: 503, times: 20 } }, /503/],
    ["breaks the connection", { down: "reset" }, /broke|reset|connection/i],
  ] as const)("a Data Management that %s fails Init, and the sentence names it", async (_, fault, sentence) => {
    await site.beamline.dm.misbehave(fault);
    expect(await put("Init", 1)).toBe(ECA.PUTFAIL);
    expect(await state("Init")).toBe("Failed");
    expect(await text("InitMessage")).toMatch(/^DM storage service/);
    expect(await text("InitMessage")).toMatch(sentence);
  });

  test("a schedule that is down leaves an existing experiment's Init partial", async () => {
    expect(await put("Init", 1)).toBe(ECA.NORMAL);
    await site.beamline.scheduling.misbehave({ down: "reset" });
    expect(await put("Init", 1)).toBe(ECA.PUTFAIL);
    expect(await state("Init")).toBe("Partial");
    expect(await text("InitMessage")).toContain("the experimenters were not added");
  });
});

// Its login is still on its way for 4 s: the tests behind it do without Data Management.
test("Abort stops a command that waits for a slow service", async () => {
  await site.beamline.dm.misbehave({ slowSeconds: 4 });
  const done = put("Init", 1);
  await until("ActiveCommand", (names) => names === "Init");
  await put("Abort", 1);
  expect(await done).toBe(ECA.PUTFAIL);
  expect(await state("Init")).toBe("Cancelled");
});

/**
 * A new tag counts when it has been quiet for a while: these tests wait for that, each for its own, and no other does.
 */
describe("when TomoScan's PVs change", () => {
  afterAll(tagged);

  test("a command that is started in mid-tag runs for the new tag, not under the old override", async () => {
    await put("ExperimentNameOverride", "Staff-Commissioning");
    await until("ExperimentName", (name) => name === "Staff-Commissioning");
    await site.beamline.tag({ UserLastName: "Meitner" });
    expect(await put("Dirs", 1)).toBe(ECA.NORMAL);
    expect(await text("DirsMessage")).toContain("-Meitner-");
    expect(await text("ExperimentNameOverride")).toBe("");
  });

  test.each([
    ["../../etc", '"../../etc"'],
    ["Unknown", 'is "Unknown"'],
    ["", "is empty"],
  ])("the last name %j makes nothing", async (lastName, problem) => {
    const sentence = `2bmb:TomoScan:UserLastName ${problem}`;
    await site.beamline.tag({ UserLastName: lastName });
    await until("TagMessage", (message) => message.includes(sentence));
    expect(await text("ExperimentName")).toBe("");
    expect(await put("Dirs", 1)).toBe(ECA.PUTFAIL);
    expect(await state("Dirs")).toBe("Rejected");
    expect(await text("DirsMessage")).toContain(sentence);
  });
  test("accents and blanks are cleaned, and TagMessage says so", async () => {
    await site.beamline.tag({ UserLastName: "Lévy Strauß" });
    await until("ExperimentName", (name) => name === `${site.beamline.yearMonth}-Levy_Strau-${PROPOSAL.gupId}`);
    expect(await text("TagMessage")).toContain("Levy_Strau");
  });

  test("TomoScan's IOC may die and come back: commands are rejected meanwhile and work afterwards", async () => {
    await until("TagValid", (value) => Number(value) === 1);
    await use("TagMessage", async (pv) => {
      const { readings } = watch(pv);
      await site.beamline.restartTomoScan();
      await until("TagValid", (value) => Number(value) === 0);
      expect(await put("Dirs", 1)).toBe(ECA.PUTFAIL);
      expect(await state("Dirs")).toBe("Rejected");
      await tagged();
      expect(await put("Dirs", 1)).toBe(ECA.NORMAL);
      const told = readings.map((reading) => reading.text);
      expect(told.length).toBeGreaterThan(3);
      expect(told.filter((one, i) => one === told[i - 1])).toEqual([]);
    });
  });
});

test("a dry run tells the plan and reaches no service", async () => {
  await put("Testing", 1);
  const before = site.beamline.dm.requests.length;
  expect(await put("Init", 1)).toBe(ECA.NORMAL);
  expect(await text("InitMessage")).toMatch(/^Dry run: would look for experiment/);
  expect(site.beamline.dm.requests.length).toBe(before);
});

test("what an input cannot mean is refused, and it keeps its value: NaN, a fraction, a state that it has not, a text that is too long", async () => {
  await put("EmailSubject", "Your data");
  for (const [suffix, value] of [
    ["Set", Number.NaN],
    ["Set", 1e9],
    ["EmailMode", 9],
    ["BeamtimeIndex", -1],
  ] as const) {
    expect(await put(suffix, value), suffix).toBe(ECA.PUTFAIL);
    expect(await text("LastError")).toMatch(new RegExp(`^${suffix} (takes|holds) `));
  }
  for (const [suffix, value, type] of [
    ["BeamtimeIndex", 1.5, DBR.DOUBLE],
    ["EmailSubject", Array<number>(256).fill(120), DBR.CHAR], // bytes without a NUL
    ["ManualName", Array<number>(128).fill(233), DBR.LONG], // codes of characters, as Phoebus writes them
  ] as const) {
    expect(await use(suffix, (pv) => pv.putCallback(value, { type })), suffix).toBe(ECA.PUTFAIL);
    expect(await text("LastError")).toMatch(new RegExp(`^${suffix} (takes|holds) `));
  }
  expect([await number("Set"), await number("BeamtimeIndex"), await text("EmailSubject")]).toEqual([0, 0, "Your data"]);
  await put("ErrorAck", 1);
});

test("results cannot be written, and clients are told so when they connect", async () => {
  await expect(put("Message", "x")).rejects.toThrow("ECA_NOWTACCESS");
  await expect(put("InitStatus", 2)).rejects.toThrow("ECA_NOWTACCESS");
});

test("the log, and its file, say which client wrote a command or a setting, and what was refused", async () => {
  const who = String.raw`tester@testhost:\d+ \(127\.0\.0\.1\) wrote`;
  const logged = (line: string): Promise<unknown> => site.ioc.said(new RegExp(`${who} ${line}`));
  await put("Set", -1);
  await logged(String.raw`-1 to ${site.prefix}Set\.`);
  await put("ServerName", 15);
  await logged(String.raw`15 to ${site.prefix}ServerName, which was refused: ServerName 15 is none of`);
  await put("Dirs", 1);
  await logged(String.raw`1 to ${site.prefix}Dirs\.`);
  const folder = join(dirname(site.beamline.configFile), "logs");
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  expect(files.join("")).toMatch(new RegExp(`INFO: globus: ${who} 1 to ${site.prefix}Dirs`));
});

test("the IOC comes back from a crash idle, with the tag", async () => {
  await site.restartIoc();
  await until("ExperimentName", (name) => name === ourName);
  expect(await number("Init")).toBe(0);
  expect(await state("Init")).toBe("Idle");
});
