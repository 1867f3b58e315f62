/**
 * The put log's text form: `03-Mar-26 08:00:00 host user pv new=1 old=0 min=0 max=4`. Each line is ASCII, of at most
 * about a thousand characters, and can be read again whatever clients put and call themselves. channel-access.md §6.4;
 * caPutLog: caPutLogTask.c.
 */
import { generalNumber } from "../../database/convert/number-text.ts";
import type { FieldAddress } from "../../database/field-address.ts";
import type { ValueHead } from "../../database/value-head.ts";
import { claimed, type LogEntry, pvName } from "./logged-put.ts";
import { formatTime } from "./time-format.ts";

/** Characters of a text between its quotation marks, escapes counted. */
const MOST_CHARACTERS = 200;
const MOST_OF_NAME = 128;
/** C's %g. */
const DIGITS = 6;

/** The line without a line end, and without the prefix. @param timeFormat a known format of strftime */
export function textLine({ put, before, burst }: LogEntry, timeFormat: string): string {
  const { at, host, user, address, after } = put;
  const who = `${word(claimed(host))} ${word(claimed(user))} ${word(pvName(address).slice(0, MOST_OF_NAME))}`;
  const values = `new=${valueText(after, address)} old=${valueText(before, address)}`;
  const line = `${formatTime(timeFormat, at)} ${who} ${values}`;
  if (burst === undefined) return line;
  return `${line} min=${numberText(burst.least, address)} max=${numberText(burst.greatest, address)}`;
}

/** Of an array its first element, as caPutLog has it. Characters are a text here. */
function valueText({ value }: ValueHead, address: FieldAddress): string {
  const first = typeof value === "object" ? (value[0] ?? "") : value;
  return typeof first === "string" ? quoted(first) : numberText(first, address);
}

const numberText = (value: number | bigint, { type }: FieldAddress): string =>
  type === "DOUBLE" || type === "FLOAT" ? generalNumber(Number(value), DIGITS) : String(value);

/** A blank in a name would be the end of it. */
const word = (text: string): string => text.replace(/[^\x21-\x7e]+/g, "?");

const ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "\0": "\\0",
};

/** As C writes a text, in its bytes. epics-base: epicsString.c epicsStrnEscapedFromRaw */
function quoted(text: string): string {
  if (text.length <= MOST_CHARACTERS && /^[\x20-\x7e]*$/.test(text) && !/["'\\]/.test(text)) return `"${text}"`;
  let written = "";
  for (const character of text) {
    const one = ESCAPES[character] ?? (/[\x20-\x7e]/.test(character) ? character : hex(character));
    if (written.length + one.length > MOST_CHARACTERS) break;
    written += one;
  }
  return `"${written}"`;
}

const hex = (byte: string): string => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`;
