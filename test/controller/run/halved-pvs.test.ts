import { assert as check, property, string } from "fast-check";
import { expect, test } from "vitest";
import { asciiText } from "../../../src/base/ascii-text.ts";
import { HALF_COLUMNS, halvesOf } from "../../../src/controller/pvs/row.ts";
import { halvedPvs } from "../../../src/controller/run/halved-pvs.ts";
import { FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";

/** The halves that a sentence gets. */
function halvesOfText(text: string): readonly [string, string] {
  const pvs = new FakeControllerPvs();
  halvedPvs(pvs).put("InitMessage", text);
  const [first = "", second = ""] = halvesOf("InitMessage").map((half) => String(pvs.get(half)));
  return [first, second];
}

test("a sentence has its halves in PVs of their own, broken between words", () => {
  const pvs = new FakeControllerPvs();
  const sentence = `The directory ${"/data/2-BM".repeat(4)} was made on the host, which belongs to nobody else but its users.`;
  halvedPvs(pvs).put("DirsMessage", sentence);
  const halves = [pvs.get("DirsMessage0"), pvs.get("DirsMessage1")];
  expect(halves.join(" ")).toBe(sentence);
  expect(pvs.get("DirsMessage")).toBe(sentence);
});

test("a line of a long text is ASCII, which MEDM draws; the text itself keeps its letters", () => {
  const pvs = new FakeControllerPvs();
  for (const suffix of ["LogLine0", "Log", "TagMessage"] as const) halvedPvs(pvs).put(suffix, "Andrée … is tagged");
  expect(["LogLine0", "Log", "TagMessage", "TagMessage0"].map((suffix) => pvs.get(suffix as "Log"))).toEqual([
    "Andree ... is tagged",
    "Andrée … is tagged",
    "Andrée … is tagged",
    "Andree ... is tagged",
  ]);
});

test("other texts have none", () => {
  const pvs = new FakeControllerPvs();
  halvedPvs(pvs).put("Log", "a line");
  expect(pvs.writes).toEqual(["Log=a line"]);
});

test.each([
  ["", ["", ""]],
  ["Done.", ["Done.", ""]],
  ["one\ntwo", ["one two", ""]],
  ["x".repeat(HALF_COLUMNS), ["x".repeat(HALF_COLUMNS), ""]],
  [`${"x".repeat(HALF_COLUMNS)} y`, ["x".repeat(HALF_COLUMNS), "y"]],
  ["x".repeat(HALF_COLUMNS + 1), ["x".repeat(HALF_COLUMNS), "x"]],
  ["é".repeat(HALF_COLUMNS + 1), ["e".repeat(HALF_COLUMNS), "e"]],
  ["no trigger (Trigger0Enable …)", ["no trigger (Trigger0Enable ...)", ""]],
  ["x".repeat(3 * HALF_COLUMNS), ["x".repeat(HALF_COLUMNS), `${"x".repeat(HALF_COLUMNS - 3)}...`]],
])("%j is broken into its halves", (text, halves) => {
  expect(halvesOfText(text)).toEqual(halves);
});

test("no half is longer than its columns, and what fits is whole", () => {
  check(
    property(string({ unit: "grapheme", maxLength: 300 }), (text) => {
      const halves = halvesOfText(text);
      for (const half of halves) expect(Array.from(half).length).toBeLessThanOrEqual(HALF_COLUMNS);
      const bare = (one: string): string => one.replace(/\s+/g, "");
      if (!halves[1].endsWith("...")) expect(bare(halves.join(""))).toBe(bare(asciiText(text)));
    }),
  );
});
