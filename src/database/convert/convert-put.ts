/**
 * What a put's value becomes in the field it is put to. The rules are those of numbers.ts and texts.ts; here is chosen
 * which of them applies. channel-access.md §2.8.
 */
import type { ClientIdentity } from "../../base/client-identity.ts";
import type { FieldAddress } from "../field-address.ts";
import type { FieldType, FieldValue, NumericFieldType } from "../record-type.ts";
import { numberToText } from "./number-text.ts";
import { castNumber } from "./numbers.ts";
import { textOfPut } from "./text-array.ts";
import { enumFromText, fitText, parseNumber } from "./texts.ts";

/**
 * `client`: subject to DISP and to the record's guard. `link`: another record's output, subject to the guard.
 * `program`: this program's own, which may write everything.
 */
export type PutOrigin = "client" | "link" | "program";

export interface FieldPutOptions {
  /** The type that the value had where it comes from; default: STRING for texts, DOUBLE for numbers. */
  readonly from?: FieldType;
  readonly origin?: PutOrigin;
  /** Who makes a put from outside; absent for a put that this program's parts make. */
  readonly by?: ClientIdentity;
  /** The rule of access security that let the put pass says TRAPWRITE; default: it does not. */
  readonly isTrapped?: boolean;
  /** Elements of an array that count; default: all. */
  readonly length?: number;
}

/**
 * A number for numbers, enums and menus; a text for texts, links and text arrays; for other arrays the value as it is.
 * @returns undefined when the field does not take it
 */
export function convertPut(address: FieldAddress, value: FieldValue, options: FieldPutOptions): FieldValue | undefined {
  switch (address.kind) {
    case "number":
      if (typeof value === "number" && address.type === "DOUBLE") return value;
      if (value === "" && address.spec.row.special === "SPC_DBADDR") return undefined; // an mbbo without states
      return toNumber(address, value, options);
    case "enum":
    case "menu":
      return toNumber(address, value, options);
    case "text":
    case "link":
      return fitText(toText(address, value, options), address.textBytes);
    case "array":
      return address.isTextArray ? textOfPut(value, lengthOf(value, options), isCodes(options)) : value;
  }
}

function toNumber(address: FieldAddress, value: FieldValue, options: FieldPutOptions): number | undefined {
  const type = address.numericType;
  if (typeof value === "number") return castNumber(value, type, numericFrom(options));
  if (typeof value !== "string") {
    const first = lengthOf(value, options) === 0 ? undefined : value[0];
    return first === undefined
      ? undefined
      : toNumber(address, typeof first === "bigint" ? Number(first) : first, options);
  }
  if (address.kind === "number") return parseNumber(value, type);
  return enumFromText(value, address.choices);
}

function toText(address: FieldAddress, value: FieldValue, options: FieldPutOptions): string {
  if (typeof value === "string") return value;
  const isCharacters = address.modifier.asCharacters || address.spec.row.type === "NOACCESS";
  if (isCharacters && (typeof value !== "number" || options.from === "CHAR")) {
    return textOfPut(value, lengthOf(value, options), false);
  }
  const first = typeof value === "number" ? value : value[0];
  if (typeof first === "string") return first;
  return first === undefined ? "" : numberToText(Number(first), options.from ?? "DOUBLE", address.precision);
}

const lengthOf = (value: FieldValue, options: FieldPutOptions): number =>
  typeof value === "object" ? Math.min(options.length ?? value.length, value.length) : 1;

/** Bytes are bytes; any other number is a UTF-16 unit. */
const isCodes = ({ from }: FieldPutOptions): boolean =>
  from !== "CHAR" && from !== "UCHAR" && from !== "STRING" && from !== undefined;

const numericFrom = ({ from }: FieldPutOptions): NumericFieldType =>
  from === undefined || from === "STRING" ? "DOUBLE" : (from as NumericFieldType);
