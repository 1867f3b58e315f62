/** What Reconcile takes for scans, by the sections of globus.conf. */
import { expect, test } from "vitest";
import { diskScans } from "../../src/assemble/disk-scans.ts";
import { parseConfig } from "../../src/config/config.ts";

const of = (text: string) => diskScans(parseConfig(text, "/site/globus.conf", "/home/op"), "/xfel");
const USUAL = { names: ["*.h5"], trees: [] };
const MARKER = "[trigger raw]\nkind = marker\npreset = pal-xfel\nroot = /xfel/ffs/dat\ndestinations = archive\n";

test("without a trigger that watches a directory they are *.h5, or the names of [source]", () => {
  expect(of("")).toEqual(USUAL);
  expect(of("[source]\nscans = *_DIR/\n[trigger tomoscan]\n").names).toEqual(["*_DIR/"]);
  expect(of("[trigger raw]\nkind = marker\nroot = /elsewhere\npreset = aps\n")).toEqual(USUAL);
});

test("with one they are its own, beside TomoScan's files and the names of [source]", () => {
  const raw = {
    below: ["ffs", "dat"],
    pattern: "{exp:ue_*|ms_*}/rawData/{scan:*_DIR}",
    exclude: ["scratch/", ".*", "*.tmp", "*.part"],
    markers: [".done", ".complete"],
  };
  expect(of(MARKER)).toEqual({ names: [], trees: [raw] });
  expect(of(`${MARKER}[trigger tomoscan]\n`)).toEqual({ names: ["*.h5"], trees: [raw] });
  expect(of(`${MARKER}[source]\nscans = *.tif\n`).names).toEqual(["*.tif"]);
});
