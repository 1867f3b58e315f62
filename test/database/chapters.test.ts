/** Our records come to what EPICS base's come to: its answers are in the text files beside the chapters. */
import { describe, expect, test } from "vitest";
import { asCase, askOurs, linesOf, recordedLines } from "../support/base-values.ts";
import { CHAPTERS } from "./base/index.ts";

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
