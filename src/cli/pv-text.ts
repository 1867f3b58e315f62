/**
 * Readings as text, the way caget, camonitor and cainfo print them. Byte strings become Unicode here, and Unicode byte
 * strings. Reads no PV. The sources of the forms: channel-access.md §4.5 and Appendix C, and what the tools of EPICS
 * base 7 print.
 */

import { escapeUnclean } from "../base/clean-text.ts";
import { facilitySecond } from "../base/facility-time.ts";
import type { Reading } from "../ca/client/reading.ts";
import type { PvInfo } from "../ca/client/remote-pv.ts";
import { fromByteString, isUtf8 } from "../epics/byte-string.ts";

export interface ValueStyle {
  /** CHAR arrays as text always; otherwise only if they look like text. */
  readonly charsAsText?: boolean | undefined;
  /** States of an ENUM and CHAR arrays as numbers. */
  readonly numbers?: boolean | undefined;
}

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

/** Printable on one line: no control character reaches the terminal. */
export const escaped = (bytes: string): string =>
  escapeUnclean(
    fromByteString(bytes).replace(
      /[\x00-\x1f\x7f-\x9f\\]/g,
      (char) => ESCAPES[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
    ),
  );

/**
 * The value: a scalar alone, an array with its count first, a CHAR array as text if it looks like text: before its
 * first NUL (or its end) there is nothing but printable UTF-8, tabs and line ends.
 * @param elementCount what the PV can hold: an array of one element is still an array
 */
export function valueText(reading: Reading, elementCount: number, style: ValueStyle): string {
  const isArray = elementCount > 1 || reading.count !== 1;
  if (!isArray) return elementText(reading, reading.elements[0]!);
  if (isText(reading, style)) return escaped(reading.text);
  const elements = Array.from<number | string, string>(reading.elements, (element) => elementText(reading, element));
  return [String(reading.count), ...elements].join(" ");
}

function isText(reading: Reading, { charsAsText, numbers }: ValueStyle): boolean {
  if (reading.type.native !== "CHAR") return false;
  if (charsAsText === true || numbers === true) return charsAsText === true;
  const { text } = reading;
  return isUtf8(text) && !/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text);
}

function elementText(reading: Reading, element: number | string): string {
  if (typeof element === "string") return escaped(element);
  const { native } = reading.type;
  return native === "DOUBLE" || native === "FLOAT" ? shortNumber(element) : String(element);
}

const DIGITS = 6;

/** C's `%g`: six digits, no zeros at the end, an exponent below 1e-4 and from 1e6 on. */
export function shortNumber(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", power = "0"] = value.toExponential(DIGITS - 1).split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < DIGITS) return withoutTail(value.toFixed(DIGITS - 1 - exponent));
  const digits = String(Math.abs(exponent)).padStart(2, "0");
  return `${withoutTail(mantissa)}e${exponent < 0 ? "-" : "+"}${digits}`;
}

const withoutTail = (digits: string): string => (digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits);

const NAME_WIDTH = 30;
/** A name in its column, as the tools of EPICS base align it. */
export const nameColumn = (name: string): string => name.padEnd(NAME_WIDTH);

/** Local time with microseconds, or `<undefined>` for a record that was never processed. */
function timeText(reading: Reading): string {
  const { time } = reading;
  if (time === undefined) return "<undefined>";
  const micros = String(Math.floor(reading.sample.nanoseconds / 1000)).padStart(6, "0");
  return `${facilitySecond(time)}.${micros}`;
}

/** ` HIGH MINOR`, or nothing without an alarm. */
function alarmText(reading: Reading): string {
  if (reading.status === 0 && reading.severity === 0) return "";
  return ` ${reading.alarm.status} ${reading.alarm.severity}`;
}

/** One line: name, time, value, alarm. */
export const monitorLine = (name: string, reading: Reading, elementCount: number, style: ValueStyle): string =>
  `${nameColumn(name)} ${timeText(reading)} ${valueText(reading, elementCount, style)}${alarmText(reading)}`;

/** The block of `info`. */
export function infoLines(name: string, info: PvInfo): string[] {
  const access = `${info.canRead ? "" : "no "}read, ${info.canWrite ? "" : "no "}write`;
  return [
    name,
    "    State:            connected",
    `    Host:             ${info.server.host}:${info.server.port}`,
    `    Access:           ${access}`,
    `    Native data type: DBF_${info.nativeType}`,
    `    Request type:     DBR_${info.nativeType}`,
    `    Element count:    ${info.elementCount}`,
  ];
}

const field = (label: string, value: string): string => `    ${`${label}:`.padEnd(17)} ${value}`;

/** The block of `get -d TYPE`: everything that the type carries, in the order on the wire. */
export function typeLines(name: string, info: PvInfo, reading: Reading, style: ValueStyle): string[] {
  const { type, sample } = reading;
  const lines = [
    name,
    field("Native data type", `DBF_${info.nativeType}`),
    field("Request type", `DBR_${type.name}`),
    field("Element count", String(reading.count)),
    field("Value", valueText(reading, info.elementCount, style)),
  ];
  let limit = 0;
  for (const [what, kind] of type.layout) {
    if (kind === "limit") lines.push(field(words(what), shortNumber(sample.limits[limit++]!)));
    else if (what === "status") lines.push(field("Status", reading.alarm.status));
    else if (what === "severity") lines.push(field("Severity", reading.alarm.severity));
    else if (what === "seconds") lines.push(field("Timestamp", timeText(reading)));
    else if (what === "units") lines.push(field("Units", escaped(sample.units)));
    else if (what === "precision") lines.push(field("Precision", String(sample.precision)));
    else if (what === "choices") lines.push(...choiceLines(sample.choices));
    else if (what === "acknowledgeTransient") lines.push(field("Ack transient", String(sample.acknowledgeTransient)));
    else if (what === "acknowledgeSeverity") lines.push(field("Ack severity", String(sample.acknowledgeSeverity)));
  }
  return lines;
}

const choiceLines = (choices: readonly string[]): string[] => [
  field("Enums", `(${String(choices.length).padStart(2)})`),
  ...choices.map((choice, index) => `${" ".repeat(22)}[${String(index).padStart(2)}] ${escaped(choice)}`),
];

/** `upperDisplay` → `Upper display` */
const words = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(/^./, (letter) => letter.toUpperCase());
