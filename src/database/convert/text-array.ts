/**
 * Text in CHAR arrays: records with info(Q:form, "String"). Clients write such PVs as text, as bytes with or without a
 * NUL, or as codes of UTF-16 units (Phoebus sends a DBR_LONG array of them); stored is UTF-8 that ends in a NUL within
 * the array. Decision 0014.
 */
import { toByteString } from "../../epics/byte-string.ts";
import type { FieldValue } from "../record-type.ts";

/** The byte string in `bytes` up to the first NUL, at most `length` bytes. */
export function textOfBytes(bytes: Uint8Array | Int8Array, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) {
    const byte = bytes[i]! & 0xff;
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** `length` characters, as numbers from −128 to 127; the last is a NUL. */
export function charactersOf(text: string, length: number): Int8Array {
  const characters = new Int8Array(length);
  for (let i = 0; i < Math.min(text.length, length - 1); i++) characters[i] = text.charCodeAt(i);
  return characters;
}

/** The byte string that a put to a text array means. @param isCodes the value's elements are UTF-16 units, not bytes */
export function textOfPut(value: FieldValue, length: number, isCodes: boolean): string {
  if (typeof value === "string") return value;
  const elements = typeof value === "number" ? [value] : value;
  let text = "";
  for (let i = 0; i < Math.min(length, elements.length); i++) {
    const element = elements[i]!;
    if (typeof element === "string") text += element;
    else if (Number(element) === 0) break;
    else text += isCodes ? characterOf(Number(element)) : String.fromCharCode(Number(element) & 0xff);
  }
  return isCodes ? toByteString(text) : text;
}

/** A negative SHORT is a unit above 0x7FFF, a code above 0xFFFF a code point; U+FFFD for any other code. */
function characterOf(code: number): string {
  if (code >= -0x8000 && code <= 0xffff) return String.fromCharCode(code & 0xffff);
  return code > 0xffff && code < 0x110000 ? String.fromCodePoint(Math.trunc(code)) : "\uFFFD";
}

/**
 * Stores `text` in `array`, cut so that a NUL follows and no UTF-8 character is broken; the rest becomes 0.
 * @returns elements in use, the NUL included
 */
export function storeText(array: Uint8Array | Int8Array, text: string): number {
  const length = cutLength(text, array.length - 1);
  for (let i = 0; i < length; i++) array[i] = text.charCodeAt(i);
  array.fill(0, length);
  return Math.min(length + 1, array.length);
}

/** The most bytes of a UTF-8 byte string, at most `limit`, that end between two characters. */
export function cutLength(text: string, limit: number): number {
  if (text.length <= limit) return text.length;
  let end = Math.max(0, limit);
  while (end > 0 && (text.charCodeAt(end) & 0xc0) === 0x80) end--;
  return end;
}
