/**
 * The beginning of a field's value, as it is now: what a log of puts keeps of it, however large the value is and
 * whatever becomes of the field.
 */
import { cutLength, textOfBytes } from "./convert/text-array.ts";
import type { FieldAddress } from "./field-address.ts";
import { elementsAt, lengthAt, textAt } from "./read.ts";
import type { FieldValue } from "./record-type.ts";

/** Bytes kept of a value. caPutLog: caPutLogTask.h MAX_ARRAY_SIZE_BYTES */
const MOST_BYTES = 400;
/** Texts kept of an array of them: of 40 bytes each. */
const MOST_TEXTS = 10;

export interface ValueHead {
  /** A number; a byte string, also of characters and for a menu; an array of its own for other arrays. */
  readonly value: FieldValue;
  /** Elements of the whole value as a client reads them; 1 unless it is an array or characters. */
  readonly size: number;
  /** Whether `value` is all of it. */
  readonly isWhole: boolean;
}

/** The value at the address. */
export function headAt(address: FieldAddress): ValueHead {
  const { record, field, kind } = address;
  switch (kind) {
    case "number":
    case "enum":
      return { value: record.fields[field]!, size: 1, isWhole: true };
    case "menu":
      return textHead(textAt(address), 1);
    case "text":
    case "link":
      return textHead(address.spec.attribute ?? record.textOf(field), lengthAt(address));
    case "array":
      return arrayHead(address);
  }
}

function textHead(text: string, size: number): ValueHead {
  return { value: text.slice(0, cutLength(text, MOST_BYTES)), size, isWhole: text.length <= MOST_BYTES };
}

function arrayHead(address: FieldAddress): ValueHead {
  const { array } = address.record;
  const size = lengthAt(address);
  if (address.isTextArray || array instanceof Int8Array) {
    const text = textOfBytes(array as Int8Array, Math.min(size, MOST_BYTES + 1));
    return textHead(text, size);
  }
  const most = Array.isArray(array) ? MOST_TEXTS : MOST_BYTES / (array as Uint8Array).BYTES_PER_ELEMENT;
  return { value: elementsAt(address, address.elementType, most).slice(), size, isWhole: size <= most };
}

/** Whether two heads show that their values are equal; of values that were cut they cannot. */
export function areEqualHeads(a: ValueHead, b: ValueHead): boolean {
  if (!a.isWhole || !b.isWhole || a.size !== b.size) return false;
  if (typeof a.value !== "object" || typeof b.value !== "object") return Object.is(a.value, b.value);
  const { value } = b;
  return a.value.every((one: unknown, index: number) => Object.is(one, value[index]));
}
