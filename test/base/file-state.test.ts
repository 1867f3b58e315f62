import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fileState } from "../../src/base/file-state.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "file-state-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a file that is made, written, replaced, given other permissions or removed changes the state; a look does not", async () => {
  const [file, other] = [join(folder, "login"), join(folder, "other")];
  writeFileSync(other, "a");
  const seen = [await fileState([file, other])];
  const look = async (change: () => void): Promise<void> => {
    change();
    seen.push(await fileState([file, other]));
  };
  await look(() => writeFileSync(file, "user|password"));
  await look(() => writeFileSync(file, "user|other password"));
  await look(() => chmodSync(file, 0o600));
  await look(() => {
    writeFileSync(join(folder, "new"), "user|other password");
    renameSync(join(folder, "new"), file);
  });
  await look(() => writeFileSync(other, "ab"));
  await look(() => rmSync(file));
  expect(new Set(seen).size).toBe(seen.length);
  expect(await fileState([file, other])).toBe(seen.at(-1));
});
