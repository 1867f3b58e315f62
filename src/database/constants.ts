/**
 * What a constant link gives to a field when its record is initialized: the conversions of base's two kinds of
 * constants, which differ. A plain constant is a number or `[…]` as it was written; `{const:…}` is a value with a type.
 * channel-access.md §5.3; epics-base: dbConstLink.c, dbConvertJSON.c, lnkConst.c.
 */
import { STRING_BYTES } from "../epics/facts.ts";
import { castArray, castScalar, type ElementType } from "./convert/arrays.ts";
import { numberToText } from "./convert/number-text.ts";
import { castNumber } from "./convert/numbers.ts";
import { fitText, parseNumber } from "./convert/texts.ts";
import { DatabaseError } from "./database-error.ts";
import { type Json, parseLenientJson } from "./lenient-json.ts";
import type { ArrayValue, NumericFieldType } from "./record-type.ts";

type Scalar = bigint | number | string;

/** `plain`: the text of a number, an array or "", trimmed. `const`: the value of {const:…}. */
export type Constant =
  | { readonly form: "plain"; readonly text: string }
  | { readonly form: "const"; readonly value: Scalar | readonly Scalar[] };

/** The constant in `{const:…}`; true and false are 1 and 0. @throws DatabaseError for anything that is no constant */
export function constantOf(json: Json | undefined, text: string): Constant {
  if (Array.isArray(json)) {
    const elements = (json as readonly Json[]).map(scalarOf);
    const areTexts = elements.some((one) => typeof one === "string");
    const isMixed = areTexts && elements.some((one) => typeof one !== "string");
    if (!isMixed && elements.every((one) => one !== undefined)) {
      const areDoubles = elements.some((one) => typeof one === "number");
      return { form: "const", value: areDoubles ? elements.map(Number) : elements };
    }
  } else {
    const value = scalarOf(json);
    if (value !== undefined) return { form: "const", value };
  }
  throw new DatabaseError(
    `The constant link ${text} is neither a number, nor a text in quotes, nor an array of the one or the other.`,
  );
}

function scalarOf(json: Json | undefined): Scalar | undefined {
  if (typeof json === "boolean") return json ? 1n : 0n;
  return typeof json === "bigint" || typeof json === "number" || typeof json === "string" ? json : undefined;
}

/**
 * The number that the constant gives to a field of this type.
 * @param present what the field holds; an empty array leaves it
 * @returns undefined when the constant gives no number
 */
export function constantNumber(constant: Constant, type: NumericFieldType, present: number): number | undefined {
  const target = NUMERIC[type] ?? type;
  if (constant.form === "const") {
    const { value } = constant;
    const first = isList(value) ? value[0] : value;
    return first === undefined ? undefined : numberOfScalar(first, target);
  }
  if (!constant.text.startsWith("[")) return parseNumber(constant.text, target);
  const elements = plainElements(constant.text, target);
  if (elements === undefined) return undefined;
  const [first] = elements;
  return first === undefined ? present : numberOfScalar(first, target);
}

/** The text that the constant gives, at most 39 bytes; otherwise as `constantNumber`. */
export function constantText(constant: Constant, present: string): string | undefined {
  if (constant.form === "const") {
    const { value } = constant;
    const first = isList(value) ? value[0] : value;
    return first === undefined ? undefined : textOfScalar(first);
  }
  if (!constant.text.startsWith("[")) return fitText(constant.text, STRING_BYTES);
  const elements = plainElements(constant.text, "STRING");
  if (elements === undefined) return undefined;
  return elements.length === 0 ? present : textOfScalar(elements[0]!);
}

/**
 * The elements that the constant gives to an array of `type` with room for `room` of them. A text in {const:…} fills a
 * CHAR array as bytes with a NUL.
 * @returns undefined when the constant gives no elements
 */
export function constantElements(constant: Constant, type: ElementType, room: number): ArrayValue | undefined {
  if (constant.form === "plain") {
    const elements = plainElements(constant.text, type);
    return elements === undefined ? undefined : arrayOf(elements.slice(0, room), type);
  }
  const { value } = constant;
  if (isList(value)) return value.length === 0 ? undefined : arrayOf(value.slice(0, room), type);
  if (typeof value === "string" && type === "CHAR") {
    return Int8Array.from(`${fitText(value, room)}\0`, (character) => character.charCodeAt(0));
  }
  if (typeof value === "string" && type !== "STRING" && parseNumber(value, type) === undefined) return undefined;
  return arrayOf([value], type);
}

/** Choices of menus and states are given by number. */
const NUMERIC: Partial<Record<NumericFieldType, NumericFieldType>> = {
  ENUM: "USHORT",
  MENU: "USHORT",
  DEVICE: "USHORT",
};

const isList = (value: Scalar | readonly Scalar[]): value is readonly Scalar[] => Array.isArray(value);

/** A plain constant read as JSON: texts only where texts are wanted, no true, false or null, nothing nested. */
function plainElements(text: string, type: ElementType): readonly Scalar[] | undefined {
  const json = parseLenientJson(text);
  const elements = Array.isArray(json) ? (json as readonly Json[]) : json === undefined ? [undefined] : [json];
  const isSound = (one: Json | undefined): one is Scalar =>
    typeof one === "bigint" || typeof one === "number" || (typeof one === "string" && type === "STRING");
  return elements.every(isSound) ? elements : undefined;
}

const numberOfScalar = (value: Scalar, type: NumericFieldType): number | undefined =>
  typeof value === "number" ? castNumber(value, type) : castScalar(value, type);

function textOfScalar(value: Scalar): string {
  return typeof value === "number" ? numberToText(value, "DOUBLE") : fitText(String(value), STRING_BYTES);
}

/** A text that is no number leaves its element 0, as in base. */
function arrayOf(elements: readonly Scalar[], type: ElementType): ArrayValue {
  if (type === "STRING") return elements.map(textOfScalar);
  const sound = elements.map((one) => (typeof one === "string" && parseNumber(one, type) === undefined ? 0n : one));
  return castArray({ values: sound, length: sound.length, type: "DOUBLE" }, type) ?? [];
}
