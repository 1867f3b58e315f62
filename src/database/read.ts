/**
 * The value at an address as a number, a text or an array: of its own type, or cast as base casts it. Metadata are read
 * in metadata.ts. channel-access.md §2.4, §2.7.
 */
import { STRING_BYTES } from "../epics/facts.ts";
import { castArray, type ElementType } from "./convert/arrays.ts";
import { numberToText } from "./convert/number-text.ts";
import { castNumber } from "./convert/numbers.ts";
import { textOfBytes } from "./convert/text-array.ts";
import { fitText, menuToText, parseNumber } from "./convert/texts.ts";
import type { FieldAddress } from "./field-address.ts";
import type { ArrayValue, NumericFieldType } from "./record-type.ts";

/** Elements that are valid now: NORD for an array; with the NUL for text behind `$`; else 1. Before a slice. */
export function lengthAt(address: FieldAddress): number {
  if (address.kind === "array") return Math.min(address.record.fields["NORD"] ?? address.elements, address.elements);
  return address.modifier.asCharacters ? Math.min(textValue(address).length + 1, address.elements) : 1;
}

/** A STRING, long string, link or pseudo field, whole. */
function textValue(address: FieldAddress): string {
  return address.spec.attribute ?? address.record.textOf(address.field);
}

/**
 * A scalar as a number of type `to`; an array's first element.
 * @returns undefined when a text is no number, or the array is empty
 */
export function numberAt(address: FieldAddress, to: NumericFieldType): number | undefined {
  switch (address.kind) {
    case "number":
    case "enum":
    case "menu":
      return castNumber(address.record.fields[address.field]!, to, address.numericType);
    case "text":
    case "link":
      return address.modifier.asCharacters
        ? textValue(address).charCodeAt(0) || 0
        : parseNumber(textValue(address), to);
    case "array": {
      const [first] = elementsAt(address, to, 1);
      return typeof first === "string" ? undefined : first === undefined ? undefined : Number(first);
    }
  }
}

/** A scalar as the text that a client reads, at most 39 bytes; an array's first element; all of a text array. */
export function textAt(address: FieldAddress): string {
  const { record, field } = address;
  switch (address.kind) {
    case "number":
      return numberToText(record.fields[field]!, address.type, address.precision);
    case "enum":
      return stateText(address, record.fields[field]!);
    case "menu":
      if (address.type === "DEVICE" && address.choices.length === 0) return "";
      return menuToText(record.fields[field]!, address.choices);
    case "text":
    case "link":
      return fitText(textValue(address), STRING_BYTES);
    case "array": {
      if (address.isTextArray) return fitText(longTextAt(address), STRING_BYTES);
      return String(elementsAt(address, "STRING", 1)[0] ?? "");
    }
  }
}

function stateText(address: FieldAddress, value: number): string {
  const choice = address.choices[value];
  if (choice !== undefined) return choice;
  return address.record.type.support.illegalChoice?.(address.record, value) ?? "";
}

/** All of a text, however long: of a CHAR array up to its first NUL. For anything else as `textAt`. */
export function longTextAt(address: FieldAddress): string {
  if (address.kind === "text" || address.kind === "link") return textValue(address);
  const { array } = address.record;
  const isBytes = array instanceof Uint8Array || array instanceof Int8Array;
  return address.kind === "array" && isBytes ? textOfBytes(array, lengthAt(address)) : textAt(address);
}

/**
 * The valid elements as an array of type `to`, at most `count`. Where `to` is the record's own type, the array is the
 * record's own memory: for reading at once.
 * @returns an empty array when a text among them is no number
 */
export function elementsAt(address: FieldAddress, to: ElementType, count: number): ArrayValue {
  const length = Math.min(lengthAt(address), count);
  const { array } = address.record;
  if (address.kind === "array" && array !== undefined) {
    if (to === address.type)
      return length === array.length
        ? array
        : ((array as Float64Array).subarray?.(0, length) ?? array.slice(0, length));
    return castArray({ values: array, length, type: address.elementType, precision: address.precision }, to) ?? [];
  }
  if (address.modifier.asCharacters) {
    const bytes = Uint8Array.from(textValue(address).slice(0, length), (character) => character.charCodeAt(0));
    const withNul = new Uint8Array(length);
    withNul.set(bytes.subarray(0, Math.min(bytes.length, address.elements - 1)));
    return to === "CHAR" || to === "UCHAR" ? withNul : (castArray({ values: withNul, length, type: "CHAR" }, to) ?? []);
  }
  if (to === "STRING") return [textAt(address)];
  const number = numberAt(address, to);
  return number === undefined ? [] : Float64Array.of(number);
}

/** Each element as text, as `dbgf` and `dbpr` show them; a text array as one text. */
export function textsAt(address: FieldAddress): readonly string[] {
  if (address.isTextArray || address.kind === "text" || address.kind === "link") return [longTextAt(address)];
  return address.kind === "array" ? (elementsAt(address, "STRING", address.elements) as string[]) : [textAt(address)];
}
