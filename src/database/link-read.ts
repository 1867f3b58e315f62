/**
 * What a link reads at an address: the elements that the name's slices leave, as the type that the receiver has. Other
 * filters act on updates alone. Where base gives no value, undefined. epics-base: dbDbLink.c dbDbGetValue, dbAccess.c
 * dbGet.
 */
import { STRING_BYTES } from "../epics/facts.ts";
import { castArray, type ElementType } from "./convert/arrays.ts";
import { charactersOf } from "./convert/text-array.ts";
import { fitText } from "./convert/texts.ts";
import type { FieldAddress } from "./field-address.ts";
import { sliced } from "./filters.ts";
import { elementsAt, longTextAt, numberAt, textAt } from "./read.ts";
import type { ArrayValue, NumericFieldType } from "./record-type.ts";

/** The first element, or undefined. */
export function linkNumberAt(address: FieldAddress, type: NumericFieldType): number | undefined {
  const { modifier, kind } = address;
  if (kind === "link") return undefined;
  if (modifier.slices === undefined && !modifier.asCharacters) return numberAt(address, type);
  const first = linkElementsAt(address, type, 1)?.[0];
  return first === undefined ? undefined : Number(first);
}

/** The first element as text, at most 39 bytes, or undefined. A text array is one text. */
export function linkTextAt(address: FieldAddress): string | undefined {
  const { modifier, kind } = address;
  if (kind === "link") return undefined;
  if (kind === "array" || modifier.asCharacters) return linkElementsAt(address, "STRING", 1)?.[0] as string | undefined;
  return textAt(address);
}

/** At most `count` elements; undefined when the field, or a text among them, cannot be had as this type. */
export function linkElementsAt(address: FieldAddress, type: ElementType, count: number): ArrayValue | undefined {
  const { kind, modifier } = address;
  if (kind === "link" || address.spec.attribute !== undefined) return wholeText(address, type, count);
  if (modifier.asCharacters) return characters(address, type, count);
  if (kind === "array") return arrayElements(address, type, count);
  if (type === "STRING") return [textAt(address)];
  if (kind === "text" && type === "ENUM") return undefined; // not even "1"
  if (kind === "text") return castArray({ values: [longTextAt(address)], length: 1, type: "STRING" }, type);
  const value = address.record.fields[address.field]!;
  return castArray({ values: [value], length: 1, type: address.numericType }, type);
}

function arrayElements(address: FieldAddress, type: ElementType, count: number): ArrayValue | undefined {
  if (type === "STRING" && address.isTextArray) return [textAt(address)];
  if (type === "STRING" && address.type === "ENUM") return undefined;
  const values = sliced(elementsAt(address, address.elementType, Infinity), address.modifier.slices ?? []);
  const length = Math.min(count, values.length);
  if (type === "ENUM" && address.type === "STRING" && length === 1) return undefined; // as a single text
  return castArray({ values, length, type: address.elementType, precision: address.precision }, type);
}

/** As bytes the text ends with its first NUL, at the latest where the room ends. */
function characters(address: FieldAddress, type: ElementType, count: number): ArrayValue | undefined {
  const values = sliced(charactersOf(longTextAt(address), address.elements), address.modifier.slices ?? []);
  const length = Math.min(count, values.length);
  if (!isBytes(type) || length === 0) return castArray({ values, length, type: "CHAR" }, type);
  values[length - 1] = 0;
  return castArray({ values, length: values.indexOf(0) + 1, type: "CHAR" }, type);
}

/**
 * Links, and what is the same for all records of a type, are one STRING, or bytes with a NUL; as a number a link is
 * NaN.
 */
function wholeText(address: FieldAddress, type: ElementType, count: number): ArrayValue | undefined {
  const text = longTextAt(address);
  const length = Math.min(count, text.length + 1);
  if (isBytes(type)) return castArray({ values: charactersOf(text, length), length, type: "CHAR" }, type);
  if (type === "DOUBLE" && address.kind === "link") return Float64Array.of(Number.NaN);
  return type === "STRING" ? [fitText(text, STRING_BYTES)] : undefined;
}

const isBytes = (type: ElementType): boolean => type === "CHAR" || type === "UCHAR";
