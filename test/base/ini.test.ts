import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseIni } from "../../src/base/ini.ts";
import { anyText } from "../support/engine/any-text.ts";

const values = (text: string): Record<string, string> =>
  Object.fromEntries(parseIni(text).entries.map((entry) => [`${entry.section}.${entry.key}`, entry.value]));

test("a value keeps quotes, ; and # behind it, as configparser does", () => {
  expect(values('[a]\nkey = "x" ; not a comment # nor this\n')).toEqual({ "a.key": '"x" ; not a comment # nor this' });
});
test("keys lose their case, sections keep theirs", () => {
  expect(values("[Local]\nAnalysis-Top-Dir = /x\n")).toEqual({ "Local.analysis-top-dir": "/x" });
});
test("an indented line continues the value", () => {
  expect(values("[a]\nkey = one\n  two\n\tthree\nnext: 4\n")).toEqual({ "a.key": "one\ntwo\nthree", "a.next": "4" });
});
test("[DEFAULT] is inherited, and %(key)s is replaced", () => {
  expect(values("[DEFAULT]\ntop = /data\n[a]\ndir = %(top)s/x\nrate = 50%%\n")).toEqual({
    "a.top": "/data",
    "a.dir": "/data/x",
    "a.rate": "50%",
  });
});
test.each([
  ["key = 1\n[a]\n", 1, /before the first/],
  ["[a]\nnonsense\n", 2, /neither a \[section\] nor key = value/],
  ["[a]\nx = 1\nX = 2\n", 3, /second time/],
  ["[a]\n[b]\n[a]\n", 3, /second time/],
  ["[a]\nx = %(y)s\n", 2, /%\(y\)s names no key/],
  ["[a]\nx = 5%\n", 2, /must be written/],
  ["[a]\nx = %(x)s\n", 2, /refers to itself/],
])("%j is a problem in line %i", (text, line, sentence) => {
  const { problems } = parseIni(text);
  expect(problems[0]).toMatchObject({ line, message: expect.stringMatching(sentence) as unknown });
});
/** A line for each key, which names the next one so many times; the last names nothing. */
const chain = (keys: string, times: number): string =>
  Array.from(keys, (key, at) => `${key} = ${at + 1 < keys.length ? `%(${keys[at + 1]})s`.repeat(times) : "y"}\n`).join(
    "",
  );
test.each([
  ["x = %(x)s%(x)s%(x)s%(x)s\n", [[2, "x: %(x)s refers to itself"]]],
  [chain("abcd", 10), [[2, "a: it refers to more than 1000 values"]]],
  [chain("abcdefghijk", 1), []],
  [chain("abcdefghijkl", 1), [[12, "k: %(l)s is more than 10 references deep"]]],
] as const)(
  "values that name one another too often, %j, are told once, at the key that must change",
  (text, expected) => {
    const { problems, entries } = parseIni(`[a]\n${text}`);
    expect(problems.map(({ line, message }) => [line, message])).toEqual(expected);
    for (const { value } of entries) expect(value.length).toBeLessThan(10_000);
  },
);
test("whatever is written as one line is read back", () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
  const value = fc.stringMatching(/^[!-$&-~]([ -$&-~]*[!-$&-~])?$/);
  fc.assert(
    fc.property(fc.dictionary(word, value, { minKeys: 1 }), (entries) => {
      const text = `[s]\n${Object.entries(entries)
        .map(([key, one]) => `${key} = ${one}\n`)
        .join("")}`;
      expect(values(text)).toEqual(Object.fromEntries(Object.entries(entries).map(([key, one]) => [`s.${key}`, one])));
    }),
  );
});
test("no text throws", () => {
  fc.assert(fc.property(anyText, (text) => void parseIni(text)));
});
