/**
 * Substitution files: which template is to be loaded how often, with which macros. It loads nothing. channel-access.md
 * §5.2; epics-base: dbLoadTemplate.y.
 */
import { DbFileError, type DbText, type Place, Source } from "./source.ts";
import { type Token, TokenStream } from "./tokens.ts";
import { unexpected } from "./values.ts";

/** One loading of a template. */
export interface Substitution {
  /** As the file names it; may hold macros. */
  readonly template: string;
  readonly at: Place;
  /** Raw values, which may hold macros: the caller's, overridden by `global`, overridden by the pattern or list. */
  readonly macros: ReadonlyMap<string, string>;
}

export interface ParsedSubstitutions {
  readonly substitutions: readonly Substitution[];
  readonly errors: readonly DbFileError[];
  readonly warnings: readonly DbFileError[];
}

/** Variables of one pattern. */
const MAX_VARIABLES = 100;

/**
 * Parses a substitution file. Never throws.
 * @param macros raw values that hold everywhere unless they are overridden
 */
export function parseSubstitutions(text: DbText, macros: ReadonlyMap<string, string> = new Map()): ParsedSubstitutions {
  return new SubstitutionsParser(new TokenStream(new Source(text)), macros).parse();
}

class SubstitutionsParser {
  readonly #tokens: TokenStream;
  readonly #substitutions: Substitution[] = [];
  readonly #errors: DbFileError[] = [];
  readonly #warnings: DbFileError[] = [];
  /** Macros from the caller and from `global`. */
  readonly #globals: Map<string, string>;

  constructor(tokens: TokenStream, macros: ReadonlyMap<string, string>) {
    this.#tokens = tokens;
    this.#globals = new Map(macros);
  }

  parse(): ParsedSubstitutions {
    let start: Token | undefined;
    while (start?.kind !== "end") {
      try {
        start = this.#next();
        if (isKeyword(start, "global")) this.#global();
        else if (isKeyword(start, "file")) this.#file();
        else if (start.kind !== "end") throw unexpected(start, "file or global");
      } catch (error) {
        if (!(error instanceof DbFileError)) throw error;
        this.#errors.push(error);
        break; // a brace is missing or too many: what follows cannot be told apart
      }
    }
    return { substitutions: this.#substitutions, errors: this.#errors, warnings: this.#warnings };
  }

  #global(): void {
    this.#mark("{");
    for (const [name, value] of this.#definitions()) this.#globals.set(name, value);
  }

  #file(): void {
    const name = this.#next();
    if (name.kind !== "word" && name.kind !== "string") throw unexpected(name, "the name of a template");
    const template = name.kind === "string" ? name.text.slice(1, -1) : name.text;
    this.#mark("{");
    let pattern: readonly string[] | undefined;
    for (let isFirst = true; ; isFirst = false) {
      const token = this.#next();
      if (isMark(token, "}")) return;
      if (isKeyword(token, "global")) this.#global();
      else if (isFirst && isKeyword(token, "pattern")) pattern = this.#pattern();
      else {
        this.#open(token);
        const own = pattern === undefined ? this.#definitions() : this.#values(pattern);
        this.#substitutions.push({ template, at: name, macros: new Map([...this.#globals, ...own]) });
      }
    }
  }

  /** `{`, or a word before it, which old files have. */
  #open(token: Token): void {
    if (isMark(token, "{")) return;
    if (token.kind !== "word") throw unexpected(token, '"{" or "}"');
    this.#mark("{");
    this.#warnings.push(new DbFileError(token, `the word ${token.text} before { has no meaning; remove it`));
  }

  #pattern(): string[] {
    this.#mark("{");
    const names: string[] = [];
    for (let token = this.#next(); !isMark(token, "}"); token = this.#next()) {
      if (isMark(token, ",") && names.length > 0) continue;
      if (token.kind !== "word") throw unexpected(token, 'the name of a macro or "}"');
      if (names.length >= MAX_VARIABLES)
        throw new DbFileError(token, `the pattern has more than ${MAX_VARIABLES} macros`);
      names.push(token.text);
    }
    return names;
  }

  #values(pattern: readonly string[]): Map<string, string> {
    const macros = new Map<string, string>();
    let index = 0;
    for (let token = this.#next(); !isMark(token, "}"); token = this.#next()) {
      if (isMark(token, ",") && index > 0) continue;
      const value = rawValue(token);
      const name = pattern[index++];
      if (name !== undefined) macros.set(name, value);
      else if (index === pattern.length + 1) {
        const sentence = `the value ${token.text} is dropped: the pattern has ${pattern.length} macros`;
        this.#warnings.push(new DbFileError(token, sentence));
      }
    }
    return macros;
  }

  #definitions(): Map<string, string> {
    const macros = new Map<string, string>();
    for (let token = this.#next(); !isMark(token, "}"); token = this.#next()) {
      if (isMark(token, ",") && macros.size > 0) continue;
      if (token.kind !== "word") throw unexpected(token, 'the name of a macro or "}"');
      this.#mark("=");
      macros.set(token.text, rawValue(this.#next()));
    }
    return macros;
  }

  #next(): Token {
    return this.#tokens.next("substitution");
  }
  #mark(mark: string): void {
    const token = this.#next();
    if (!isMark(token, mark)) throw unexpected(token, `"${mark}"`);
  }
}

const isMark = (token: Token, mark: string): boolean => token.kind === "mark" && token.text === mark;
const isKeyword = (token: Token, keyword: string): boolean => token.kind === "keyword" && token.text === keyword;

/** The text that the expansion of macros unquotes; single quotes are as good as double quotes, as in epics-base. */
function rawValue(token: Token): string {
  if (token.kind === "word") return token.text;
  if (token.kind === "string") return `"${token.text.slice(1, -1)}"`;
  throw unexpected(token, "a value");
}
