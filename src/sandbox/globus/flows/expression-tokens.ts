/** What the expressions of flows are made of: numbers, texts, paths, names and symbols. */
import { notSimulated } from "./flow-error.ts";

/** A number, a text, a path, a name, a symbol. */
const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|`([^`]*)`|([A-Za-z_]\w*)|(\*\*|\/\/|[=!<>]=|[-+*/%<>()[\]{},:.]))/y;

export interface ExpressionToken {
  readonly kind: "number" | "text" | "path" | "name" | "symbol";
  readonly text: string;
}

export function tokensOf(expression: string): readonly ExpressionToken[] {
  const tokens: ExpressionToken[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(expression);
    if (found === null) throw notSimulated(`${JSON.stringify(expression.slice(at).trim())} in an expression`);
    const [, number, text, path, name, symbol = ""] = found;
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (text !== undefined) tokens.push({ kind: "text", text: unquoted(text) });
    else if (path !== undefined) tokens.push({ kind: "path", text: path });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else tokens.push({ kind: "symbol", text: symbol });
  }
  return tokens;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
const unquoted = (text: string): string =>
  text.slice(1, -1).replaceAll(/\\(.)/gs, (_all, one: string) => ESCAPES[one] ?? one);
