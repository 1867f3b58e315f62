import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLog } from "../../src/base/log.ts";
import { OwnerFile, thisProcess } from "../../src/base/owner-file.ts";
import { Troubles } from "../../src/base/troubles.ts";
import { Journal } from "../../src/controller/run/journal.ts";
import { type LogFileOptions, openLogFile } from "../../src/services/log-file.ts";
import { FailingFiles } from "../support/fakes/failing-files.ts";
import { FakeControllerPvs } from "../support/fakes/fake-beamline.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { inZone } from "../support/in-zone.ts";

let folder: string;
let complaints: string[];
let clock: FakeClock;
let troubles: Troubles;
beforeEach(() => {
  clock = new FakeClock(new Date(2026, 2, 1, 23, 59, 58, 5).getTime());
  folder = mkdtempSync(join(tmpdir(), "globus-ioc-logs-"));
  complaints = [];
  troubles = new Troubles();
  troubles.listen(({ sentence }) => complaints.push(sentence));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (kept = 3, where = folder, changes: Partial<LogFileOptions> = {}) =>
  openLogFile({
    folder: where,
    program: "globus",
    kept,
    clock,
    trouble: troubles.of("log file"),
    warn: (sentence) => complaints.push(sentence),
    ...changes,
  });
const text = (name: string): string => readFileSync(join(folder, name), "utf8");

test("lines are written as the Python programs write them, in a file named by its beginning", async () => {
  const file = open(3, join(folder, "logs"));
  file.sink("globus: Dirs has begun.", "info");
  file.sink("warn: globus: It is slow.", "warn");
  await file.close();
  expect(text("logs/globus_2026-03-01_23:59:58.log")).toBe(
    "2026-03-01 23:59:58,005 - INFO: globus: Dirs has begun.\n2026-03-01 23:59:58,005 - WARNING: globus: It is slow.\n",
  );
});

test.each<[string, (place: string) => void]>([
  ["a file", (place) => writeFileSync(place, "")],
  ["a named pipe", (place) => expect(spawnSync("mkfifo", [place]).status).toBe(0)],
])("%s in the place of the folder is told", async (_what, make) => {
  const place = join(folder, "logs");
  make(place);
  const file = open(3, place);
  file.sink("globus: Dirs has begun.", "info");
  await file.close();
  expect(complaints).toEqual([
    `No log file is kept in ${place}: that is no folder; see log-directory in the [general] section of globus.conf.`,
  ]);
});

test.each(["America/Chicago", "Asia/Tokyo"])(
  "an event has the same time in the file and in Log, in %s",
  async (zone) => {
    const pvs = new FakeControllerPvs();
    await inZone(zone, async () => {
      const file = open();
      new Journal({ clock, pvs, log: createLog("globus", file.sink) }).say("Dirs has begun.");
      await file.close();
    });
    const [name = ""] = readdirSync(folder);
    expect(text(name).replace(/,005 - INFO: globus:/, "")).toBe(`${String(pvs.get("LogLine0"))}\n`);
  },
);

test("a line that comes behind the end begins no file, and no wait for one", async () => {
  const closed = open();
  await closed.close();
  closed.sink("globus: Dirs has begun.", "info");
  await closed.close();
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(join(folder, "file"), "");
  const failing = open(3, join(folder, "file"));
  failing.sink("globus: Dirs has begun.", "info");
  await failing.close();
  expect(clock.pending).toBe(0);
});

test("nothing is written before there is something to write", async () => {
  await open().close();
  expect(readdirSync(folder)).toEqual([]);
});

test("the oldest of our files go, and no other file", async () => {
  const others = ["globus_notes.log", "dmagic_2020-01-01_00:00:00.log"];
  const old = ["globus_2025-01-01_00:00:00.log", "globus_2025-01-02_00:00:00.log", "globus_2025-01-03_00:00:00.log"];
  for (const name of [...others, ...old]) writeFileSync(join(folder, name), "");
  const file = open(2);
  file.sink("x", "info");
  await file.close();
  expect(new Set(readdirSync(folder))).toEqual(new Set([...others, old[2], "globus_2026-03-01_23:59:58.log"]));
});

test("a new day begins a new file", async () => {
  const file = open();
  file.sink("yesterday", "info");
  clock.advance(3);
  file.sink("today", "info");
  await file.close();
  expect(readdirSync(folder).sort()).toEqual(["globus_2026-03-01_23:59:58.log", "globus_2026-03-02_00:00:01.log"]);
  expect(text("globus_2026-03-02_00:00:01.log")).toContain("today");
});

test("a folder that cannot be written is told once, and closing works", async () => {
  writeFileSync(join(folder, "file"), "");
  const file = open(3, join(folder, "file", "logs"));
  file.sink("a", "info");
  file.sink("b", "error");
  await file.close();
  expect(complaints).toEqual([expect.stringMatching(/^No log file is kept in \S+: .*log-directory/)]);
  expect(existsSync(join(folder, "file", "logs"))).toBe(false);
});

test("runs of the command line never remove the file that the IOC writes", async () => {
  const ioc = open(2, folder, { program: "globus_ioc" });
  ioc.sink("before", "info");
  await vi.waitFor(() => expect(text("globus_ioc_2026-03-01_23:59:58.log")).toContain("before"));
  for (let run = 0; run < 3; run++) {
    clock.advance(3600);
    const file = open(2);
    file.sink("a run", "info");
    await file.close();
  }
  await ioc.close();
  expect(text("globus_ioc_2026-03-01_23:59:58.log")).toContain("before");
  expect(readdirSync(folder).sort()).toEqual([
    "globus_2026-03-02_01:59:58.log",
    "globus_2026-03-02_02:59:58.log",
    "globus_ioc_2026-03-01_23:59:58.log",
  ]);
});

test("an old file that cannot be removed is told, and the others go and the log goes on", async () => {
  const [folderOfOthers, old] = ["globus_2025-01-01_00:00:00.log", "globus_2025-01-02_00:00:00.log"];
  mkdirSync(join(folder, folderOfOthers));
  writeFileSync(join(folder, old), "");
  const file = open(1);
  file.sink("a", "info");
  file.sink("b", "info");
  await file.close();
  expect(complaints).toEqual([
    expect.stringMatching(`^The old log file ${join(folder, folderOfOthers)} cannot be removed: `),
  ]);
  expect(text("globus_2026-03-01_23:59:58.log")).toMatch(/: a\n.*: b\n$/);
  expect(existsSync(join(folder, old))).toBe(false);
});

test("what cannot be written is told once, waits, and is written when it can be, which is told too", async () => {
  writeFileSync(join(folder, "logs"), "no folder");
  clock = new FakeClock(new Date(2026, 2, 1, 12).getTime());
  const file = open(3, join(folder, "logs"));
  file.sink("a", "info");
  file.sink("b", "info");
  await vi.waitFor(() => expect(complaints).toEqual([expect.stringMatching(/^No log file is kept in \S+: /)]));
  rmSync(join(folder, "logs"));
  clock.advance(9);
  file.sink("c", "info");
  expect(existsSync(join(folder, "logs"))).toBe(false);
  clock.advance(1);
  await vi.waitFor(() => expect(complaints).toHaveLength(2));
  expect(complaints[1]).toBe(`The log file in ${folder}/logs is written again.`);
  expect(text("logs/globus_2026-03-01_12:00:00.log")).toMatch(/^\S+ \S+ - INFO: a\n.*: b\n.*: c\n$/);
  await file.close();
});

test("of very many lines that wait the newest are written, and how many are lost", async () => {
  writeFileSync(join(folder, "logs"), "no folder");
  const file = open(3, join(folder, "logs"));
  for (let i = 0; i < 1003; i++) file.sink(`line ${i}`, "info");
  await vi.waitFor(() => expect(complaints).toHaveLength(1));
  rmSync(join(folder, "logs"));
  await file.close();
  const lines = text("logs/globus_2026-03-01_23:59:58.log").trimEnd().split("\n");
  expect(lines).toHaveLength(1001);
  expect(lines[0]).toMatch(/ - INFO: line 3$/);
  expect(lines.at(-1)).toMatch(/ - WARNING: globus: 3 lines before these could not be written\.$/);
});

test("a disk that is full is told, and the log goes on in a new file when it is not", async () => {
  const files = new FailingFiles();
  const file = open(3, folder, { files: files.calls });
  file.sink("a", "info");
  files.failing = 2;
  file.sink("b", "info");
  await vi.waitFor(() =>
    expect(complaints).toEqual([expect.stringMatching(/^No log file is kept in \S+: the disk is full \(ENOSPC\);/)]),
  );
  clock.advance(10);
  await file.close();
  expect(readdirSync(folder)).toHaveLength(2);
  expect(text("globus_2026-03-01_23:59:58_2.log")).toMatch(/: b\n$/);
  expect(complaints).toHaveLength(2);
});

test("a disk that stays full costs none of the old files, and leaves no new ones", async () => {
  const old = ["globus_2025-01-01_00:00:00.log", "globus_2025-01-02_00:00:00.log", "globus_2025-01-03_00:00:00.log"];
  for (const name of old) writeFileSync(join(folder, name), "yesterday\n");
  const files = new FailingFiles();
  Object.assign(files, { failing: 0, isLasting: true, call: "appendFile" });
  const file = open(3, folder, { files: files.calls });
  file.sink("a", "info");
  await vi.waitFor(
    () => {
      clock.advance(10);
      expect(files.steps.filter((step) => step === "appendFile").length).toBeGreaterThan(200);
    },
    { interval: 1, timeout: 20_000 },
  );
  await file.close();
  expect(readdirSync(folder).sort()).toEqual(old);
});

test("a last line that is lost is told before closing ends", async () => {
  const files = new FailingFiles();
  Object.assign(files, { failing: 1, isLasting: true });
  const file = open(3, folder, { files: files.calls });
  file.sink("a", "info");
  await file.close();
  expect(complaints).toEqual([expect.stringMatching(/^No log file is kept in \S+: the disk is full \(ENOSPC\);/)]);
});

test("two programs that begin in the same second have a file each", async () => {
  const [one, other] = [open(), open()];
  one.sink("one", "info");
  other.sink("other", "info");
  await Promise.all([one.close(), other.close()]);
  const names = readdirSync(folder).sort();
  expect(names).toEqual(["globus_2026-03-01_23:59:58.log", "globus_2026-03-01_23:59:58_2.log"]);
  expect(names.map((name) => text(name).split("\n").length)).toEqual([2, 2]);
});

test("of two IOCs with one folder the second removes nothing of the first, and says so once", async () => {
  const first = open(1, folder, { program: "globus_ioc" });
  first.sink("one", "info");
  await vi.waitFor(() => expect(readdirSync(folder)).toContain("globus_ioc.owner"));
  const self = { ...thisProcess(), host: "otherhost", pid: 4711 };
  const owner = new OwnerFile(join(folder, "globus_ioc.owner"), { self });
  const second = open(1, folder, { program: "globus_ioc", owner });
  second.sink("two", "info");
  await vi.waitFor(() => expect(complaints).toHaveLength(1));
  clock.advance(3);
  second.sink("the next day", "info");
  await second.close();
  expect(complaints).toEqual([
    expect.stringMatching(/are also written by process \d+ on .* a log-directory of its own/),
  ]);
  await first.close();
  expect(readdirSync(folder).sort()).toEqual([
    "globus_ioc_2026-03-01_23:59:58.log",
    "globus_ioc_2026-03-01_23:59:58_2.log",
    "globus_ioc_2026-03-02_00:00:01.log",
  ]);
});
