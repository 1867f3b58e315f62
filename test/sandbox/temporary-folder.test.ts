import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
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
