/**
 * Fields as `dbgf` and `dbpr` print them, and their columns. channel-access.md §7.2; forms tried with softIoc 7.0.10;
 * epics-base: dbTest.c.
 */

import { cEscaped } from "../../base/c-text.ts";
import { facilitySecond } from "../../base/facility-time.ts";
import { generalNumber } from "../../database/convert/number-text.ts";
import type { Database } from "../../database/database.ts";
import { FieldAddress } from "../../database/field-address.ts";
import { elementsAt, lengthAt, longTextAt, numberAt } from "../../database/read.ts";
import type { DbRecord } from "../../database/record.ts";
import type { NumericFieldType } from "../../database/record-type.ts";
import { type FieldSpec, isLinkType } from "../../database/type-layout.ts";

const LINE = 80;
const RECORD_TAB = 20;
const VALUE_TAB = 10;
const EPICS_EPOCH_MILLISECONDS = Date.UTC(1990, 0, 1);

/** The fields that have base(HEX) in base's .dbd files: the states' values of mbbi and mbbo. */
const HEXADECIMAL = /^..VL$/;

/** Bits of the types whose negative numbers are shown in hexadecimal as their pattern. */
const PATTERN_BITS: Partial<Record<string, number>> = { CHAR: 8, SHORT: 16, LONG: 32 };

/** `DBF_DOUBLE:         1`, several lines for a long array. */
export function valueLines(database: Database, address: FieldAddress): string[] {
  const columns = new Columns(VALUE_TAB);
  const items = itemsOf(address);
  if (items === undefined) columns.add(`${dbfName(database, address)}: (empty)`);
  else columns.add(`${dbfName(database, address)}:`.padEnd(RECORD_TAB - 1));
  for (const item of items ?? []) columns.add(item);
  return columns.lines();
}

/** `NAME: value` in four columns, by name; fields of at most this interest level. */
export function recordLines(record: DbRecord, level: number): string[] {
  const columns = new Columns(RECORD_TAB);
  const specs = [...record.layout.specs.values()].filter(
    (spec) => spec.attribute === undefined && (spec.row.interest ?? 0) <= level,
  );
  for (const spec of specs.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    columns.add(`${spec.name.padEnd(4)}: ${fieldText(record, spec)}`);
  }
  return columns.lines();
}

/** The value as `dbl` shows it: of a link its text, of an array nothing but its size. */
export function databaseText(address: FieldAddress): string {
  return address.kind === "link" ? longTextAt(address) : fieldText(address.record, address.spec);
}

/** Text behind `$` is DBF_CHAR with its length and NUL; a single element is shown without a length, as softIoc does. */
function dbfName(database: Database, address: FieldAddress): string {
  const name = address.modifier.asCharacters ? `DBF_CHAR[${lengthAt(address)}]` : database.dbfName(address);
  return name.replace("[1]", "");
}

/** The elements; undefined when there are none. */
function itemsOf(address: FieldAddress): readonly string[] | undefined {
  const { kind } = address;
  if (kind === "enum" || kind === "menu" || kind === "text" || kind === "link") return [quote(longTextAt(address))];
  if (kind === "number") return [numberText(numberAt(address, address.numericType) ?? 0, address.numericType)];
  if (lengthAt(address) === 0) return undefined;
  if (address.type === "CHAR" || address.isTextArray) return [quote(longTextAt(address))];
  const elements = [...elementsAt(address, address.elementType, address.elements)];
  return elements.map((one) =>
    typeof one === "string" ? quote(one) : numberText(one, address.type as NumericFieldType),
  );
}

/** `1.5`, or `16 = 0x10`. */
function numberText(value: number | bigint, type: NumericFieldType): string {
  if (type === "DOUBLE") return generalNumber(Number(value), 12);
  if (type === "FLOAT") return generalNumber(Number(value), 6);
  const bits = PATTERN_BITS[type];
  const integer = BigInt(value);
  if (integer >= 0n) return `${integer} = 0x${integer.toString(16)}`;
  return bits === undefined
    ? `${integer} = -0x${(-integer).toString(16)}`
    : `${integer} = 0x${BigInt.asUintN(bits, integer).toString(16)}`;
}

/** As base's static database library writes a DOUBLE: the shortest text that reads back, `1.0e+20`. */
function shortest(value: number): string {
  if (!Number.isFinite(value) || value === 0) return generalNumber(value, 15);
  const power = Math.floor(Math.log10(Math.abs(value)));
  if (power >= -4 && power < 15) return String(value);
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const sign = exponent.startsWith("-") ? "-" : "+";
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}e${sign}${exponent.slice(1).padStart(2, "0")}`;
}

function fieldText(record: DbRecord, spec: FieldSpec): string {
  if (spec.name === "TIME") return timeText(record);
  if (isLinkType(spec.row.type)) return linkText(record, spec.name);
  const address = FieldAddress.of(record, spec.name);
  if (address === undefined) return "";
  if (address.kind === "array") return `${lengthAt(address)} of ${address.elements} ${address.type}`;
  if (address.kind === "text" || address.kind === "menu") return longTextAt(address);
  const number = numberAt(address, address.kind === "enum" ? "USHORT" : address.numericType) ?? 0;
  if (address.type === "DOUBLE" || address.type === "FLOAT") return shortest(number);
  return address.type === "ULONG" && HEXADECIMAL.test(spec.name) ? `0x${number.toString(16)}` : String(number);
}

/** What the link leads to, and its text. A CA link leads to another process, or says CA itself. */
function linkText(record: DbRecord, field: string): string {
  const text = record.textOf(field);
  return `${linkWord(record, field, text)} ${text}`.trimEnd();
}

function linkWord(record: DbRecord, field: string, text: string): string {
  if (text.startsWith("@")) return "INST_IO";
  if (text.startsWith("{")) return "JSON_LINK";
  if (record.linkKind(field) === "constant") return "CONSTANT";
  const isForced = / (?:CA|CP|CPP)(?: |$)/.test(text);
  return record.linkKind(field) === "local" && !isForced ? "DB_LINK" : "CA_LINK";
}

function timeText(record: DbRecord): string {
  if (record.seconds === 0 && record.nanoseconds === 0) return "<undefined>";
  const time = new Date(EPICS_EPOCH_MILLISECONDS + record.seconds * 1000);
  return `${facilitySecond(time)}.${String(record.nanoseconds).padStart(9, "0")}`;
}

const quote = (text: string): string => `"${cEscaped(text)}"`;

/** Items side by side, each filled up to the next stop, in lines of 80 characters. */
class Columns {
  readonly #tab: number;
  readonly #lines: string[] = [];
  #line = "";

  constructor(tab: number) {
    this.#tab = tab;
  }
  add(item: string): void {
    const width = (Math.floor(item.length / this.#tab) + 1) * this.#tab;
    const padded = item.padEnd(width);
    if (this.#line !== "" && this.#line.length + Math.min(width, item.length + 1) > LINE) this.#flush();
    this.#line += padded;
    if (this.#line.length >= LINE) this.#flush();
  }
  lines(): string[] {
    if (this.#line !== "") this.#flush();
    return this.#lines;
  }
  #flush(): void {
    this.#lines.push(this.#line.slice(0, Math.max(LINE, this.#line.trimEnd().length)));
    this.#line = "";
  }
}
