/**
 * What a PV name denotes: one field of one record, with all that does not change afterwards, so that reads and puts
 * look nothing up. epics-base: dbAddr.h, dbChannel.h
 */
import { STRING_BYTES } from "../epics/facts.ts";
import { type ElementType } from "./convert/arrays.ts";
import { type Modifier, NO_MODIFIER } from "./filters.ts";
import type { DbRecord } from "./record.ts";
import type { FieldType, NumericFieldType } from "./record-type.ts";
import { type FieldSpec, isLinkType } from "./type-layout.ts";

/** Bytes of a link's text when it is read as characters. epics-base: dbDefs.h PVLINK_STRINGSZ */
const LINK_BYTES = 1024;

/** What kind of value a field holds. `menu` also stands for DTYP; `text` also for a long string. */
export type ValueKind = "number" | "enum" | "menu" | "text" | "link" | "array";

export class FieldAddress {
  readonly record: DbRecord;
  readonly spec: FieldSpec;
  readonly modifier: Modifier;
  /** The field's name, for posts and subscriptions. */
  readonly field: string;
  readonly kind: ValueKind;
  /** The type of its value or elements, never NOACCESS: FTVL of an array, STRING for a long string, CHAR behind `$`. */
  readonly type: FieldType;
  /** Most elements, before a slice; 1 for a scalar. */
  readonly elements: number;
  /** Bytes of a text or link, with its NUL. */
  readonly textBytes: number;
  /** A CHAR array whose record says info(Q:form, "String"). */
  readonly isTextArray: boolean;

  private constructor(record: DbRecord, spec: FieldSpec, type: FieldType, modifier: Modifier) {
    this.record = record;
    this.spec = spec;
    this.modifier = modifier;
    this.field = spec.name;
    const isArray = spec.name === "VAL" && record.array !== undefined;
    this.kind = isArray ? "array" : kindOf(type);
    this.type = modifier.asCharacters ? "CHAR" : type;
    this.textBytes = textBytesOf(record, spec, type);
    this.elements = isArray ? record.array!.length : modifier.asCharacters ? this.textBytes : 1;
    this.isTextArray = isArray && (type === "CHAR" || type === "UCHAR") && record.info.get("Q:form") === "String";
  }

  /** @returns undefined for a field that nobody may see, or a `$` behind a field that is no text */
  static of(record: DbRecord, field: string, modifier: Modifier = NO_MODIFIER): FieldAddress | undefined {
    const spec = record.spec(field);
    if (spec === undefined) return undefined;
    const type = servedType(record, spec);
    if (type === "NOACCESS") return undefined;
    const isText = type === "STRING" || isLinkType(type);
    const isArray = spec.name === "VAL" && record.array !== undefined;
    if (modifier.asCharacters && (!isText || isArray)) return undefined;
    return new FieldAddress(record, spec, type, modifier);
  }

  /** The PV's name in full, for people. */
  get name(): string {
    return `${this.record.name}.${this.field}`;
  }
  /** Whether a client may ever write it. */
  get isWritable(): boolean {
    return !this.spec.isReadOnly;
  }
  /** Access security level. */
  get level(): 0 | 1 {
    return this.spec.row.asl0 === true ? 0 : 1;
  }
  /** The type for conversions of numbers; only where `kind` is number, enum or menu. */
  get numericType(): NumericFieldType {
    return this.type as NumericFieldType;
  }
  get elementType(): ElementType {
    return this.type as ElementType;
  }
  /** State names, or a menu's or device list's choices; empty for other fields. */
  get choices(): readonly string[] {
    const { record, spec } = this;
    const { support } = record.type;
    if (this.type === "MENU") return spec.row.menu?.choices ?? [];
    if (this.type === "DEVICE") return support.devices;
    return this.type === "ENUM" && this.kind === "enum" ? (support.choices?.(record, this.field) ?? []) : [];
  }
  /** Digits of a number as text. channel-access.md §2.7: 6 where the type names none */
  get precision(): number | undefined {
    return this.record.type.support.precision?.(this.record, this.field);
  }
}

function servedType(record: DbRecord, spec: FieldSpec): FieldType {
  if (spec.row.special !== "SPC_DBADDR") return spec.row.type;
  return record.type.support.servedType?.(record, spec.name) ?? spec.row.type;
}

function kindOf(type: FieldType): ValueKind {
  if (isLinkType(type)) return "link";
  if (type === "STRING") return "text";
  return type === "ENUM" ? "enum" : type === "MENU" || type === "DEVICE" ? "menu" : "number";
}

function textBytesOf(record: DbRecord, spec: FieldSpec, type: FieldType): number {
  if (isLinkType(type)) return LINK_BYTES;
  if (spec.row.type !== "NOACCESS") return spec.row.size ?? STRING_BYTES;
  return record.fields["SIZV"] ?? STRING_BYTES; // the value of lsi and lso
}
