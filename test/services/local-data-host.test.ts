import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { ActionError } from "../../src/base/errors.ts";
import { createLocalDataHost, type LocalDataHostSettings } from "../../src/services/local-data-host.ts";

let folder: string;
let top: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "data-host-"));
  top = join(folder, "top");
  await mkdir(join(top, "exp", "scan"), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

const host = (changes: Partial<LocalDataHostSettings> = {}) =>
  createLocalDataHost({ name: "localhost", top, ...changes }, systemClock);

test("counts files and bytes of all levels", async () => {
  await writeFile(join(top, "exp", "a.h5"), "12345");
  await writeFile(join(top, "exp", "scan", "b.tiff"), "123");
  await expect(host().inspect(["exp"], {})).resolves.toEqual({ state: "OK", files: 2, bytes: 8 });
});

test("a directory without files is EMPTY, whatever directories are in it", async () => {
  await expect(host().inspect(["exp"], {})).resolves.toMatchObject({ state: "EMPTY" });
});

test("tells a missing directory, a file in its place, and a missing top apart", async () => {
  await writeFile(join(top, "file"), "");
  await expect(host().inspect(["none"], {})).resolves.toMatchObject({ state: "MISSING" });
  await expect(host().inspect(["file"], {})).resolves.toMatchObject({ state: "MISSING" });
  await expect(host({ top: join(folder, "no") }).inspect(["exp"], {})).resolves.toMatchObject({ state: "NO_TOPDIR" });
});

test("counts no link, and does not follow a source that is a link out of the top directory", async () => {
  await mkdir(join(folder, "outside"));
  await writeFile(join(folder, "outside", "secret"), "x");
  await symlink(join(folder, "outside"), join(top, "exp", "link"));
  await expect(host().inspect(["exp"], {})).resolves.toMatchObject({ state: "EMPTY" });
  await symlink(join(folder, "outside"), join(top, "out"));
  const report = await host().inspect(["out"], {});
  expect(report).toMatchObject({ state: "UNKNOWN", files: 0 });
  expect(report.remark).toContain(`leads to ${join(folder, "outside")}, outside of ${top}`);
});

test("follows a source that is a link inside the top directory", async () => {
  await writeFile(join(top, "exp", "a"), "x");
  await symlink("exp", join(top, "alias"));
  await expect(host().inspect(["alias"], {})).resolves.toMatchObject({ state: "OK", files: 1 });
});

test("stops at its bounds and says that there is more", async () => {
  await Promise.all(Array.from({ length: 250 }, (_, i) => writeFile(join(top, "exp", `f${i}`), "x")));
  const limits = { entries: 120, depth: 4, seconds: 60 };
  await expect(host({ limits }).inspect(["exp"], {})).resolves.toEqual({
    state: "OK",
    files: 120,
    bytes: 120,
    remark: "there is more than was counted",
  });
});

test("what cannot be looked into is UNKNOWN, and the remark says why", async () => {
  await symlink("loop", join(top, "loop"));
  const report = await host().inspect(["loop"], {});
  expect(report).toMatchObject({ state: "UNKNOWN" });
  expect(report.remark).toContain(
    `${join(top, "loop")} cannot be looked into: its symbolic links lead in a circle (ELOOP)`,
  );
});

test("looks at no name that leads elsewhere, and takes no relative top", async () => {
  await expect(host().inspect(["..", "x"], {})).resolves.toMatchObject({ state: "UNKNOWN" });
  expect(() => host({ top: "data" })).toThrow(ActionError);
});
