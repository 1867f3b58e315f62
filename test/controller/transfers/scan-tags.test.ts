import { describe, expect, test } from "vitest";
import type { ScanTags } from "../../../src/controller/ports/queue-ledger.ts";
import { NO_TAGS } from "../../../src/controller/transfers/scan-path.ts";
import { tagsOf } from "../../../src/controller/transfers/scan-tags.ts";
import { readTrigger } from "../../../src/controller/transfers/triggers/tree-trigger.ts";
import { TAGS } from "./transfers-fixture.ts";

const tree = (scans: string) => readTrigger({ name: "a", root: "/data", scans, exclude: [], complete: "next" });
const NAMES_EXP = tree("{ym:????-??}/{exp}/{file:*.h5}");
const NAMES_ALL = tree("{exp}/{ym}/{last}/{gup}/{scan}");
const NAMES_LAST = tree("{ym:????-??}/{last}/{scan}");
const OWN = `/data/2026-03/${TAGS.exp}/a.h5`;
const OTHER = "/data/2025-11/Other/a.h5";

const of = (file: string, tagged: ScanTags | undefined, trees = [NAMES_EXP], template = "{exp}") =>
  tagsOf({ file, mayBeOld: true }, { tagged, trees, templates: ["{rel}", template] });

test("a scan whose end was seen is of the tagged experiment, wherever it lies", () => {
  for (const tagged of [TAGS, NO_TAGS, undefined])
    expect(tagsOf({ file: OTHER }, { tagged, trees: [NAMES_EXP], templates: ["{exp}"] })).toBe(tagged);
});

test("a scan waits for the tag only where a place is by the tag", () => {
  const sources = { tagged: undefined, trees: [] };
  for (const scan of [{ file: OTHER }, { file: OTHER, mayBeOld: true as const }]) {
    expect(tagsOf(scan, { ...sources, templates: ["{rel}", "{scan}"] })).toEqual(NO_TAGS);
    expect(tagsOf(scan, { ...sources, templates: ["{rel}", "tape-{ym}"] })).toBeUndefined();
  }
});

describe("a scan whose end nobody has seen", () => {
  test("is wholly as the tagged experiment where its path names that one", () => {
    expect(of(OWN, TAGS)).toEqual(TAGS);
    expect(of(`/data/2026-04/${TAGS.exp}/a.h5`, TAGS)).toEqual(TAGS);
  });

  test("is what its path names, where that is another experiment", () => {
    expect(of(OTHER, TAGS)).toEqual({ ...NO_TAGS, exp: "Other", ym: "2025-11" });
    expect(of("/data/Other/2025-11/Curie/77/s1", TAGS, [NAMES_ALL])).toEqual({
      exp: "Other",
      ym: "2025-11",
      last: "Curie",
      gup: "77",
    });
  });

  test("waits for the tag only where a destination has a level that its path does not name", () => {
    expect(of(OTHER, undefined)).toEqual({ ...NO_TAGS, exp: "Other", ym: "2025-11" });
    expect(of(OTHER, undefined, [NAMES_EXP], "{ym}-{exp}/{scan}")).toMatchObject({ exp: "Other" });
    expect(of(OTHER, undefined, [NAMES_EXP], "{exp}/{last}")).toBeUndefined();
    expect(of(OTHER, undefined, [])).toBeUndefined();
  });

  test("is of the tagged experiment by its last name where no pattern names another", () => {
    expect(of("/data/2026-03/Levy/s1", TAGS, [NAMES_LAST])).toEqual(TAGS);
    expect(of("/data/2025-11/Levy/s1", TAGS, [NAMES_LAST])).toEqual({ ...NO_TAGS, ym: "2025-11", last: "Levy" });
    expect(of("/data/x-Levy-1/s1", TAGS, [])).toEqual(TAGS);
    expect(of("/data/Curie/s1", TAGS, [])).toEqual(NO_TAGS);
  });

  test("is not of an experiment that is tagged without a last name, only because every path has an empty part", () => {
    expect(of("/data/Curie/s1", { ...TAGS, last: "" }, [])).toEqual(NO_TAGS);
    expect(of("/data/Curie/s1", NO_TAGS, [])).toEqual(NO_TAGS);
  });
});
