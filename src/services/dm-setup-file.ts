/**
 * Reads the text of a station's dm.setup.sh: its lines `export NAME=value`, as bash would read those that need no shell. Executes and expands
 * nothing: a value that needs a shell, or depends on a condition, is told as such (reference: dm-api §1).
 */

/** What the file says of one name, and in which line, counted from 1. */
export type SetupEntry = { readonly line: number } & (
  | { readonly value: string }
  /** Why the value is not known, as the rest of a sentence. */
  | { readonly unusable: string }
);

/** By name; of several lines the last one holds, as in a shell. */
export function parseSetupFile(text: string): ReadonlyMap<string, SetupEntry> {
  const found = new Map<string, SetupEntry>();
  let depth = 0;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    for (const words of statementsOf(line)) {
      const [first = ""] = words.map((word) => word.text);
      if (BLOCK_BEGINS.test(first) || words.at(-1)?.text === "{") depth++;
      if (BLOCK_ENDS.test(first)) depth = Math.max(0, depth - 1);
      const unusable = depth > 0 ? "is set under a condition or in a function" : undefined;
      for (const [name, entry] of exportsOf(words))
        found.set(name, { line: index + 1, ...(unusable === undefined ? entry : { unusable }) });
    }
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

/** What may or may not be run: an `if`, a loop, a `case`, a function or group. */
const BLOCK_BEGINS = /^(if|for|while|until|case)$/;
const BLOCK_ENDS = /^(fi|done|esac|\})$/;

type Assignment = readonly [name: string, entry: { readonly value: string } | { readonly unusable: string }];

/** Each `NAME=value` of a statement that is an `export`. */
function exportsOf(words: readonly Word[]): readonly Assignment[] {
  const start = words.findIndex(({ text }) => !/^(then|else|do|\{)$/.test(text));
  if (words[start]?.text !== "export") return [];
  return words.slice(start + 1).flatMap(({ text, flaw }): readonly Assignment[] => {
    const [, name, value = ""] = /^([A-Za-z_]\w*)=([^]*)$/.exec(text) ?? [];
    return name === undefined ? [] : [[name, flaw === undefined ? { value } : { unusable: flaw }]];
  });
}

/* ── Words, as a shell has them ───────────────────────────────────────── */

interface Word {
  /** Without its quotes. */
  readonly text: string;
  /** Why that is not what a shell would make of it. */
  readonly flaw: string | undefined;
}

/** The statements of one line; a comment ends it. */
function statementsOf(line: string): readonly (readonly Word[])[] {
  const statements: Word[][] = [[]];
  let rest = line.trimStart();
  while (rest !== "" && !rest.startsWith("#")) {
    const separator = /^[;&|()<>]+/.exec(rest)?.[0];
    if (separator !== undefined) statements.push([]);
    const { length, ...word } = separator === undefined ? readWord(rest) : { ...NO_WORD, length: separator.length };
    if (separator === undefined) statements.at(-1)?.push(word);
    rest = rest.slice(length).trimStart();
  }
  return statements;
}

const NO_WORD = { text: "", flaw: undefined };
/** Pieces of a word: in single quotes, in double quotes, an escaped character, plain characters. */
const PIECE = /^(?:'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\;&|()<>]+))/;

/** The word at the beginning of `line`, and how many characters it takes there. */
function readWord(line: string): Word & { readonly length: number } {
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
  return { text, flaw: needsShell ? "needs a shell to be known" : undefined, length: line.length - rest.length };
}
