import { describe, expect, test } from "vitest";
import { NO_TAGS, partsBelow, placeOf, scanName } from "../../../src/controller/transfers/scan-path.ts";

const TAGS = { exp: "2026-03-Levy-1014288", ym: "2026-03", last: "Levy", gup: "1014288" };
const FILE = {
  file: "/data/2026-03/Levy/a1.h5",
  tags: TAGS,
  manifest: { folder: "/data/2026-03/Levy", isFolder: false },
};
const FOLDER = {
  file: "/data/2026-03/a1_DIR",
  tags: TAGS,
  manifest: { folder: "/data/2026-03/a1_DIR", isFolder: true },
};

describe("the directory of a scan at a destination", () => {
  test.each([
    ["{rel}", FILE, ["2026-03", "Levy"]],
    ["{rel}", FOLDER, ["2026-03", "a1_DIR"]],
    ["{ym}/{exp}", FILE, ["2026-03", "2026-03-Levy-1014288"]],
    ["{last}-{gup}/{scan}", FILE, ["Levy-1014288", "a1"]],
    ["raw/{rel}", FILE, ["raw", "2026-03", "Levy"]],
    ["/{exp}/", FOLDER, ["2026-03-Levy-1014288", "a1_DIR"]],
    ["{exp}", { ...FILE, tags: undefined }, ["unsorted"]],
    ["{ym}/{exp}", { ...FILE, tags: NO_TAGS }, ["unsorted", "unsorted"]],
  ])("%s of %o", (template, scan, parts) => {
    expect(placeOf(template, "/data", scan)).toEqual(parts);
  });

  test.each([
    [
      "{rel}",
      "/data",
      { ...FILE, manifest: { folder: "/database/x", isFolder: false } },
      '"/database/x" does not lie below /data',
    ],
    ["{rel}", "/data", { ...FILE, manifest: { folder: "/data/a\nb", isFolder: false } }, "holds a control character"],
    ["{exp}", "/data", { ...FILE, tags: { ...TAGS, exp: "../.." } }, 'holds a "/"'],
    ["{exp}", "/data", { ...FILE, tags: { ...TAGS, exp: ".." } }, "leads elsewhere"],
  ])("%s below %s of %o is refused", (template, top, scan, sentence) => {
    expect(() => placeOf(template, top, scan)).toThrow(sentence);
  });
});

test("a path lies below another by whole components", () => {
  expect(partsBelow("/data/", "/data/a/b c/실험")).toEqual(["a", "b c", "실험"]);
  expect(partsBelow("/", "/data")).toEqual(["data"]);
  expect(partsBelow("/data", "/data")).toEqual([]);
  for (const path of ["/database/a", "/dat", "/data/../etc", "/"]) expect(partsBelow("/data", path)).toBeUndefined();
});

test.each([
  ["/data/a1.h5", false, "a1"],
  ["/data/a.b.h5", false, "a.b"],
  ["/data/.h5", false, ".h5"],
  ["/data/noending", false, "noending"],
  ["/data/run_00001_DIR/", true, "run_00001_DIR"],
])("the scan of %s is named by it", (file, isFolder, name) => {
  expect(scanName(file, isFolder)).toBe(name);
});
