/** A collection is its folder, and nothing beside it. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CollectionFiles, isBelow } from "../../../src/sandbox/globus/files.ts";

let top: string;
let files: CollectionFiles;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "globus-files-"));
  mkdirSync(join(top, "collection"));
  mkdirSync(join(top, "secret"));
  writeFileSync(join(top, "secret/key"), "s");
  files = new CollectionFiles(join(top, "collection"));
});
afterEach(() => rmSync(top, { recursive: true }));

test("puts, lists, renames and removes real files; /~/ is the top", () => {
  files.put("/~/scan/a b.h5", "data", 5000);
  files.put("/scan/한글.h5", 7, 5000);
  expect(readFileSync(join(top, "collection/scan/a b.h5"), "utf8")).toBe("data");
  expect(files.list("scan/")).toEqual([
    ["a b.h5", { type: "file", bytes: 4, modified: 5000 }],
    ["한글.h5", { type: "file", bytes: 7, modified: 5000 }],
  ]);
  files.rename("/scan", "/moved");
  expect(files.at("/~/moved/한글.h5")?.bytes).toBe(7);
  expect(files.at("/scan")).toBeUndefined();
  files.remove("/moved");
  expect(files.list("/")).toEqual([]);
});

test("a new name that is taken, and the top itself, are left alone", () => {
  files.put("/a", "a", 0);
  files.put("/b", "b", 0);
  expect(() => files.rename("/a", "/b")).toThrow("/b exists");
  expect(() => files.remove("/~/")).toThrow("the top of the collection stays");
  expect(readFileSync(join(top, "collection/b"), "utf8")).toBe("b");
});

test.each(["/../secret/key", "/~/../../secret/key", "/out/key", "/deep/out/../key"])("%s leads nowhere", (path) => {
  symlinkSync(join(top, "secret"), join(top, "collection/out"));
  mkdirSync(join(top, "collection/deep"));
  symlinkSync("../../secret", join(top, "collection/deep/out"));
  expect(files.at(path)).toBeUndefined();
});

test("nothing is written, renamed or removed through a link that leads out, nor is such a link listed", () => {
  symlinkSync(join(top, "secret"), join(top, "collection/out"));
  symlinkSync(join(top, "nothing"), join(top, "collection/dangling"));
  for (const act of [
    () => files.put("/out/new", "x", 0),
    () => files.put("/dangling", "x", 0),
    () => files.remove("/out/key"),
    () => files.rename("/out/key", "/key"),
    () => files.makeDirectories("/out/below/it"),
  ])
    expect(act).toThrow();
  expect(existsSync(join(top, "nothing"))).toBe(false);
  expect(existsSync(join(top, "secret/new"))).toBe(false);
  expect(readFileSync(join(top, "secret/key"), "utf8")).toBe("s");
  expect(files.list("/")).toEqual([]);
});

test("a link inside is followed, and removing it leaves what it leads to", () => {
  files.put("/real/a", "abc", 0);
  symlinkSync("real", join(top, "collection/link"));
  expect(files.at("/link/a")?.bytes).toBe(3);
  files.remove("/link");
  expect(files.at("/real/a")?.bytes).toBe(3);
});

test("below is told by whole names", () => {
  expect(isBelow("/data/a10", "/data/a1")).toBe(false);
  expect(isBelow("/data/a1/b", "/data/a1/")).toBe(true);
  expect(isBelow("/~/data", "/")).toBe(true);
});
