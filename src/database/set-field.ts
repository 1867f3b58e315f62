/**
 * The value rules of .db files: text → field. The loader adds file and line to what is wrong. channel-access.md §5.1;
 * epics-base: dbStaticLib.c dbPutString.
 */
import { didYouMeanSentence } from "../base/suggest.ts";
import { STRING_BYTES } from "../epics/facts.ts";
import { compileCalc } from "./calc.ts";
import { menuFromDbText, parseDbText } from "./convert/texts.ts";
import { DatabaseError } from "./database-error.ts";
import { canonicalLink, parseLink } from "./links.ts";
import type { DbRecord } from "./record.ts";
import type { FieldRow, NumericFieldType } from "./record-type.ts";
import { isLinkType } from "./type-layout.ts";

/**
 * Sets a field before the database is initialized.
 * @throws DatabaseError
 */
export function setFieldText(record: DbRecord, field: string, text: string): void {
  const spec = record.spec(field);
  if (spec === undefined || spec.attribute !== undefined) {
    const near = didYouMeanSentence(field, record.layout.specs.keys());
    throw new DatabaseError(`${record.name}: the record type ${record.type.name} has no field "${field}".${near}`);
  }
  const { row } = spec;
  if (field === "NAME" || row.type === "NOACCESS") {
    throw new DatabaseError(`${record.name}: the field ${field} cannot be set in a database file.`);
  }
  if (/\$[({]/.test(text)) {
    throw new DatabaseError(
      `${record.name}.${field}: the value "${text}" has an unexpanded macro; define it or give a default.`,
    );
  }
  if (row.special === "SPC_CALC") refuseBadCalc(record, field, text);
  if (isLinkType(row.type)) setLink(record, field, text);
  else if (row.type === "STRING") setString(record, field, row, text);
  else setNumber(record, field, row, text);
  if (spec.isValue) record.fields.UDF = 0;
}

function setLink(record: DbRecord, field: string, text: string): void {
  const direction = record.spec(field)!.row.type as "INLINK";
  try {
    record.setText(field, canonicalLink(text, parseLink(text, direction), direction));
  } catch (thrown) {
    throw new DatabaseError(`${record.name}.${field}: ${(thrown as Error).message}`, { cause: thrown });
  }
}

function refuseBadCalc(record: DbRecord, field: string, text: string): void {
  const compiled = compileCalc(text);
  if (text === "" || !("error" in compiled)) return;
  throw new DatabaseError(`${record.name}.${field}: "${text}" is no valid expression: ${compiled.error}`);
}

function setString(record: DbRecord, field: string, row: FieldRow, text: string): void {
  const limit = (row.size ?? STRING_BYTES) - 1;
  if (text.length > limit) {
    throw new DatabaseError(`${record.name}.${field}: "${text}" has ${text.length} bytes; at most ${limit} have room.`);
  }
  record.setText(field, text);
}

function setNumber(record: DbRecord, field: string, row: FieldRow, text: string): void {
  const choices = choicesOf(record, row);
  const value = choices === undefined ? parseDbText(text, row.type as NumericFieldType) : menuFromDbText(text, choices);
  if (value !== undefined) {
    record.fields[field] = value;
    return;
  }
  const why =
    choices === undefined
      ? `is not a number for a field of type ${row.type}`
      : `is none of its choices.${didYouMeanSentence(text, choices)}`;
  throw new DatabaseError(`${record.name}.${field}: "${text}" ${why}${choices === undefined ? "." : ""}`);
}

function choicesOf(record: DbRecord, row: FieldRow): readonly string[] | undefined {
  if (row.type === "DEVICE") return record.type.support.devices;
  return row.type === "MENU" ? (row.menu?.choices ?? []) : undefined;
}
