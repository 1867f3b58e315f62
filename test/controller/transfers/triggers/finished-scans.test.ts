import { describe, expect, test } from "vitest";
import type { SeenScan, TreeNews } from "../../../../src/controller/ports/scan-tree.ts";
import { placeOf } from "../../../../src/controller/transfers/scan-path.ts";
import { FinishedScans } from "../../../../src/controller/transfers/triggers/finished-scans.ts";
import { PRESETS } from "../../../../src/controller/transfers/triggers/presets.ts";
import { noScanReason, scanOf } from "../../../../src/controller/transfers/triggers/scan-trees.ts";
import { planTrees, type TreePlan, treeToWatch } from "../../../../src/controller/transfers/triggers/tree-plan.ts";
import { readTrigger, type TreeTrigger } from "../../../../src/controller/transfers/triggers/tree-trigger.ts";

const ROOT = "/xfel/ffs/dat";
const RAW = `${ROOT}/ue_251023_FXL/rawData`;
const SCAN = `${RAW}/251023_bg_00001_DIR`;

function trigger(complete: string, name = "raw"): TreeTrigger {
  return readTrigger({
    name,
    root: ROOT,
    scans: "{exp:ue_*|ms_*}/rawData/{scan:*_DIR}",
    exclude: ["scratch/"],
    complete,
  });
}

/** What the one tree of triggers tells, and what they say to that. */
function finished(...triggers: TreeTrigger[]) {
  const scans = new FinishedScans(planTrees(triggers)[0] as TreePlan);
  return (seen: Partial<SeenScan>) => scans.hear({ kind: "scan", layout: 0, scan: seenScan(seen) });
}

const seenScan = (seen: Partial<SeenScan>): SeenScan => ({
  path: SCAN,
  fields: { exp: "ue_251023_FXL", scan: "251023_bg_00001_DIR" },
  files: 3,
  bytes: 30,
  content: "a",
  counts: [],
  marks: [],
  restedSeconds: 0,
  ...seen,
});
const marks = (...names: string[]) =>
  names.map((name) => ({ path: `${SCAN}/${name.split("@")[0]}`, modified: Number(name.split("@")[1] ?? 1) }));

describe("of the sample programs", () => {
  test("weakness 1: .done and .complete in one folder are one scan", () => {
    const see = finished(trigger("marker .done .complete"));
    expect(see({ marks: marks(".done") })).toHaveLength(1);
    expect(see({ marks: marks(".done", ".complete") })).toEqual([]);
    expect(see({ marks: marks(".done@2", ".complete") })).toEqual([]);
  });

  test("weakness 2: what was complete before the start is told too", () => {
    const see = finished(trigger("marker .done"));
    expect(see({ marks: marks(".done@1000"), restedSeconds: 10 })).toMatchObject([{ scan: SCAN }]);
  });

  test("weakness 4: a marker that is touched counts as one that is created, once the files have changed", () => {
    const see = finished(trigger("marker .done"));
    expect(see({ marks: marks(".done@1") })).toHaveLength(1);
    expect(see({ content: "b", marks: marks(".done@1") })).toEqual([]);
    expect(see({ content: "b", marks: marks(".done@2") })).toHaveLength(1);
    expect(see({ content: "b", marks: marks(".done@3") })).toEqual([]);
  });

  test("weakness 5: a marker in a sub-folder means the whole scan", () => {
    const found = scanOf([trigger("marker .done")], `${SCAN}/detector1/deep/.done`);
    expect(found).toMatchObject({ scan: SCAN, fields: { exp: "ue_251023_FXL" } });
    const see = finished(trigger("marker .done"));
    expect(see({})).toEqual([]);
    expect(see({ marks: marks("detector1/.done") })).toMatchObject([
      { scan: SCAN, why: 'the marker "detector1/.done" is there' },
    ]);
  });

  test("weakness 6: a marker in the folder of all scans, or above, is refused", () => {
    const scans = new FinishedScans(planTrees([trigger("marker .done")])[0] as TreePlan);
    const stray = { kind: "stray", layout: 0, mark: { path: `${RAW}/.done`, modified: 1 } } as const;
    expect(scans.hear(stray)).toEqual([]);
    expect(scans.sayStray(stray)).toBe(
      `The marker "${RAW}/.done" lies in no scan and starts nothing: scans are {exp:ue_*|ms_*}/rawData/{scan:*_DIR} below ${ROOT}.`,
    );
    for (const path of [`${RAW}/.done`, RAW, ROOT, `${ROOT}/`, "/"]) {
      expect(scanOf([trigger("marker .done")], path)).toBeUndefined();
      expect(noScanReason([trigger("marker .done")], path)).toMatch(/is a marker|is no scan/);
    }
  });

  test("weakness 7: markers without a name are refused", () => {
    expect(() => trigger("marker")).toThrow(
      'The completion "marker" names no marker, and every new file would start a transfer',
    );
    expect(() => trigger("marker *")).toThrow("makes every file a marker");
  });

  test("weakness 8: scans with one name in two experiments go to two places", () => {
    const see = finished(trigger("marker .done"));
    const places = ["ue_251023_FXL", "ue_251024_FXL"].flatMap((exp) =>
      see({
        path: `${ROOT}/${exp}/rawData/scan001_DIR`,
        fields: { exp },
        marks: [{ path: "/.done", modified: 1 }],
      }).map(({ scan, experiment = "" }) =>
        placeOf("{exp}", ROOT, {
          file: scan,
          tags: { exp: experiment, ym: "", last: "", gup: "" },
          manifest: { folder: scan, isFolder: true },
        }).join("/"),
      ),
    );
    expect(places).toEqual(["ue_251023_FXL/scan001_DIR", "ue_251024_FXL/scan001_DIR"]);
  });

  test("weakness 9: a scan that has no file yet is not complete, whatever its marker says", () => {
    const see = finished(trigger("marker .done"));
    expect(see({ files: 0, content: "0", marks: marks(".done") })).toEqual([]);
    expect(see({ marks: marks(".done") })).toHaveLength(1);
  });

  test("weakness 16: lower case, capitals and folders without an experiment are no faults", () => {
    expect(scanOf([trigger("next")], `${ROOT}/UE_251023_fxl/rawdata/run0037_dir`)?.fields["exp"]).toBe("UE_251023_fxl");
    const live = readTrigger({ name: "live", root: ROOT, scans: "scan/{scan:*_DIR}", exclude: [], complete: "next" });
    const found = scanOf([trigger("next"), live], `${ROOT}/scan/run0037_00001_DIR`);
    expect(found).toEqual({ scan: `${ROOT}/scan/run0037_00001_DIR`, fields: { scan: "run0037_00001_DIR" } });
    const manifest = { folder: found?.scan ?? "", isFolder: true };
    expect(placeOf("{exp}", ROOT, { file: manifest.folder, manifest })).toEqual(["unsorted", "run0037_00001_DIR"]);
  });

  test("weakness 17: a slash at the end is no part of a name", () => {
    for (const path of [`${SCAN}/`, `${SCAN}//`]) expect(scanOf([trigger("next")], path)?.scan).toBe(SCAN);
    expect(readTrigger({ name: "a", root: "/data/", scans: "{scan}", exclude: [], complete: "next" }).root).toBe(
      "/data",
    );
  });

  test("weakness 18: /xfel/ffs2 is not below /xfel/ffs", () => {
    const path = SCAN.replace("/xfel/ffs/", "/xfel/ffs2/");
    expect(scanOf([trigger("next")], path)).toBeUndefined();
    expect(scanOf([trigger("next")], `/x${SCAN}`)).toBeUndefined();
  });
});

describe("a number of files", () => {
  test("is reached once, and again when later files have come to rest", () => {
    const see = finished(trigger("files 60 of detector1/*.h5"));
    expect(see({ counts: [59] })).toEqual([]);
    expect(see({ content: "b", counts: [60] })).toMatchObject([{ why: "60 files detector1/*.h5 are there, of 60" }]);
    expect(see({ content: "c", counts: [61] })).toEqual([]);
    expect(see({ content: "d", counts: [62] })).toEqual([]);
    expect(see({ content: "d", counts: [62], restedSeconds: 10 })).toHaveLength(1);
  });

  test("is counted for each trigger by its own pattern", () => {
    const see = finished(trigger("files 2 of *.h5", "two"), trigger("files 3 of *.tif", "three"));
    expect(see({ counts: [2, 2] })).toMatchObject([{ trigger: "two" }]);
    expect(see({ content: "b", counts: [2, 3] })).toMatchObject([{ trigger: "three" }]);
  });
});

test("a quiet period is over when the watch has seen so much rest, for each trigger its own", () => {
  const see = finished(trigger("quiet 30", "short"), trigger("quiet 60", "long"));
  expect(see({ restedSeconds: 10 })).toEqual([]);
  expect(see({ restedSeconds: 30 })).toMatchObject([{ trigger: "short", why: "nothing in it has changed for 30 s" }]);
  expect(see({ restedSeconds: 60 })).toMatchObject([{ trigger: "long" }]);
  expect(see({ content: "b", restedSeconds: 0 })).toEqual([]);
  expect(see({ content: "b", restedSeconds: 30 })).toMatchObject([{ trigger: "short" }]);
});

describe("the next number", () => {
  const at = (number: number, name = "251023_bg"): string => `${RAW}/${name}_${String(number).padStart(5, "0")}_DIR`;

  test("completes the scan before, whatever order they are found in", () => {
    const see = finished(trigger("next"));
    expect(see({ path: at(1) })).toEqual([]);
    expect(see({ path: at(3), files: 0 })).toMatchObject([{ scan: at(1), why: "251023_bg_00003_DIR has appeared" }]);
    expect(see({ path: at(2) })).toMatchObject([{ scan: at(2) }]);
    expect(see({ path: at(3) })).toEqual([]);
  });

  test("is that of the same name in the same folder, and after 9 comes 10", () => {
    const see = finished(trigger("next"));
    see({ path: `${RAW}/bg_9_DIR` });
    expect(see({ path: at(2, "other") })).toEqual([]);
    expect(see({ path: `${ROOT}/ue_1/rawData/bg_10_DIR` })).toEqual([]);
    expect(see({ path: `${RAW}/bg_10_DIR` })).toMatchObject([{ scan: `${RAW}/bg_9_DIR` }]);
    expect(see({ path: `${RAW}/no number_DIR` })).toEqual([]);
  });

  test("counts for files by the digits before their extension", () => {
    const files = readTrigger({ name: "h5", root: "/data", scans: "{file:*.h5}", exclude: [], complete: "next" });
    const see = finished(files);
    see({ path: "/data/a_001.h5" });
    expect(see({ path: "/data/a_002.h5" })).toMatchObject([{ scan: "/data/a_001.h5" }]);
  });

  test("is taken back with the scan that had it", () => {
    const scans = new FinishedScans(planTrees([trigger("next")])[0] as TreePlan);
    const hear = (path: string, content = "a"): readonly unknown[] =>
      scans.hear({ kind: "scan", layout: 0, scan: seenScan({ path, content, restedSeconds: 10 }) });
    hear(at(2));
    scans.hear({ kind: "gone", layout: 0, path: at(2) });
    expect(hear(at(1))).toEqual([]);
    expect(hear(at(3))).toHaveLength(1);
  });
});

test("a scan that has gone is forgotten, and told again when it is back", () => {
  const scans = new FinishedScans(planTrees([trigger("marker .done")])[0] as TreePlan);
  const news: TreeNews = { kind: "scan", layout: 0, scan: seenScan({ marks: marks(".done") }) };
  expect(scans.hear(news)).toHaveLength(1);
  expect(scans.hear(news)).toEqual([]);
  scans.hear({ kind: "gone", layout: 0, path: SCAN });
  expect(scans.hear(news)).toHaveLength(1);
});

test("each tree is watched once, and each kind of scans in it once", () => {
  const by = (preset: keyof typeof PRESETS, complete: string, root = ROOT): TreeTrigger =>
    readTrigger({ ...PRESETS[preset], name: `${preset} ${complete}`, root, complete });
  const ways = ["marker .done .complete", "next", "quiet 60"];
  const pal = [...ways.map((complete) => by("pal-xfel", complete)), by("pal-xfel-dat", "quiet 300")];
  const aps = [by("aps", "quiet 30", "/local/data/")];
  const plans = planTrees([...pal, ...aps]);
  expect(plans.map(({ root }) => root)).toEqual([ROOT, "/local/data"]);
  expect(treeToWatch(plans[0] as TreePlan, { periodSeconds: 5 })).toEqual({
    root: ROOT,
    periodSeconds: 5,
    layouts: [
      {
        pattern: "{exp:ue_*|ms_*}/rawData/{scan:*_DIR}",
        exclude: ["scratch/", ".*", "*.tmp", "*.part"],
        markers: [".done", ".complete"],
        counted: [],
        restSeconds: [10, 60],
      },
      {
        pattern: "{exp:ue_*|ms_*}/dat/{scan}",
        exclude: ["scratch/", ".*", "*.tmp", "*.part"],
        markers: [],
        counted: [],
        restSeconds: [10, 300],
      },
    ],
  });
  expect(scanOf(aps, "/local/data/2026-03/2026-03-Levy-1014288/a_001.h5")).toMatchObject({
    fields: { exp: "2026-03-Levy-1014288", ym: "2026-03" },
  });
});

test.each([
  ["files", "needs a number of files"],
  ["files 0", "needs a number of files"],
  ["files 60 *.h5", "must say which files are counted behind of"],
  ["files 60 of", "must say which files are counted behind of"],
  ["quiet", "needs a number of seconds from 1 to 86400"],
  ["quiet soon", "needs a number of seconds from 1 to 86400"],
  ["next 2", 'has more than "next"'],
  ["later", "is none"],
  ["", "is none"],
])("the completion %j is refused in a sentence", (complete, why) => {
  expect(() => trigger(complete)).toThrow(
    `The completion ${JSON.stringify(complete)} ${why}: write one of marker .done`,
  );
});

test("a trigger without an absolute directory is refused", () => {
  const read = (root: string) => readTrigger({ name: "a", root, scans: "{scan}", exclude: [], complete: "next" });
  expect(() => read("data")).toThrow('The directory "data" must be an absolute path');
  expect(() => read("/data/../etc")).toThrow("must be an absolute path");
});
