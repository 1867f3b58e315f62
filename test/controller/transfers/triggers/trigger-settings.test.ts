import { describe, expect, test } from "vitest";
import { scanAbove } from "../../../../src/base/path-pattern.ts";
import { NOISE } from "../../../../src/controller/transfers/triggers/presets.ts";
import {
  type TreeKind,
  type TreeTriggerSettings,
  treeTrigger,
} from "../../../../src/controller/transfers/triggers/trigger-settings.ts";

const SILENT: TreeTriggerSettings = {
  name: "a",
  preset: "none",
  scans: "",
  exclude: [],
  markers: [],
  counted: "",
  files: "",
  "quiet-seconds": "",
};
const read = (settings: Partial<TreeTriggerSettings>, kind: TreeKind = "quiet") =>
  treeTrigger({ ...SILENT, ...settings }, { kind, root: "/xfel/ffs/dat" });

describe("a preset says what scans are, and how long they rest", () => {
  test.each([
    ["pal-xfel", "ue_251023_FXL/rawData/251023_bg_00001_DIR", { exp: "ue_251023_FXL" }, 60],
    ["pal-xfel-dat", "ms_251023_FXS/dat/run0037", { exp: "ms_251023_FXS" }, 300],
    ["pal-xfel-live", "scan/run0037_00001_DIR", { scan: "run0037_00001_DIR" }, 60],
    ["aps", "2026-03/2026-03-Levy/a_001.h5", { ym: "2026-03", exp: "2026-03-Levy" }, 30],
  ] as const)("%s", (preset, path, fields, seconds) => {
    const trigger = read({ preset });
    expect(scanAbove(trigger.pattern, path.split("/"))?.fields).toMatchObject(fields);
    expect(trigger).toMatchObject({ exclude: NOISE, complete: { kind: "quiet", seconds } });
  });

  test("where the settings are silent", () => {
    const set = { preset: "pal-xfel-dat", scans: "{scan}", exclude: ["x/"], "quiet-seconds": 7 } as const;
    expect(read(set)).toMatchObject({ pattern: { text: "{scan}" }, exclude: ["x/"], complete: { seconds: 7 } });
    expect(read({ scans: "{scan}" })).toMatchObject({ exclude: [], complete: { seconds: 60 } });
  });
});

test("what has no default has to be set", () => {
  expect(() => read({})).toThrow("scans is not set");
  expect(() => read({ scans: "{scan}" }, "count")).toThrow("files is not set");
});
