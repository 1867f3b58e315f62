/** Substitution files, as epics-base 7.0.10 reads them: tried with its dbLoadTemplate. */
import { describe, expect, test } from "vitest";
import { expandMacros } from "../../src/base/macros.ts";
import { parseSubstitutions } from "../../src/dbfile/substitutions.ts";

const TEMPLATE = "$(P=-)/$(N=-)/$(D=-)/$(G=-)";

/** The template, expanded for each substitution. */
function expand(text: string, macros: Readonly<Record<string, string>> = {}): string[] {
  const { substitutions, errors } = parseSubstitutions({ file: "t.sub", text }, new Map(Object.entries(macros)));
  if (errors.length > 0) return errors.map((error) => error.message);
  return substitutions.map((one) => `${one.template}: ${expandMacros(TEMPLATE, (name) => one.macros.get(name)).text}`);
}

describe("substitutions", () => {
  test.each<[string, string, string[]]>([
    [
      "a pattern, commas or not",
      'file "t.db" { pattern {P,N,D} { "x:", 1, "first" } { y: 2 "2nd" } }',
      ["t.db: x:/1/first/-", "t.db: y:/2/2nd/-"],
    ],
    ["lists of definitions", "file t.db { { P=a:, N=1 } { P=b: N=2 } }", ["t.db: a:/1/-/-", "t.db: b:/2/-/-"]],
    [
      "global, everywhere from there on",
      'global { G=1, D="x y" } file t.db { {P=a:} global {G=2} {P=b:} } file u.db { {P=c:} }',
      ["t.db: a:/-/x y/1", "t.db: b:/-/x y/2", "u.db: c:/-/x y/2"],
    ],
    ["missing values stay undefined", 'file t.db { pattern {P N} { "x:" } { } }', ["t.db: x:/-/-/-", "t.db: -/-/-/-"]],
    ["values beyond the pattern are dropped", "file t.db { pattern {P} { a: 1 2 } }", ["t.db: a:/-/-/-"]],
    ["a word before the brace is dropped", 'file t.db { pattern {P,N} old { "x:" 1 } }', ["t.db: x:/1/-/-"]],
    [
      "quotes and escapes go with the expansion",
      `file t.db { { P='it "is"' N="a,b" D="t\\tab" } }`,
      ["t.db: it is/a,b/ttab/-"],
    ],
    ["all characters of a word", "file t.db { {P=a/b:[1]<x>;\\d} }", ["t.db: a/b:[1]<x>;d/-/-/-"]],
    ["the caller's macros in values", 'file t.db { {P="$(Q)x"} }', ["t.db: z:x/-/-/9"]],
    ["nothing", "file t.db { }\n# comment", []],
  ])("%s", (_, text, expanded) =>
    expect(expand(text, { Q: "z:", ...(text.includes("$(Q)") ? { G: "9" } : {}) })).toEqual(expanded),
  );
});

describe("what cannot be understood is refused with its place", () => {
  test.each([
    ["file t.db", 't.sub:1:10: "{" is expected before the end of the text'],
    ["file t.db { pattern P N { } }", 't.sub:1:21: "{" is expected before P'],
    ["file t.db { {P=} }", "t.sub:1:16: a value is expected before }"],
    ["file t.db { {P=a:,N} }", 't.sub:1:20: "=" is expected before }'],
    ["file t.db { {P==a} }", "t.sub:1:16: a value is expected before ="],
    ['file t.db { {"P"=a} }', 't.sub:1:14: the name of a macro or "}" is expected before "P"'],
    ["file t.db { pattern {P} {,1} }", "t.sub:1:26: a value is expected before ,"],
    ["file t.db { {P=a} , }", 't.sub:1:19: "{" or "}" is expected before ,'],
    ["file t.db { {P=a$(Z)} }", "t.sub:1:17: the character $ is not expected here"],
    ['file t.db { {P="a\nb"} }', "t.sub:1:16: the quote is not closed on its line"],
    ["file t.db { {P=a} } garbage", "t.sub:1:21: file or global is expected before garbage"],
    ["{P=a}", "t.sub:1:1: file or global is expected before {"],
    ["pattern {P} file t.db { }", "t.sub:1:1: file or global is expected before pattern"],
  ])("%s", (text, message) => expect(expand(text)).toEqual([message]));
});

test("the caller's macros yield to the file's", () => {
  const { substitutions } = parseSubstitutions(
    { file: "t", text: "global {A=2} file f { {B=3} }" },
    new Map([
      ["A", "1"],
      ["B", "1"],
      ["C", "1"],
    ]),
  );
  expect(Object.fromEntries(substitutions[0]?.macros ?? [])).toEqual({ A: "2", B: "3", C: "1" });
});

test("a dropped word and a dropped value are warned of", () => {
  const { warnings } = parseSubstitutions({ file: "t", text: "file f { pattern {P} old {1 2 3} }" });
  expect(warnings.map((one) => one.message)).toEqual([
    "t:1:22: the word old before { has no meaning; remove it",
    "t:1:29: the value 2 is dropped: the pattern has 1 macros",
  ]);
});
