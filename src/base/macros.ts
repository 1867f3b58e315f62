/**
 * $(NAME) in .db files, substitution files and start-up scripts. Text in, text out; where the values come from (a
 * definition list, the environment) is the caller's business. Rules: channel-access.md §5.1; epics-base: libcom macLib.
 * A reference is `$(A)` or `${A}`, `$(A=default)`, `$(A,B=x)` (B holds inside A's value only); names, defaults and
 * values may hold references. Nothing is expanded inside single quotes, nor after a backslash.
 */

/** The raw value of a macro, which may hold references itself; undefined: there is none of this name. */
export type MacroLookup = (name: string) => string | undefined;

export interface MacroProblem {
  readonly kind: "undefined" | "recursive" | "too long";
  readonly name: string;
}

/** Where a reference stood and where its value stands, so that a place in the result can be told in the source. */
export interface Replaced {
  readonly from: number;
  readonly to: number;
  readonly resultFrom: number;
  readonly resultTo: number;
}

export interface Expansion {
  readonly text: string;
  /** Empty when every reference had a value. A reference without a value is left in the text as `$(NAME,undefined)`. */
  readonly problems: readonly MacroProblem[];
  readonly replaced: readonly Replaced[];
}

/** Characters that one expansion may yield: values that refer to one another could otherwise fill the memory. */
export const MAX_EXPANSION = 1_000_000;
/** References inside references. */
const MAX_DEPTH = 100;

/** Replaces every reference in `text`. Never throws. */
export function expandMacros(text: string, lookup: MacroLookup): Expansion {
  if (!text.includes("$(") && !text.includes("${")) return { text, problems: [], replaced: [] };
  return new Expander(lookup).expand(text);
}

/** The offset in the source of an offset in the result; inside a value, where its reference begins. */
export function sourceOffset(expansion: Expansion, offset: number): number {
  let shift = 0;
  for (const one of expansion.replaced) {
    if (offset < one.resultFrom) break;
    if (offset < one.resultTo) return one.from;
    shift = one.to - one.resultTo;
  }
  return offset + shift;
}

/** `macro P is undefined` and the like, without an end. */
export function macroSentence(problem: MacroProblem): string {
  if (problem.kind === "too long") return `the macros expand to more than ${MAX_EXPANSION} characters`;
  return `macro ${problem.name} ${problem.kind === "undefined" ? "is undefined" : "refers to itself"}`;
}

/**
 * Reads `P=x:,N=3`. Blanks around names, values and commas do not count; quotes and backslashes protect them, and are
 * kept in values, where expansion drops them. A name without `=` takes the macro away again. Never throws.
 * @param before definitions that hold unless they are overridden
 */
export function parseMacros(text: string, before?: ReadonlyMap<string, string>): Map<string, string> {
  const macros = new Map(before);
  for (const definition of splitOutsideQuotes(text, ",")) {
    const [name = "", ...values] = splitOutsideQuotes(definition, "=");
    const plainName = unquote(name.trim());
    if (values.length > 0) macros.set(plainName, values.join("=").trim());
    else if (name.trim() !== "") macros.delete(plainName);
  }
  return macros;
}

interface Entry {
  readonly raw: string;
}

class Expander {
  readonly #lookup: MacroLookup;
  readonly #problems: MacroProblem[] = [];
  readonly #replaced: Replaced[] = [];
  /** Macros set by `$(A,B=x)`, innermost last. */
  readonly #scopes: Map<string, Entry>[] = [];
  readonly #found = new Map<string, Entry>();
  readonly #open = new Set<Entry>();
  #length = 0;

  constructor(lookup: MacroLookup) {
    this.#lookup = lookup;
  }

  expand(text: string): Expansion {
    const [value] = this.#translate(text, 0, 0, "");
    return { text: value, problems: this.#problems, replaced: this.#replaced };
  }

  /**
   * @returns the value of `text` from `at` up to a character of `ends`, and where that is. Quotes and backslashes stay
   * at depth 0 only.
   */
  #translate(text: string, at: number, depth: number, ends: string): readonly [string, number] {
    let value = "";
    let quote = "";
    for (; at < text.length && !ends.includes(text[at] as string); at++) {
      const character = text[at] as string;
      const closes = character === quote;
      if (closes || (quote === "" && (character === '"' || character === "'"))) {
        quote = closes ? "" : character;
        if (depth === 0) value += character;
      } else if (quote !== "'" && isReference(text, at)) {
        const [replacement, end] = this.#refer(text, at, depth);
        if (depth === 0) {
          this.#replaced.push({
            from: at,
            to: end,
            resultFrom: value.length,
            resultTo: value.length + replacement.length,
          });
        }
        value += replacement;
        at = end - 1;
      } else if (character === "\\" && at + 1 < text.length) {
        at++;
        value += depth === 0 ? `\\${text[at]}` : text[at];
      } else value += character;
    }
    return [value, at];
  }

  /** @returns the value of the reference at `at`, and where it ends */
  #refer(text: string, at: number, depth: number): readonly [string, number] {
    const close = text[at + 1] === "(" ? ")" : "}";
    if (depth >= MAX_DEPTH) return [this.#bad("recursive", text.slice(at, at + 20)), text.length];
    let [name, end] = this.#translate(text, at + 2, depth + 1, `=,${close}`);
    const defaultAt = text[end] === "=" ? end + 1 : undefined;
    if (defaultAt !== undefined) end = skip(text, defaultAt, `,${close}`);
    const scope = new Map<string, Entry>();
    this.#scopes.push(scope);
    while (text[end] === ",") {
      let scoped: string;
      [scoped, end] = this.#translate(text, end + 1, depth + 1, `=,${close}`);
      if (text[end] !== "=") continue;
      let raw: string;
      [raw, end] = this.#translate(text, end + 1, depth + 1, `,${close}`);
      scope.set(scoped, { raw });
    }
    const value = this.#valueOf(name, depth, () =>
      defaultAt === undefined ? undefined : this.#translate(text, defaultAt, depth + 1, `,${close}`)[0],
    );
    this.#scopes.pop();
    return [value, Math.min(end + 1, text.length)];
  }

  #valueOf(name: string, depth: number, fallback: () => string | undefined): string {
    const entry = this.#entry(name);
    if (entry === undefined) return fallback() ?? this.#bad("undefined", name);
    if (this.#open.has(entry)) return this.#bad("recursive", name);
    if (this.#length > MAX_EXPANSION) return this.#bad("too long", name);
    this.#open.add(entry);
    const [value] = this.#translate(entry.raw, 0, depth + 1, "");
    this.#open.delete(entry);
    this.#length += value.length + 1;
    return value;
  }

  #entry(name: string): Entry | undefined {
    const scoped = this.#scopes.findLast((scope) => scope.has(name))?.get(name) ?? this.#found.get(name);
    if (scoped !== undefined) return scoped;
    const raw = this.#lookup(name);
    if (raw === undefined) return undefined;
    const entry = { raw };
    this.#found.set(name, entry);
    return entry;
  }

  #bad(kind: MacroProblem["kind"], name: string): string {
    if (!this.#problems.some((one) => one.kind === kind && one.name === name)) this.#problems.push({ kind, name });
    return `$(${name},${kind})`;
  }
}

const isReference = (text: string, at: number): boolean =>
  text[at] === "$" && (text[at + 1] === "(" || text[at + 1] === "{");

/** Where the text from `at` meets a character of `ends` outside a reference. */
function skip(text: string, at: number, ends: string): number {
  const closing: string[] = [];
  for (; at < text.length; at++) {
    const character = text[at] as string;
    if (closing.length === 0 && ends.includes(character)) return at;
    if (character === "\\") at++;
    else if (isReference(text, at)) closing.push(text[++at] === "(" ? ")" : "}");
    else if (character === closing.at(-1)) closing.pop();
  }
  return text.length;
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quote = "";
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === '"' || character === "'") quote = character;
    if (character === "\\") at++;
    else if (quote === "" && character === separator) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}

const unquote = (text: string): string => text.replace(/\\(.)|["']/gs, "$1");
