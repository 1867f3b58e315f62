/**
 * Database text → tokens, each with its place. Five vocabularies: `definition` for keywords and names, `value` for the
 * JSON-like values of field() and info(), `substitution` for substitution files, `access` for access security files,
 * `member` for the members of a group that a macro names in one. It knows no grammar. An included text is read from the
 * end of the line that names it. channel-access.md §5.1, §5.2, §6.1; epics-base: dbLex.l, dbLoadTemplate_lex.l,
 * asLib_lex.l.
 */
import { CALC_VARIABLES } from "../database/calc-elements.ts";
import { DbFileError, type Place, type Source } from "./source.ts";

export type Vocabulary = "definition" | "value" | "substitution" | "access" | "member";

/** INPA to INPU, in their order. */
export const ACCESS_INPUTS: readonly string[] = Array.from(CALC_VARIABLES, (letter) => `INP${letter}`);

/** Bare words that are no names, as epics-base reserves them; those of .dbd files among them. */
const KEYWORDS: Readonly<Record<Vocabulary, ReadonlySet<string>>> = {
  definition: new Set(
    (
      "include path addpath alias menu choice recordtype field device driver link breaktable record grecord variable " +
      "function registrar info"
    ).split(" "),
  ),
  value: new Set(),
  substitution: new Set(["global", "file", "pattern"]),
  access: new Set(["UAG", "HAG", "ASG", "RULE", "CALC", "METHOD", "AUTHORITY", "PROTOCOL", ...ACCESS_INPUTS]),
  member: new Set(),
};

export type TokenKind =
  | "keyword"
  /** A bare word, or a number or literal in a value. */
  | "word"
  /** With its quotes; escapes as they are written. */
  | "string"
  /** One of `{ } ( ) , : [ ] =`. */
  | "mark"
  | "end";

export interface Token extends Place {
  readonly kind: TokenKind;
  readonly text: string;
}

// One step of the loop for each escape, not for each character: the regular expression remembers every step, and long
// texts have millions.
const STRING = String.raw`"[^"\n\\]*(?:\\.[^"\n\\]*)*"`;
/** Strings of values may have single quotes and go on behind a backslash at the end of a line. */
const VALUE_STRING = String.raw`"[^"\n\\]*(?:\\[^][^"\n\\]*)*"|'[^'\n\\]*(?:\\[^][^'\n\\]*)*'`;

const LINE_STRING = String.raw`${STRING}|'[^'\n\\]*(?:\\.[^'\n\\]*)*'`;

const NAMES_AND_MARKS = new RegExp(String.raw`(${STRING})|([\w\-+:.[\]<>;]+)|([{}(),])`, "y");

/** Groups: string, word, mark. */
const PATTERNS: Readonly<Record<Vocabulary, RegExp>> = {
  definition: NAMES_AND_MARKS,
  access: NAMES_AND_MARKS,
  member: new RegExp(String.raw`(${STRING})|([^\s"{}(),]+)|([{}(),])`, "y"),
  value: new RegExp(String.raw`(${VALUE_STRING})|([\w\-+.]+)|([{}(),:[\]])`, "y"),
  substitution: new RegExp(String.raw`(${LINE_STRING})|([\w\-+:./\\[\]<>;]+)|([{},=])`, "y"),
};
/** Matched repeatedly, until it matches nothing. */
const BLANKS_AND_COMMENT = /\s*(?:#[^\n]*)?/y;
const REST_OF_LINE = /[^\S\n]*(?:#[^\n]*)?/y;
const KINDS = ["string", "word", "mark"] as const;

interface OpenText {
  readonly source: Source;
  offset: number;
}

/** Reads past what `pattern` matches. @returns whether `pattern` matched any character */
function advance(reading: OpenText, pattern: RegExp): boolean {
  const from = reading.offset;
  pattern.lastIndex = from;
  pattern.exec(reading.source.text);
  reading.offset = pattern.lastIndex;
  return reading.offset > from;
}

export class TokenStream {
  /** The texts that are being read, the innermost last, and how far. */
  readonly #open: OpenText[];
  /** To be read from the next line on. */
  #included: Source | undefined;

  constructor(source: Source) {
    this.#open = [{ source, offset: 0 }];
  }
  /** How many texts are open: the first, and the texts included within it. */
  get depth(): number {
    return this.#open.length;
  }
  include(source: Source): void {
    this.#included = source;
  }
  isReading(file: string): boolean {
    return this.#open.some((one) => one.source.file === file);
  }

  /**
   * @param expanded the vocabulary where the token comes from the value of a macro
   * @throws DbFileError at a character that begins no token; the stream goes on behind it, or behind the line of an
   * open quote
   */
  next(written: Vocabulary, expanded = written): Token {
    const reading = this.#skipBlanks();
    const { source, offset } = reading;
    const vocabulary = written !== expanded && source.isExpanded(offset) ? expanded : written;
    if (offset >= source.text.length) return { kind: "end", text: "", source, offset };
    const pattern = PATTERNS[vocabulary];
    pattern.lastIndex = offset;
    const match = pattern.exec(source.text);
    if (match === null) throw this.#unknown(reading, vocabulary);
    const text = match[0];
    reading.offset = offset + text.length;
    const kind = KINDS.find((_, group) => match[group + 1] !== undefined) ?? "mark";
    const isKeyword = kind === "word" && KEYWORDS[vocabulary].has(text);
    return { kind: isKeyword ? "keyword" : kind, text, source, offset };
  }

  #skipBlanks(): OpenText {
    for (;;) {
      const reading = this.#reading;
      const { text } = reading.source;
      if (this.#included === undefined) while (advance(reading, BLANKS_AND_COMMENT));
      else advance(reading, REST_OF_LINE);
      const isAtEnd = reading.offset >= text.length;
      if (this.#included !== undefined && (isAtEnd || text[reading.offset] === "\n")) {
        this.#open.push({ source: this.#included, offset: 0 });
        this.#included = undefined;
      } else if (isAtEnd && this.#open.length > 1) this.#open.pop();
      else return reading;
    }
  }

  /** The place up to which the text has been read. */
  get place(): Place {
    return { ...this.#reading };
  }
  get #reading(): OpenText {
    return this.#open.at(-1) as OpenText;
  }

  #unknown(reading: OpenText, vocabulary: Vocabulary): DbFileError {
    const { source, offset } = reading;
    const character = source.text[offset] ?? "";
    const isQuote = character === '"' || character === "'";
    const lineEnd = source.text.indexOf("\n", offset);
    reading.offset = !isQuote ? offset + 1 : lineEnd < 0 ? source.text.length : lineEnd;
    if (character === '"') return new DbFileError({ source, offset }, "the quote is not closed on its line");
    const advice = isQuote
      ? "names have double quotes or none"
      : vocabulary === "access"
        ? accessAdvice(character)
        : "";
    const hint = advice === "" ? "" : `; ${advice}`;
    return new DbFileError({ source, offset }, `the character ${character} is not expected here${hint}`);
  }
}

const accessAdvice = (character: string): string =>
  character === "$" ? "macros are expanded after asSetSubstitutions only" : "a name that holds it stands in quotes";
