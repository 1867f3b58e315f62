/**
 * Save files (.sav): text ↔ names and values, as autosave writes and reads them, so that either program reads the
 * other's. It opens no file and knows no record. Text is a byte string. channel-access.md §7.3; autosave:
 * save_restore.c write_it, dbrestore.c reboot_restore, SR_array_restore.
 */

/**
 * One PV of a save file: a scalar's text, or an array's elements. undefined: it could not be read when the file was
 * written.
 */
export interface SavedPv {
  readonly pv: string;
  readonly value: string | readonly string[] | undefined;
}

export interface SaveFile {
  /** Only PVs with a value. */
  readonly values: readonly (SavedPv & { readonly value: string | readonly string[] })[];
  /** A sentence for each line that says nothing usable. */
  readonly problems: readonly string[];
}

/** autosave looks for a version behind the R, and for <END> from R1.8 on. */
const HEADER = "# autosave R5.11\tAutomatically generated - DO NOT MODIFY - ";
const END = "<END>";
const ARRAY = "@array@";

/** @param date `YYMMDD-HHMMSS` */
export function saveFileText(pvs: readonly SavedPv[], date: string): string {
  const lost = pvs.filter(({ value }) => value === undefined).length;
  const warning = lost === 0 ? "" : `! ${lost} channel(s) not connected - or not all gets were successful\n`;
  return `${HEADER}${date}\n${warning}${pvs.map(lineOf).join("")}${END}\n`;
}

/** Whether a file was written to its end: `<END>`, and one or two characters behind it. */
export const isComplete = (text: string): boolean => /<END>[^]{1,2}$/.test(text.slice(-(END.length + 2)));

/** Name, one character, value to the end of the line. */
const LINE = /^[^\S\r\n]*(\S*)[^\r\n]?([^\r\n]*)/;

function lineOf({ pv, value }: SavedPv): string {
  if (value === undefined) return `#${pv} Search Issued\n`;
  if (typeof value !== "string") {
    const elements = value.map((element) => `"${escapeText(element).replace(/["\\]/g, "\\$&")}" `);
    return `${pv} ${ARRAY} { ${elements.join("")}}\n`;
  }
  const text = escapeText(value);
  return `${pv} ${text.startsWith(ARRAY) ? `\\x40${text.slice(1)}` : text}\n`;
}

/** Reads the text of a complete file. Never throws. */
export function parseSaveFile(text: string): SaveFile {
  const values: { pv: string; value: string | readonly string[] }[] = [];
  const problems: string[] = [];
  for (let at = 0, line = 1; at < text.length; ) {
    const [whole = "", pv = "", value = ""] = LINE.exec(text.slice(at, lineEnd(text, at))) ?? [];
    if (pv.startsWith("<")) break;
    let end = lineEnd(text, at);
    let saved: string | readonly string[] | undefined = unescapeText(value);
    if (value.startsWith(ARRAY) && value.includes("{")) {
      const array = readArray(text, at + whole.length - value.length + value.indexOf("{") + 1);
      end = lineEnd(text, array.end);
      saved = array.elements;
    }
    if (saved === undefined) problems.push(`line ${line}: the array of ${pv} does not end.`);
    else if (pv !== "" && !/^[#!]/.test(pv)) values.push({ pv, value: saved });
    line += text.slice(at, end + 1).split("\n").length - 1;
    at = end + 1;
  }
  return { values, problems };
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** Elements between quotes up to a brace outside them; lines may break anywhere. @param at behind the opening brace */
function readArray(
  text: string,
  at: number,
): { readonly elements: readonly string[] | undefined; readonly end: number } {
  const elements: string[] = [];
  let element: string | undefined;
  for (; at < text.length; at++) {
    const character = text[at] as string;
    if (element === undefined) {
      if (character === "}") return { elements, end: at };
      if (character === '"') element = "";
    } else if (character === '"') {
      elements.push(unescapeText(element));
      element = undefined;
    } else if (character === "\\" && /["\\]/.test(text[at + 1] ?? "")) element += text[++at] as string;
    else if (character >= " ") element += character;
  }
  return { elements: undefined, end: text.length };
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "a",
  "\b": "b",
  "\f": "f",
  "\n": "n",
  "\r": "r",
  "\t": "t",
  "\v": "v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};
const CHARACTERS = new Map(Object.entries(ESCAPES).map(([character, letter]) => [letter, character]));

/** As epicsStrnEscapedFromRaw: the text in printable ASCII. */
const escapeText = (text: string): string =>
  text.replace(/[^ !#-&(-[\]-~]/g, (character) => {
    const letter = ESCAPES[character];
    return letter === undefined ? `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}` : `\\${letter}`;
  });

/** As epicsStrnRawFromEscaped. */
const unescapeText = (text: string): string =>
  text.replace(/\\(?:x([\da-fA-F]{1,2})|([0-7]{1,3})|([^]))/g, (_, hex?: string, octal?: string, other = "") => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    return CHARACTERS.get(other as string) ?? (other as string);
  });

/** A number as C's `%.<digits>g` prints it. */
export function shortest(value: number, digits: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponent = "0"] = value.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  if (power >= -4 && power < digits) return withoutZeros(value.toFixed(Math.max(0, digits - 1 - power)));
  return `${withoutZeros(mantissa)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

const withoutZeros = (text: string): string => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
