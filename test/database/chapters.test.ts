/** Our records come to what EPICS base's come to: its answers are in the text files beside the chapters. */
import { describe, expect, test } from "vitest";
import { asCase, askOurs, type Example, linesOf, recordedLines } from "../support/base-values.ts";
import { CHAPTERS } from "./base/index.ts";
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
