/**
 * One line of the start-up language → words and redirections. It expands no macro (shell.ts does, before) and knows no
 * command. channel-access.md §7.1; epics-base: iocsh.cpp, tried with 7.0.10.
 */
import { AppError } from "../base/errors.ts";

/** A line, a command or its arguments are wrong. One sentence; the shell adds script and line. */
export class ShellError extends AppError {}

export interface ShellLine {
  /** The command, then its arguments. Empty for a line without a command. */
  readonly words: readonly string[];
  /** `< file` */
  readonly input?: string;
  /** `> file`, `>> file` */
  readonly output?: Redirection;
  /** `2> file` */
  readonly errors?: Redirection;
}
export interface Redirection {
  readonly file: string;
  /** Whether the file keeps what it holds. */
  readonly append: boolean;
}

/** What separates words, and has no other meaning: `f("a","b")` is `f a b`. */
const SEPARATORS = " \t\r,()";

/**
 * Splits a line. In single and double quotes every character stands for itself; elsewhere a backslash takes the meaning
 * from the next character.
 * @throws ShellError for an open quote, a backslash at the end or a redirection without a file
 */
export function parseShellLine(line: string): ShellLine {
  return new Splitter(line).split();
}

/** The descriptor of a redirection and how it opens its file, at `at`; undefined if there is none. */
function redirectionAt(line: string, at: number): { descriptor: number; append: boolean; length: number } | undefined {
  const [operator = "", digit, arrow] = /^(?:<|([1-9])?(>>?))/.exec(line.slice(at, at + 3)) ?? [];
  if (operator === "") return undefined;
  const descriptor = operator === "<" ? 0 : Number(digit ?? 1);
  return { descriptor, append: arrow === ">>", length: operator.length };
}

class Splitter {
  readonly #line: string;
  readonly #words: string[] = [];
  readonly #files = new Map<number, Redirection>();
  /** The word being read; undefined between words. */
  #word: string | undefined;
  /** A redirection whose file is not yet known. */
  #open: { descriptor: number; append: boolean } | undefined;

  constructor(line: string) {
    this.#line = line;
  }

  split(): ShellLine {
    const line = this.#line;
    let quote = "";
    for (let at = 0; at < line.length; at++) {
      const character = line[at] as string;
      if (quote !== "") {
        if (character === quote) quote = "";
        else this.#word += character;
        continue;
      }
      const redirection = redirectionAt(line, at);
      if (redirection !== undefined) {
        this.#redirect(redirection);
        at += redirection.length - 1;
      } else if (SEPARATORS.includes(character)) this.#endWord();
      else if (character === '"' || character === "'") {
        quote = character;
        this.#word ??= "";
      } else if (character === "\\") {
        if (++at >= line.length) throw new ShellError("The line ends with a backslash.");
        this.#word = (this.#word ?? "") + (line[at] as string);
      } else this.#word = (this.#word ?? "") + character;
    }
    if (quote !== "") throw new ShellError("Unbalanced quote.");
    this.#endWord();
    if (this.#open !== undefined) throw new ShellError("A redirection names no file.");
    return this.#result();
  }

  #redirect(redirection: { descriptor: number; append: boolean }): void {
    this.#endWord();
    if (this.#open !== undefined) throw new ShellError("A redirection names no file.");
    if (redirection.descriptor > 2) {
      throw new ShellError(`Only output (>) and errors (2>) can be redirected, not ${redirection.descriptor}>.`);
    }
    if (this.#files.has(redirection.descriptor)) throw new ShellError("The same output is redirected twice.");
    this.#open = redirection;
  }

  #endWord(): void {
    const word = this.#word;
    if (word === undefined) return;
    this.#word = undefined;
    if (this.#open === undefined) this.#words.push(word);
    else this.#files.set(this.#open.descriptor, { file: word, append: this.#open.append });
    this.#open = undefined;
  }

  #result(): ShellLine {
    const [input, output, errors] = [0, 1, 2].map((descriptor) => this.#files.get(descriptor));
    return {
      words: this.#words,
      ...(input === undefined ? {} : { input: input.file }),
      ...(output === undefined ? {} : { output }),
      ...(errors === undefined ? {} : { errors }),
    };
  }
}
