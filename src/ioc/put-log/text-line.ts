/**
 * The put log's text form: `03-Mar-26 08:00:00 host user pv new=1 old=0 min=0 max=4`. Each line is ASCII, of at most
 * about a thousand characters, and can be read again whatever clients put and call themselves. channel-access.md §6.4;
 * caPutLog: caPutLogTask.c.
 */
import { cEscaped } from "../../base/c-text.ts";
import { generalNumber } from "../../database/convert/number-text.ts";
import type { FieldAddress } from "../../database/field-address.ts";
import type { ValueHead } from "../../database/value-head.ts";
import { type LogEntry, WrittenNames } from "./logged-put.ts";
import { secondFormatter } from "./time-format.ts";

/** Characters of a text between its quotation marks, escapes counted. */
const MOST_CHARACTERS = 200;
/** C's %g. */
const DIGITS = 6;

/**
 * @param timeFormat a known format of strftime
 * @returns the line of an entry, without a line end and without the prefix
 */
export function textForm(timeFormat: string): (entry: LogEntry) => string {
  const time = secondFormatter(timeFormat);
  const names = new WrittenNames(word);
  return ({ put, before, burst }) => {
    const { at, address, after } = put;
    const who = `${names.host(put)} ${names.user(put)} ${names.pv(address)}`;
    const line = `${time(at)} ${who} new=${valueText(after, address)} old=${valueText(before, address)}`;
    if (burst === undefined) return line;
    return `${line} min=${numberText(burst.least, address)} max=${numberText(burst.greatest, address)}`;
  };
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

/** As C writes a text, in its bytes. epics-base: epicsString.c epicsStrnEscapedFromRaw */
function quoted(text: string): string {
  if (text.length <= MOST_CHARACTERS && /^[\x20-\x7e]*$/.test(text) && !/["'\\]/.test(text)) return `"${text}"`;
  let written = "";
  for (const character of text) {
    const one = cEscaped(character);
    if (written.length + one.length > MOST_CHARACTERS) break;
    written += one;
  }
  return `"${written}"`;
}
