import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import { ActionError, CancelledError } from "../../../src/base/errors.ts";
import {
  AccessDeniedError,
  NoRoomError,
  SourceChangedError,
  UnavailableError,
} from "../../../src/controller/ports/call.ts";
import type { CopyProgress } from "../../../src/controller/ports/destinations.ts";
import { createFolderCopier } from "../../../src/services/scans/copiers.ts";
import { type CopyJob, copyParcel } from "../../../src/services/scans/copy.ts";
import { mountedFiles, type SyncCalls } from "../../../src/services/scans/mounted-files.ts";
import { workHere } from "../../../src/services/scans/work.ts";
import { lacksDescriptors, openDescriptors } from "../../support/descriptors.ts";
import { failureOf } from "../../support/failure-of.ts";
import { contentOf, NAMED, putFile, type ScanFolder, scanFolder, WRITTEN } from "./scan-folder.ts";

const MEGABYTE = 1024 * 1024;
const PARTS = ["2026-03", "Kim 시료"];

/** A scan with empty, small and large files, and its parcel. */
async function sample(scans: ScanFolder) {
  const { put, source, archive, mount } = scans;
  put("exp/s/empty", "");
  put("exp/s/a/1.tiff", "one");
  put("exp/s/a/시료\n2.tiff", "two", WRITTEN + 1);
  put("exp/s/large.h5", randomBytes(66 * MEGABYTE));
  put("exp/s/piece.h5", randomBytes(4 * MEGABYTE));
  fs.chmodSync(join(mount, "exp/s/a/1.tiff"), 0o664);
  const manifest = await source.look(`${NAMED}/exp/s`, {});
  return { manifest, parcel: { manifest, parts: PARTS }, at: join(archive, ...PARTS), from: join(mount, "exp/s") };
}

test("every byte, time and mode arrives, and the sums are those of sha256sum", async () => {
  const scans = scanFolder();
  const { parcel, manifest, at, from } = await sample(scans);
  const told: CopyProgress[] = [];
  const copied = await scans.copier.copy(parcel, { onProgress: (progress) => told.push(progress) });
  expect(contentOf(at)).toEqual(contentOf(from));
  expect(statSync(join(at, "a/1.tiff")).mode & 0o777).toBe(0o664);
  expect(copied.map(({ path, bytes, modified }) => ({ path, bytes, modified }))).toEqual(manifest.files);
  expect(copied.find(({ path }) => path === "a/1.tiff")?.sha256).toBe(
    "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed",
  );
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  expect(told.at(-1)).toEqual({ bytes, files: 5 });
  expect(told.map((one) => one.bytes)).toEqual(told.map((one) => one.bytes).sort((a, b) => a - b));
  expect(await scans.copier.list(parcel, {})).toMatchObject(manifest.files);
});

test("what is there already and whole is kept, whatever else it was called to do", async () => {
  const scans = scanFolder();
  const { parcel, at } = await sample(scans);
  const first = await scans.copier.copy(parcel, {});
  const inodes = () => ["a/1.tiff", "large.h5"].map((path) => statSync(join(at, path)).ino);
  const before = inodes();
  expect(await scans.copier.copy(parcel, {})).toEqual(first);
  expect(inodes()).toEqual(before);
});

test("a scan whose file lies in the top directory itself arrives as others do", async () => {
  const { put, source, copier, archive } = scanFolder();
  put("a1.h5", "one");
  const manifest = await source.look(`${NAMED}/a1.h5`, {});
  await copier.copy({ manifest, parts: [] }, {});
  expect(contentOf(archive).map(([path]) => path)).toEqual(["a1.h5"]);
});

test("a file with the same size and time but other content is written again", async () => {
  const scans = scanFolder();
  const { parcel, at, from } = await sample(scans);
  await scans.copier.copy(parcel, {});
  putFile(join(at, "a/1.tiff"), "ONE");
  const large = fs.readFileSync(join(at, "large.h5"));
  large[65 * MEGABYTE] = (large[65 * MEGABYTE] ?? 0) ^ 1;
  putFile(join(at, "large.h5"), large);
  await scans.copier.copy(parcel, {});
  expect(contentOf(at)).toEqual(contentOf(from));
});

test("what a copy that was killed has left goes, and what only looks like that stays", async () => {
  const scans = scanFolder();
  const { put, mount, archive, source, copier } = scans;
  put("exp/s.h5", "new");
  put("exp/s.config", "x");
  const manifest = await source.look(`${NAMED}/exp/s.h5`, {});
  const long = "x".repeat(255);
  for (const name of ["s.h5.0123abcd.part", "other.h5.0123abcd.part", "s.h5.part", `${long.slice(14)}.0123abcd.part`])
    putFile(join(archive, name), "left");
  await copier.copy({ manifest, parts: [] }, {});
  const names = () => fs.readdirSync(archive).filter((name) => name.endsWith(".part"));
  expect(names().sort()).toEqual([`${long.slice(14)}.0123abcd.part`, "other.h5.0123abcd.part", "s.h5.part"].sort());
  put(`exp/${long}`, "long");
  const other = await source.look(`${NAMED}/exp/${long}`, {});
  await copier.copy({ manifest: other, parts: [] }, {});
  expect(names().sort()).toEqual(["other.h5.0123abcd.part", "s.h5.part"]);
  expect(contentOf(archive)).toContainEqual([long, "long", WRITTEN]);
  expect(fs.readdirSync(join(mount, "exp"))).toHaveLength(3);
});

test("a manifest's own file with such a name, which no look lets through, is a file like others", async () => {
  const { put, source, copier, archive } = scanFolder();
  put("s/a", "1");
  const seen = await source.look(`${NAMED}/s`, {});
  put("s/a.0123abcd.part", "2");
  const manifest = { ...seen, files: [...seen.files, { path: "a.0123abcd.part", bytes: 1, modified: WRITTEN }] };
  for (let time = 0; time < 2; time++) await copier.copy({ manifest, parts: ["s"] }, {});
  putFile(join(archive, "s/b.0123abcd.part"), "left");
  expect(await copier.list({ manifest, parts: ["s"] }, {})).toMatchObject(manifest.files);
});

test.each([
  ["small", "a/1.tiff", "two"],
  ["large", "piece.h5", randomBytes(4 * MEGABYTE)],
])("a %s file that has changed since the look is named, and is not copied", async (_, path, content) => {
  const scans = scanFolder();
  const { parcel, at, from } = await sample(scans);
  putFile(join(from, path), content, WRITTEN + 1000);
  const failure = await failureOf(scans.copier.copy(parcel, {}), SourceChangedError);
  expect(failure.message).toContain(path);
  expect(fs.existsSync(join(at, path))).toBe(false);
  rmSync(join(from, path));
  expect((await failureOf(scans.copier.copy(parcel, {}), SourceChangedError)).message).toContain(
    "there is no such file",
  );
  expect(contentOf(at).filter(([name]) => name.endsWith(".part"))).toEqual([]);
});

test("a file that grows while it is copied is named", async () => {
  const scans = scanFolder();
  const { parcel, from } = await sample(scans);
  let isGrown = false;
  const copying = scans.copier.copy(parcel, {
    onProgress: () => {
      if (!isGrown) fs.appendFileSync(join(from, "large.h5"), "x"); // after its first segment
      isGrown = true;
    },
  });
  expect((await failureOf(copying, SourceChangedError)).message).toContain("large.h5");
});

/** The real calls, of which one fails, or writes half. */
function failingCalls(failing: number, code: string) {
  const steps: string[] = [];
  const count = <K extends keyof SyncCalls>(name: K): SyncCalls[K] =>
    ((...args: never[]) => {
      if (steps.push(name) - 1 === failing) {
        const errno = -((constants.errno as Readonly<Record<string, number>>)[code] ?? 0);
        throw Object.assign(new Error(code), { code, errno, syscall: name });
      }
      return (fs[name] as (...all: never[]) => unknown)(...args);
    }) as SyncCalls[K];
  const calls: SyncCalls = {
    openSync: count("openSync"),
    writeSync: count("writeSync"),
    readSync: count("readSync"),
    fsyncSync: count("fsyncSync"),
    renameSync: count("renameSync"),
    mkdirSync: count("mkdirSync"),
    futimesSync: count("futimesSync"),
    closeSync: fs.closeSync,
  };
  return { calls, steps };
}

test.each([
  ["ENOSPC", NoRoomError],
  ["EDQUOT", NoRoomError],
  ["EACCES", AccessDeniedError],
  ["ESTALE", UnavailableError],
  ["EFBIG", ActionError],
])(
  "a destination that fails with %s at any step is named, keeps no half file, and the next copy goes on",
  async (code, kind) => {
    const scans = scanFolder();
    const { put, source, mount, archive } = scans;
    for (const name of ["a", "b", "c/d"]) put(`s/${name}`, name);
    put("s/large", randomBytes(2 * MEGABYTE));
    const manifest = await source.look(`${NAMED}/s`, {});
    const job = (calls: SyncCalls | undefined): CopyJob => ({
      source: mountedFiles("detector"),
      from: join(mount, "s"),
      destination: mountedFiles(archive, calls),
      top: archive,
      parcel: { manifest, parts: ["x"] },
      mark: "0123abcd",
      told: () => {},
      between: () => Promise.resolve(),
    });
    const want = contentOf(join(mount, "s"));
    const descriptors = lacksDescriptors() ? undefined : openDescriptors();
    for (let failing = 0; ; failing++) {
      const { calls, steps } = failingCalls(failing, code);
      rmSync(join(archive, "x"), { recursive: true, force: true });
      const copying = copyParcel(job(calls));
      const outcome = await copying.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (steps.length <= failing) {
        expect(outcome).toBeUndefined();
        break;
      }
      expect((outcome as Error).constructor, `step ${failing}: ${steps[failing]}`).toBe(kind);
      expect((outcome as Error).message).toContain(archive);
      const left = fs.existsSync(join(archive, "x")) ? contentOf(join(archive, "x")) : [];
      for (const one of left) expect(want).toContainEqual(one);
      await copyParcel(job(undefined));
      expect(contentOf(join(archive, "x"))).toEqual(want);
    }
    if (descriptors !== undefined) expect(openDescriptors()).toBe(descriptors);
  },
);

test.each(["EACCES", "EPERM", "EIO"])(
  "a source's file that fails with %s is a failure of its scan, not of the destination",
  async (code) => {
    const scans = scanFolder();
    scans.put("s/a", "a");
    const { source, mount, archive } = scans;
    const copying = copyParcel({
      source: mountedFiles("detector", failingCalls(0, code).calls),
      from: join(mount, "s"),
      destination: mountedFiles(archive),
      top: archive,
      parcel: { manifest: await source.look(`${NAMED}/s`, {}), parts: ["x"] },
      mark: "0123abcd",
      told: () => {},
      between: () => Promise.resolve(),
    });
    const failure = await failureOf(copying, ActionError);
    expect(failure.constructor).toBe(ActionError);
    expect(failure.message).toMatch(/a" of detector cannot be read: /);
  },
);

test("a destination whose top is not there is not made", async () => {
  const scans = scanFolder();
  const { parcel } = await sample(scans);
  rmSync(scans.archive, { recursive: true });
  const failure = await failureOf(scans.copier.copy(parcel, {}), UnavailableError);
  expect(failure.message).toContain(`${scans.archive} is not there: is it mounted?`);
  await failureOf(scans.copier.list(parcel, {}), UnavailableError);
  await failureOf(scans.copier.write([], "manifest.json", "{}", {}), UnavailableError);
  expect(fs.existsSync(scans.archive)).toBe(false);
});

test("a folder of the destination that is a link out of it is refused, one inside is followed", async () => {
  const scans = scanFolder();
  const { parcel, manifest, from } = await sample(scans);
  const { archive, copier, mount } = scans;
  symlinkSync(mount, join(archive, "2026-03"));
  mkdirSync(join(mount, "Kim 시료"));
  const failure = await failureOf(copier.copy(parcel, {}), ActionError);
  expect(failure.message).toContain("outside of");
  await failureOf(copier.list(parcel, {}), ActionError);
  await failureOf(copier.write(PARTS, "manifest.json", "{}", {}), ActionError);
  expect(contentOf(mount)).toHaveLength(manifest.files.length);
  mkdirSync(join(archive, "disk2"));
  symlinkSync("disk2", join(archive, "inside"));
  await copier.copy({ manifest, parts: ["inside"] }, {});
  expect(contentOf(join(archive, "disk2"))).toEqual(contentOf(from));
});

test("a link in a file's place is replaced, and what it leads to stays; a folder in the way is named", async () => {
  const { put, source, copier, archive, mount } = scanFolder();
  put("s/a", "1");
  put("precious", "precious");
  mkdirSync(join(archive, "s"));
  symlinkSync(join(mount, "precious"), join(archive, "s/a"));
  const manifest = await source.look(`${NAMED}/s`, {});
  await copier.copy({ manifest, parts: ["s"] }, {});
  expect(contentOf(archive)).toEqual([["s/a", "1", WRITTEN]]);
  expect(fs.readFileSync(join(mount, "precious"), "utf8")).toBe("precious");
  rmSync(join(archive, "s/a"));
  mkdirSync(join(archive, "s/a"));
  expect((await failureOf(copier.copy({ manifest, parts: ["s"] }, {}), ActionError)).message).toContain("in the way");
});

test.each([
  ["the scan's own folder", "", []],
  ["a folder inside of the scan's", "/s", ["copies"]],
])("a destination that is %s is refused", async (_, below, parts) => {
  const { put, source, mount } = scanFolder();
  put("s/a", "1");
  const manifest = await source.look(`${NAMED}/s`, {});
  const copier = createFolderCopier({ top: `${mount}${below}`, source }, systemClock, workHere(systemClock));
  const here = below === "" ? ["s"] : parts;
  expect((await failureOf(copier.copy({ manifest, parts: here }, {}), ActionError)).message).toContain(
    "give the destination another top",
  );
  expect(fs.readFileSync(join(mount, "s/a"), "utf8")).toBe("1");
});

test.each([[["..", "x"]], [["a/b"]], [[""]], [["x".repeat(256)]]])("the folder %j is refused", async (parts) => {
  const scans = scanFolder();
  const { manifest } = await sample(scans);
  await failureOf(scans.copier.copy({ manifest, parts }, {}), ActionError);
  expect(contentOf(scans.archive)).toEqual([]);
});

test("no path of a manifest leads out of the destination", async () => {
  const scans = scanFolder();
  const { manifest } = await sample(scans);
  const files = [{ path: "../../evil", bytes: 1, modified: 1 }];
  await failureOf(scans.copier.copy({ manifest: { ...manifest, files }, parts: ["x"] }, {}), ActionError);
  expect(contentOf(scans.archive)).toEqual([]);
});

test("a copy that is called off rejects with the reason and leaves no .part", async () => {
  const scans = scanFolder();
  const { parcel, at } = await sample(scans);
  const abort = new AbortController();
  const copying = scans.copier.copy(parcel, {
    signal: abort.signal,
    onProgress: ({ bytes }) => {
      if (bytes > MEGABYTE) abort.abort(new CancelledError("Called off."));
    },
  });
  await failureOf(copying, CancelledError);
  expect(contentOf(at).filter(([name]) => name.endsWith(".part"))).toEqual([]);
});

test("of many small files, those that are left when a copy is called off are not copied", async () => {
  const scans = scanFolder();
  for (let i = 0; i < 400; i++) scans.put(`scan/${i}`, `${i}`);
  const manifest = await scans.source.look(`${NAMED}/scan`, {});
  const abort = new AbortController();
  const copying = scans.copier.copy(
    { manifest, parts: ["x"] },
    { signal: abort.signal, onProgress: () => abort.abort(new CancelledError("Called off.")) },
  );
  await failureOf(copying, CancelledError);
  const names = contentOf(join(scans.archive, "x")).map(([name]) => name);
  expect(names.filter((name) => name.endsWith(".part"))).toEqual([]);
  expect(names.length).toBeGreaterThan(0);
  expect(names.length).toBeLessThan(400);
});

test("a list has what is more than was sent, and of a scan that is a file its own files only", async () => {
  const scans = scanFolder();
  const { parcel, at } = await sample(scans);
  expect(await scans.copier.list(parcel, {})).toEqual([]);
  await scans.copier.copy(parcel, {});
  putFile(join(at, "more"), "more");
  expect((await scans.copier.list(parcel, {})).map(({ path }) => path)).toContain("more");
  const one = {
    ...parcel,
    manifest: { ...parcel.manifest, isFolder: false, files: parcel.manifest.files.slice(0, 1) },
  };
  expect(await scans.copier.list(one, {})).toMatchObject(one.manifest.files);
  renameSync(join(at, "a"), join(at, "b"));
  expect(await scans.copier.list(one, {})).toEqual([]);
});

test("a small text is written as a file is", async () => {
  const { copier, archive } = scanFolder();
  mkdirSync(join(archive, "a"));
  writeFileSync(join(archive, "a/manifest.json.0123abcd.part"), "left");
  await copier.write(["a", "b"], "manifest.json", "first", {});
  await copier.write(["a"], "manifest.json", "한 줄\n", {});
  expect(fs.readFileSync(join(archive, "a/manifest.json"), "utf8")).toBe("한 줄\n");
  expect(contentOf(archive).map(([path]) => path)).toEqual(["a/b/manifest.json", "a/manifest.json"]);
});

test("many files are copied by two at once, and one failure is told", async () => {
  const { put, source, copier, archive, mount } = scanFolder();
  for (let i = 0; i < 1200; i++) put(`s/${i % 3}/${i}`, `${i}`);
  const manifest = await source.look(`${NAMED}/s`, {});
  const told: CopyProgress[] = [];
  const copied = await copier.copy({ manifest, parts: [] }, { onProgress: (progress) => told.push(progress) });
  expect(copied.map(({ path }) => path)).toEqual(manifest.files.map(({ path }) => path));
  expect(told.at(-1)?.files).toBe(1200);
  expect(contentOf(archive)).toEqual(contentOf(join(mount, "s")));
  put("s/2/1199", "changed");
  await failureOf(copier.copy({ manifest, parts: ["again"] }, {}), SourceChangedError);
  expect(contentOf(archive).filter(([name]) => name.endsWith(".part"))).toEqual([]);
});
