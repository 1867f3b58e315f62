/**
 * What is clean text: no character in it ends a line, drives a terminal, or turns the order in which others are read.
 * Everything from PVs, services and files that goes into a sentence, a PV, a log, a mail or a terminal passes through
 * here.
 */

/**
 * C0, DEL, C1, the line and paragraph separators, and the marks that turn the direction of text (Unicode's
 * Bidi_Control).
 */
const UNCLEAN = "\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069";
const RUN = new RegExp(`[${UNCLEAN}]+`, "g");
const ONE = new RegExp(`[${UNCLEAN}]`);
const EACH = new RegExp(`[${UNCLEAN}]`, "g");

/** The first such character of the text; undefined: the text is clean. */
export const uncleanIn = (text: string): string | undefined => ONE.exec(text)?.[0];
export const isUnclean = (text: string): boolean => uncleanIn(text) !== undefined;

/** The text on one line: such characters, however many in a row, are one blank. */
export const oneLine = (text: string): string => text.replace(RUN, " ");

/** The text line by line, each of them clean. */
export const cleanLines = (text: string): string => text.split(/\r?\n/).map(oneLine).join("\n");

/** For what holds one entry a line: none can forge another. */
export const onePerLine = (entries: readonly string[]): string => entries.map(oneLine).join("\n");

/** Shows each such character as `\u202e`. */
export const escapeUnclean = (text: string): string =>
  text.replace(EACH, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);

/**
 * JSON, or a text in quotation marks for a sentence, that reads the same and shows what would not be seen or would not
 * stay where it is.
 */
export const cleanJson = (value: unknown): string => escapeUnclean(JSON.stringify(value));

/** A piece of hostile text, in quotation marks, fit for a sentence. */
export const visible = (text: string): string => cleanJson(text.length > 60 ? `${text.slice(0, 60)}…` : text);
