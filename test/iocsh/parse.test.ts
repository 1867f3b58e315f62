/** Lines of the shell language, tried with epics-base 7.0.10. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseShellLine, ShellError, type ShellLine } from "../../src/iocsh/parse.ts";

describe("a line is split into words", () => {
  test.each<[string, string[]]>([
    ["dbLoadRecords a.db P=x:", ["dbLoadRecords", "a.db", "P=x:"]],
    ['dbLoadRecords("a.db", "P=x:,N=1")', ["dbLoadRecords", "a.db", "P=x:,N=1"]],
    ["echo (a,,b)", ["echo", "a", "b"]],
    ['echo ""', ["echo", ""]],
    [`set B a"b c"d`, ["set", "B", "ab cd"]],
    ["set B a\\ b\\,", ["set", "B", "a b,"]],
    [`set B 'a\\"b' "c\\\\d"`, ["set", "B", 'a\\"b', "c\\\\d"]],
    ["echo a#b # c", ["echo", "a#b", "#", "c"]],
    [" \t ", []],
  ])("%s", (line, words) => expect(parseShellLine(line)).toEqual({ words }));
});

describe("output and errors go to files", () => {
  test.each([
    ["dbl > out.txt", { words: ["dbl"], output: { file: "out.txt", append: false } }],
    ["dbl>>out.txt", { words: ["dbl"], output: { file: "out.txt", append: true } }],
    [
      'dbl 2> "my errors" > o',
      { words: ["dbl"], output: { file: "o", append: false }, errors: { file: "my errors", append: false } },
    ],
    ["< st.cmd", { words: [], input: "st.cmd" }],
    ["echo '>' \\< 2\\>", { words: ["echo", ">", "<", "2>"] }],
  ])("%s", (line, parsed) => expect(parseShellLine(line)).toEqual(parsed));
});

describe("a line that makes no sense is refused", () => {
  test.each([
    ['echo "a', "Unbalanced quote."],
    ["echo 'a\"", "Unbalanced quote."],
    ['set B "a\\"b"', "Unbalanced quote."],
    ["echo a\\", "The line ends with a backslash."],
    ["dbl >", "A redirection names no file."],
    ["dbl > > x", "A redirection names no file."],
    ["dbl > a > b", "The same output is redirected twice."],
    ["dbl 3> a", "Only output (>) and errors (2>) can be redirected, not 3>."],
  ])("%s", (line, sentence) => expect(() => parseShellLine(line)).toThrow(new ShellError(sentence)));
});

test("words in quotes come back as they are", () => {
  const word = fc.string().filter((one) => !one.includes("'"));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      expect(parseShellLine(words.map((one) => `'${one}'`).join(", ")).words).toEqual(words);
    }),
  );
});

const LINES = fc.string({ unit: fc.constantFrom(..."ab\"'\\ ,()<>12#$".split("")) });

test("any line gives words that read as the same when each character is protected, or one sentence", () => {
  fc.assert(
    fc.property(LINES, (line) => {
      const read = attempt(line);
      if (typeof read === "string") {
        expect(SENTENCES).toContain(read);
        return;
      }
      const words = [...read.words, read.input, read.output?.file, read.errors?.file].filter(
        (one) => one !== undefined,
      );
      expect(parseShellLine(words.map(protectedWord).join(" "))).toEqual({ words });
    }),
  );
});

test("no character of a line gets lost but separators, quotes, backslashes and redirections", () => {
  fc.assert(
    fc.property(LINES, (line) => {
      const read = attempt(line);
      if (typeof read === "string") return;
      const characters = [...read.words, read.input ?? "", read.output?.file ?? "", read.errors?.file ?? ""].join("");
      const letters = (text: string): string =>
        text
          .replace(/[^ab#$]/g, "")
          .split("")
          .toSorted()
          .join("");
      expect(letters(characters)).toBe(letters(line));
    }),
  );
});

const SENTENCES = [
  "Unbalanced quote.",
  "The line ends with a backslash.",
  "A redirection names no file.",
  "The same output is redirected twice.",
  ...["1", "2"].map((digit) => `Only output (>) and errors (2>) can be redirected, not ${digit}>.`),
];

const protectedWord = (word: string): string => (word === "" ? "''" : word.replace(/./g, "\\$&"));

/** The line as it is read, or the sentence with which it is refused. */
function attempt(line: string): ShellLine | string {
  try {
    return parseShellLine(line);
  } catch (error) {
    if (error instanceof ShellError) return error.message;
    throw error;
  }
}
