import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLogFile } from "../../src/services/log-file.ts";
import { FakeClock } from "../support/fake-clock.ts";

let folder: string;
let complaints: string[];
let clock: FakeClock;
beforeEach(() => {
  clock = new FakeClock(new Date(2026, 2, 1, 23, 59, 58, 5).getTime());
  folder = mkdtempSync(join(tmpdir(), "globus-ioc-logs-"));
  complaints = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (kept = 3, where = folder) =>
  openLogFile({ folder: where, kept, clock, failed: (sentence) => complaints.push(sentence) });
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
  expect(complaints).toEqual([expect.stringMatching(/^No log file is kept: .*log-directory/)]);
  expect(existsSync(join(folder, "file", "logs"))).toBe(false);
});
