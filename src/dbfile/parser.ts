/**
 * The grammar of .db files: text → definitions, and everything that is wrong with it; after an error it goes on with
 * the next field or record. It creates no record and checks no name (load.ts); included texts come from a function.
 * channel-access.md §5.1; epics-base: dbYacc.y.
 */
import type { MacroLookup } from "../base/macros.ts";
import { DbFileError, type DbText, type Place, Source } from "./source.ts";
import { type Token, TokenStream } from "./tokens.ts";
import { readValue, unexpected } from "./values.ts";

export type RecordItem =
  | { readonly kind: "field"; readonly name: string; readonly value: string; readonly at: Place }
  | { readonly kind: "info"; readonly name: string; readonly value: string; readonly at: Place }
  | { readonly kind: "alias"; readonly name: string; readonly at: Place };

export interface RecordDefinition {
  readonly kind: "record";
  /** `*`: any type; `#`: the record is to be deleted. */
  readonly type: string;
  readonly typeAt: Place;
  readonly name: string;
  readonly at: Place;
  readonly items: readonly RecordItem[];
}
export interface AliasDefinition {
  readonly kind: "alias";
  readonly record: string;
  readonly name: string;
  readonly at: Place;
}
export type Definition = RecordDefinition | AliasDefinition;

/**
 * Finds the text that `include "name"` means.
 * @param path folders of `path` and `addpath`, in order; empty when the file names none
 * @returns undefined when there is none
 */
export type IncludeReader = (name: string, path: readonly string[]) => DbText | undefined;

export interface ParsedDb {
  readonly definitions: readonly Definition[];
  readonly errors: readonly DbFileError[];
  readonly warnings: readonly DbFileError[];
}

/**
 * Texts that are open within each other, and texts in all: files that include two files each could otherwise be read
 * for days.
 */
const MAX_INCLUDES = 32;
const MAX_INCLUDED = 10_000;
/** Errors, and characters that belong nowhere, after which no more is read: it is no database text. */
const MAX_ERRORS = 100;

/** Parses a .db text. Never throws: what cannot be understood is in `errors`. */
export function parseDb(text: DbText, macros: MacroLookup, readInclude: IncludeReader): ParsedDb {
  return new DatabaseParser(new Source(text, macros), macros, readInclude).parse();
}

class DatabaseParser {
  readonly #tokens: TokenStream;
  readonly #macros: MacroLookup;
  readonly #readInclude: IncludeReader;
  readonly #definitions: Definition[] = [];
  readonly #errors: DbFileError[] = [];
  readonly #warnings: DbFileError[] = [];
  #path: string[] = [];
  #ahead: Token | undefined;
  /** Since the last error nothing was understood: the next error is likely to be its consequence. */
  #isLost = false;
  /** How many characters were passed over behind an error. */
  #strangeCharacters = 0;
  #included = 0;

  constructor(source: Source, macros: MacroLookup, readInclude: IncludeReader) {
    this.#tokens = new TokenStream(source);
    this.#macros = macros;
    this.#readInclude = readInclude;
    this.#warnings.push(...source.macroProblems());
  }

  parse(): ParsedDb {
    for (;;) {
      const start = this.#recovering(() => this.#next(), TOP_LEVEL);
      if (start === undefined) continue;
      if (start.kind === "end") {
        if (this.#isHopeless && this.#hasMore()) this.#errors.push(new DbFileError(start, this.#whyNoMore(start)));
        return { definitions: this.#definitions, errors: this.#errors, warnings: this.#warnings };
      }
      this.#recovering(() => this.#item(start), TOP_LEVEL);
    }
  }

  #item(start: Token): void {
    const read = start.kind === "keyword" ? this.#items[start.text] : undefined;
    if (read !== undefined) return read(start);
    if (start.kind === "keyword" && !BODY.has(start.text)) {
      throw new DbFileError(start, `${start.text} belongs in a .dbd file; the record types of this IOC are built in`);
    }
    throw unexpected(start, "record, alias or include");
  }

  readonly #items: Readonly<Record<string, (start: Token) => void>> = {
    record: () => this.#record(),
    grecord: () => this.#record(),
    alias: () => this.#alias(),
    include: () => this.#include(),
    path: () => {
      this.#path = this.#folders();
    },
    addpath: () => {
      this.#path.push(...this.#folders());
    },
    breaktable: (start) => this.#breakTable(start),
  };

  #record(): void {
    this.#mark("(");
    const type = this.#name();
    this.#mark(",");
    const name = this.#name();
    this.#mark(")");
    const items: RecordItem[] = [];
    this.#definitions.push({ kind: "record", type: type.name, typeAt: type.at, name: name.name, at: name.at, items });
    const open = this.#next();
    if (open.kind !== "mark" || open.text !== "{") this.#ahead = open;
    else while (this.#recovering(() => this.#recordItem(items), BODY) !== "closed");
  }

  #recordItem(items: RecordItem[]): "closed" | "goes on" {
    const start = this.#next();
    if (start.kind === "mark" && start.text === "}") return "closed";
    if (start.kind === "end" || RECORD_STARTS.has(start.text)) {
      this.#ahead = start;
      if (!this.#isLost) this.#errors.push(unexpected(start, 'field, info, alias or "}"'));
      return "closed";
    }
    if (start.kind !== "keyword" || !BODY.has(start.text)) throw unexpected(start, 'field, info, alias or "}"');
    if (start.text === "include") this.#include();
    else items.push(this.#bodyItem(start.text));
    this.#isLost = false;
    return "goes on";
  }

  #bodyItem(keyword: string): RecordItem {
    this.#mark("(");
    const { name, at } = this.#name();
    let item: RecordItem = { kind: "alias", name, at };
    if (keyword !== "alias") {
      this.#mark(",");
      item = { kind: keyword === "info" ? "info" : "field", name, value: readValue(this.#tokens), at };
    }
    this.#mark(")");
    return item;
  }

  #alias(): void {
    this.#mark("(");
    const record = this.#name();
    this.#mark(",");
    const { name, at } = this.#name();
    this.#mark(")");
    this.#definitions.push({ kind: "alias", record: record.name, name, at });
  }

  #include(): void {
    const { name, at } = this.#name();
    if (this.#tokens.depth >= MAX_INCLUDES)
      throw new DbFileError(at, `more than ${MAX_INCLUDES} files include one another`);
    if (++this.#included > MAX_INCLUDED) throw new DbFileError(at, `more than ${MAX_INCLUDED} files are included`);
    const text = this.#readInclude(name, this.#path);
    if (text === undefined) throw new DbFileError(at, `the file ${name} is not found${this.#searched()}`);
    if (this.#tokens.isReading(text.file)) throw new DbFileError(at, `the file ${name} includes itself`);
    const source = new Source(text, this.#macros);
    this.#warnings.push(...source.macroProblems());
    this.#tokens.include(source);
  }

  #searched(): string {
    return this.#path.length === 0 ? "" : `; looked in ${this.#path.join(", ")}`;
  }
  #folders(): string[] {
    return this.#name()
      .name.split(":")
      .map((folder) => (folder === "" ? "." : folder));
  }

  /** A break table is checked and dropped: no record type here converts by a table. */
  #breakTable(start: Token): void {
    this.#mark("(");
    const { name } = this.#name();
    this.#mark(")");
    this.#mark("{");
    let numbers = 0;
    for (let token = this.#next(); token.text !== "}"; token = this.#next()) {
      if (token.kind === "mark" && token.text === "," && numbers > 0) continue;
      if (token.kind !== "word" && token.kind !== "string") throw unexpected(token, 'a number or "}"');
      const text = token.kind === "string" ? token.text.slice(1, -1) : token.text;
      if (text === "" || Number.isNaN(Number(text))) throw new DbFileError(token, `${text} is not a number`);
      numbers++;
    }
    if (numbers < 4 || numbers % 2 !== 0) {
      throw new DbFileError(start, `the breaktable ${name} needs at least two pairs of a raw and an engineering value`);
    }
    this.#warnings.push(new DbFileError(start, `the breaktable ${name} is ignored: no record type here uses one`));
  }

  get #isHopeless(): boolean {
    return this.#errors.length + this.#strangeCharacters >= MAX_ERRORS;
  }
  #next(): Token {
    if (this.#isHopeless) return { kind: "end", text: "", ...this.#tokens.place };
    const token = this.#ahead ?? this.#tokens.next("definition");
    this.#ahead = undefined;
    return token;
  }
  /** Whether the text goes on. */
  #hasMore(): boolean {
    if (this.#ahead !== undefined && this.#ahead.kind !== "end") return true;
    try {
      return this.#tokens.next("definition").kind !== "end";
    } catch {
      return true;
    }
  }
  #whyNoMore({ source }: Place): string {
    const isAllHere = this.#errors.every(({ file }) => file === source.file);
    return `the rest is not read${isAllHere ? "; is it a database file?" : ", after so many errors"}`;
  }
  #mark(mark: string): void {
    const token = this.#next();
    if (token.kind === "mark" && token.text === mark) return;
    this.#ahead = token;
    throw unexpected(token, `"${mark}"`);
  }
  /** A name, as a word or in quotes; escapes have no meaning in it. */
  #name(): { readonly name: string; readonly at: Place } {
    const token = this.#next();
    if (token.kind === "word") return { name: token.text, at: token };
    if (token.kind === "string") return { name: token.text.slice(1, -1), at: token };
    this.#ahead = token;
    throw unexpected(token, "a name");
  }

  /** Runs `read`; what it throws is kept, and the text passed over to the next word of `starts`. */
  #recovering<T>(read: () => T, starts: ReadonlySet<string>): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DbFileError)) throw error;
      this.#errors.push(error);
      this.#isLost = true;
      this.#skipTo(starts);
      return undefined;
    }
  }
  #skipTo(starts: ReadonlySet<string>): void {
    for (;;) {
      try {
        const token = this.#next();
        const isStart = token.kind === "keyword" && (starts.has(token.text) || RECORD_STARTS.has(token.text));
        const isClose = starts === BODY && token.kind === "mark" && token.text === "}";
        if (!isStart && !isClose && token.kind !== "end") continue;
        this.#ahead = token;
        return;
      } catch (error) {
        if (!(error instanceof DbFileError)) throw error;
        this.#strangeCharacters++;
      }
    }
  }
}

const RECORD_STARTS: ReadonlySet<string> = new Set(["record", "grecord", "breaktable"]);
/** Where the text goes on after an error outside a record. */
const TOP_LEVEL: ReadonlySet<string> = new Set(["record", "grecord", "breaktable", "path", "addpath"]);
/** What a record's braces may hold, and where they go on after an error. */
const BODY: ReadonlySet<string> = new Set(["field", "info", "alias", "include"]);
