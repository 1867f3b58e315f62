/**
 * Texts that clients read otherwise than as one STRING: characters behind `$`, links, and what RTYP and VERS say. Base has a rule for each combination of
 * field and type, and clients see those rules: they are kept as they are. CA spec §2.5; epics-base: dbAccess.c dbGet, getLinkValue, getAttrValue,
 * dbConvert.c getCharChar and getCharUchar.
 */
import type { DbrSample, ValueArray } from "../ca/wire/dbr-codec.ts";
import type { DbrType, Native } from "../ca/wire/dbr-layout.ts";
import { castArray, fitText, TEXT_BYTES } from "../database/convert.ts";
import type { FieldAddress } from "../database/field-address.ts";
import { sliceOf } from "../database/filters.ts";
import { longTextAt } from "../database/read.ts";
import type { ArrayValue, FieldType } from "../database/record-type.ts";

/** DBR → the field type of the same form. */
export const FIELD_TYPE = {
  STRING: "STRING",
  SHORT: "SHORT",
  FLOAT: "FLOAT",
  ENUM: "ENUM",
  CHAR: "CHAR",
  LONG: "LONG",
  DOUBLE: "DOUBLE",
} as const satisfies Readonly<Record<Native, FieldType>>;

/** Whether reads are answered from all of the text, with or without `$`, and whatever slice is named. */
export const isWholeText = ({ kind, spec }: FieldAddress): boolean => kind === "link" || spec.attribute !== undefined;

/**
 * A link or attribute: one STRING; as CHAR as much as was asked for, with a NUL; and a link as DOUBLE is NaN.
 * @param count elements wanted; 0: all there are
 * @returns false for any other type
 */
export function fillWholeText(address: FieldAddress, native: Native, count: number, into: DbrSample): boolean {
  if (native === "STRING") into.setText(fitText(longTextAt(address), TEXT_BYTES));
  else if (native === "CHAR") {
    const text = longTextAt(address);
    const most = count === 0 ? address.elements : count;
    into.setArray(charactersOf(text, Math.min(text.length + 1, most)));
  } else if (native === "DOUBLE" && address.kind === "link") into.setNumber(Number.NaN);
  else return false;
  return true;
}

/**
 * A STRING field behind `$`. As CHAR the last element asked for is a NUL, and plain and with a time stamp it ends with its first NUL; as anything else,
 * and with other metadata, it is the whole field, each character a number.
 */
export function fillCharacters(address: FieldAddress, type: DbrType, count: number, into: DbrSample): void {
  const field = charactersOf(longTextAt(address), address.elements);
  const characters = address.modifier.slice === undefined ? field : (takeSlice(field, address) as Int8Array);
  const length = count === 0 ? characters.length : Math.min(count, characters.length);
  if (type.native !== "CHAR") {
    into.setArray(castArray({ values: characters, length, type: "CHAR" }, FIELD_TYPE[type.native]) as ValueArray);
    return;
  }
  if (length > 0) characters[length - 1] = 0;
  const endsWithText = type.family === "PLAIN" || type.family === "TIME";
  into.setArray(characters, endsWithText ? characters.indexOf(0) + 1 : length);
}

/** `length` characters, as numbers from −128 to 127; the last is a NUL. */
function charactersOf(text: string, length: number): Int8Array {
  const characters = new Int8Array(length);
  for (let i = 0; i < Math.min(text.length, length - 1); i++) characters[i] = text.charCodeAt(i);
  return characters;
}

/** The elements that the channel's slice names, as an array of its own. */
export function takeSlice(elements: ArrayValue, { modifier }: FieldAddress): ValueArray {
  const slice = modifier.slice!;
  const { first, count } = sliceOf(slice, elements.length);
  const { increment } = slice;
  if (increment === 1) return elements.slice(first, first + count) as ValueArray;
  const strided = (elements as string[]).filter((_, i) => i >= first && (i - first) % increment === 0);
  return strided.slice(0, count);
}
