import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import { ActionError, CancelledError } from "../../../src/base/errors.ts";
import { NotFoundError, UnavailableError } from "../../../src/controller/ports/call.ts";
import { lookAtScan } from "../../../src/services/scans/look.ts";
import { mountedFiles } from "../../../src/services/scans/mounted-files.ts";
import { createMountedSource } from "../../../src/services/scans/sources.ts";
import { lacksDescriptors, openDescriptors } from "../../support/descriptors.ts";
import { failureOf } from "../../support/failure-of.ts";
import { NAMED, scanFolder, WRITTEN } from "./scan-folder.ts";

const pathsOf = ({ files }: { readonly files: readonly { readonly path: string }[] }) => files.map(({ path }) => path);

test("a scan's file has what the rule says beside it, and nothing else", async () => {
  const { source, put } = scanFolder();
  for (const name of ["a1.h5", "a1.config", "a1_theta.npy", "dark_fields_a1.h5", "a10.h5", "a10.config", "A1.h5"])
    put(`exp/${name}`, name);
  put("exp/a1_rec/0/slice.tiff", "12");
  expect(await source.look(`${NAMED}/exp/a1.h5`, {})).toEqual({
    folder: `${NAMED}/exp`,
    isFolder: false,
    files: [
      { path: "a1.config", bytes: 9, modified: WRITTEN },
      { path: "a1.h5", bytes: 5, modified: WRITTEN },
      { path: "a1_rec/0/slice.tiff", bytes: 2, modified: WRITTEN },
      { path: "a1_theta.npy", bytes: 12, modified: WRITTEN },
      { path: "dark_fields_a1.h5", bytes: 17, modified: WRITTEN },
    ],
  });
  expect(pathsOf(await source.look(`${NAMED}/exp/A1.h5`, {}))).toEqual(["A1.h5"]);
  expect(pathsOf(await source.look(`${NAMED}/exp/a10.h5`, {}))).toEqual(["a10.config", "a10.h5"]);
});

test("a scan that is a folder has all that is below, also behind links inside of the top directory", async () => {
  const { source, put, mount } = scanFolder();
  put("exp/scan/b/2", "22");
  put("exp/scan/1", "1");
  put("exp/other/3", "333");
  symlinkSync(join(mount, "exp/other/3"), join(mount, "exp/scan/file"));
  symlinkSync("../other", join(mount, "exp/scan/folder"));
  const manifest = await source.look(`${NAMED}/exp/scan/`, {});
  expect(manifest).toMatchObject({ folder: `${NAMED}/exp/scan`, isFolder: true });
  expect(pathsOf(manifest)).toEqual(["1", "b/2", "file", "folder/3"]);
});

test("names keep blanks, Korean characters and line ends", async () => {
  const { source, put } = scanFolder();
  const name = "시료 1\n(다시)";
  put(`실험/${name}.h5`, "x");
  put(`실험/${name}.config`, "y");
  const manifest = await source.look(`${NAMED}/실험/${name}.h5`, {});
  expect(pathsOf(manifest)).toEqual([`${name}.config`, `${name}.h5`]);
});

test.each([
  ["the scan itself", "exp/a1.h5.0123abcd.part", "exp/a1.h5.0123abcd.part"],
  ["what belongs to a scan", "exp/a1_rec/x.0123abcd.part", "exp/a1.h5"],
  ["a file in a folder that is a scan", "exp/whole/b/x.0123abcd.part", "exp/whole"],
])("%s is not sent under a name that a copy gives to files that are not whole", async (_, path, scan) => {
  const { source, put } = scanFolder();
  for (const other of ["exp/a1.h5", "exp/whole/x"]) put(other, "1");
  await source.look(`${NAMED}/${scan.replace(".0123abcd.part", "")}`, {});
  put(path, "1");
  const { message } = await failureOf(source.look(`${NAMED}/${scan}`, {}), ActionError);
  expect(message).toMatch(/0123abcd\.part" of detector has the name of a file that a copy has not ended/);
  put("exp/whole/x.part", "1");
  put("exp/whole/x.0123abcd.party", "1");
  if (!path.startsWith("exp/whole")) expect((await source.look(`${NAMED}/exp/whole`, {})).files).toHaveLength(3);
});

test.each([
  ["a link out of the top directory", "/etc/hosts", "outside of"],
  ["a link that leads nowhere", "none", "leads nowhere"],
  ["a link to a folder above it", "..", "a circle"],
])("%s is named and not sent", async (_, target, words) => {
  const { source, put, mount } = scanFolder();
  put("exp/scan/1", "1");
  symlinkSync(target, join(mount, "exp/scan/link"));
  const failure = await failureOf(source.look(`${NAMED}/exp/scan`, {}), ActionError);
  expect(failure.message).toContain(words);
  expect(failure.message).toContain("exp/scan/link");
});

test("two links that lead to one another's folder are a circle", async () => {
  const { source, put, mount } = scanFolder();
  put("exp/scan/a/1", "1");
  put("exp/scan/b/2", "2");
  symlinkSync("../b", join(mount, "exp/scan/a/to-b"));
  symlinkSync("../a", join(mount, "exp/scan/b/to-a"));
  expect((await failureOf(source.look(`${NAMED}/exp/scan`, {}), ActionError)).message).toContain("a circle");
});

test("a name that is no UTF-8 is named", async () => {
  const { source, put, mount } = scanFolder();
  put("exp/scan/1", "1");
  writeFileSync(Buffer.concat([Buffer.from(join(mount, "exp/scan/")), Buffer.from([0x61, 0xff])]), "");
  const failure = await failureOf(source.look(`${NAMED}/exp/scan`, {}), ActionError);
  expect(failure.message).toContain("no UTF-8");
  rmSync(Buffer.concat([Buffer.from(join(mount, "exp/scan/")), Buffer.from([0x61, 0xff])]));
  put("exp/scan/a\ufffd", "2");
  expect(pathsOf(await source.look(`${NAMED}/exp/scan`, {}))).toEqual(["1", "a\ufffd"]);
});

test.each([
  ["/elsewhere/scan", "is not below"],
  [NAMED, "is not below"],
  [`${NAMED}/../data/scan`, "is not below"],
  [`${NAMED}x/scan`, "is not below"],
  ["scan", "is not below"],
])("the scan %s is refused", async (scan, words) => {
  const { source } = scanFolder();
  expect((await failureOf(source.look(scan, {}), ActionError)).message).toContain(words);
});

test("what is not there, a folder without files and a top that is not mounted are told apart", async () => {
  const { source, mount } = scanFolder();
  await failureOf(source.look(`${NAMED}/none`, {}), NotFoundError);
  mkdirSync(join(mount, "empty/below"), { recursive: true });
  expect((await failureOf(source.look(`${NAMED}/empty`, {}), NotFoundError)).message).toContain("holds no file");
  rmSync(mount, { recursive: true });
  expect((await failureOf(source.look(`${NAMED}/none`, {}), UnavailableError)).message).toContain("is it mounted?");
  mkdirSync(mount);
});

test("a file that goes while its folder is listed does not belong to the scan any more", async () => {
  const { put, mount } = scanFolder();
  put("scan/1", "1");
  put("scan/2/3", "3");
  const files = mountedFiles("detector");
  const entries = vi.fn(async function* (path: string) {
    for await (const batch of files.entries(path)) {
      rmSync(join(mount, "scan/2"), { recursive: true, force: true });
      yield batch;
    }
  });
  const manifest = await lookAtScan({ ...files, entries }, `${NAMED}/scan`, {
    top: NAMED,
    at: mount,
    belongs: [],
    between,
  });
  expect(pathsOf(manifest)).toEqual(["1"]);
  expect(entries).toHaveBeenCalledTimes(2);
});

const between = (): Promise<void> => Promise.resolve();

test("a file that this program has left in a scan's folder is none of the scan's", async () => {
  const { put, source } = scanFolder();
  for (const name of ["1", ".globus-ioc-prune-0123456789abcdef", "2/.globus-ioc-check-x", "2/3"])
    put(`scan/${name}`, "x");
  expect(pathsOf(await source.look(`${NAMED}/scan`, {}))).toEqual(["1", "2/3"]);
});

test("a folder with too many entries is refused, and a look that is called off ends", async () => {
  const { put, mount, source } = scanFolder();
  for (let i = 0; i < 20; i++) put(`scan/${i}`, "x");
  const look = { top: NAMED, at: mount, belongs: [], mostEntries: 19, between };
  const failure = await failureOf(lookAtScan(mountedFiles("detector"), `${NAMED}/scan`, look), ActionError);
  expect(failure.message).toContain("more than 19 entries");
  const abort = new AbortController();
  const looking = source.look(`${NAMED}/scan`, { signal: abort.signal });
  abort.abort(new CancelledError("Called off."));
  await failureOf(looking, CancelledError);
});

test.skipIf(lacksDescriptors())("a look closes what it opens, also where it fails", async () => {
  const { put, mount, source } = scanFolder();
  for (let i = 0; i < 50; i++) put(`scan/${i}/1`, "x");
  symlinkSync("none", join(mount, "scan/link"));
  await source.look(`${NAMED}/scan/1`, {});
  const before = openDescriptors();
  await source.look(`${NAMED}/scan/1`, {});
  await failureOf(source.look(`${NAMED}/scan`, {}), ActionError);
  expect(openDescriptors()).toBe(before);
});

test.each(["{step}.h5", "../{stem}", "", "{stem}/x", ".."])("the template %j is refused", (template) => {
  const make = () => createMountedSource({ name: "detector", top: NAMED, belongs: [template] }, systemClock);
  expect(make).toThrow(ActionError);
});
