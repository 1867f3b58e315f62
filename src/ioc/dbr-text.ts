/**
 * Texts that clients read otherwise than as one STRING: characters behind `$`, links, RTYP and VERS. Base has a rule
 * for each combination of field and type, and clients see those rules: they are kept. channel-access.md §2.5;
 * epics-base: dbAccess.c dbGet, getLinkValue, getAttrValue, dbConvert.c getCharChar and getCharUchar.
 */

import type { DbrSample, ValueArray } from "../ca/wire/dbr-codec.ts";
import type { DbrType, Native } from "../ca/wire/dbr-layout.ts";
import { castArray } from "../database/convert/arrays.ts";
import { charactersOf } from "../database/convert/text-array.ts";
import { fitText } from "../database/convert/texts.ts";
import type { FieldAddress } from "../database/field-address.ts";
import { sliced } from "../database/filters.ts";
import { longTextAt } from "../database/read.ts";
import type { FieldType } from "../database/record-type.ts";
import { STRING_BYTES } from "../epics/facts.ts";

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

/** Whether reads are answered from all of the text, with or without `$`, and with any slice. */
export const isWholeText = ({ kind, spec }: FieldAddress): boolean => kind === "link" || spec.attribute !== undefined;

/**
 * A link or attribute: one STRING, or as many CHAR as were asked for, with a NUL; a link as DOUBLE is NaN.
 * @param count elements wanted; 0: all there are
 * @returns false for any other type
 */
export function fillWholeText(address: FieldAddress, native: Native, count: number, into: DbrSample): boolean {
  if (native === "STRING") into.setText(fitText(longTextAt(address), STRING_BYTES));
  else if (native === "CHAR") {
    const text = longTextAt(address);
    const most = count === 0 ? address.elements : count;
    into.setArray(charactersOf(text, Math.min(text.length + 1, most)));
  } else if (native === "DOUBLE" && address.kind === "link") into.setNumber(Number.NaN);
  else return false;
  return true;
}

/**
 * A STRING field behind `$`. As CHAR the last element asked for is a NUL, and the plain and TIME types end with the
 * first NUL. Other types, and other metadata, give the whole field, each character a number.
 */
export function fillCharacters(address: FieldAddress, type: DbrType, count: number, into: DbrSample): void {
  const field = charactersOf(longTextAt(address), address.elements);
  const characters = sliced(field, address.modifier.slices ?? []);
  const length = count === 0 ? characters.length : Math.min(count, characters.length);
  if (type.native !== "CHAR") {
    into.setArray(castArray({ values: characters, length, type: "CHAR" }, FIELD_TYPE[type.native]) as ValueArray);
    return;
  }
  if (length > 0) characters[length - 1] = 0;
  const endsWithText = type.family === "PLAIN" || type.family === "TIME";
  into.setArray(characters, endsWithText ? characters.indexOf(0) + 1 : length);
}
