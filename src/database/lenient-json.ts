/**
 * JSON as EPICS has it in links and channel filters: JSON5, that is keys without quotes, strings in single quotes,
 * hexadecimal numbers, Infinity and NaN, comments, and a comma before a closing bracket. A whole number stays exact, as
 * a bigint. channel-access.md §2.6, §5.1; epics-base: yajl_lex.c, yajl_parser.c.
 */
import { isJsonObject } from "../base/json-object.ts";
import { byteStringOf } from "../epics/byte-string.ts";

export type Json = null | boolean | bigint | number | string | readonly Json[] | { readonly [key: string]: Json };

/** @returns undefined if the text is not such JSON, or has a number that neither 64 bits nor a double hold */
export function parseLenientJson(text: string): Json | undefined {
  try {
    return new Reader(text).whole();
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}

/** The members of an object; undefined for anything else. */
export function membersOf(json: Json | undefined): Readonly<Record<string, Json>> | undefined {
  return isJsonObject(json) ? json : undefined;
}

/** A number of either kind; undefined for anything else. */
export function numberOf(json: Json | undefined): number | undefined {
  return typeof json === "number" || typeof json === "bigint" ? Number(json) : undefined;
}

/** Ends the reading of a text; never leaves this file. */
class NotJson extends Error {}

const BLANKS = /(?:[ \t\n\v\f\r]+|\/\/[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*/y;
const STRING = /"((?:[^"\\\x00-\x1f]|\\[^])*)"|'((?:[^'\\\x00-\x1f]|\\[^])*)'/y;
const KEY = /[A-Za-z_$][\w$]*/y;
const WORD = /true|false|null|NaN|[-+]?Infinity/y;
const INTEGER = /([-+]?)(0[xX][\da-fA-F]+|0|[1-9]\d*)(?![\d.eE])/y;
const FRACTION = /[-+]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?!\d)/y;
const WORDS: Readonly<Record<string, Json>> = { true: true, false: false, null: null, NaN: Number.NaN };
const ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "0": "\0",
  "\n": "",
  "\r\n": "",
  "\r": "",
};
const LARGEST = 2n ** 63n - 1n;
const MOST_NESTED = 64;

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Json {
    const json = this.#value();
    this.#take(BLANKS);
    if (this.#at < this.#text.length) throw new NotJson();
    return json;
  }

  #value(): Json {
    this.#take(BLANKS);
    if (this.#skip("[")) return this.#nested(() => this.#elements());
    if (this.#skip("{")) return this.#nested(() => this.#members());
    const string = this.#take(STRING);
    if (string !== undefined) return unescapeJson(string[1] ?? string[2] ?? "");
    const word = this.#take(WORD);
    if (word !== undefined) return WORDS[word[0]] ?? (word[0] in WORDS ? null : Number(word[0]));
    return this.#number();
  }

  #number(): bigint | number {
    const integer = this.#take(INTEGER);
    if (integer !== undefined) {
      const magnitude = BigInt(integer[2] ?? "0");
      if (magnitude > LARGEST) throw new NotJson();
      return integer[1] === "-" ? -magnitude : magnitude;
    }
    const value = Number(this.#take(FRACTION)?.[0] ?? Number.NaN);
    if (!Number.isFinite(value)) throw new NotJson();
    return value;
  }

  #elements(): readonly Json[] {
    const elements: Json[] = [];
    while (!this.#isClosed("]", elements.length)) elements.push(this.#value());
    return elements;
  }

  #members(): Readonly<Record<string, Json>> {
    const members: [string, Json][] = [];
    while (!this.#isClosed("}", members.length)) {
      const string = this.#take(STRING);
      const key = string === undefined ? this.#take(KEY)?.[0] : unescapeJson(string[1] ?? string[2] ?? "");
      this.#take(BLANKS);
      if (key === undefined || !this.#skip(":")) throw new NotJson();
      members.push([key, this.#value()]);
    }
    return Object.fromEntries(members);
  }

  /** Passes a comma between two things, or a comma before the end. */
  #isClosed(mark: "]" | "}", before: number): boolean {
    this.#take(BLANKS);
    if (this.#skip(mark)) return true;
    if (before === 0) return false;
    if (!this.#skip(",")) throw new NotJson();
    this.#take(BLANKS);
    return this.#skip(mark);
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > MOST_NESTED) throw new NotJson();
    const value = read();
    this.#depth--;
    return value;
  }

  #skip(mark: string): boolean {
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    if (match !== undefined) this.#at = pattern.lastIndex;
    return match;
  }
}

/** Resolves backslash escapes; \u gives UTF-8 bytes, \x one byte. */
function unescapeJson(text: string): string {
  if (!text.includes("\\")) return text;
  if (/\\(?:[1-9]|x(?![\da-fA-F]{2})|u(?![\da-fA-F]{4}))/.test(text.replace(/\\\\/g, ""))) throw new NotJson();
  return text.replace(/((?:\\u[\da-fA-F]{4})+)|\\(?:x([\da-fA-F]{2})|(\r\n|[^]))/g, (_, units, byte, other) => {
    if (units !== undefined) return byteStringOf((units as string).slice(2).split("\\u"));
    if (byte !== undefined) return String.fromCharCode(Number.parseInt(byte as string, 16));
    return ESCAPES[other as string] ?? (other as string);
  });
}
