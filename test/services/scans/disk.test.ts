import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import { ActionError } from "../../../src/base/errors.ts";
import { AccessDeniedError, SourceChangedError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { Manifest } from "../../../src/controller/ports/scans.ts";
import type { HostFiles } from "../../../src/services/scans/host-files.ts";
import { mountedFiles } from "../../../src/services/scans/mounted-files.ts";
import { markScan, removeScan } from "../../../src/services/scans/remove.ts";
import { listScans } from "../../../src/services/scans/scan-list.ts";
import type { ScanTree } from "../../../src/services/scans/scan-names.ts";
import { createMountedSource } from "../../../src/services/scans/sources.ts";
import { workHere } from "../../../src/services/scans/work.ts";
import { failureOf } from "../../support/failure-of.ts";
import { contentOf, NAMED, type ScanFolder, scanFolder } from "./scan-folder.ts";

const { mkdirSync, renameSync, rmSync, symlinkSync, linkSync, existsSync } = fs;
const DELETE = { isPlan: false, mayLack: false };
const between = (): Promise<void> => Promise.resolve();

/** A scan that is a file with what belongs to it, one that is a folder, and a file that is none of them. */
async function twoScans(): Promise<ScanFolder & { readonly file: Manifest; readonly folder: Manifest }> {
  const one = scanFolder();
  one.put("exp/a1.h5", "12345");
  one.put("exp/a1_rec/0/slice.tiff", "12");
  one.put("exp/a2.h5", "other");
  one.put("exp/whole/x.tif", "x");
  one.put("exp/whole/meta/deep/y.txt", "yy");
  mkdirSync(join(one.mount, "exp/whole/empty/er"), { recursive: true });
  const file = await one.source.look(`${NAMED}/exp/a1.h5`, {});
  return { ...one, file, folder: await one.source.look(`${NAMED}/exp/whole`, {}) };
}

const namesIn = (folder: string): readonly string[] => contentOf(folder).map(([name]) => name);

/** Everything below a folder with its size and time; of a link its own. */
const allIn = (folder: string): readonly string[] =>
  fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .sort()
    .map((path) => {
      const { size, mtimeMs, mode } = fs.lstatSync(join(folder, path));
      return `${path} ${mode} ${size} ${mtimeMs}`;
    });

describe("deleting", () => {
  test("takes exactly the files of the scan, and its own folders", async () => {
    const { source, file, folder, mount } = await twoScans();
    expect(await source.remove(file, DELETE)).toEqual({ files: 2, bytes: 7 });
    expect(namesIn(mount)).toEqual(["exp/a2.h5", "exp/whole/meta/deep/y.txt", "exp/whole/x.tif"]);
    expect(existsSync(join(mount, "exp/a1_rec"))).toBe(false);
    expect(await source.remove(folder, DELETE)).toEqual({ files: 2, bytes: 3 });
    expect(namesIn(mount)).toEqual(["exp/a2.h5"]);
    expect(existsSync(join(mount, "exp/whole"))).toBe(false);
  });

  test("in a plan takes nothing", async () => {
    const { source, folder, mount } = await twoScans();
    const before = contentOf(mount);
    expect(await source.remove(folder, { ...DELETE, isPlan: true })).toEqual({ files: 2, bytes: 3 });
    expect(contentOf(mount)).toEqual(before);
  });

  test("goes on where an earlier one was ended, and only then does without a file", async () => {
    const { source, folder, mount } = await twoScans();
    rmSync(join(mount, "exp/whole/meta"), { recursive: true });
    await failureOf(source.remove(folder, DELETE), SourceChangedError);
    expect(await source.remove(folder, { ...DELETE, mayLack: true })).toEqual({ files: 1, bytes: 1 });
    expect(await source.remove(folder, { ...DELETE, mayLack: true })).toEqual({ files: 0, bytes: 0 });
  });

  test.each<readonly [string, (one: ScanFolder) => void, RegExp]>([
    ["a file that has grown", ({ put }) => put("exp/whole/x.tif", "xx"), /has 2 bytes and had 1 when it was sent/],
    ["a file that was written anew", ({ put }) => put("exp/whole/x.tif", "z", 5000), /was written after it was sent/],
    ["a file that is gone", ({ mount }) => rmSync(join(mount, "exp/whole/x.tif")), /is not there any more/],
    ["a file that has come", ({ put }) => put("exp/whole/meta/new", "n"), /was not there when the scan was sent/],
    ["a link that has come", ({ mount }) => symlinkSync("x.tif", join(mount, "exp/whole/l")), /was not there when/],
    [
      "a file that is a link now",
      ({ mount, put }) => {
        put("elsewhere/x.tif", "x");
        rmSync(join(mount, "exp/whole/x.tif"));
        symlinkSync(join(mount, "elsewhere/x.tif"), join(mount, "exp/whole/x.tif"));
      },
      /is a link: nothing is deleted/,
    ],
    [
      "a folder of the scan that is a link now",
      ({ mount }) => {
        renameSync(join(mount, "exp/whole/meta"), join(mount, "elsewhere"));
        symlinkSync(join(mount, "elsewhere"), join(mount, "exp/whole/meta"));
      },
      /whole\/meta" of detector is a link: nothing is deleted there/,
    ],
    [
      "a folder above the scan that is a link now",
      ({ mount }) => {
        renameSync(join(mount, "exp"), join(mount, "elsewhere"));
        symlinkSync("elsewhere", join(mount, "exp"));
      },
      /exp" of detector is a link: nothing is deleted there/,
    ],
    [
      "a folder in the place of a file",
      ({ mount }) => {
        rmSync(join(mount, "exp/whole/x.tif"));
        mkdirSync(join(mount, "exp/whole/x.tif"));
      },
      /is no file/,
    ],
  ])("is refused, whole, for %s", async (_, change, says) => {
    const one = await twoScans();
    change(one);
    const before = allIn(one.mount);
    expect((await failureOf(one.source.remove(one.folder, DELETE), SourceChangedError)).message).toMatch(says);
    await failureOf(one.source.remove(one.folder, { ...DELETE, isPlan: true }), SourceChangedError);
    expect(allIn(one.mount)).toEqual(before);
  });

  test("is refused for a scan that leads out of the top, or is not below it", async () => {
    const { source, folder, mount } = await twoScans();
    const before = contentOf(mount);
    for (const outside of ["/etc", `${NAMED}/exp/../../..`, `${NAMED}x/exp/whole`])
      await failureOf(source.remove({ ...folder, folder: outside }, DELETE), ActionError);
    expect(contentOf(mount)).toEqual(before);
  });

  /** Files of which one is changed right before the n-th look at it. */
  function changing(path: string, nth: number, change: () => void): HostFiles {
    const files = mountedFiles("detector");
    let looks = 0;
    return {
      ...files,
      look: (at) => {
        if (at.endsWith(path) && ++looks === nth) change();
        return files.look(at);
      },
    };
  }

  test("ends at a file that is written, or replaced, in the middle, and says how far it was", async () => {
    for (const replace of [true, false]) {
      const { folder, mount, put } = await twoScans();
      const files = changing("whole/x.tif", 2, () => {
        put(replace ? "new.tif" : "exp/whole/x.tif", replace ? "x" : "longer");
        if (replace) renameSync(join(mount, "new.tif"), join(mount, "exp/whole/x.tif"));
      });
      const { problem, ...removed } = await removeScan({ files, top: NAMED, at: mount, between }, folder, DELETE);
      expect(removed).toEqual({ files: 1, bytes: 2 });
      expect(problem).toMatch(replace ? /is another file than a moment ago/ : /has 6 bytes and had 1 when it was sent/);
      expect(namesIn(join(mount, "exp/whole"))).toEqual(["x.tif"]);
    }
  });

  test("that gets no answer may have deleted the first file, and one that is denied has deleted nothing", async () => {
    for (const code of ["EIO", "EACCES"]) {
      const { folder, mount } = await twoScans();
      const files: HostFiles = {
        ...mountedFiles("detector"),
        remove: () => Promise.reject(Object.assign(new Error(code), { code })),
      };
      const removed = removeScan({ files, top: NAMED, at: mount, between }, folder, DELETE);
      if (code === "EIO")
        expect(await removed).toMatchObject({ files: 0, problem: expect.stringMatching(/could not delete/) as string });
      else await failureOf(removed, AccessDeniedError);
    }
  });

  test("a file that the scan shares with another name stays under that name", async () => {
    const { source, folder, mount } = await twoScans();
    linkSync(join(mount, "exp/whole/x.tif"), join(mount, "exp/kept.tif"));
    await source.remove(folder, DELETE);
    expect(namesIn(mount)).toContain("exp/kept.tif");
  });
});

const MARK = { mayLack: false };

test("the marks are files of their own in every folder of the scan, which are taken away, and nothing else is", async () => {
  const { source, file, folder, put, mount } = await twoScans();
  put("exp/.globus-ioc-prune-0123456789abcdef", "somebody's");
  const before = contentOf(mount);
  for (const [manifest, at, folders] of [
    [file, "exp", ["", "a1_rec", "a1_rec/0"]],
    [folder, "exp/whole", ["", "meta", "meta/deep"]],
  ] as const) {
    const { marks } = await source.mark(manifest, MARK);
    expect(marks.map((path) => path.replace(/\/?[^/]*$/, ""))).toEqual(folders);
    for (const path of marks) expect(fs.statSync(join(mount, at, path)).size).toBe(0);
    await source.mark(manifest, MARK);
    expect(contentOf(mount)).toHaveLength(before.length + 6);
    await source.unmark(manifest, {});
    expect(contentOf(mount)).toEqual(before);
  }
  await source.unmark({ ...file, folder: `${NAMED}/exp/none` }, {});
});

test("where an earlier deletion has taken folders, those that are left get a mark", async () => {
  const { source, folder, mount } = await twoScans();
  rmSync(join(mount, "exp/whole/meta"), { recursive: true });
  await failureOf(source.mark(folder, MARK), SourceChangedError);
  expect((await source.mark(folder, { mayLack: true })).marks).toHaveLength(1);
  rmSync(join(mount, "exp/whole"), { recursive: true });
  expect(await source.mark(folder, { mayLack: true })).toEqual({ marks: [], identities: [] });
});

test("a folder that is a link, or that takes no file, leaves no mark anywhere", async () => {
  const { source, folder, mount } = await twoScans();
  const before = contentOf(mount);
  symlinkSync("exp", join(mount, "link"));
  await failureOf(source.mark({ ...folder, folder: `${NAMED}/link/whole` }, MARK), SourceChangedError);
  await failureOf(source.unmark({ ...folder, folder: `${NAMED}/link/whole` }, {}), SourceChangedError);
  rmSync(join(mount, "link"));
  expect(contentOf(mount)).toEqual(before);
  const files: HostFiles = {
    ...mountedFiles("detector"),
    writeSmall: (path, ...how) =>
      path.includes("/deep/")
        ? Promise.reject(Object.assign(new Error("EACCES"), { code: "EACCES" }))
        : mountedFiles("detector").writeSmall(path, ...how),
  };
  await failureOf(markScan({ files, top: NAMED, at: mount, between }, folder, false), AccessDeniedError);
  expect(contentOf(mount)).toEqual(before);
});

test("a file that a destination shares with the source is known by its identity, and a copy is another", async () => {
  const { source, folder, copier, mount, archive } = await twoScans();
  const parcel = { manifest: folder, parts: ["whole"] };
  await copier.copy(parcel, {});
  const { identities } = await source.mark(folder, MARK);
  const shared = async (): Promise<readonly string[]> =>
    (await copier.list(parcel, {})).flatMap(({ path, identity = "" }) => (identities.includes(identity) ? [path] : []));
  expect(identities).toHaveLength(folder.files.length);
  expect(await shared()).toEqual([]);
  rmSync(join(archive, "whole/meta/deep/y.txt"));
  linkSync(join(mount, "exp/whole/meta/deep/y.txt"), join(archive, "whole/meta/deep/y.txt"));
  expect(await shared()).toEqual(["meta/deep/y.txt"]);
});

describe("the scans on the disk", () => {
  const sourceOf = (mount: string, names: readonly string[], trees: readonly ScanTree[] = []) =>
    createMountedSource(
      { name: "detector", top: NAMED, mount, belongs: [], which: { names, trees } },
      systemClock,
      workHere(systemClock),
    );

  test("are the files and folders of such names, at any depth, links not", async () => {
    const { put, mount, source } = scanFolder();
    for (const path of ["b/a2.h5", "a1.h5", "b/c/a3.h5", "b/x.txt", "b/s1_DIR/raw/in.h5"]) put(path, "1");
    symlinkSync("b", join(mount, "loop"));
    symlinkSync("a1.h5", join(mount, "a9.h5"));
    expect(await source.scans({})).toEqual({
      scans: ["a1.h5", "b/a2.h5", "b/c/a3.h5", "b/s1_DIR/raw/in.h5"].map((path) => `${NAMED}/${path}`),
      problems: [],
    });
    const { scans } = await sourceOf(mount, ["*_DIR/", "a1.*"]).scans({});
    expect(scans).toEqual([`${NAMED}/a1.h5`, `${NAMED}/b/s1_DIR`]);
  });

  test("are those of triggers that watch directories, whatever their names, and nothing in them or excluded", async () => {
    const { put, mount } = scanFolder();
    const raw = "ffs/ue_251023_FXL/rawData";
    for (const path of [`${raw}/a_00001_DIR/detector1/1.h5`, `${raw}/a_00002_DIR/ScanInfo`, `${raw}/notes/1.h5`])
      put(path, "1");
    for (const path of ["ffs/ue_251023_FXL/scratch/a_00003_DIR/1.h5", "ffs/other/rawData/a_00004_DIR/1.h5", "b.h5"])
      put(path, "1");
    put("ffs/ue_251023_FXL/rawData/a.tmp/old_DIR/1.h5", "1");
    put("elsewhere/1.h5", "1");
    symlinkSync("../../../elsewhere", join(mount, raw, "a_00005_DIR"));
    const raws: ScanTree = {
      below: ["ffs"],
      pattern: "{exp:ue_*|ms_*}/*/{scan:*_DIR}",
      exclude: ["scratch/", "*.tmp"],
      markers: [],
    };
    const scansOf = async (...which: [readonly string[], readonly ScanTree[]]): Promise<readonly string[]> =>
      (await sourceOf(mount, ...which).scans({})).scans.map((scan) => scan.slice(NAMED.length + 1));
    const folders = [`${raw}/a_00001_DIR`, `${raw}/a_00002_DIR`, `${raw}/a_00005_DIR`];
    expect(await scansOf([], [raws])).toEqual(folders);
    expect(await scansOf(["b.*"], [raws])).toEqual(["b.h5", ...folders]);
    const files: ScanTree = { below: [], pattern: "{file:*}", exclude: [], markers: [".done"] };
    put("b.h5.done", "");
    expect(await scansOf([], [files])).toEqual(["b.h5"]);
  });

  test("are no files of this program: a check's, a canary's, or a copy's that has not its name yet", async () => {
    const { put, mount } = scanFolder();
    const own = [".globus-ioc-check-host-2bm", ".globus-ioc-canary-7-1", "a1.h5.0123abcd.part"];
    for (const path of ["a1.h5", "a2.h5.part", ...own, ...own.map((name) => `b/${name}`)]) put(path, "1");
    const { scans } = await sourceOf(mount, ["*"]).scans({});
    expect(scans).toEqual([`${NAMED}/a1.h5`, `${NAMED}/a2.h5.part`]);
  });

  test("are refused where there are more than fit, or the top is not there", async () => {
    const { put, mount } = scanFolder();
    for (const name of ["1", "2", "3"]) put(`${name}.h5`, "1");
    const which = { names: ["*.h5"], trees: [] };
    const options = { top: NAMED, at: mount, which, between };
    const files = mountedFiles("detector");
    expect(await listScans(files, { ...options, mostScans: 3 })).toHaveLength(3);
    expect((await failureOf(listScans(files, { ...options, mostScans: 2 }), ActionError)).message).toBe(
      `${NAMED} of detector holds more than 2 scans: name a smaller top, or fewer by scans, in [source] of globus.conf.`,
    );
    await failureOf(listScans(files, { ...options, at: `${mount}/none` }), UnavailableError);
  });

  test("are told without a folder that cannot be read, and with a sentence", async () => {
    const { put, mount } = scanFolder();
    put("open/a.h5", "1");
    put("shut/b.h5", "1");
    const files = mountedFiles("detector");
    const entries = vi.fn((path: string) => {
      if (path.endsWith("shut")) throw Object.assign(new Error("EACCES"), { code: "EACCES" });
      return files.entries(path);
    });
    const which = { names: ["*.h5"], trees: [] };
    const found = await listScans({ ...files, entries }, { top: NAMED, at: mount, which, between });
    expect(found[0]).toEqual({ scan: `${NAMED}/open/a.h5` });
    expect(found[1]).toMatchObject({
      problem: expect.stringMatching(/shut" of detector cannot be listed: /) as string,
    });
  });

  test.each(["", "a/b", "..", "a\nb"])("%j is no pattern of scans", (pattern) => {
    expect(() => sourceOf("/tmp", [pattern])).toThrow(/The pattern .* of scans is no name/);
  });
});
