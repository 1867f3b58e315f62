/**
 * Reads the text of a station's dm.setup.sh: its lines `export NAME=value`, as bash would read those that need no
 * shell. Executes and expands nothing: a value that needs a shell, or depends on a condition, is told as such
 * (data-management.md §1).
 */

/** What the file says of one name, and in which line, counted from 1. */
export type SetupEntry = { readonly line: number } & (
  | { readonly value: string }
  /** Why the value is not known, as the rest of a sentence. */
  | { readonly unusable: string }
);

/** By name; of several lines the last holds, as in a shell. */
export function parseSetupFile(text: string): ReadonlyMap<string, SetupEntry> {
  const found = new Map<string, SetupEntry>();
  let depth = 0;
  for (const { words, isSure, isNested } of statementsOf(text)) {
    const own = ownWords(words).map((word) => word.text);
    if (BLOCK_BEGINS.test(own[0] ?? "") || own.at(-1) === "{") depth++;
    if (BLOCK_ENDS.test(own[0] ?? "")) depth = Math.max(0, depth - 1);
    if (isNested) continue;
    const mayNotRun = depth > 0 || !isSure;
    for (const [name, { line, ...entry }] of exportsOf(words))
      found.set(name, { line, ...(mayNotRun ? { unusable: MAY_NOT_RUN } : entry) });
  }
  return found;
}

/** The variables of a setup file whose values are known. */
export function usableVariables(text: string): Readonly<Record<string, string>> {
  const entries = [...parseSetupFile(text)];
  return Object.fromEntries(
    entries.flatMap(([name, entry]) => ("value" in entry ? [[name, entry.value] as const] : [])),
  );
}

/** What Python finds its packages by. */
const PYTHON_PATHS = ["PYTHONPATH", "PATH", "LD_LIBRARY_PATH"];

/** One piece of a sentence for each variable that Python needs and whose value needs a shell, with its line. */
export function lostToPython(text: string): readonly string[] {
  const entries = parseSetupFile(text);
  return PYTHON_PATHS.flatMap((name) => {
    const entry = entries.get(name);
    return entry !== undefined && "unusable" in entry ? [`line ${entry.line}: ${name} ${entry.unusable}`] : [];
  });
}

const MAY_NOT_RUN = "is set under a condition, in a function or in a pipe";
/** What may or may not be run: an `if`, a loop, a `case`, a function or group. */
const BLOCK_BEGINS = /^(if|for|while|until|case|\{)$/;
const BLOCK_ENDS = /^(fi|done|esac|\})$/;

/** Without the words that only say where in a block it stands. */
function ownWords(words: readonly ShellWord[]): readonly ShellWord[] {
  const start = words.findIndex(({ text }) => !/^(then|else|do)$/.test(text));
  return start < 0 ? [] : words.slice(start);
}

/** Without the `{` of a group too. */
const commandOf = (words: readonly ShellWord[]): readonly ShellWord[] => {
  const own = ownWords(words);
  return own[0]?.text === "{" ? own.slice(1) : own;
};

/** Each `NAME=value` of a statement that is an `export`. */
function exportsOf(words: readonly ShellWord[]): readonly (readonly [name: string, entry: SetupEntry])[] {
  const [first, ...rest] = commandOf(words);
  if (first?.text !== "export") return [];
  return rest.flatMap(({ text, flaw, line }): readonly (readonly [string, SetupEntry])[] => {
    const [, name, value = ""] = /^([A-Za-z_]\w*)=([^]*)$/.exec(text) ?? [];
    return name === undefined ? [] : [[name, { line, ...(flaw === undefined ? { value } : { unusable: flaw }) }]];
  });
}

/* ── Statements, as a shell has them ──────────────────────────────────── */

interface Statement {
  readonly words: ShellWord[];
  /** What stands before it; the end of a line is a `;`. */
  readonly after: string;
  /** Nothing on the way to it, blocks aside, keeps it from being run by this shell itself. */
  isSure: boolean;
  /** In parentheses: what it sets is gone behind them. */
  readonly isNested: boolean;
}

/** Redirections, and what ends a statement. */
const OPERATOR = /^(?:&>>?|[<>]+[&|]?|&&|\|\||\|&|;+&?|[&|()])/;
/** Behind such a mark a statement runs or not by the result of the statement before. */
const CHAINS = /^(&&|\|\||\|&?)$/;
/** The statement before it is run by another shell. */
const ASIDE = /^(\|&?|&)$/;

function statementsOf(text: string): readonly Statement[] {
  const reader = new StatementReader();
  for (const [index, line] of text.split(/\r?\n/).entries()) reader.readLine(line, index + 1);
  return reader.statements;
}

class StatementReader {
  readonly statements: Statement[] = [];
  /** Those in which a parenthesis is open. */
  readonly #enclosing: Statement[] = [];
  #current: Statement | undefined;

  readLine(line: string, number: number): void {
    let rest = line.trimStart();
    let redirects = false;
    while (rest !== "" && rest !== "\\" && !rest.startsWith("#")) {
      const operator = OPERATOR.exec(rest)?.[0];
      const { length, ...word } = operator === undefined ? readWord(rest) : { ...NO_WORD, length: operator.length };
      // Behind a redirection stands a file, which is no word of the statement.
      if (operator === undefined && !redirects) this.#statement().words.push({ ...word, line: number });
      redirects = operator !== undefined && /[<>]/.test(operator);
      if (operator !== undefined && !redirects) this.#operate(operator, number);
      rest = rest.slice(length).trimStart();
    }
    // A backslash alone, or an operator that waits for its right side, goes on in the next line.
    const waits = this.#current?.words.length === 0 && CHAINS.test(this.#current.after);
    if (rest !== "\\" && !waits) this.#begin(";");
  }
  #operate(operator: string, line: number): void {
    const { words } = this.#statement();
    if (operator === "(") {
      const last = words.pop();
      if (last !== undefined) words.push({ ...last, flaw: last.flaw ?? NEEDS_SHELL });
      words.push({ text: operator, flaw: undefined, line });
      this.#enclosing.push(this.#statement());
      this.#begin(";");
    } else if (operator === ")" && this.#enclosing.length > 0) {
      this.#current = this.#enclosing.pop();
    } else {
      this.#begin(operator);
    }
  }
  #statement(): Statement {
    return this.#current ?? this.#begin(";");
  }
  #begin(after: string): Statement {
    const before = this.#current;
    if (before !== undefined && ASIDE.test(after)) before.isSure = false;
    const follows = after === "&&" && before?.isSure === true && commandOf(before.words)[0]?.text === "export";
    const isSure = follows || !CHAINS.test(after);
    this.#current = { words: [], after, isSure, isNested: this.#enclosing.length > 0 };
    this.statements.push(this.#current);
    return this.#current;
  }
}

/* ── Words ────────────────────────────────────────────────────────────── */

interface ShellWord {
  /** Without its quotes. */
  readonly text: string;
  /** Why that is not what a shell would make of it. */
  readonly flaw: string | undefined;
  readonly line: number;
}

const NO_WORD = { text: "", flaw: undefined };
const NEEDS_SHELL = "needs a shell to be known";
/** Pieces of a word: in single quotes, in double quotes, an escaped character, plain characters. */
const PIECE = /^(?:'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\;&|()<>]+))/;

/** The word at the beginning of `line`, and how many characters it takes there. */
function readWord(line: string): Omit<ShellWord, "line"> & { readonly length: number } {
  let text = "";
  let rest = line;
  let needsShell = false;
  for (let piece = PIECE.exec(rest); piece !== null; piece = PIECE.exec(rest)) {
    const [whole, single, double, escaped, plain = ""] = piece;
    needsShell ||= /[$`]/.test((double ?? "").replace(/\\./g, "")) || /[$`*?[\]]|\{.*\}|(^|[=:])~/.test(plain);
    text += single ?? double?.replace(/\\([$`"\\])/g, "$1") ?? escaped ?? plain;
    rest = rest.slice(whole.length);
  }
  // A quote without its end, or a backslash at the end of the line.
  if (/^['"\\]/.test(rest)) return { text: text + rest, flaw: "does not end on its line", length: line.length };
  return { text, flaw: needsShell ? NEEDS_SHELL : undefined, length: line.length - rest.length };
}
