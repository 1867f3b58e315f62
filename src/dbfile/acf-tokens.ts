/**
 * Reading an access security file token by token: what is expected, what is told when it is not there, and where
 * reading goes on behind an error. It knows names, numbers, lists and braces, and no group or rule. channel-access.md
 * §6.1; epics-base: asLib_lex.l.
 */
import { DbFileError, type Place, type Source } from "./source.ts";
import { type Token, TokenStream } from "./tokens.ts";
import { unexpected } from "./values.ts";

/** A word that is no number, or a text in quotes; escapes have no meaning in it. */
export interface Name {
  readonly name: string;
  readonly at: Token;
}

/** Errors, and characters that belong nowhere, after which no more is read: it is no access security file. */
const MAX_PROBLEMS = 8;
const MAX_STRANGE_CHARACTERS = 100;
const MAX_WARNINGS = 20;

const A_NAME = "a name";
const NUMBER = /^[-+]?(?:\d+|\d*\.\d+(?:[eE][-+]?\d+)?)$/;

export const isMark = (token: Token, mark: string): boolean => token.kind === "mark" && token.text === mark;
export const isKeyword = (token: Token, keyword: string): boolean => token.kind === "keyword" && token.text === keyword;
export const isName = (token: Token): boolean =>
  token.kind === "string" || (token.kind === "word" && !NUMBER.test(token.text));

export class AccessTokens {
  readonly problems: DbFileError[] = [];
  readonly warnings: string[] = [];
  readonly #tokens: TokenStream;
  readonly #hasMacros: boolean;
  /** Keywords that an item outside braces begins with. */
  readonly #items: readonly string[];
  #ahead: Token | undefined;
  /** Braces that are open before `#ahead`. */
  #depth = 0;
  #strangeCharacters = 0;
  #hasSkipped = false;

  constructor(
    source: Source,
    { hasMacros, items }: { readonly hasMacros: boolean; readonly items: readonly string[] },
  ) {
    this.#tokens = new TokenStream(source);
    this.#hasMacros = hasMacros;
    this.#items = items;
  }

  /** Something was passed over behind an error; what is not found later may have been in it. */
  get hasSkipped(): boolean {
    return this.#hasSkipped;
  }

  problem(at: Place, reason: string): void {
    this.#keep(new DbFileError(at, reason));
  }
  warn(at: Place, reason: string): void {
    if (this.warnings.length < MAX_WARNINGS) this.warnings.push(new DbFileError(at, reason).message);
  }

  /** The next token; the end when there were too many errors. @throws DbFileError at what is no token */
  next(): Token {
    const token = this.#ahead ?? this.#read();
    this.#ahead = undefined;
    this.#depth += depthOf(token);
    return token;
  }
  peek(): Token {
    const token = this.next();
    this.#back(token);
    return token;
  }
  /** @throws DbFileError when the next token is none of these marks. @returns the one that it is */
  mark(...wanted: readonly string[]): string {
    const token = this.next();
    if (token.kind === "mark" && wanted.includes(token.text)) return token.text;
    throw this.unexpected(token, wanted.map((mark) => `"${mark}"`).join(" or "));
  }
  /** Whether braces follow; the first one is read. */
  opens(): boolean {
    if (!isMark(this.peek(), "{")) return false;
    this.next();
    return true;
  }
  /** @throws DbFileError */
  name(wanted = A_NAME): Name {
    const token = this.next();
    if (isName(token)) {
      const name = token.kind === "string" ? token.text.slice(1, -1) : token.text;
      if (!this.#hasMacros && /\$[({]/.test(name)) {
        this.warn(token, `${name} is taken as it is written: macros are expanded after asSetSubstitutions only`);
      }
      return { name, at: token };
    }
    if (token.kind !== "keyword" && token.kind !== "word") throw this.unexpected(token, wanted);
    const advice = wanted === A_NAME ? `; as a name, it is written "${token.text}"` : "";
    throw new DbFileError(token, `${wanted} is expected before ${token.text}${advice}`);
  }
  /**
   * The name of a user or host. The value of a macro may hold any, unquoted: accounts are called `12345` or `op@site`,
   * and quotes do not survive the shell.
   */
  member(): Name {
    const token = this.#ahead ?? this.#read("member");
    if (token.kind !== "word" || !token.source.isExpanded(token.offset)) {
      this.#ahead = token;
      return this.name();
    }
    this.#ahead = undefined;
    return { name: token.text, at: token };
  }
  /** `(name)` */
  head(): Name {
    this.mark("(");
    const name = this.name();
    this.mark(")");
    return name;
  }
  /** Names with commas between them, at least one, and the mark behind them. */
  names(close: string, take: (one: Name) => void, read: () => Name = () => this.name()): void {
    do take(read());
    while (this.mark(",", close) === ",");
  }
  /**
   * Items between braces, of which the first has been read; at least one.
   * @param wanted what an item begins with: `A, B or C`
   * @param read reads the item behind its first token; returns false when it is none
   */
  body(wanted: string, read: (start: Token) => boolean): void {
    for (let isEmpty = true; ; isEmpty = false) {
      const start = this.next();
      if (!isEmpty && isMark(start, "}")) return;
      if (!read(start)) throw this.unexpected(start, isEmpty ? wanted : `${wanted.replace(" or ", ", ")} or "}"`);
    }
  }
  /** `(…)` or `(…) {…}` behind the name of what is not known here, however deep. */
  passOver(): void {
    this.#elements();
    if (!this.opens()) return;
    let isEmpty = true;
    for (let depth = 1; depth > 0; ) {
      const token = this.next();
      if (!isEmpty && isMark(token, "}")) {
        depth--;
        continue;
      }
      if (!isElement(token)) throw this.unexpected(token, isEmpty ? "a name or a number" : 'a name or "}"');
      const isBlock = (token.kind === "keyword" || isName(token)) && isMark(this.peek(), "(");
      if (isBlock) this.#elements();
      else if (isEmpty) depth -= this.#restOfElements("}");
      else throw this.unexpected(token, 'a name with "(" behind it');
      isEmpty = isBlock && this.opens();
      if (isEmpty) depth++;
    }
  }

  /** The error of a token that does not belong where it stands. The token is read again. */
  unexpected(token: Token, wanted: string): DbFileError {
    this.#back(token);
    const error = unexpected(token, wanted);
    const isByMacro = this.#hasMacros && wanted === A_NAME && token.kind === "mark" && /\$[({]/.test(error.excerpt);
    if (!isByMacro) return error;
    const advice = "a macro is empty, or its list has a comma too many; correct it where asSetSubstitutions gets it";
    return new DbFileError(token, `${error.reason}: ${advice}`);
  }
  /** Runs `read`; what it throws is kept, and the text passed over to where an item may begin. */
  recovering<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DbFileError)) throw error;
      this.#keep(error);
      this.#skip();
      return undefined;
    }
  }
  /** Whether reading has ended before the text, after too many errors. */
  isCutShort(): boolean {
    if (!this.#isHopeless) return false;
    try {
      return this.#tokens.next("access").kind !== "end";
    } catch {
      return true;
    }
  }

  get #isHopeless(): boolean {
    return this.problems.length >= MAX_PROBLEMS || this.#strangeCharacters >= MAX_STRANGE_CHARACTERS;
  }
  /** @param expanded the vocabulary of what comes from a macro */
  #read(expanded: "access" | "member" = "access"): Token {
    return this.#isHopeless ? { kind: "end", text: "", ...this.#tokens.place } : this.#tokens.next("access", expanded);
  }
  #back(token: Token): void {
    this.#ahead = token;
    this.#depth -= depthOf(token);
  }
  #keep(problem: DbFileError): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
  }

  /** `(`, values or nothing, `)`. */
  #elements(): void {
    this.mark("(");
    if (isMark(this.peek(), ")")) this.next();
    else {
      this.#element();
      this.#restOfElements(")");
    }
  }
  #element(): void {
    const token = this.next();
    if (!isElement(token)) throw this.unexpected(token, "a name or a number");
  }
  /** What follows the first of several values, and `close`. @returns 1, how many marks were closed */
  #restOfElements(close: string): 1 {
    while (this.mark(",", close) === ",") this.#element();
    return 1;
  }

  /** To the next ASG, or to the next item outside braces: UAG and HAG stand in rules, too. */
  #skip(): void {
    this.#hasSkipped = true;
    for (;;) {
      try {
        const token = this.next();
        const isItem = token.kind === "keyword" && this.#items.includes(token.text);
        if (token.kind !== "end" && !(isItem && (this.#depth <= 0 || token.text === "ASG"))) continue;
        this.#depth = 0;
        return this.#back(token);
      } catch (error) {
        if (!(error instanceof DbFileError)) throw error;
        this.#strangeCharacters++;
      }
    }
  }
}

/** What may stand between the parentheses of what is not known here. */
const isElement = (token: Token): boolean => token.kind !== "mark" && token.kind !== "end";

const depthOf = (token: Token): number => Number(isMark(token, "{")) - Number(isMark(token, "}"));
