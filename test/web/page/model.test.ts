/** How a value looks. */
import { expect, test } from "vitest";
import { indexesOf, lookOf, type PageModel, type PvAbout } from "../../../src/web/page/model.ts";

const about = (details: Partial<PvAbout> = {}): PvAbout => ({ topic: "t", kind: "result", meaning: "m", ...details });
const CHOICE = about({ states: ["Unknown", "OK", "Trouble"], tones: ["unknown", "good", "bad"] });

test.each([
  ["a state has its name and its tone", CHOICE, 1, 0, { text: "OK", tone: "good", isUnknown: false }],
  ["a state that nobody knows is unknown", CHOICE, 0, 0, { text: "Unknown", tone: "unknown", isUnknown: true }],
  ["a state without tones has that of its alarm", about({ states: ["A", "B"] }), 1, 2, { text: "B", tone: "bad" }],
  ["a state without tones and alarm is not green", about({ states: ["A"] }), 0, 0, { text: "A", tone: "idle" }],
  ["a state that the IOC has and the page has not is its number", CHOICE, 7, 0, { text: "7" }],
  ["a count that nobody knows is a dash", about(), -1, 0, { text: "–", isUnknown: true }],
  ["a setting may be -1", about({ kind: "setting" }), -1, 0, { text: "-1", isUnknown: false }],
  ["no number is a dash", about(), Number.NaN, 3, { text: "–", isUnknown: true }],
  ["a number has its unit", about({ unit: "B" }), 2000, 0, { text: "2.00\u00a0kB", tone: "idle" }],
  ["a number in alarm has its tone", about(), 3, 1, { text: "3", tone: "warning" }],
  ["text is text", about(), "<b>x</b>", 0, { text: "<b>x</b>" }],
  ["an array is a list", about(), ["a", "b"], 0, { text: "a, b" }],
  ["what was not told yet is a dash", CHOICE, undefined, 0, { text: "–", tone: "unknown", isUnknown: true }],
  ["what the page knows nothing of is shown", undefined, 3, 0, { text: "3" }],
] as const)("%s", (_, row, value, severity, look) => {
  expect(lookOf(row, value, severity)).toMatchObject(look);
});

test("a family of PVs has as many as the IOC has", () => {
  const pvs = { Dest0Name: about(), Dest1Name: about(), Dest3Name: about() };
  const model: PageModel = { prefix: "p:", tomoscan: "", version: "", commands: [], pvs };
  expect(indexesOf(model, "Dest", "Name")).toEqual([0, 1]);
});
