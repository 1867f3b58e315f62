/** Texts as C writes them between quotes, for shells and logs of EPICS. epics-base: epicsString.c */

const ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "\0": "\\0",
};

/** @param text one character a byte @returns characters from blank to ~ alone, with an escape for each other one */
export const cEscaped = (text: string): string =>
  text.replace(/["'\\]|[^ -~]/g, (byte) => ESCAPES[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
