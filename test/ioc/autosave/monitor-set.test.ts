/**
 * Sets on a database in memory and a folder of the test: when they save, what is in the files, and what a failure leads
 * to.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLog } from "../../../src/base/log.ts";
import { OwnerFile, thisProcess } from "../../../src/base/owner-file.ts";
import { Troubles } from "../../../src/base/troubles.ts";
import { MonitorSet } from "../../../src/ioc/autosave/monitor-set.ts";
import { isComplete, parseSaveFile } from "../../../src/ioc/autosave/save-file.ts";
import { databaseOf } from "../../support/engine/test-database.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

let folder: string;
let stop: (() => Promise<void>) | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
});
afterEach(async () => {
  await stop?.();
  rmSync(folder, { recursive: true, force: true });
});

function start({
  file = join(folder, "x.sav"),
  pvs = ["x:ao", "x:text"],
  settings = {},
  owner = new OwnerFile(`${file}.owner`),
} = {}) {
  const clock = new FakeClock(new Date(2026, 2, 1, 12).getTime());
  const { database } = databaseOf(
    {
      "x:ao": { type: "ao", VAL: "1", PREC: "3" },
      "x:mode": { type: "mbbo", ZRST: "Zero", ONST: "One", ONVL: "1" },
      "x:text": { type: "waveform", FTVL: "CHAR", NELM: "8", "info Q:form": "String" },
      "x:long": { type: "stringout" },
    },
    clock,
  );
  const lines: string[] = [];
  const troubles = new Troubles();
  troubles.listen(({ sentence, isOver }) => lines.push(`${isOver ? "" : "error: "}ioc: ${sentence}`));
  const set = new MonitorSet({
    name: "x.req",
    file,
    pvs,
    periodSeconds: 5,
    settings: {
      retrySeconds: 60,
      sequenceCount: 2,
      sequenceSeconds: 60,
      datedBackups: true,
      fileMode: 0o664,
      ...settings,
    },
    database,
    clock,
    log: createLog("ioc", (line) => lines.push(line)),
    trouble: troubles.of("x.sav"),
    owner,
  });
  set.start();
  stop = () => set.stop();
  const put = (pv: string, value: string | number): void => void database.put(database.find(pv)!, value);
  const saved = (suffix = ""): unknown =>
    Object.fromEntries(
      parseSaveFile(readFileSync(`${file}${suffix}`, "latin1")).values.map((one) => [one.pv, one.value]),
    );
  const holds = (value: string, suffix = ""): Promise<void> =>
    vi.waitFor(() => expect(saved(suffix)).toMatchObject({ "x:ao": value }), { timeout: 10_000 });
  return { set, clock, lines, put, saved, holds };
}

test("it saves at its start, both files alike, every kind of field as autosave has it", async () => {
  const { set, put, saved } = start({ pvs: ["x:ao", "x:mode", "x:text", "x:long.DESC$", "x:ao.PREC"] });
  put("x:mode", 1);
  put("x:text", "hé");
  put("x:long.DESC$", "a long\ntext");
  expect(await set.saveNow()).toBeUndefined();
  const wanted = {
    "x:ao": "1",
    "x:mode": "1",
    "x:text": ["104", "-23", "0"],
    "x:long.DESC$": "a long\ntext",
    "x:ao.PREC": "3",
  };
  expect(saved()).toEqual(wanted);
  expect(readFileSync(join(folder, "x.savB"))).toEqual(readFileSync(join(folder, "x.sav")));
  expect(readFileSync(join(folder, "x.sav"), "latin1")).toMatch(/^# autosave R5\S*\t.* - 260301-120000\n/);
});

test("a change is saved, but not before the period is over", async () => {
  const { clock, set, put, holds, saved } = start();
  clock.advance(0); // the first save, and one behind it to know when it is over
  await set.saveNow();
  put("x:ao", 2);
  clock.advance(4.9);
  put("x:ao", 3);
  expect(saved()).toMatchObject({ "x:ao": "1" });
  clock.advance(0.1);
  await holds("3");
});

test("what did not change is not written again", async () => {
  const { clock, set, put, lines } = start();
  await set.saveNow();
  const before = readFileSync(join(folder, "x.sav"), "latin1");
  clock.advance(3600);
  put("x:ao", 1);
  await set.stop();
  expect(readFileSync(join(folder, "x.sav"), "latin1")).toBe(before);
  expect(lines).toEqual([]);
});

test("a clean stop saves what has changed since", async () => {
  const { set, put, saved } = start();
  await set.saveNow();
  put("x:ao", 7);
  await set.stop();
  expect(saved()).toMatchObject({ "x:ao": "7" });
  expect(saved("B")).toMatchObject({ "x:ao": "7" });
});

test("saves that are asked for at once are made one after the other", async () => {
  const { set, put, saved, lines } = start();
  const results = Array.from({ length: 10 }, (_, index) => {
    put("x:ao", index);
    return set.saveNow();
  });
  expect(await Promise.all(results)).toEqual(Array(10).fill(undefined));
  expect(saved()).toMatchObject({ "x:ao": "9" });
  expect([lines, readdirSync(folder).toSorted()]).toEqual([[], ["x.sav", "x.sav.owner", "x.savB"]]);
});

test("a PV that does not exist is told, and marked in the file", async () => {
  const { set, lines } = start({ pvs: ["x:ao", "x:none"] });
  await set.saveNow();
  expect(lines).toEqual(["warn: ioc: x.req: x:none cannot be saved: this IOC has no such PV."]);
  expect(readFileSync(join(folder, "x.sav"), "latin1")).toContain("#x:none Search Issued\n");
});

test("what a crash left of a temporary file does not matter", async () => {
  writeFileSync(join(folder, "x.sav.tmp"), "half", { mode: 0o400 });
  const { set } = start();
  expect(await set.saveNow()).toBeUndefined();
  expect(readdirSync(folder).toSorted()).toEqual(["x.sav", "x.sav.owner", "x.savB"]);
});

test("a copy that is not whole is replaced", async () => {
  writeFileSync(join(folder, "x.savB"), "# autosave R5\nx:ao 4");
  const { set } = start();
  await set.saveNow();
  expect(isComplete(readFileSync(join(folder, "x.savB"), "latin1"))).toBe(true);
});

test("earlier states go to the oldest file of the sequence", async () => {
  const { clock, set, put, holds } = start();
  for (const [value, file] of [
    [10, "0"],
    [20, "1"],
    [30, "0"],
  ] as const) {
    put("x:ao", value);
    await set.saveNow();
    clock.advance(60);
    await holds(String(value), file);
  }
  await holds("20", "1");
});

test("a clean stop copies nothing to the files for earlier states later on", async () => {
  const { clock, set, put } = start();
  put("x:ao", 7);
  await set.stop();
  expect(clock.pending).toBe(0);
});

test("with no files for earlier states, none is written", async () => {
  const { clock, set, put } = start({ settings: { sequenceCount: 0 } });
  put("x:ao", 7);
  await set.saveNow();
  clock.advance(3600);
  await set.stop();
  expect(readdirSync(folder).toSorted()).toEqual(["x.sav", "x.savB"]);
});

describe("a folder that is missing", () => {
  test("is told once, with file and reason, and saved to when it is there", async () => {
    const file = join(folder, "later", "x.sav");
    const { clock, set, holds, lines } = start({ file });
    expect(await set.saveNow()).toMatch(
      /^The save file .*x\.sav cannot be written: there is no such file or folder \(ENOENT\)\.$/,
    );
    expect(lines).toHaveLength(1);
    await set.saveNow();
    expect(lines).toEqual([
      expect.stringMatching(
        /^error: ioc: x\.req: The save file .*x\.sav cannot be written: there is no such file or folder \(ENOENT\)\. Next attempt in 60 s\.$/,
      ),
    ]);
    expect(set.report().at(-1)).toContain("cannot be written");
    mkdirSync(join(folder, "later"));
    clock.advance(60);
    await holds("1");
    await set.stop();
    expect(lines.at(-1)).toBe(`ioc: x.req: ${file} is saved again.`);
  });
});

describe("two IOCs with one save file", () => {
  test("the second one is told who writes it, and saves once the first has ended", async () => {
    const file = join(folder, "x.sav");
    const first = start();
    expect(await first.set.saveNow()).toBeUndefined();
    const self = { ...thisProcess(), host: "otherhost", pid: 4711 };
    const second = start({ owner: new OwnerFile(`${file}.owner`, { self }) });
    second.put("x:ao", 9);
    const { pid, host } = thisProcess();
    const sentence = `The save file ${file} is written by process ${pid} on ${host}, so nothing is saved here: give each IOC a folder of its own with set_savefile_path, or, if that process is gone, remove ${file}.owner.`;
    expect(await second.set.saveNow()).toBe(sentence);
    expect(second.lines).toEqual([`error: ioc: x.req: ${sentence} Next attempt in 60 s.`]);
    expect(first.saved()).toMatchObject({ "x:ao": "1" });
    await first.set.stop();
    second.clock.advance(60);
    await second.holds("9");
    await second.set.stop();
    expect(second.lines.at(-1)).toBe(`ioc: x.req: ${file} is saved again.`);
    expect(readdirSync(folder).toSorted()).toEqual(["x.sav", "x.savB"]);
  });
});
