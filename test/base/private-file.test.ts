/** Files that hold secrets. */
import * as nodeFiles from "node:fs/promises";
import { chmod, mkdir, mkdtemp, readdir, readlink, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ActionError, messageOf } from "../../src/base/errors.ts";
import { MissingFileError, readPrivateFile, writePrivateFile } from "../../src/base/private-file.ts";
import { type FileCalls, replaceFile } from "../../src/base/replace-file.ts";
import { failureOf } from "../support/failure-of.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "private-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("a file is written for its owner alone and read back", async () => {
  const path = join(folder, "new", "secret");
  await writePrivateFile(path, "first", "secret");
  await writePrivateFile(path, "second", "secret");
  expect(await readPrivateFile(path, "secret")).toBe("second");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, "new"))).mode & 0o777).toBe(0o700);
  expect(await readdir(join(folder, "new"))).toEqual(["secret"]);
});

test.each([0o640, 0o604, 0o666, 0o620])("a file of mode %o is refused with the command that mends it", async (mode) => {
  const path = join(folder, "secret");
  await writeFile(path, "x");
  await chmod(path, mode);
  const failure = await failureOf(readPrivateFile(path, "token file"), ActionError);
  expect(failure.message).toBe(
    `The token file ${path} has mode 0${mode.toString(8)}, so others can use it: run \`chmod 600 ${path}\`.`,
  );
});

test("a missing file is told from one that cannot be read", async () => {
  const missing = await failureOf(readPrivateFile(join(folder, "none"), "secret"), MissingFileError);
  expect(messageOf(missing)).toBe(`The secret ${join(folder, "none")} does not exist.`);
  const failure = await failureOf(readPrivateFile(folder, "secret"), ActionError);
  expect(failure).not.toBeInstanceOf(MissingFileError);
  expect(failure.message).toBe(`The secret ${folder} cannot be read: that is a folder.`);
});

test("a file of 1 MiB is read; a larger one is refused with its size", async () => {
  const path = join(folder, "secret");
  await writeFile(path, "x".repeat(1_048_576), { mode: 0o600 });
  expect(await readPrivateFile(path, "token file")).toHaveLength(1_048_576);
  await writeFile(path, "y", { flag: "a" });
  const failure = await failureOf(readPrivateFile(path, "token file"), ActionError);
  expect(failure.message).toBe(`The token file ${path} has 1048577 bytes: that is not a token file.`);
});

test("where the path is a link, the file that it leads to is written, be it there or not, and the link stays", async () => {
  const [real, link] = [join(folder, "real", "secret"), join(folder, "links", "secret")];
  await mkdir(join(folder, "links"));
  await symlink("../real/secret", link);
  for (const text of ["first", "second"]) {
    await writePrivateFile(link, text, "secret");
    expect(await readPrivateFile(real, "secret")).toBe(text);
    expect(await readlink(link)).toBe("../real/secret");
  }
  expect(await readdir(join(folder, "links"))).toEqual(["secret"]);
  const circle = join(folder, "circle");
  await symlink(circle, circle);
  const failure = await failureOf(readPrivateFile(circle, "secret"), ActionError);
  expect(failure.message).toContain(`The secret ${circle} cannot be read`);
});

test("a file that cannot be written leaves nothing behind", async () => {
  const path = join(folder, "taken");
  await writePrivateFile(join(path, "x"), "", "secret");
  const failure = await failureOf(writePrivateFile(path, "y", "secret"), ActionError);
  expect(failure.message).toContain(`The secret ${path} cannot be written`);
  expect(await readdir(folder)).toEqual(["taken"]);
});

test("a file that is replaced, but gone before what lies beside it was looked at, counts as written", async () => {
  const path = join(folder, "secret");
  await writeFile(`${path}.0123456789ab.tmp`, "half of a sec");
  const rename: FileCalls["rename"] = async (from, to) => {
    await nodeFiles.rename(from, to);
    await rm(to);
  };
  await replaceFile(path, "whole", { mode: 0o600, files: { ...nodeFiles, rename } });
  expect(await readdir(folder)).toEqual(["secret.0123456789ab.tmp"]);
});

test("what a killed program has left beside the file goes with a later write, and what another one is writing stays", async () => {
  const path = join(folder, "secret");
  const [left, written] = [`${path}.0123456789ab.tmp`, `${path}.ba9876543210.tmp`];
  const others = [`${path}.tmp`, join(folder, "other.0123456789ab.tmp")];
  for (const file of [left, written, ...others]) await writeFile(file, "half of a sec");
  const yesterday = new Date(Date.now() - 24 * 3_600_000);
  for (const file of [left, ...others]) await utimes(file, yesterday, yesterday);
  await writePrivateFile(path, "whole", "secret");
  expect((await readdir(folder)).sort()).toEqual([path, written, ...others].map((file) => basename(file)).sort());
});
