/**
 * $(NAME): a table made with epics-base's libCom (macParseDefns, macExpandString), then the properties that hold for
 * any text.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Expansion, expandMacros, MAX_EXPANSION, parseMacros, sourceOffset } from "../../src/base/macros.ts";

/** A value written so that `parseMacros` and an expansion give it back as it is. */
const quoteMacroValue = (value: string): string => `"${value.replace(/["\\$]/g, "\\$&")}"`;

/**
 * Definitions, text, value, whether something was undefined or recursive. Source: libCom 7.0.10, where an undefined
 * reference stays as `$(NAME)`.
 */
const VECTORS: readonly (readonly [string, string, string, boolean])[] = [
  ["P=x:,N=3", "$(P)a$(N)", "x:a3", false],
  ["P=x: , N = 3 ", "[$(P)][$(N)]", "[x:][3]", false],
  ["A=\"a,b\",B='c d'", "$(A)|$(B)", "a,b|c d", false],
  ["A=\\,x,B=1", "$(A)|$(B)", ",x|1", false],
  ["A", "$(A)", "$(A)", true],
  ["A=1,A", "$(A)", "$(A)", true],
  ["A=", "[$(A)]", "[]", false],
  ["", "$(A)", "$(A)", true],
  ["", "$(A=def)", "def", false],
  ["B=2", "$(A=$(B))", "2", false],
  ["", "$(A=$(B=c))", "c", false],
  ["", "$(A=$(B))", "$(B)", true],
  ["A=$(B),B=3", "$(A)", "3", false],
  ["A=$(A)", "$(A)", "$(A)", true],
  ["A=$(B)", "$(A,B=7)", "7", false],
  ["A=$(B)$(C)", "$(A,B=7,C=8)", "78", false],
  ["A=$(B=5)", "$(A)", "5", false],
  ["", "\\$(A)", "\\$(A)", false],
  ["A=1", "\\$(A)\\n\\\\", "\\$(A)\\n\\\\", false],
  ["A=1", "'$(A)'", "'$(A)'", false],
  ["A=1", "\"'$(A)'\"", "\"'1'\"", false],
  ["A=1", "it's $(A)", "it's $(A)", false],
  ["A=1", "${A}$A$$(A)", "1$A$1", false],
  ["A=1,N=A", "$($(N))", "1", false],
  ["A=1", "$(A", "1", false],
  ["A=1", "${A)", "$(A))", true],
  ["A=1", "$(A)}", "1}", false],
  ['A=\\"q\\"', "$(A)", '"q"', false],
  ["A='it\"s'", "$(A)", 'it"s', false],
  ["A=a\\\\b", "$(A)", "a\\b", false],
  ['A="a\\\\b"', "$(A)", "a\\b", false],
  ["", '$(A="q,r)")', 'q")', false],
  ["", "$(A='q')", "q", false],
  ["", "$(A=x y)", "x y", false],
  ["", "$(A=)", "", false],
  ["", "$()", "$()", true],
  ["", "$(=x)", "x", false],
  ["A=1,,B=2,", "$(A)$(B)", "12", false],
  ["A=b=c", "$(A)", "b=c", false],
  ["'A'=1", "$(A)", "1", false],
  ["A B=1", "$(A B)", "1", false],
  ["A=1", "$( A )", "$( A )", true],
  ["A=1", '$("A")', "1", false],
  ["A=$(X)", "$(A)", "$(X)", true],
  ["A=$(X)", "$(A,X=)", "", false],
  ["A=$(X=1)$(Y=2)", "$(A,X=$(Z=9))", "92", false],
  ["", "$(A=$(B),B=4)", "4", false],
  ["", "$(A=1,B=2)", "1", false],
  ["", "$(A=${B=x)}y)", "x)y", false],
  ["B=z", "a${A=${B}}c", "azc", false],
  ["A=1", "$(A=2)", "1", false],
  ["A=", "$(A=2)", "", false],
  ["A=1", "\\\\$(A)", "\\\\1", false],
  ["A=1 2,B=3", "$(A)$(B)", "1 23", false],
  ['A=" x "', "[$(A)]", "[ x ]", false],
  ["A= x ", "[$(A)]", "[x]", false],
  ["A=tab\t", "[$(A)]", "[tab]", false],
  ["P=a\\nb", "$(P)", "anb", false],
  ["A=1", "$(A,B)", "1", false],
  ["A=$(B),B=1", "$(A,B)", "1", false],
  ["A=x$", "$(A)(B)", "x$(B)", false],
  ["A=$,B=1", "$(A)(B)", "$(B)", false],
  ["A='$(B)',B=1", "$(A)", "$(B)", false],
  ['A="$(B)",B=1', "$(A)", "1", false],
  ["A=\\$(B),B=1", "$(A)", "$(B)", false],
  ["A=1", "$(A)\\", "1\\", false],
  ["A=a\\", "$(A)", "a\\", false],
  ["A=$(B,C=$(D)),B=<$(C)>,D=4", "$(A)", "<4)>", false],
  ["", "$(A={x})", "{x}", false],
  ["", "$(A=(x))", "(x)", false],
  ["", "${A=(x)}", "(x)", false],
];

const expand = (definitions: string, text: string) => {
  const macros = parseMacros(definitions);
  return expandMacros(text, (name) => macros.get(name));
};

describe("macros expand as macLib does", () => {
  test.each(VECTORS)("%s in %s is %s", (definitions, text, value, hasProblem) => {
    const expansion = expand(definitions, text);
    expect(expansion.text.replaceAll(/,(undefined|recursive)\)/g, ")")).toBe(value);
    expect(expansion.problems.length > 0).toBe(hasProblem);
  });
});

test("an undefined macro is named, once, and left where it stood", () => {
  const expansion = expand("", "a $(NAME) b $(NAME)");
  expect(expansion.text).toBe("a $(NAME,undefined) b $(NAME,undefined)");
  expect(expansion.problems).toEqual([{ kind: "undefined", name: "NAME" }]);
});

test("macros that refer to one another are named", () => {
  expect(expand("A=$(B),B=$(A)", "$(A)").problems).toEqual([{ kind: "recursive", name: "A" }]);
});

test("an override holds inside the value only", () => {
  expect(expand("A=<$(B)>,B=1", "$(B)$(A,B=2)$(B)").text).toBe("1<2>1");
});

test("values that multiply one another end at a limit", () => {
  const doubling = Array.from({ length: 40 }, (_, i) => `A${i}=$(A${i + 1})$(A${i + 1})`).join(",");
  const expansion = expand(`${doubling},A40=0123456789`, "$(A0)");
  expect(expansion.text.length).toBeLessThan(2 * MAX_EXPANSION);
  expect(expansion.problems.map((one) => one.kind)).toContain("too long");
});

test("a place after a macro is told in the source", () => {
  const source = 'record(ao,"$(P)$(N=1)x") {';
  const expansion = expand("P=a long prefix:", source);
  expect(sourceOffset(expansion, expansion.text.lastIndexOf("x"))).toBe(source.lastIndexOf("x"));
  expect(sourceOffset(expansion, expansion.text.indexOf("long"))).toBe(source.indexOf("$(P)"));
  expect(sourceOffset(expansion, 3)).toBe(3);
});

test("any value survives being quoted, defined and expanded", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii" }), (value) => {
      expect(expand(`A=${quoteMacroValue(value)},B=2`, "$(A)").text).toBe(value);
    }),
  );
});

test("text without references stays as it is", () => {
  const text = fc.string().filter((one) => !/\$[({]/.test(one));
  fc.assert(
    fc.property(text, (one) => {
      expect(expand("A=1", one)).toEqual({ text: one, problems: [], replaced: [] });
    }),
  );
});

test("any text expands to itself but for its references, and asks for each value once", () => {
  const piece = fc.constantFrom("$(", "${", ")", "}", "=", ",", "A", "B", "\\", '"', "'", " ");
  const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(text, text, (definitions, one) => {
      const macros = parseMacros(definitions);
      const asked: string[] = [];
      const expansion = expandMacros(one, (name) => {
        const value = macros.get(name);
        if (value !== undefined) asked.push(name);
        return value;
      });
      expect(new Set(asked).size).toBe(asked.length);
      const [kept, shown] = [
        plainText(one, expansion, "from", "to"),
        plainText(expansion.text, expansion, "resultFrom", "resultTo"),
      ];
      expect(shown).toEqual(kept);
      const isTold = expansion.problems.some(({ kind }) => kind === "undefined");
      expect(isTold || !expansion.text.includes(",undefined)")).toBe(true);
    }),
  );
});

/** What stands before, between and behind the references of a text, or what took their place. */
function plainText(
  text: string,
  { replaced }: Expansion,
  from: "from" | "resultFrom",
  to: "to" | "resultTo",
): string[] {
  const begins = [0, ...replaced.map((one) => one[to])];
  return begins.map((begin, index) => text.slice(begin, replaced[index]?.[from]));
}
