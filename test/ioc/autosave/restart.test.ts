/**
 * An IOC that is started again with autosave's commands: what comes back from which file, and what is said. In memory
 * but for the files and a server on loopback.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLog } from "../../../src/base/log.ts";
import { isolatedServer } from "../../../src/ca/ca-config.ts";
import { runIoc } from "../../../src/cli/ioc-command.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { ROOT } from "../../support/peers/real-peers.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
  writeFileSync(join(folder, "x.db"), DB);
  writeFileSync(join(folder, "x.req"), `file list.req P=$(P)\n`);
  writeFileSync(join(folder, "list.req"), SAVED.map((suffix) => `$(P)${suffix}\n`).join(""));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SAVED = ["ao", "mode", "text", "wf", "on", "on.DESC", "next.INPA", "busy", "start"];
/** `count` grows each time that it is processed, by whatever `on` or `busy` lead to. */
const DB = `
record(ao, "x:ao") { field(VAL, "1.5") field(PREC, "3") }
record(mbbo, "x:mode") { field(ZRST, "1") field(ONST, "0") field(TWST, "Two") field(ZRVL, "0") field(ONVL, "1") field(TWVL, "2") }
record(waveform, "x:text") { field(FTVL, "CHAR") field(NELM, "40") info(Q:form, "String") }
record(waveform, "x:wf") { field(FTVL, "DOUBLE") field(NELM, "4") }
record(bo, "x:on") { field(ZNAM, "Off") field(ONAM, "On") field(FLNK, "x:count") }
record(busy, "x:busy") { field(ZNAM, "Done") field(ONAM, "Busy") field(FLNK, "x:count") }
record(calc, "x:count") { field(INPA, "x:count") field(CALC, "A+1") }
record(calc, "x:next") { field(INPA, "1") field(CALC, "A") }
record(ao, "x:start") { field(PINI, "YES") field(FLNK, "x:seen") }
record(calc, "x:seen") { field(INPA, "x:start") field(CALC, "A") }
`;
const SCRIPT = `
dbLoadRecords("x.db")
set_savefile_path("saved")
set_requestfile_path("./")
save_restoreSet_DatedBackupFiles(0)
set_pass0_restoreFile("x.sav")
set_pass1_restoreFile("x.sav")
create_monitor_set("x.req", 5, "P=x:")
iocInit
`;

/** Runs the IOC, types the lines, and ends it in order. */
async function run(...typed: string[]) {
  return runScript(SCRIPT, typed);
}
async function runScript(script: string, typed: readonly string[]) {
  const told: string[] = [];
  let printed = "";
  const collect = (): PassThrough =>
    new PassThrough().on("data", (chunk: Buffer) => {
      printed += chunk.toString("latin1");
    });
  writeFileSync(join(folder, "st.cmd"), script);
  await runIoc({
    args: ["st.cmd"],
    environment: {},
    stdin: Readable.from([typed.map((line) => `${line}\n`).join("")]),
    stdout: collect(),
    stderr: collect(),
    signal: AbortSignal.timeout(10_000),
    clock: new FakeClock(),
    log: createLog("ioc", (line) => told.push(line)),
    server: isolatedServer(),
    directory: folder,
  });
  return { printed: printed.split("\n"), told };
}
const CHANGE = [
  "dbpf x:ao 2.25",
  "dbpf x:mode 2",
  'dbpf x:text "a text"',
  'dbpf x:on.DESC "a name"',
  "dbpf x:next.INPA x:ao",
  "dbpf x:start 4",
];
const READ = ["x:ao", "x:mode", "x:text", "x:on.DESC", "x:next.INPA", "x:start"].map((pv) => `dbgf ${pv}`);
const CHANGED = ["2.25", '"Two"', '"a text"', '"a name"', '"x:ao NPP NMS"', "4"];
const DEFAULTS = ["1.5", '"1"', "(empty)", '""', '"1"', "0"];
const valuesOf = (printed: readonly string[]): string[] =>
  printed.flatMap((line) => /^DBF_[^:]*:\s+(.*?)\s*$/.exec(line)?.[1] ?? []);
const file = (name: string): string => join(folder, "saved", name);
/** A link to itself: reading it is an error, and no fault of what it held. */
const unread = (name: string): void => {
  rmSync(file(name));
  symlinkSync(name, file(name));
};
const damage = (name: string): void => writeFileSync(file(name), readFileSync(file(name)).subarray(0, 60));

test("scalars, texts, links and arrays come back, before PINI, and nothing is processed", async () => {
  const first = await run(...CHANGE, "dbpf x:wf 0.1", "dbpf x:on 1", "dbpf x:busy 1", "dbgf x:count");
  expect(valuesOf(first.printed).at(-1)).toBe("1");
  const { printed } = await run(
    ...READ,
    "dbgf x:wf",
    "dbgf x:on",
    "dbgf x:busy",
    "dbgf x:count",
    "dbgf x:seen",
    "dbgf x:on.UDF",
  );
  expect(valuesOf(printed)).toEqual([...CHANGED, "0.1", '"On"', '"Busy"', "0", "4", "0 = 0x0"]);
});

test("the first start says that there is nothing to restore, and makes the folder", async () => {
  const { told, printed } = await run();
  expect(told).toEqual([`ioc: ${file("x.sav")} does not exist yet: nothing is restored.`]);
  expect(printed).toContain(`set_savefile_path: the folder ${join(folder, "saved")} was made.`);
});

test("a file that is cut off is put aside, and its copy is used and said", async () => {
  await run(...CHANGE);
  damage("x.sav");
  const { printed, told } = await run(...READ);
  expect(valuesOf(printed)).toEqual(CHANGED);
  expect(told[0]).toBe(
    `error: ioc: The save file ${file("x.sav")} cannot be used: it does not end with <END>. It is now x.sav_RBAD_.`,
  );
  expect(told[1]).toBe(`warn: ioc: ${file("x.savB")} is restored instead of ${file("x.sav")}.`);
  expect(existsSync(file("x.sav_RBAD_"))).toBe(true);
});

test("an earlier state is used when both are cut off, and the configured values when there is none", async () => {
  await run(...CHANGE);
  writeFileSync(file("x.sav1"), readFileSync(file("x.sav")));
  for (const name of ["x.sav", "x.savB"]) damage(name);
  expect(valuesOf((await run(...READ)).printed)).toEqual(CHANGED);
  rmSync(file("x.sav1"));
  for (const name of ["x.sav", "x.savB"]) damage(name);
  const { printed, told } = await run(...READ);
  expect(valuesOf(printed)).toEqual(DEFAULTS);
  expect(told).toContain(
    `error: ioc: No whole copy of ${file("x.sav")} is left: nothing is restored, its PVs keep their configured values.`,
  );
});

test("a file that cannot be read is told and left, and its copy is used", async () => {
  await run(...CHANGE);
  unread("x.sav");
  const { printed, told } = await run(...READ);
  expect(valuesOf(printed)).toEqual(CHANGED);
  expect(told[0]).toMatch(
    /^error: ioc: The save file .*x\.sav cannot be read: its symbolic links lead in a circle \(ELOOP\)\. The next copy is tried\.$/,
  );
  expect(readdirSync(join(folder, "saved")).filter((name) => name.includes("RBAD"))).toEqual([]);
});

test("files that cannot be read are put aside when there is no other, so that no save overwrites them", async () => {
  await run(...CHANGE);
  for (const name of ["x.sav", "x.savB"]) unread(name);
  const { printed, told } = await run(...READ);
  expect(valuesOf(printed)).toEqual(DEFAULTS);
  expect(told).toContain(`error: ioc: The save file ${file("x.savB")} could not be read; it is now x.savB_RBAD_.`);
  expect(readdirSync(join(folder, "saved"))).toEqual(expect.arrayContaining(["x.sav_RBAD_", "x.savB_RBAD_"]));
});

test("what was restored from is kept", async () => {
  await run(...CHANGE);
  const before = readFileSync(file("x.sav"));
  await run("dbpf x:ao 9");
  expect(readFileSync(file("x.sav.bu"))).toEqual(before);
  expect(readdirSync(join(folder, "saved")).toSorted()).toEqual(["x.sav", "x.sav.bu", "x.savB"]);
});

test("with dated backups each restore, and each damaged file, leaves one with the date; files have the permissions that were set", async () => {
  const script = SCRIPT.replace("DatedBackupFiles(0)", "DatedBackupFiles(1)").replace(
    "iocInit",
    "save_restoreSet_FilePermissions(0600)\niocInit",
  );
  await runScript(script, CHANGE);
  expect(statSync(file("x.sav")).mode & 0o777).toBe(0o600);
  damage("x.sav");
  await runScript(script, []);
  const date = /_\d{6}-\d{6}$/;
  const names = readdirSync(join(folder, "saved")).toSorted();
  expect(names.filter((name) => !date.test(name))).toEqual(["x.sav", "x.savB"]);
  expect(names.filter((name) => date.test(name)).map((name) => name.replace(date, ""))).toEqual([
    "x.sav",
    "x.sav_RBAD",
  ]);
});

test("a text that looks like a macro comes back as it is", async () => {
  await run();
  writeFileSync(file("x.sav"), "# autosave R5.3\nx:on.DESC costs $(much)\n<END>\n");
  const { printed, told } = await run("dbgf x:on.DESC");
  expect(valuesOf(printed)).toEqual(['"costs $(much)"']);
  expect(told.filter((line) => line.startsWith("warn"))).toEqual([]);
});

test("values that no PV has, or that its field does not take, are told and hinder nothing", async () => {
  await run(...CHANGE);
  const text = readFileSync(file("x.sav"), "latin1");
  writeFileSync(file("x.sav"), text.replace("x:ao 2.25", "x:gone 1\nx:ao.PREC two\nx:ao 2.25"), "latin1");
  const { printed, told } = await run(...READ);
  expect(valuesOf(printed)).toEqual(CHANGED);
  expect(told).toContain(`warn: ioc: ${file("x.sav")} has 1 values without a PV in this IOC: x:gone.`);
  expect(told.filter((line) => line.includes("x:ao.PREC is not restored"))).not.toEqual([]);
});

test("a value that the second pass restores is not announced as lost by the first", async () => {
  await run();
  writeFileSync(file("x.sav"), '# autosave R5.3\nx:on "3 mm"\nx:ao 3 mm\n<END>\n');
  const { told } = await run("dbgf x:ao");
  expect(told.filter((line) => line.includes("x:ao is not restored"))).toEqual([]);
});

test("a text array is restored from text, too", async () => {
  await run();
  writeFileSync(file("x.sav"), "# autosave R5.3\nx:text$ by hand\n<END>\n");
  expect(valuesOf((await run("dbgf x:text")).printed)).toEqual(['"by hand"']);
});

describe("a command that cannot do what it says", () => {
  test.each([
    ['create_monitor_set("x.req", 0, "P=x:")', 'create_monitor_set("x.req") needs a period of 1 s or more.'],
    ['create_monitor_set("none.req", 5)', /^ERROR: The request file none\.req is not found; looked in /],
    ['create_monitor_set("x.req", 5, "P=x:")', 'create_monitor_set("x.req"): this set exists already.'],
    ['set_pass0_restoreFile("y.sav")', "set_pass0_restoreFile must stand before iocInit, which restores."],
    ['manual_save("y.req")', "manual_save knows no set y.req: create_monitor_set makes it."],
    ["save_restoreSet_NumSeqFiles(11)", /^ERROR: save_restoreSet_NumSeqFiles does not take 11\. /],
    ["save_restoreSet_FilePermissions(0044)", /^ERROR: save_restoreSet_FilePermissions does not take 36\. /],
    ["create_triggered_set", "create_triggered_set is not supported: use create_monitor_set."],
    ["save_restoreSet_IncompleteSetsOk(0)", /^ERROR: save_restoreSet_IncompleteSetsOk does not take 0\. /],
    ['set_savefile_path("", "")', "set_savefile_path needs an argument: the folder."],
    [
      'set_savefile_path("a/b/c")',
      /^ERROR: set_savefile_path: the folder .*a\/b\/c cannot be made: there is no such file or folder \(ENOENT\)\.$/,
    ],
  ])("says why: %s", async (line, sentence) => {
    const { printed } = await run(line);
    expect(printed).toContainEqual(
      typeof sentence === "string" ? `ERROR: ${sentence}` : expect.stringMatching(sentence),
    );
  });

  test.each([
    "save_restoreSet_IncompleteSetsOk(1)",
    'set_savefile_path("", "inside")',
    'set_requestfile_path("", "inside")',
  ])("is none of these: %s", async (line) => {
    const { printed } = await run(line);
    expect(printed.filter((one) => one.startsWith("ERROR"))).toEqual([]);
  });

  test("that it means nothing here: save_restoreSet_Debug", async () => {
    const { printed } = await run("save_restoreSet_Debug(5)");
    expect(printed).toContain("save_restoreSet_Debug has no effect: what matters is always in the log.");
  });
});

test("manual_save saves at once, and save_restoreShow tells", async () => {
  const { printed } = await run("dbpf x:ao 3", 'manual_save("x.req")', "save_restoreShow");
  expect(readFileSync(file("x.sav"), "latin1")).toContain("\nx:ao 3\n");
  expect(printed).toContain("x.req is saved.");
  expect(printed).toContain(`pass 0: ${file("x.sav")}: nothing to restore from`);
  expect(printed).toContainEqual(
    expect.stringMatching(/^x\.req: 9 PVs, at most every 5 s to .*x\.sav, saved \d{6}-\d{6}$/),
  );
});

test("a set that is made later is saved, too", async () => {
  writeFileSync(join(folder, "late.req"), "x:ao\n");
  await run('create_monitor_set("late.req", 1)', "dbpf x:ao 8");
  expect(readFileSync(file("late.sav"), "latin1")).toContain("\nx:ao 8\n");
});

test("a set that would be saved to another set's file is refused, and the first one goes on", async () => {
  mkdirSync(join(folder, "a"));
  writeFileSync(join(folder, "a", "x.req"), "x:start\n");
  const { printed } = await run('create_monitor_set("a/x.req", 5)', "dbpf x:ao 8");
  expect(printed).toContain(
    `ERROR: create_monitor_set("a/x.req"): ${file("x.sav")} is the save file of x.req already: give the request file another name.`,
  );
  expect(readFileSync(file("x.sav"), "latin1")).toContain("\nx:ao 8\n");
});

test("two IOCs that start from iocBoot's folder keep their settings apart", async () => {
  const boot = readFileSync(join(ROOT, "iocBoot/iocGlobus/st.cmd"), "utf8");
  const [where = ""] = /^set_savefile_path.*$/m.exec(boot) ?? [];
  for (const station of ["2bm", "99id"]) {
    const script = SCRIPT.replace('set_savefile_path("saved")', where);
    await runScript(`epicsEnvSet("P", "${station}:")\nepicsEnvSet("R", "Globus:")\n${script}`, []);
  }
  const folders = readdirSync(folder).filter((name) => name.startsWith("autosave"));
  expect(folders.toSorted()).toEqual(["autosave-2bm:Globus:", "autosave-99id:Globus:"]);
});

test("lines of a request file that cannot be used are told, and the rest is saved", async () => {
  writeFileSync(join(folder, "part.req"), "$(Q)\nx:ao\n");
  const { printed } = await run('create_monitor_set("part.req", 1)');
  expect(printed).toContain(`${join(folder, "part.req")}:1: macro Q is undefined.`);
  expect(printed).toContain("ERROR: part.req: 1 of its lines cannot be used; the rest is saved.");
  expect(readFileSync(file("part.sav"), "latin1")).toContain("\nx:ao 1.5\n");
});

test("what pass 0 leaves to pass 1 is no loss, and is told as what it is", async () => {
  await run(...CHANGE);
  const { told } = await run();
  const passes = told.filter((line) => line.includes("values restored from"));
  expect(passes).toEqual([
    `ioc: pass 0: 7 of 9 values restored from ${file("x.sav")}, 2 left to pass 1.`,
    `ioc: pass 1: 8 of 9 values restored from ${file("x.sav")}, 1 in pass 0.`,
  ]);
});

test("a value that pass 1 restores is not announced as lost by pass 0", async () => {
  await run(...CHANGE);
  const text = readFileSync(file("x.sav"), "latin1");
  writeFileSync(file("x.sav"), text.replace(/^x:mode .*$/m, "x:mode Two"), "latin1");
  const { told } = await run();
  expect(told.filter((line) => line.startsWith("warn")).map((line) => line.replace(/: [^:]*$/, ""))).toEqual([]);
});
