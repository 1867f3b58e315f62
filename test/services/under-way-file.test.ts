import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
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
    problem: `${file}: is damaged; nobody knows whether a command was interrupted when the IOC ended: look at what was started last. The next command writes the file anew.`,
  });
  await underWay.keep([TAG]);
  expect(underWay.left()).toEqual({ commands: [TAG] });
});

test("a file that cannot be read, and cannot be written, is told with its path, and a later write works once it can be", async () => {
  mkdirSync(file, { recursive: true }); // a folder in its place
  const underWay = createUnderWayFile(file);
  expect(underWay.left().problem).toContain(`${file}: EISDIR`);
  expect((await failureOf(underWay.keep([TAG]), ActionError)).message).toContain(file);
  rmSync(file, { recursive: true });
  await underWay.keep([TAG]);
  expect(underWay.left()).toEqual({ commands: [TAG] });
});
