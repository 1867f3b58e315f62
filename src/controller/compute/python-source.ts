/**
 * Finds the definition of a function in a file of Python, without Python: what stands outside of it does not go to the
 * endpoint, so what cannot work there is said. It knows strings, brackets and comments, and no more of the language.
 */
import { ActionError } from "../../base/errors.ts";
import { listed } from "../../base/word-list.ts";

export interface PythonFunction {
  readonly name: string;
  /** From its `def` to its last line, with a line's end behind it. */
  readonly source: string;
  /** Names of the file that it uses, and that the endpoint does not have. */
  readonly outside: readonly string[];
}

/** A line of the file, as far as the language goes here. */
interface SourceLine {
  readonly text: string;
  /** The same without strings and comments. */
  readonly code: string;
  /** It goes on with a string or a bracket of the line before. */
  readonly isInside: boolean;
}

const NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;
const WORDS = /[\p{L}_][\p{L}\p{N}_]*/gu;

/** @param file its name, for sentences @throws ActionError where there is no such function, or none that can go */
export function pythonFunction(text: string, name: string, file: string): PythonFunction {
  if (!NAME.test(name)) throw new ActionError(`${JSON.stringify(name)} is no name of a function of Python.`);
  const lines = sourceLines(text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n"));
  const header = new RegExp(`^(\\s*)(async\\s+)?def\\s+${name}\\s*\\(`, "u");
  const found = lines.flatMap(({ code, isInside }, index) => {
    const [, indentation, async] = isInside ? [] : (header.exec(code) ?? []);
    return indentation === undefined ? [] : [{ index, isNested: indentation !== "", isAsync: async !== undefined }];
  });
  const top = found.filter(({ isNested }) => !isNested);
  const [first] = top;
  if (first === undefined) throw new ActionError(absentText(lines, name, file, found.length > 0));
  if (top.length > 1)
    throw new ActionError(
      `${file} defines ${name} ${top.length} times (lines ${listed(top.map(({ index }) => String(index + 1)))}): leave one.`,
    );
  const { index, isAsync } = first;
  if (isAsync)
    throw new ActionError(
      `${name} in line ${index + 1} of ${file} is an async def, which an endpoint does not run: make it a def.`,
    );
  const decorator = lines.slice(0, index).findLast(({ code, isInside }) => !isInside && code.trim() !== "");
  if (decorator?.code.startsWith("@") === true)
    throw new ActionError(
      `${name} in ${file} has the decorator ${decorator.text.trim()}, which the endpoint does not have: take it away, or do what it does in the function.`,
    );
  const own = [lines[index] as SourceLine, ...bodyOf(lines, index)];
  const others = lines.filter((line) => !own.includes(line));
  return { name, source: `${own.map(({ text: one }) => one).join("\n")}\n`, outside: outsideNames(own, others) };
}

function absentText(lines: readonly SourceLine[], name: string, file: string, isNested: boolean): string {
  if (isNested)
    return `${name} stands indented in ${file}, in a class or another function: put its def at the beginning of a line.`;
  const names = lines.flatMap(({ code, isInside }) => {
    const [, one] = isInside ? [] : (/^def\s+([\p{L}_][\p{L}\p{N}_]*)/u.exec(code) ?? []);
    return one === undefined ? [] : [one];
  });
  return `There is no def ${name} in ${file}${names.length === 0 ? "" : `, which has ${listed(names)}`}.`;
}

/** The lines behind the `def`, up to the next that begins at the margin. */
function bodyOf(lines: readonly SourceLine[], index: number): readonly SourceLine[] {
  const rest = lines.slice(index + 1);
  const end = rest.findIndex(({ code, isInside }) => !isInside && /^\S/.test(code));
  const body = end < 0 ? rest : rest.slice(0, end);
  const last = body.findLastIndex(({ code, isInside }) => isInside || code.trim() !== "");
  return body.slice(0, last + 1);
}

/** What the file binds at its margin, that the function uses and does not bind itself. */
function outsideNames(own: readonly SourceLine[], others: readonly SourceLine[]): readonly string[] {
  const bound = new Set(others.filter(({ isInside }) => !isInside).flatMap(({ code }) => boundAtMargin(code)));
  const code = own.map((line) => line.code.replace(/\bfrom\s+\S+\s+import\b/u, "import")).join("\n");
  const bindsItself = (name: string): boolean =>
    new RegExp(
      `(^|[^.\\p{L}\\p{N}_])(?:(?:import|as|for|def|class|with)\\s+(?:[^\\n]*,\\s*)?${name}\\b|${name}\\s*(?::[^=\\n]*)?=(?!=))|import\\s[^\\n]*\\b${name}\\b`,
      "u",
    ).test(code) || new RegExp(`^def\\s+\\S+\\s*\\([^)]*\\b${name}\\b`, "u").test(code);
  const used = new Set(Array.from(code.matchAll(/(?<![.\p{L}\p{N}_])[\p{L}_][\p{L}\p{N}_]*/gu), ([word]) => word));
  return [...bound].filter((name) => used.has(name) && !bindsItself(name)).sort();
}

function boundAtMargin(code: string): readonly string[] {
  const [, imported] = /^import\s+(.+)/u.exec(code) ?? [];
  if (imported !== undefined)
    return imported.split(",").map((one) => /\bas\s+(\S+)/.exec(one)?.[1] ?? one.trim().split(".")[0] ?? "");
  const [, from] = /^from\s+\S+\s+import\s+\(?(.*)/u.exec(code) ?? [];
  if (from !== undefined)
    return from.split(",").flatMap((one) => {
      const words = one.match(WORDS) ?? [];
      return words.at(-1) ?? [];
    });
  const [, defined] = /^(?:async\s+def|def|class)\s+([\p{L}\p{N}_]+)/u.exec(code) ?? [];
  const [, assigned] = /^([\p{L}_][\p{L}\p{N}_]*)\s*(?::[^=]*)?=(?!=)/u.exec(code) ?? [];
  return [defined, assigned].filter((one) => one !== undefined);
}

/** Strings and comments become blanks. */
function sourceLines(text: string): readonly SourceLine[] {
  const lines: SourceLine[] = [];
  let quote = "";
  let depth = 0;
  let isContinued = false;
  for (const row of text.split("\n")) {
    const isInside = quote !== "" || depth > 0 || isContinued;
    let code = "";
    isContinued = false;
    for (let at = 0; at < row.length; at++) {
      const one = row.charAt(at);
      if (quote !== "") {
        if (one === "\\") at++;
        else if (row.startsWith(quote, at)) {
          at += quote.length - 1;
          quote = "";
        }
        code += " ";
      } else if (one === "#") break;
      else if (one === '"' || one === "'") {
        quote = row.startsWith(one.repeat(3), at) ? one.repeat(3) : one;
        at += quote.length - 1;
        code += " ";
      } else {
        if ("([{".includes(one)) depth++;
        if (")]}".includes(one)) depth = Math.max(0, depth - 1);
        if (one === "\\" && at === row.length - 1) isContinued = true;
        code += one;
      }
    }
    if (quote.length === 1) quote = ""; // such a string ends with its line, or the file is no Python
    lines.push({ text: row, code, isInside });
  }
  return lines;
}
