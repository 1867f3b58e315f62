/**
 * The errors that cross a boundary of the program. A class says whose fault it is; its data say what happened; nobody
 * matches on text. Errors of one layer only (DbFileError, ShellError, ConfigError …) live beside the code that throws
 * them.
 */
import { type SystemFailure, systemFailure } from "./system-failure.ts";

/** Root of every error that this program raises on purpose. */
export class AppError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/**
 * An action or a service failed in a way an operator can read: one sentence that names the thing, the value and what to
 * do.
 */
export class ActionError extends AppError {}

/** A file is not what it must be. The message is a piece of a sentence without the path; `messageOf` adds the path. */
export class FileError extends AppError {
  readonly path: string;
  constructor(message: string, path: string) {
    super(message);
    this.path = path;
  }
}

/**
 * The action was cancelled on request (Abort, or 0 written to the command PV, or a signal); not a failure. Its message
 * is a sentence, with its full stop: an action that was in the middle writes what was done behind it. So is every
 * reason that a signal is aborted with.
 */
export class CancelledError extends AppError {}

/** The peer sent something the protocol forbids. The circuit it came from is closed. */
export class RemoteProtocolError extends AppError {
  /** Bytes from the start of the offending message. */
  readonly offset: number;
  readonly reason: string;
  constructor(reason: string, offset = 0) {
    super(`${reason} (at byte ${offset})`);
    this.reason = reason;
    this.offset = offset;
  }
}

/**
 * The text of anything that was thrown, followed by the texts of its causes.
 * @param told the beginning of the sentence that the text stands in: a path in it is not said again
 */
export function messageOf(thrown: unknown, told = ""): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const failure = fileFailure(thrown);
  if (failure !== undefined) return named(failure, told);
  const { message, cause } = thrown;
  const why = cause === undefined ? "" : messageOf(cause, told + message);
  const isSaid = message.includes(fileFailure(cause)?.words ?? why);
  return isSaid ? message : `${message.replace(/\.$/, "")}: ${small(why)}`;
}

const fileFailure = (thrown: unknown): SystemFailure | undefined =>
  thrown instanceof FileError ? { words: thrown.message, path: thrown.path } : systemFailure(thrown);

/** Whether a path stands in a text, and not as the beginning of another. */
const names = (text: string, path: string): boolean =>
  text
    .split(path)
    .slice(1)
    .some((rest) => !/^\.?[\w/-]/.test(rest));

/**
 * What failed, with its path unless `told` has it. `x.sav.tmp` counts as told where `x.sav` is; a folder above a told
 * file does not.
 */
function named({ words, path }: SystemFailure, told: string): string {
  if (path === undefined || path === "") return words;
  const nameAt = path.lastIndexOf("/") + 1;
  for (let end = path.length; end > nameAt; end = path.lastIndexOf(".", end - 1))
    if (names(told, path.slice(0, end))) return words;
  return `${words} at ${path}`;
}

/** The text of anything that was thrown, or a sentence, as a piece of a longer sentence: without its full stop. */
export const pieceOf = (thrown: unknown): string => messageOf(thrown).trim().replace(/\.$/, "");

/** As `pieceOf`, for the middle of a sentence: `The schedule …` begins small there, a name as it is. */
export const clauseOf = (thrown: unknown): string => small(pieceOf(thrown));

/** Words that are no names wherever they stand first in our sentences. */
const FIRST_WORD = /^(?:the|there|this|it|nobody|nothing|no)(?= )/i;
const small = (text: string): string => text.replace(FIRST_WORD, (word) => word.toLowerCase());

/** A text with the full stop that it may lack, and with a capital where it begins with a word that is ours. */
export function asSentence(text: string): string {
  const trimmed = text.trimEnd().replace(FIRST_WORD, (word) => word.charAt(0).toUpperCase() + word.slice(1));
  return trimmed === "" || /[.!?:…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** As `asSentence`, for a text of one sentence a line. */
export const asSentences = (text: string): string => text.split("\n").map(asSentence).join("\n");

/** For the log, when what was thrown is a bug of ours: where it happened too, if that is known. */
export function stackOf(thrown: unknown): string {
  return thrown instanceof Error && thrown.stack !== undefined ? thrown.stack : messageOf(thrown);
}

/** The `code` that Node and many libraries put on their errors (`ECONNREFUSED`, …), or `undefined`. */
export function codeOf(thrown: unknown): string | undefined {
  const code = (thrown as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
