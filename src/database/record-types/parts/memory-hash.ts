/**
 * The hash by which array records see that their elements changed (HASH). Same numbers as base: epics-base:
 * epicsString.c epicsMemHash.
 */
import { STRING_BYTES } from "../../../epics/facts.ts";
import type { ArrayValue } from "../../record-type.ts";

/** @param count elements in use. @returns 32 bits, unsigned */
export function memoryHash(array: ArrayValue | undefined, count: number): number {
  let hash = 0;
  let isOdd = false;
  for (const byte of bytesOf(array, count)) {
    const signed = (byte << 24) >> 24;
    if (isOdd) hash ^= (hash << 7) ^ signed ^ (hash >>> 3);
    else hash ^= ~((hash << 11) ^ signed ^ (hash >>> 5));
    isOdd = !isOdd;
  }
  return hash >>> 0;
}

/** The elements as they lie in base's memory: texts in 40 bytes each. */
function bytesOf(array: ArrayValue | undefined, count: number): Uint8Array {
  if (array === undefined) return new Uint8Array(0);
  if (Array.isArray(array)) {
    return Uint8Array.from(textBytes(array.slice(0, count)), (character) => character.charCodeAt(0));
  }
  return new Uint8Array(array.buffer, array.byteOffset, Math.min(count, array.length) * array.BYTES_PER_ELEMENT);
}

const textBytes = (texts: readonly string[]): string => texts.map((text) => text.padEnd(STRING_BYTES, "\0")).join("");
