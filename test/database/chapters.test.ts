/** Our records come to what EPICS base's come to: its answers are in the text files beside the chapters. */
import { describe, expect, test } from "vitest";
import { RECORD_TYPES } from "../../src/database/record-types/index.ts";
import { asCase, askOurs, type Example, linesOf, recordedLines } from "../support/engine/base-values.ts";
import { CHAPTERS } from "./base/index.ts";
import { inputs } from "./base/inputs.ts";
import { outputs } from "./base/outputs.ts";
import { posting } from "./base/posting.ts";

describe.each(CHAPTERS.map((chapter) => [chapter.name, chapter] as const))("%s", (_, chapter) => {
  const theirs = recordedLines(chapter);
  const ours = linesOf(chapter, askOurs(asCase(chapter)));
  const isOnPurpose = (index: number): boolean => chapter.examples[index]?.onPurpose !== undefined;

  test("come to what they come to in softIoc", () => {
    const own = ours.filter((_line, index) => !isOnPurpose(index));
    expect(own).toEqual(theirs.filter((_line, index) => !isOnPurpose(index)));
  });
  test("differ where that is said to be on purpose", () => {
    expect(ours.filter((line, index) => isOnPurpose(index) && line === theirs[index])).toEqual([]);
  });
});

/** Those with a link of one direction have their examples in one of them. */
const OF_ONE_DIRECTION: readonly string[] = [inputs.name, outputs.name];

test.each(
  CHAPTERS.filter(({ name }) => !OF_ONE_DIRECTION.includes(name)).map(({ name, examples }) => ({ name, examples })),
)("$name has examples of every record type that base has", ({ name, examples }) => {
  const text = examples.flatMap(({ records }) => records).join();
  const types = RECORD_TYPES.map((type) => type.name).filter((type) => type !== "busy");
  expect(
    types.filter((type) => !text.includes(`record(${type},`)),
    `a record type has rows in test/database/base/${name}.ts`,
  ).toEqual([]);
});

test("busy, which base does not have, posts and writes what bo does, but for SIMM=RAW, which it does not know", () => {
  const isShared = ({ title }: Example): boolean => title.startsWith("bo ") && !/SIMM,"RAW"|SIML,"2"/.test(title);
  const bo = { name: "bo", examples: posting.examples.filter(isShared) };
  const busy = {
    name: "busy",
    examples: bo.examples.map((one) => ({
      ...one,
      records: one.records.map((text) => text.replace('record(bo,"$R")', 'record(busy,"$R")')),
    })),
  };
  expect(bo.examples.length).toBeGreaterThan(40);
  expect(linesOf(busy, askOurs(asCase(busy)))).toEqual(linesOf(bo, askOurs(asCase(bo))));
});

/** The end of a text with a link that may have CA behind it. */
const END_OF_LINK = /(?="\)\}$)/;

/** What the examples come to with another end of their link. */
const withEnd = (name: string, examples: readonly Example[], end: RegExp, other: string): readonly string[] => {
  const chapter = {
    name,
    examples: examples.map((one) => ({ ...one, records: one.records.map((text) => text.replace(end, other)) })),
  };
  return linesOf(chapter, askOurs(asCase(chapter)));
};

test("a link with CA reads what it reads without", () => {
  const lines = withEnd("inputs", inputs.examples, END_OF_LINK, " CA");
  expect(lines).toEqual(withEnd("inputs", inputs.examples, END_OF_LINK, " NPP"));
  const changed = inputs.examples.flatMap(({ records }) => records).filter((text) => END_OF_LINK.test(text));
  expect(changed.length).toBeGreaterThan(800);
});

test("a link with CA writes what it writes without, but for the text of a link, which only clients change", () => {
  const examples = outputs.examples
    .filter(({ title }) => !title.endsWith("d.DOL"))
    .map((one) => ({
      ...one,
      steps: [...one.steps.slice(0, 1), ["wait"] as const, ...one.steps.filter(([pv]) => !pv.startsWith("$R."))],
    }));
  const lines = withEnd("outputs", examples, / PP"\)\}$/, ' CA")}');
  expect(lines).toEqual(withEnd("outputs", examples, /never/, ""));
  expect(lines.length).toBeGreaterThan(800);
});
