/**
 * One text of the database languages with its macros expanded, and the way back from an offset to file, line and column
 * of what a person wrote. Knows no grammar and reads no file.
 */
import { AppError } from "../base/errors.ts";
import {
  type Expansion,
  expandMacros,
  type MacroLookup,
  type MacroProblem,
  macroSentence,
  sourceOffset,
} from "../base/macros.ts";

/** A text and where it came from. One character a byte. */
export interface DbText {
  /** The name for messages. */
  readonly file: string;
  readonly text: string;
}

/**
 * Characters of a sentence, and of the line under it, that are shown: a file that is no text may have one line of
 * megabytes.
 */
const MOST_REASON = 400;
const MOST_EXCERPT = 240;

/** Something wrong in a database text. The message is one line; `describe` shows the place as well. */
export class DbFileError extends AppError {
  readonly file: string;
  /** From 1; the column counts in the line as it is written, before macros are expanded. */
  readonly line: number;
  readonly column: number;
  readonly reason: string;
  /** The line as it is written. */
  readonly excerpt: string;

  constructor(place: Place, reason: string, cause?: unknown) {
    const { file, line, column, excerpt } = place.source.locate(place.offset);
    const half = MOST_REASON / 2;
    const shown = reason.length <= MOST_REASON ? reason : `${reason.slice(0, half)} … ${reason.slice(-half)}`;
    super(`${file}:${line}:${column}: ${shown}`, { cause });
    this.file = file;
    this.line = line;
    this.column = column;
    this.reason = shown;
    this.excerpt = excerpt;
  }

  /** As a compiler prints it: the sentence, the line, and a mark under the place. */
  describe(kind: "error" | "warning" = "error"): string {
    const { file, line, column, reason, excerpt } = this;
    const margin = " ".repeat(String(line).length);
    const from = excerpt.length <= MOST_EXCERPT ? 0 : Math.max(0, column - 1 - MOST_EXCERPT / 2);
    const shown = excerpt.slice(from, from + MOST_EXCERPT);
    const indent = excerpt.slice(from, column - 1).replace(/[^\t]/g, " ");
    return `${file}:${line}:${column}: ${kind}: ${reason}\n ${line} | ${shown}\n ${margin} | ${indent}^`;
  }
}

/** A place in a text; the line is looked up only when somebody asks. */
export interface Place {
  readonly source: Source;
  readonly offset: number;
}

/**
 * A text after the expansion of its macros, line by line as epics-base does it: a quote does not protect beyond its
 * line.
 */
export class Source {
  readonly file: string;
  /** With macros expanded. */
  readonly text: string;
  readonly #lines: readonly string[];
  /** Where each line begins in `text`. */
  readonly #starts: number[] = [];
  readonly #expansionByLine = new Map<number, Expansion>();

  /** @param macros without them the text stays as it is */
  constructor({ file, text }: DbText, macros?: MacroLookup) {
    this.file = file;
    this.#lines = text.split("\n");
    const expanded: string[] = [];
    let start = 0;
    for (const [index, line] of this.#lines.entries()) {
      this.#starts.push(start);
      const expansion = macros !== undefined && line.includes("$") ? expandMacros(line, macros) : undefined;
      if (expansion !== undefined) this.#expansionByLine.set(index, expansion);
      const result = expansion?.text ?? line;
      expanded.push(result);
      start += result.length + 1;
    }
    this.text = expanded.join("\n");
  }

  /**
   * A problem for each macro that has no value and stands outside a comment line.
   * @param advice what to do about it, behind the sentence
   */
  macroProblems(advice = ""): DbFileError[] {
    return [...this.#expansionByLine].flatMap(([index, expansion]) =>
      /^\s*#/.test(this.#lines[index] ?? "")
        ? []
        : expansion.problems.map((one) => this.#macroError(index, one, advice)),
    );
  }

  locate(offset: number): { file: string; line: number; column: number; excerpt: string } {
    const index = lastNotAbove(this.#starts, offset, (start) => start);
    const inLine = offset - (this.#starts[index] ?? 0);
    const expansion = this.#expansionByLine.get(index);
    const excerpt = (this.#lines[index] ?? "").replace(/\r$/, "");
    const column = Math.min(expansion === undefined ? inLine : sourceOffset(expansion, inLine), excerpt.length) + 1;
    return { file: this.file, line: index + 1, column, excerpt };
  }

  /** Whether the character at an offset comes from the value of a macro. */
  isExpanded(offset: number): boolean {
    const index = lastNotAbove(this.#starts, offset, (start) => start);
    const inLine = offset - (this.#starts[index] ?? 0);
    const replaced = this.#expansionByLine.get(index)?.replaced ?? [];
    const value = replaced[lastNotAbove(replaced, inLine, ({ resultFrom }) => resultFrom)];
    return value !== undefined && value.resultFrom <= inLine && inLine < value.resultTo;
  }

  #macroError(index: number, problem: MacroProblem, advice: string): DbFileError {
    const at = this.#expansionByLine.get(index)?.text.indexOf(`$(${problem.name},`) ?? 0;
    const offset = (this.#starts[index] ?? 0) + Math.max(0, at);
    return new DbFileError(
      { source: this, offset },
      `${macroSentence(problem)}${problem.kind === "undefined" ? advice : ""}`,
    );
  }
}

/** Index of the last of the items, in rising order, whose number is not above `limit`; 0 when there is none. */
function lastNotAbove<T>(items: readonly T[], limit: number, numberOf: (item: T) => number): number {
  let low = 0;
  let high = items.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (numberOf(items[middle] as T) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
