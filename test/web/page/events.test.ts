/** What the IOC sends is read whole or not at all. */
import { expect, test } from "vitest";
import { EventReader, readHistory, readUpdate, sentenceOf } from "../../../src/web/page/events.ts";

const STREAM =
  'retry: 1000\n\nevent: snapshot\ndata: {"a":1}\n\n: comment\n\nevent: change\ndata: one\ndata: two\n\ndata:bare\n\n';
const EVENTS = [
  { name: "snapshot", data: '{"a":1}' },
  { name: "change", data: "one\ntwo" },
  { name: "message", data: "bare" },
];

test("a stream is cut into its events", () => {
  expect(new EventReader().push(STREAM)).toEqual(EVENTS);
});

test("a stream is cut into the same events however it comes", () => {
  const reader = new EventReader();
  expect(STREAM.split("").flatMap((character) => reader.push(character))).toEqual(EVENTS);
});

test("an event that has not ended waits", () => {
  const reader = new EventReader();
  expect(reader.push("event: change\ndata: x\n")).toEqual([]);
  expect(reader.push("\n")).toEqual([{ name: "change", data: "x" }]);
});

test("an update has time, values, severities and states; no number is NaN", () => {
  const text = '{"time":5,"values":{"A":1,"B":"<i>","C":[1,"x"],"D":null},"severities":{"A":2},"states":{"E":["x"]}}';
  expect(readUpdate(text)).toEqual({
    time: 5,
    values: { A: 1, B: "<i>", C: [1, "x"], D: Number.NaN },
    severities: { A: 2 },
    states: { E: ["x"] },
  });
  expect(readUpdate('{"time":5,"values":{}}')).toEqual({ time: 5, values: {}, severities: {}, states: {} });
});

test.each([
  "",
  "[]",
  "null",
  "{",
  '{"values":{}}',
  '{"time":"5","values":{}}',
  '{"time":5,"values":[]}',
  '{"time":5,"values":{"A":{}}}',
  '{"time":5,"values":{"A":true}}',
  '{"time":5,"values":{},"severities":{"A":"x"}}',
  '{"time":5,"values":{},"states":{"A":[1]}}',
])("no update: %s", (text) => {
  expect(readUpdate(text)).toBeUndefined();
});

test("a history has a step and rows of numbers", () => {
  const history = { stepSeconds: 5, end: 1, values: { Rate: [1, null] } };
  expect(readHistory(history)).toEqual({ stepSeconds: 5, values: { Rate: [1, null] } });
  for (const wrong of [undefined, { stepSeconds: 0, values: {} }, { stepSeconds: 5, values: { Rate: ["1"] } }])
    expect(readHistory(wrong)).toBeUndefined();
});

test("a refusal has a sentence, or none", () => {
  expect(sentenceOf({ message: "No." })).toBe("No.");
  for (const wrong of [undefined, "No.", {}, { message: "" }, { message: 1 }])
    expect(sentenceOf(wrong)).toBeUndefined();
});
