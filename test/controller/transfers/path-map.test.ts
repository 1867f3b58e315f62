import { expect, test } from "vitest";
import { experimentIn, mappedPath, PAL_XFEL_MAP, parsePathMap } from "../../../src/controller/transfers/path-map.ts";

const MAPS = [PAL_XFEL_MAP, { local: "/data", collection: "/" }, { local: "/xfel/ffs/dat/scan", collection: "/live/" }];

test.each([
  ["/xfel/ffs/dat/ue_251023_FXL", "/~/dat/ue_251023_FXL"],
  ["/xfel/ffs", "/~"],
  ["/data", "/"],
  ["/data/a//b/", "/a/b"],
  ["/xfel/ffs/dat/scan/a_00001_DIR", "/live/a_00001_DIR"],
])("%s is %s in the collection", (path, mapped) => {
  expect(mappedPath(path, MAPS)).toBe(mapped);
});

test("weakness 18: a directory whose name only begins so is not mapped, nor is one in the middle of a path", () => {
  expect(mappedPath("/xfel/ffs2/dat/ue_251023_FXL", MAPS)).toBeUndefined();
  expect(mappedPath("/mnt/xfel/ffs/dat", MAPS)).toBeUndefined();
  expect(mappedPath("/xfel/ffs/../ffs2", MAPS)).toBeUndefined();
});

test.each([
  ["/xfel/ffs=/~", PAL_XFEL_MAP],
  ["/xfel/ffs/=/~", PAL_XFEL_MAP],
  ["/a=/b=c", { local: "/a", collection: "/b=c" }],
  ["a=/b", undefined],
  ["/a=b", undefined],
  ["/a", undefined],
  ["/a/../b=/c", undefined],
  ["/a=/../c", undefined],
])("the map %s", (text, map) => {
  expect(parsePathMap(text)).toEqual(map);
});

test.each([
  ["/xfel/ffs/dat/ue_251023_FXL/rawData/a_00001_DIR", "ue_251023_FXL"],
  ["/xfel/ffs/dat/MS_251023_fxs/rawData", "MS_251023_fxs"],
  ["/xfel/ffs/dat/scan/a_00001_DIR", undefined],
  ["/data/ue_25_FXL/ms_251023_FXL_old/x", undefined],
])("the experiment of %s is %s", (path, experiment) => {
  expect(experimentIn(path)).toBe(experiment);
});
