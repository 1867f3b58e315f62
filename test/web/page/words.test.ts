/** Names of PVs as words. */
import { expect, test } from "vitest";
import { allPvs } from "../../../src/controller/pvs/index.ts";
import { labelOf } from "../../../src/web/page/words.ts";

test.each([
  ["TagValid", "", "Tag valid"],
  ["DaqRawFilesDone", "", "DAQ raw files done"],
  ["DaqRawFilesDone", "DaqRaw", "Files done"],
  ["ESAFNumber", "", "ESAF number"],
  ["PILastName", "", "PI last name"],
  ["ETA", "", "ETA"],
  ["Dest0Eta", "Dest0", "ETA"],
  ["RunUrl", "Run", "URL"],
  ["TomoScanConnected", "", "TomoScan connected"],
  ["Trigger0Name", "", "Trigger 0 name"],
  ["RunId", "Flow", "Run id"],
  ["Upload", "Upload", "Upload"],
  ["Esafs", "Esaf", "ESAFs"],
])("%s without %j is %s", (suffix, stem, label) => {
  expect(labelOf(suffix, stem)).toBe(label);
});

test("no two PVs have the same words, and each keeps its letters", () => {
  const labels = [...allPvs().keys()].map((suffix) => [suffix, labelOf(suffix)] as const);
  expect(new Set(labels.map(([, label]) => label)).size).toBe(labels.length);
  for (const [suffix, label] of labels) expect(label.replaceAll(" ", "").toLowerCase()).toBe(suffix.toLowerCase());
});
