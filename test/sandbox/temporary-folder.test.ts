import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AppError } from "../../src/base/errors.ts";
import { makeTemporaryFolder } from "../../src/sandbox/temporary-folder.ts";

test("the folder goes when it is removed", async () => {
  const folder = await makeTemporaryFolder();
  expect(existsSync(folder.path)).toBe(true);
  await folder.remove();
  expect(existsSync(folder.path)).toBe(false);
});

test("what a killed process left is swept away by the next, what a living one has is not", async () => {
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  const [left, used] = [dead, process.pid].map((pid) =>
    join(tmpdir(), `globus-ioc-sandbox-${pid}-test${process.pid}`),
  ) as [string, string];
  mkdirSync(left);
  mkdirSync(used);
  const folder = await makeTemporaryFolder();
  expect([existsSync(left), existsSync(used)]).toEqual([false, true]);
  await folder.remove();
  spawnSync("rmdir", [used]);
});

test("what another user's killed process left is passed over", async () => {
  const parent = mkdtempSync(join(tmpdir(), "temporary-folder-"));
  const left = join(parent, `globus-ioc-sandbox-${spawnSync(process.execPath, ["--version"]).pid}-test`);
  mkdirSync(left);
  const removed: unknown[] = [];
  const refuse: typeof rmSync = (at, options) => {
    if (at === left) throw new Error("EACCES: permission denied");
    removed.push(at);
    rmSync(at, options);
  };
  const folder = await makeTemporaryFolder(parent, refuse);
  expect([existsSync(left), existsSync(folder.path)]).toEqual([true, true]);
  await folder.remove();
  expect(existsSync(folder.path)).toBe(false);
  expect(removed).toEqual([folder.path]);
  rmSync(parent, { recursive: true });
});

test("a TMPDIR that does not take it is told in a sentence", async () => {
  await expect(makeTemporaryFolder("/nonexistent/tmp")).rejects.toThrow(
    new AppError(
      "The simulated beamline cannot keep its files in /nonexistent/tmp: there is no such file or folder (ENOENT); " +
        "set TMPDIR to a folder that can be written to.",
    ),
  );
});
