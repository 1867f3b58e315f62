/** What the check before beam time does in a top directory, on this machine's disk. */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import { failureOf } from "../../support/failure-of.ts";
import { contentOf, scanFolder } from "./scan-folder.ts";

const NAME = ".trial";

test("an empty file is written and removed, its time and the room are told", async () => {
  const { copier, archive } = scanFolder();
  writeFileSync(join(archive, NAME), "left by a check that was killed");
  const before = Date.now();
  const { room, written } = await copier.directory.tryWriting(NAME, {});
  expect(room).toBeGreaterThan(0);
  expect(written).toBeGreaterThanOrEqual(before - 1000);
  expect(readdirSync(archive)).toEqual([]);
  expect((await copier.directory.look({})).written).toBeUndefined();
});

test("a file is put, found and removed, with what a killed copy of it has left", async () => {
  const { source, mount } = scanFolder();
  const file = { name: NAME, text: "content", modified: Date.UTC(2026, 2, 1) };
  expect(await source.directory.find(NAME, {})).toBeUndefined();
  await source.directory.put(file, {});
  expect(contentOf(mount).map(([path]) => path)).toEqual([NAME]);
  expect(await source.directory.find(NAME, {})).toEqual({ bytes: 7, modified: file.modified });
  writeFileSync(join(mount, `${NAME}.0123abcd.part`), "half");
  writeFileSync(join(mount, "a1.h5.0123abcd.part"), "of a scan");
  await source.directory.remove(NAME, {});
  expect(readdirSync(mount)).toEqual(["a1.h5.0123abcd.part"]);
  await source.directory.remove(NAME, {});
});

test("a top that is not there is told as the source's, or as the destination's", async () => {
  const { source, copier, mount, archive } = scanFolder();
  rmSync(mount, { recursive: true });
  rmSync(archive, { recursive: true });
  expect((await failureOf(source.directory.look({}), UnavailableError)).message).toBe(
    `The source detector:${mount} is not there: is it mounted? Its top is never made.`,
  );
  expect((await failureOf(copier.directory.tryWriting(NAME, {}), UnavailableError)).message).toBe(
    `The destination ${archive} is not there: is it mounted? Its top is never made.`,
  );
});
