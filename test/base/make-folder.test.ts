import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolder } from "../../src/base/make-folder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("makes every level that is missing, with its mode, and finds them the next time", async () => {
  const deep = join(folder, "a", "b", "c");
  await makeFolder(deep, 0o700);
  expect(statSync(join(folder, "a")).mode & 0o777).toBe(0o700);
  expect(statSync(deep).isDirectory()).toBe(true);
  await expect(makeFolder(deep)).resolves.toBeUndefined();
});

test("a file in the way is an error", async () => {
  writeFileSync(join(folder, "file"), "");
  await expect(makeFolder(join(folder, "file"))).rejects.toThrow(/^that is no folder$/);
  await expect(makeFolder(join(folder, "file", "x"))).rejects.toMatchObject({ code: "ENOTDIR" });
});

test("a place that takes no folders is an error, not an endless attempt", async () => {
  await expect(makeFolder("/proc/no-such-place/logs")).rejects.toThrow(/ENOENT|EROFS|EACCES|EPERM/);
});
