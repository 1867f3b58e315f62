/**
 * Puts the command line's words in place of PV names: a sentence about an input is told to a person who gave, or might
 * have given, its option.
 */
import type { DataCommand } from "./data-command.ts";
import { inputOptionsOf } from "./data-commands.ts";

/** `EditUserBadge is empty` → `--badges is empty`, for the inputs that the command has options for. */
export function inOptionWords(row: DataCommand, sentence: string): string {
  const flagByInput = new Map<string, string>();
  for (const { input, flag } of inputOptionsOf(row)) if (!flagByInput.has(input)) flagByInput.set(input, flag);
  return [...flagByInput].reduce((text, [input, flag]) => text.replace(mentionOf(input), `--${flag}`), sentence);
}

/** Not within the name of a PV. A name that is also a word of English, as Set is, counts only before a number. */
const mentionOf = (input: string): RegExp =>
  new RegExp(`(?<![\\w:])${input}\\b${/^[A-Z][a-z]+$/.test(input) ? "(?= -?\\d)" : ""}`, "g");
