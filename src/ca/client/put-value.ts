/**
 * What a caller wants to put → a DBR type, a count and a value. The nearest type that holds the value exactly is
 * chosen; conversion is the server's. channel-access.md §1.13, §2.8, §4.5. Text is a byte string.
 */
import { STRING_BYTES } from "../../epics/facts.ts";
import { DbrSample, type NumericArray } from "../wire/dbr-codec.ts";
import { DBR_TYPES, type DbrType, NATIVES, type Native } from "../wire/dbr-layout.ts";
import { ECA } from "../wire/status.ts";
import { PutRefusedError } from "./errors.ts";

export type PutValue = number | string | NumericArray | readonly number[] | readonly string[];

export interface PreparedPut {
  readonly type: DbrType;
  readonly count: number;
  readonly sample: DbrSample;
}

/** What must be known of the PV. */
export interface PutTarget {
  readonly name: string;
  readonly nativeType: Native;
  readonly elementCount: number;
}

export interface PutHints {
  /** DBR code to send, 0..6, 35 or 36; without it the value decides. */
  readonly type?: number | undefined;
  /** States of an ENUM, when they have been read. */
  readonly choices?: readonly string[] | undefined;
}

const STRING_TYPE = DBR_TYPES[0]!;
const plainType = (native: Native): DbrType => DBR_TYPES[NATIVES.indexOf(native)]!;

/** Whole numbers that a native type carries unchanged. CHAR on the wire may be signed or unsigned. */
const INTEGER_RANGE: Partial<Record<Native, readonly [least: number, most: number]>> = {
  SHORT: [-32768, 32767],
  ENUM: [0, 65535],
  CHAR: [-128, 255],
  LONG: [-2147483648, 2147483647],
};

const ARRAY_OF: Readonly<Record<Exclude<Native, "STRING">, { from(values: ArrayLike<number>): NumericArray }>> = {
  SHORT: Int16Array,
  FLOAT: Float32Array,
  ENUM: Uint16Array,
  CHAR: Uint8Array,
  LONG: Int32Array,
  DOUBLE: Float64Array,
};

/** Whether the states of the PV should be read before this value is prepared. */
export const wantsChoices = (value: PutValue, target: PutTarget, hints: PutHints): boolean =>
  typeof value === "string" && target.nativeType === "ENUM" && hints.type === undefined;

/** @throws PutRefusedError if the PV cannot hold the value */
export function preparePut(value: PutValue, target: PutTarget, hints: PutHints): PreparedPut {
  const put = typeof value === "string" ? prepareText(value, target, hints) : prepareOther(value, target, hints);
  if (put.count > Math.max(1, target.elementCount)) {
    throw new PutRefusedError(
      target.name,
      ECA.BADCOUNT,
      `${put.count} elements were given and it holds ${target.elementCount}`,
    );
  }
  return put;
}

function prepareText(text: string, target: PutTarget, hints: PutHints): PreparedPut {
  const { nativeType, elementCount } = target;
  const isCharArray = nativeType === "CHAR" && elementCount > 1;
  if (hints.type === undefined ? isCharArray : plainNative(hints.type) === "CHAR") return prepareChars(text, target);
  const sent = hints.type === undefined ? "STRING" : plainNative(hints.type);
  if (sent !== "STRING") return prepareNumbers(Number(text), target, hints);
  if (hints.choices !== undefined && !hints.choices.includes(text)) return prepareIndex(text, target, hints.choices);
  if (text.length > STRING_BYTES - 1) {
    throw new PutRefusedError(
      target.name,
      ECA.TOLARGE,
      `the text has ${text.length} bytes and a string PV holds ${STRING_BYTES - 1}; a long string field can be written as ${target.name}$`,
    );
  }
  const sample = new DbrSample();
  sample.setText(text);
  return { type: STRING_TYPE, count: 1, sample };
}

/** Text with its NUL, as one byte an element: what CHAR waveforms are by custom. */
function prepareChars(text: string, target: PutTarget): PreparedPut {
  if (text.length >= target.elementCount) {
    throw new PutRefusedError(
      target.name,
      ECA.TOLARGE,
      `the text has ${text.length} bytes and it holds ${target.elementCount - 1}`,
    );
  }
  const sample = new DbrSample();
  sample.setArray(Uint8Array.from(Buffer.from(`${text}\0`, "latin1")));
  return { type: plainType("CHAR"), count: text.length + 1, sample };
}

/** As caput: a text that is no state may still be the number of a state. */
function prepareIndex(text: string, target: PutTarget, choices: readonly string[]): PreparedPut {
  const index = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isNaN(index)) {
    const states = choices.map((choice) => `"${choice}"`).join(", ");
    throw new PutRefusedError(target.name, ECA.BADSTR, `"${text}" is none of its states (${states || "it has none"})`);
  }
  const sample = new DbrSample();
  sample.setNumber(index);
  return { type: plainType("DOUBLE"), count: 1, sample };
}

function prepareOther(value: Exclude<PutValue, string>, target: PutTarget, hints: PutHints): PreparedPut {
  if (typeof value !== "number" && typeof value[0] === "string") return prepareTexts(value as readonly string[]);
  const numbers = value as number | NumericArray | readonly number[];
  const native = hints.type === undefined ? target.nativeType : plainNative(hints.type);
  if (native !== "STRING") return prepareNumbers(numbers, target, hints);
  if (typeof numbers === "number") return prepareText(String(numbers), target, {});
  return prepareTexts(Array.from(numbers, String));
}

function prepareTexts(texts: readonly string[]): PreparedPut {
  const sample = new DbrSample();
  if (texts.length === 1) sample.setText(texts[0]!);
  else sample.setArray(texts);
  return { type: STRING_TYPE, count: texts.length, sample };
}

function prepareNumbers(
  value: number | NumericArray | readonly number[],
  target: PutTarget,
  hints: PutHints,
): PreparedPut {
  const asked = hints.type === undefined ? undefined : DBR_TYPES[hints.type];
  const wanted = asked?.native ?? target.nativeType;
  const native = asked !== undefined || holds(wanted, value) ? wanted : "DOUBLE";
  const sample = new DbrSample();
  if (typeof value === "number") sample.setNumber(value);
  else sample.setArray(native === "STRING" ? [] : ARRAY_OF[native].from(value));
  return { type: asked ?? plainType(native), count: sample.length, sample };
}

function holds(native: Native, value: number | ArrayLike<number>): boolean {
  const range = INTEGER_RANGE[native];
  if (range === undefined) return true;
  const [least, most] = range;
  const fits = (one: number): boolean => Number.isInteger(one) && one >= least && one <= most;
  if (typeof value === "number") return fits(value);
  for (let i = 0; i < value.length; i++) if (!fits(value[i]!)) return false;
  return true;
}

const plainNative = (code: number): Native => DBR_TYPES[code]?.native ?? "DOUBLE";
