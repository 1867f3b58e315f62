/**
 * Tagging, manual experiments, deletion, safety forms and TomoScan's directories through Channel Access, on the
 * simulated beamline.
 */

import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { facilityMonth } from "../../src/base/facility-time.ts";
import { ECA } from "../../src/ca/wire/status.ts";
import { ANSWERS } from "../../src/controller/pvs/row.ts";
import { beamtimeAt, PEOPLE, PROPOSAL } from "../../src/sandbox/people.ts";
import { LONG_EMAIL, LONG_TITLE } from "../../src/sandbox/scheduling-service.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const OURS = `${PEOPLE.pi.lastName}-${PROPOSAL.gupId}`;
/** The month of the beamtime that the schedule shows now. */
const monthNow = (): string => facilityMonth(beamtimeAt(new Date()).start);
const TOMOSCAN = "2bmb:TomoScan:";

let site: SimulatedBeamline;
const { use, text, put, state, until, close } = operatorOf(() => site);
const theirs = operatorOf(() => ({ iocPort: site.beamline.tomoScanPort, prefix: TOMOSCAN }));
const { text: tomoScan, put: tell } = theirs;

beforeAll(async () => {
  site = await startSimulatedBeamline();
});
afterAll(async () => {
  await close();
  await theirs.close();
  await site?.stop();
});

/** Starts the IOC anew with one line more in a section of its globus.conf. */
async function configure(section: string, line: string): Promise<void> {
  const { configFile } = site.beamline;
  const settings = await readFile(configFile, "utf8");
  await writeFile(configFile, settings.replace(`[${section}]\n`, `[${section}]\n${line}\n`));
  await site.restartIoc(undefined, "SIGTERM"); // in order: a kill would bring back settings of five seconds ago
}

beforeEach(async () => {
  await site.beamline.scheduling.misbehave({});
  await put("ServerName", 0);
  await put("Set", 0);
});

describe("Tag", () => {
  test("fills an untagged TomoScan from the schedule, and the experiment has its name", async () => {
    const suffixes = ["UserName", "UserLastName", "UserEmail", "UserBadge", "ProposalNumber", "ExperimentYearMonth"];
    await site.beamline.tag(Object.fromEntries(suffixes.map((suffix) => [suffix, "Unknown"])));
    await until("ExperimentName", (name) => name === "");
    const before = monthNow();
    expect(await put("Tag", 1)).toBe(ECA.NORMAL);
    expect(await text("TagTruncated")).toBe("");
    const { pi } = PEOPLE;
    const held = await Promise.all(
      ["UserName", "UserLastName", "UserInstitution", "UserEmail", "UserBadge", "ProposalNumber"].map(tomoScan),
    );
    expect(held).toEqual([pi.firstName, pi.lastName, pi.institution, pi.email, pi.badge, PROPOSAL.gupId]);
    expect(await tomoScan("ProposalTitle")).toBe(PROPOSAL.title);
    const month = await tomoScan("ExperimentYearMonth");
    expect([before, monthNow()]).toContain(month);
    expect(await tomoScan("ESAFNumber")).toBe(PROPOSAL.esafId);
    expect(await tomoScan("UserInfoUpdate")).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-0[56]:00$/);
    await until("ExperimentName", (name) => name === `${month}-${OURS}`);
  });

  test("chooses none of several beamtimes by itself, and then the one that BeamtimeIndex names", async () => {
    await site.beamline.scheduling.misbehave({ overlapping: true });
    expect(await put("Tag", 1)).toBe(ECA.PUTFAIL);
    expect(await state("Tag")).toBe("Rejected");
    const lines = (await text("Beamtimes")).split("\n");
    expect(lines).toHaveLength(2);
    const other = lines.findIndex((line) => line.includes("GUP 1014311")) + 1;
    await put("BeamtimeIndex", other);
    expect(await put("Tag", 1)).toBe(ECA.NORMAL);
    expect(await tomoScan("UserLastName")).toBe(PEOPLE.others[0]?.lastName);
    expect(await text("BeamtimeIndex")).toBe("0");
  });

  test("reports what TomoScan's PVs could not hold", async () => {
    await site.beamline.scheduling.misbehave({ longTexts: true });
    expect(await put("Tag", 1)).toBe(ECA.NORMAL);
    expect(await tomoScan("UserEmail")).toBe(LONG_EMAIL.slice(0, 39));
    expect(await tomoScan("ProposalTitle")).toBe(LONG_TITLE.slice(0, 255));
    expect((await text("TagTruncated")).split("\n")).toEqual([
      `${TOMOSCAN}UserEmail holds only "${LONG_EMAIL.slice(0, 39)}" of "${LONG_EMAIL}"`,
      expect.stringMatching(`^${TOMOSCAN}ProposalTitle holds only `),
    ]);
    expect(await state("Tag")).toBe("Done");
  });

  test("of a day without a beamtime fails with the nearest ones, and changes nothing", async () => {
    await site.beamline.tag();
    // Behind the beamtime's five days, before the next one, which begins on the eighth.
    const { end } = beamtimeAt(new Date());
    await put("Set", (end.getTime() - Date.now()) / 86_400_000 + 1);
    expect(await put("Tag", 1)).toBe(ECA.PUTFAIL);
    expect(await state("Tag")).toBe("Failed");
    expect(await text("LastError")).toMatch(/^Tag: There is no beamtime at 2-BM-A,B on /);
    expect(await tomoScan("UserLastName")).toBe(PEOPLE.pi.lastName);
  });

  test("with an account that may not see the schedule says so", async () => {
    await site.beamline.scheduling.misbehave({ noPermission: true });
    expect(await put("Tag", 1)).toBe(ECA.PUTFAIL);
    expect(await text("TagMessage")).toContain("User has no authority for beamline 2-BM-A,B");
  });
});

test("an experiment without a proposal goes from CreateManual over TagManual to Init and Dirs", async () => {
  await put("ManualName", "Staff");
  await put("ManualBadges", `${PEOPLE.others[0]?.badge}, 999999`);
  expect(await put("CreateManual", 1)).toBe(ECA.PUTFAIL);
  expect(await state("CreateManual")).toBe("Partial");
  expect(await text("CreateManualMessage")).toMatch(/data link: https:.*, but badge 999999 is unknown/);
  const name = await text("ManualExperiment");
  expect(name).toMatch(/^\d{4}-\d{2}-Staff-0$/);
  expect([...(site.beamline.dm.experiments.get(name)?.usernames ?? [])].sort()).toEqual(
    [...PEOPLE.contacts, ...PEOPLE.others].map(({ badge }) => `d${badge}`).sort(),
  );
  expect(await put("TagManual", 1)).toBe(ECA.NORMAL);
  expect(await tomoScan("UserLastName")).toBe("Staff");
  expect(await tomoScan("UserBadge")).toBe("");
  expect(await put("Init", 1)).toBe(ECA.NORMAL);
  expect(await text("InitMessage")).toContain(`Experiment ${name} exists`);
  expect(await put("Dirs", 1)).toBe(ECA.NORMAL);
  expect(existsSync(join(site.beamline.detector.root, "data", name))).toBe(true);
});

test("TagManual of an experiment that does not exist is rejected, and TomoScan keeps its tag", async () => {
  await site.beamline.tag();
  await put("ManualExperiment", "2020-01-Nobody-1");
  expect(await put("TagManual", 1)).toBe(ECA.PUTFAIL);
  expect(await state("TagManual")).toBe("Rejected");
  expect(await tomoScan("UserLastName")).toBe(PEOPLE.pi.lastName);
});

test("on a Globus collection CreateManual makes the directories, and TagManual reads the name", async () => {
  await put("ServerName", "petrel");
  await put("ManualName", "Staff");
  expect(await put("CreateManual", 1)).toBe(ECA.NORMAL);
  const name = await text("ManualExperiment");
  const folder = `/2-BM/${name.slice(0, 7)}/${name}`;
  expect(site.beamline.globus.collection("petrel").files.at(folder)?.type).toBe("dir");
  expect(await put("TagManual", 1)).toBe(ECA.NORMAL);
  await until("ExperimentName", (value) => value === name);
});

describe("Dirs with SetFilePath", () => {
  test("sets TomoScan's FilePath, and waits until TomoScan has found it", async () => {
    await site.beamline.tag();
    await put("SetFilePath", 1);
    expect(await put("Dirs", 1)).toBe(ECA.NORMAL);
    expect(await state("Dirs")).toBe("Done");
    const path = `${await text("DetectorDir")}/`;
    expect(await tomoScan("FilePath")).toBe(path);
    expect(await text("DirsMessage")).toContain(`${TOMOSCAN}FilePath is ${path}`);
    expect(await tomoScan("FilePathExists")).toBe("1");
    await put("SetFilePath", 0);
  });

  test("TomoScan's top directories are held against the settings", async () => {
    expect(await text("DirsMismatch")).toContain("DetectorTopDir says nothing");
    await tell("DetectorTopDir", "/data2/2BM/");
    await until("DirsMismatch", (sentence) => sentence.includes('DetectorTopDir is "/data2/2BM/", but'));
    expect(ANSWERS[Number(await text("DirsMatch"))]).toBe("No");
    await tell("DetectorTopDir", "/data/");
    await tell("RemoteAnalysisDir", `${site.beamline.analysis.user}@${site.beamline.analysis.host}:/data/`);
    await until("DirsMismatch", (sentence) => sentence === "");
    expect(ANSWERS[Number(await text("DirsMatch"))]).toBe("Yes");
  });
});

test("ListEsafs lists the station's safety forms of the days that are asked for", async () => {
  const year = site.beamline.yearMonth.slice(0, 4);
  await put("EsafStart", `${year}-01-01`);
  await put("EsafEnd", `${year}-12-31`);
  expect(await put("ListEsafs", 1)).toBe(ECA.NORMAL);
  expect(await text("Esafs")).toMatch(new RegExp(`^${PROPOSAL.esafId}, Approved, \\d{4}-.*, `, "m"));
  expect(Number(await text("EsafCount"))).toBe((await text("Esafs")).split("\n").length);
  await put("EsafStart", "yesterday");
  expect(await put("ListEsafs", 1)).toBe(ECA.PUTFAIL);
  expect(await text("ListEsafsMessage")).toBe('EsafStart "yesterday" is not a day as YYYY-MM-DD, e.g. 2026-03-01.');
});

describe("Delete", () => {
  test("is off until the settings allow it", async () => {
    await site.beamline.tag();
    await until("ExperimentName", (value) => value === site.experimentName);
    expect(await put("Init", 1)).toBe(ECA.NORMAL);
    await put("DeleteName", site.experimentName);
    expect(await put("DeleteArm", 1)).toBe(ECA.PUTFAIL);
    expect(await text("DeleteArm")).toBe("0");
    expect(await text("LastError")).toContain("allow-delete");
    expect(await put("Delete", 1)).toBe(ECA.PUTFAIL);
    expect(await state("Delete")).toBe("Rejected");
    expect(site.beamline.dm.experiments.has(site.experimentName)).toBe(true);
  });

  test("then needs the exact name and the arm, deletes once, and is safe again", async () => {
    await configure("dm", "allow-delete = True");
    await until("ExperimentName", (value) => value === site.experimentName);
    await put("DeleteName", site.experimentName.slice(0, -1));
    expect(await put("DeleteArm", 1)).toBe(ECA.PUTFAIL);
    await put("DeleteName", site.experimentName);
    expect(await put("Delete", 1)).toBe(ECA.PUTFAIL);
    expect(await text("DeleteMessage")).toContain("Delete is not armed");
    // HIGH of DeleteArm ends a put-callback after 30 s: whoever arms does not wait for that.
    await use("DeleteArm", (pv) => pv.put(1));
    await until("DeleteArm", (value) => value === "1");
    expect(await put("Delete", 1)).toBe(ECA.NORMAL);
    expect(site.beamline.dm.experiments.has(site.experimentName)).toBe(false);
    expect(await text("DeleteMessage")).toMatch(/was deleted from voyager: .*storage /);
    expect([await text("DeleteArm"), await text("DeleteName")]).toEqual(["0", ""]);
    expect(await put("Delete", 1)).toBe(ECA.PUTFAIL);
    expect(await state("Delete")).toBe("Rejected");
  });
});

test("with a schedule file Tag asks no service, and an edit counts at once", async () => {
  const file = join(dirname(site.beamline.configFile), "schedule.yaml");
  const schedule = (lastName: string): string =>
    `beamtimes:\n  - gup: 1020304\n    title: Foams\n    start: 2020-01-01T00:00:00-06:00\n    end: 2120-01-01T00:00:00-06:00\n    experimenters: [{last-name: ${lastName}}]\n`;
  await writeFile(file, schedule("Byron"));
  await configure("scheduling", "schedule-file = schedule.yaml");
  await site.beamline.scheduling.misbehave({ down: "reset" });
  expect(await put("Tag", 1)).toBe(ECA.NORMAL);
  await until("ExperimentName", (name) => name === "2020-01-Byron-1020304");
  await writeFile(file, schedule("[Wu]"));
  expect(await put("Tag", 1)).toBe(ECA.PUTFAIL);
  expect(await text("TagMessage")).toMatch(
    /schedule\.yaml is wrong: line 6: beamtimes 1, experimenters 1, last-name: /,
  );
  await writeFile(file, schedule("Wu"));
  expect(await put("Tag", 1)).toBe(ECA.NORMAL);
  expect(await tomoScan("UserLastName")).toBe("Wu");
});
