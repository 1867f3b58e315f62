/**
 * The values of field() and info(): a word or a string gives its text, an object or array gives its JSON text without
 * blanks, as epics-base hands it to the link parser. channel-access.md §5.1; epics-base: dbLex.l, dbYacc.y json_value,
 * epicsString.c.
 */
import { byteStringOf } from "../epics/byte-string.ts";
import { DbFileError } from "./source.ts";
import type { Token, TokenStream } from "./tokens.ts";

/** A number or literal of JSON5; any other bare word is text. */
const LITERAL =
  /^(?:true|false|null|[-+]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|[-+]?0[xX][\da-fA-F]+|[-+]?Infinity|-?NaN)$/;
const IDENTIFIER = /^[A-Za-z_]\w*$/;
/**
 * What may stand in a string: no control characters, and after a backslash no digit but 0, and all digits of \x and \u.
 */
const SOUND_STRING = /^[^\\\x00-\x1f]*(?:\\(?:[^1-9xu]|x[\da-fA-F]{2}|u[\da-fA-F]{4})[^\\\x00-\x1f]*)*$/;
const MAX_DEPTH = 64;

/** Reads a value. @throws DbFileError */
export function readValue(tokens: TokenStream): string {
  const token = tokens.next("value");
  if (token.kind === "string") return stringValue(token);
  if (token.kind === "word") return token.text;
  return readBrackets(tokens, token, 0);
}

/** The text of a string token: quotes off, escapes resolved, cut at a NUL. @throws DbFileError */
function stringValue(token: Token): string {
  const text = unescapeText(checkedString(token).slice(1, -1));
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

function readJson(tokens: TokenStream, token: Token, depth: number): string {
  if (token.kind === "string") return checkedString(token);
  if (token.kind === "word") return LITERAL.test(token.text) ? token.text : `"${token.text}"`;
  return readBrackets(tokens, token, depth);
}

function readBrackets(tokens: TokenStream, open: Token, depth: number): string {
  if (depth > MAX_DEPTH) throw new DbFileError(open, `brackets are nested more than ${MAX_DEPTH} deep`);
  if (open.text === "{") return readObject(tokens, depth);
  if (open.text === "[") return readArray(tokens, depth);
  throw unexpected(open, "a value");
}

/** A comma may stand before `}`; it is dropped. */
function readObject(tokens: TokenStream, depth: number): string {
  const members: string[] = [];
  for (;;) {
    const key = tokens.next("value");
    if (key.text === "}" && key.kind === "mark") return `{${members.join(",")}}`;
    const isName = key.kind === "word" && !LITERAL.test(key.text);
    if (!isName && key.kind !== "string") throw unexpected(key, 'a name or "}"');
    expectMark(tokens, ":");
    const value = readJson(tokens, tokens.next("value"), depth + 1);
    const name = key.kind === "string" ? checkedString(key) : IDENTIFIER.test(key.text) ? key.text : `"${key.text}"`;
    members.push(`${name}:${value}`);
    if (nextSeparator(tokens, "}") === "}") return `{${members.join(",")}}`;
  }
}

/** A comma may stand before `]`; it stays, as in epics-base. */
function readArray(tokens: TokenStream, depth: number): string {
  const items: string[] = [];
  for (;;) {
    const item = tokens.next("value");
    if (item.text === "]" && item.kind === "mark") return `[${items.map((one) => `${one},`).join("")}]`;
    items.push(readJson(tokens, item, depth + 1));
    if (nextSeparator(tokens, "]") === "]") return `[${items.join(",")}]`;
  }
}

function nextSeparator(tokens: TokenStream, close: string): string {
  const token = tokens.next("value");
  if (token.kind === "mark" && (token.text === "," || token.text === close)) return token.text;
  throw unexpected(token, `"," or "${close}"`);
}

function expectMark(tokens: TokenStream, mark: string): void {
  const token = tokens.next("value");
  if (token.kind !== "mark" || token.text !== mark) throw unexpected(token, `"${mark}"`);
}

/** The sentence for a token that does not belong where it stands. */
export function unexpected(token: Token, wanted: string): DbFileError {
  const found = token.kind === "end" ? "the end of the text" : token.text;
  return new DbFileError(token, `${wanted} is expected before ${found}`);
}

function checkedString(token: Token): string {
  if (SOUND_STRING.test(token.text.slice(1, -1))) return token.text;
  throw new DbFileError(
    token,
    `the string ${JSON.stringify(token.text)} has a control character or an escape that is none; write a backslash as \\\\`,
  );
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "0": "\0",
};

/** Resolves backslash escapes; \u gives UTF-8. */
function unescapeText(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/((?:\\u....)+)|\\(?:x(..)|([^]))/g, (_, units?: string, byte?: string, other = "") => {
    if (units !== undefined) return byteStringOf(units.slice(2).split("\\u"));
    if (byte !== undefined) return String.fromCharCode(Number.parseInt(byte, 16));
    return ESCAPES[other as string] ?? (other as string);
  });
}
