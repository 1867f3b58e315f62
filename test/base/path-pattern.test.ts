import { describe, expect, test } from "vitest";
import {
  parseCounted,
  parseExclusions,
  parseMarkers,
  parsePathPattern,
  scanAbove,
} from "../../src/base/path-pattern.ts";

const PAL = parsePathPattern("{exp:ue_*|ms_*}/rawData/{scan:*_DIR}");
const parts = (path: string): string[] => path.split("/").filter((part) => part !== "");

describe("a path pattern", () => {
  test.each([
    ["ue_251023_FXL/rawData/251023_bg_00001_DIR", "ue_251023_FXL/rawData/251023_bg_00001_DIR"],
    ["ue_251023_FXL/rawData/251023_bg_00001_DIR/detector1/a/b.done", "ue_251023_FXL/rawData/251023_bg_00001_DIR"],
    ["MS_251023_fxs/RAWDATA/run0037_dir/x", "MS_251023_fxs/RAWDATA/run0037_dir"],
    ["ue_251023_FXL/rawData", undefined],
    ["ue_251023_FXL/rawData/notes", undefined],
    ["ue_251023_FXL/rawData2/a_DIR", undefined],
    ["xue_251023_FXL/rawData/a_DIR", undefined],
    ["", undefined],
  ])("finds the scan of %s", (path, scan) => {
    expect(scanAbove(PAL, parts(path))?.parts.join("/")).toBe(scan);
  });

  test("finds no scan in a path that goes on behind a file", () => {
    const files = parsePathPattern("{exp}/{file}");
    expect(scanAbove(files, ["ue_1", "a.h5"])?.parts).toEqual(["ue_1", "a.h5"]);
    expect(scanAbove(files, ["ue_1", "sub", "a.h5"])).toBeUndefined();
  });

  test("names parts of the path", () => {
    expect(scanAbove(PAL, ["ue_1_FXL", "rawData", "a_DIR", "x"])?.fields).toEqual({ exp: "ue_1_FXL", scan: "a_DIR" });
    const newer = parsePathPattern("{exp}/type=raw|type=measurement/run=*/{scan:scan=???}");
    expect(scanAbove(newer, ["e", "type=measurement", "run=007", "scan=001"])?.fields).toEqual({
      exp: "e",
      scan: "scan=001",
    });
    expect(scanAbove(newer, ["e", "type=log", "run=007", "scan=001"])).toBeUndefined();
  });

  test("says whether scans are files or folders", () => {
    expect(parsePathPattern("{exp}/{file:*.h5}").isOfFiles).toBe(true);
    expect(PAL.isOfFiles).toBe(false);
    expect(parsePathPattern("{scan:*_DIR}/").levels).toHaveLength(1);
  });

  test.each([
    ["", "is empty"],
    ["/data/{scan}", "begins with a /"],
    ["a//{scan}", "has an empty part"],
    ["../{scan}", "has the part .., which leads elsewhere"],
    ["**/{scan}", 'has the part "**"'],
    ["rawData", "does not end in {scan} or {file}"],
    ["{scan}/x", "does not end in {scan} or {file}"],
    ["{exp}/{exp}/{scan}", "has {exp} twice"],
    ["{file}/{scan}", "has both {scan} and {file}"],
    ["run{scan}", 'has the part "run{scan}", no {name:pattern}'],
    ["{exp:ue_*|}/{scan}", "has an empty alternative"],
    ["{exp:|ue_*}/{scan}", "has an empty alternative"],
    ["{exp:}/{scan}", 'has the part "{exp:}", no {name:pattern}'],
    ["{Exp/{scan}", 'has the part "{Exp", no {name:pattern}'],
    ["a\u202e/{scan}", "holds a control character"],
  ])("%j is refused in a sentence", (text, why) => {
    expect(() => parsePathPattern(text)).toThrow(why);
    expect(() => parsePathPattern(text)).toThrow("write it as {exp:ue_*|ms_*}/rawData/{scan:*_DIR}.");
  });
});

test("an exclusion is a name, a folder's name, or a path from the top on", () => {
  const isExcluded = parseExclusions(["scratch/", "*.tmp", "calib*/old"]);
  expect(isExcluded("scratch", true, () => ["a"])).toBe(true);
  expect(isExcluded("scratch", false, () => ["a"])).toBe(false);
  expect(isExcluded("scratch2", true, () => [])).toBe(false);
  expect(isExcluded("x.TMP", false, () => ["a", "b"])).toBe(true);
  expect(isExcluded("old", true, () => ["calib1"])).toBe(true);
  expect(isExcluded("old", true, () => ["x", "calib1"])).toBe(false);
  expect(parseExclusions([])("a", true, () => [])).toBe(false);
  expect(() => parseExclusions(["*"])).toThrow('The exclusion "*" leaves everything out');
  expect(() => parseExclusions(["a//b"])).toThrow("has an empty part");
});

test("a marker is the end of a name, or a whole name with stars", () => {
  const { isMarker, markedBy } = parseMarkers([".done", "FINISHED_*"]);
  for (const name of [".done", "scan.h5.DONE", "FINISHED_1"]) expect(isMarker(name)).toBe(true);
  for (const name of ["done", ".done.tmp", "xFINISHED_1"]) expect(isMarker(name)).toBe(false);
  expect(markedBy("a.h5.done")).toEqual(["a.h5"]);
  expect(markedBy("FINISHED_1")).toEqual([]);
});

test.each(["", " ", "*", "a/b"])("the marker %j is refused, for it would mean every file or none", (text) => {
  expect(() => parseMarkers([".done", text])).toThrow("write it as .done.");
});

test("counted files are a name, or a path from the scan on", () => {
  expect(parseCounted("*.h5")(["detector1", "a.h5"])).toBe(true);
  const inDetector = parseCounted("detector?/*.h5");
  expect(inDetector(["detector1", "a.h5"])).toBe(true);
  expect(inDetector(["a.h5"])).toBe(false);
  expect(inDetector(["x", "detector1", "a.h5"])).toBe(false);
  expect(() => parseCounted("/a")).toThrow('The pattern "/a" of counted files has an empty part');
});
