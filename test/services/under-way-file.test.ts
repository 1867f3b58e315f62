import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import { thisProcess } from "../../src/base/owner-file.ts";
import { createUnderWayFile } from "../../src/services/under-way-file.ts";
import { failureOf } from "../support/failure-of.ts";

const INIT = {
  command: "Init",
  at: "2026-03-01T12:00:00Z",
  server: "voyager",
  experiment: "2026-03-Levy-1014288",
  said: "Experiment 2026-03-Levy-1014288 was created on voyager.",
};
const TAG = { command: "Tag", at: "2026-03-01T06:00:00-06:00", server: "voyager" };

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "under-way-"));
  file = join(folder, "state", "under-way.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("what one process has kept, the next one finds", async () => {
  await createUnderWayFile(file).keep([INIT, TAG]);
  expect(createUnderWayFile(file).left()).toEqual({ commands: [INIT, TAG] });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("the last of several writes at once counts, and none leaves a file beside it", async () => {
  const underWay = createUnderWayFile(file);
  await Promise.all([underWay.keep([INIT]), underWay.keep([INIT, TAG]), underWay.keep([TAG])]);
  expect(underWay.left()).toEqual({ commands: [TAG] });
  expect(readdirSync(join(folder, "state"))).toEqual(["under-way.json"]);
});

describe("two IOCs with one prefix", () => {
  const self = thisProcess();
  /** The process that started this one runs for as long as this test. */
  const other = { ...self, pid: process.ppid, started: "" };

  test("the second is told of the first, takes nothing from it for interrupted, and leaves its memory alone", async () => {
    await createUnderWayFile(file, other).keep([INIT]);
    const second = createUnderWayFile(file, self);
    const problem = `${file} is written by process ${other.pid} on ${other.host}, another IOC with the prefix of this one: end one of the two.`;
    expect(second.left()).toEqual({ commands: [], problem });
    expect((await failureOf(second.keep([TAG]), ActionError)).message).toBe(problem);
    expect(createUnderWayFile(file, other).left()).toEqual({ commands: [INIT] });
  });

  test.each([
    ["a process that has ended", { pid: 2 ** 30 }],
    ["the host before it was started anew", { boot: "another" }],
    ["another host, which nobody can look at", { host: "station9", boot: "another" }],
  ])("what is left of %s is interrupted", async (_what, change) => {
    await createUnderWayFile(file, { ...other, ...change }).keep([INIT]);
    const next = createUnderWayFile(file, self);
    expect(next.left()).toEqual({ commands: [INIT] });
    await next.keep([TAG]);
    expect(next.left()).toEqual({ commands: [TAG] });
  });
});

test("before the first command nothing is left", () => {
  expect(createUnderWayFile(file).left()).toEqual({ commands: [] });
});

test.each([
  "",
  "{",
  "\u0000\u0000\u0000",
  '{"commands":[{"command":"Init"}]}',
  '{"commands":[{"command":"Init","at":"yesterday","server":"voyager"}]}',
  "[]",
])("a damaged file, %j, is told with its path, and is written anew", async (text) => {
  mkdirSync(join(folder, "state"));
  writeFileSync(file, text);
  const underWay = createUnderWayFile(file);
  expect(underWay.left()).toEqual({
    commands: [],
    problem: `${file} is damaged. So nobody knows whether a command was interrupted when the IOC ended: look at what was started last. The next command writes the file anew.`,
  });
  await underWay.keep([TAG]);
  expect(underWay.left()).toEqual({ commands: [TAG] });
});

test("a file that cannot be read, and cannot be written, is told with its path, and a later write works once it can be", async () => {
  mkdirSync(file, { recursive: true }); // a folder in its place
  const underWay = createUnderWayFile(file);
  expect(underWay.left().problem).toContain(`${file} cannot be read: that is a folder. So nobody knows`);
  expect((await failureOf(underWay.keep([TAG]), ActionError)).message).toContain(file);
  rmSync(file, { recursive: true });
  await underWay.keep([TAG]);
  expect(underWay.left()).toEqual({ commands: [TAG] });
});
