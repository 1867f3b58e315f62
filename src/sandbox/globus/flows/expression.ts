/**
 * The expressions behind `X.=` in a flow: the part of Python that Globus' pages and published flows use. Names are
 * members of the run's data, and `$.a.b` between backquotes is a path into it; also `a if b else c`, lists, objects and
 * comprehensions. Anything else ends the run with its name. Values are in expression-values.ts.
 */
import { isJsonObject } from "../../../base/json-object.ts";
import { type ExpressionToken, tokensOf } from "./expression-tokens.ts";
import {
  callMethod,
  FUNCTIONS,
  failure,
  isTrue,
  memberOf,
  membersOf,
  OPERATORS,
  sliceOf,
} from "./expression-values.ts";
import { notSimulated } from "./flow-error.ts";
import { readPath, requirePath } from "./json-path.ts";

/** The run's data, and what comprehensions have named inside of it. */
interface Scope {
  readonly data: unknown;
  readonly names: ReadonlyMap<string, unknown>;
}
type ParsedExpression = (scope: Scope) => unknown;

/** @throws FlowError for what fails, and for what is not simulated */
export function evaluate(expression: string, data: unknown): unknown {
  return new Parser(expression).whole()({ data, names: new Map() });
}

/** Binary operators, those that bind the least first; comparisons are apart, as `a < b < c` is two. */
const LEVELS: readonly (readonly string[])[] = [
  ["+", "-"],
  ["*", "/", "//", "%"],
];
const COMPARISONS: readonly string[] = ["==", "!=", "<", ">", "<=", ">=", "in", "not in", "is", "is not"];
const CONSTANTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["True", true],
  ["False", false],
  ["None", null],
  ["true", true],
  ["false", false],
  ["null", null],
]);
const WORDS: readonly string[] = ["if", "else", "for", "in", "not", "and", "or", "is", "lambda"];

class Parser {
  readonly #source: string;
  readonly #tokens: readonly ExpressionToken[];
  #at = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokensOf(source);
  }
  whole(): ParsedExpression {
    const expression = this.#conditional();
    if (this.#at < this.#tokens.length) throw this.#unknown();
    return expression;
  }
  #unknown(): Error {
    const rest = this.#tokens
      .slice(this.#at)
      .map(({ text }) => text)
      .join(" ");
    return notSimulated(`${JSON.stringify(rest || "the end")} in the expression ${this.#source}`);
  }
  #is(text: string, ahead = 0): boolean {
    const token = this.#tokens[this.#at + ahead];
    return token?.text === text && (token.kind === "symbol" || token.kind === "name");
  }
  /** Takes a word or symbol if it is next. */
  #take(text: string): boolean {
    const isNext = this.#is(text);
    if (isNext) this.#at++;
    return isNext;
  }
  #require(text: string): void {
    if (!this.#take(text)) throw this.#unknown();
  }
  #conditional(): ParsedExpression {
    const then = this.#or();
    if (!this.#take("if")) return then;
    const condition = this.#or();
    this.#require("else");
    const otherwise = this.#conditional();
    return (scope) => (isTrue(condition(scope)) ? then(scope) : otherwise(scope));
  }
  #or(): ParsedExpression {
    let one = this.#and();
    while (this.#take("or")) {
      const [left, right] = [one, this.#and()];
      one = (scope) => {
        const value = left(scope);
        return isTrue(value) ? value : right(scope);
      };
    }
    return one;
  }
  #and(): ParsedExpression {
    let one = this.#not();
    while (this.#take("and")) {
      const [left, right] = [one, this.#not()];
      one = (scope) => {
        const value = left(scope);
        return isTrue(value) ? right(scope) : value;
      };
    }
    return one;
  }
  #not(): ParsedExpression {
    if (!this.#take("not")) return this.#comparison();
    const value = this.#not();
    return (scope) => !isTrue(value(scope));
  }
  #comparison(): ParsedExpression {
    const operands = [this.#binary(0)];
    const symbols: string[] = [];
    for (let symbol = this.#comparisonSymbol(); symbol !== undefined; symbol = this.#comparisonSymbol()) {
      symbols.push(symbol);
      operands.push(this.#binary(0));
    }
    const [first] = operands;
    if (first === undefined || symbols.length === 0) return operands[0] as ParsedExpression;
    return (scope) => {
      const values = operands.map((operand) => operand(scope));
      return symbols.every((symbol, index) => OPERATORS[symbol]?.(values[index], values[index + 1]) === true);
    };
  }
  #comparisonSymbol(): string | undefined {
    const two = `${this.#tokens[this.#at]?.text} ${this.#tokens[this.#at + 1]?.text}`;
    const symbol = COMPARISONS.find((one) => one === two) ?? COMPARISONS.find((one) => this.#is(one));
    if (symbol !== undefined) this.#at += symbol.split(" ").length;
    return symbol;
  }
  #binary(level: number): ParsedExpression {
    const symbols = LEVELS[level];
    if (symbols === undefined) return this.#unary();
    let one = this.#binary(level + 1);
    for (;;) {
      const symbol = symbols.find((text) => this.#is(text));
      if (symbol === undefined) return one;
      this.#at++;
      const [left, right] = [one, this.#binary(level + 1)];
      one = (scope) => OPERATORS[symbol]?.(left(scope), right(scope));
    }
  }
  #unary(): ParsedExpression {
    if (this.#take("-")) {
      const value = this.#unary();
      return (scope) => OPERATORS["-"]?.(0, value(scope));
    }
    const base = this.#members(this.#atom());
    if (!this.#take("**")) return base;
    const power = this.#unary();
    return (scope) => OPERATORS["**"]?.(base(scope), power(scope));
  }
  /** What hangs on a value: `.name`, `.method(…)`, `[index]`, `[from:to]`. */
  #members(value: ParsedExpression): ParsedExpression {
    let one = value;
    for (;;) {
      const whole = one;
      if (this.#take(".")) {
        const name = this.#name();
        if (this.#take("(")) {
          const given = this.#list(")");
          one = (scope) => callMethod(whole(scope), name, values(given, scope));
        } else one = (scope) => memberOf(whole(scope), name);
      } else if (this.#take("[")) one = this.#index(whole);
      else return one;
    }
  }
  #index(whole: ParsedExpression): ParsedExpression {
    const from = this.#is(":") ? undefined : this.#conditional();
    if (!this.#take(":")) {
      this.#require("]");
      return (scope) => memberOf(whole(scope), from?.(scope));
    }
    const to = this.#is("]") ? undefined : this.#conditional();
    this.#require("]");
    return (scope) => sliceOf(whole(scope), from?.(scope), to?.(scope));
  }
  #name(): string {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "name" || WORDS.includes(token.text)) throw this.#unknown();
    this.#at++;
    return token.text;
  }
  #atom(): ParsedExpression {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw this.#unknown();
    if (token.kind === "symbol") return this.#bracketed();
    if (token.kind === "name") return this.#named(this.#name());
    this.#at++;
    const { kind, text } = token;
    if (kind === "path") return ({ data }) => requirePath(text, data, "States.Runtime");
    return kind === "number" ? () => Number(text) : () => text;
  }
  #bracketed(): ParsedExpression {
    if (this.#take("(")) {
      const inside = this.#conditional();
      this.#require(")");
      return inside;
    }
    if (this.#take("{")) return this.#object();
    if (!this.#take("[")) throw this.#unknown();
    if (this.#take("]")) return () => [];
    const first = this.#conditional();
    if (this.#is("for")) {
      const each = this.#comprehension();
      this.#require("]");
      return (scope) => each(scope).map(first);
    }
    const rest = this.#take(",") ? this.#list("]") : (this.#require("]"), []);
    return (scope) => values([first, ...rest], scope);
  }
  /** Up to the closing bracket. */
  #list(end: string): ParsedExpression[] {
    const list: ParsedExpression[] = [];
    while (!this.#take(end)) {
      list.push(this.#conditional());
      if (!this.#is(end)) this.#require(",");
    }
    return list;
  }
  #object(): ParsedExpression {
    const members: (readonly [ParsedExpression, ParsedExpression])[] = [];
    while (!this.#take("}")) {
      const name = this.#conditional();
      this.#require(":");
      members.push([name, this.#conditional()]);
      if (!this.#is("}")) this.#require(",");
    }
    return (scope) => Object.fromEntries(members.map(([name, value]) => [String(name(scope)), value(scope)]));
  }
  /** `for x in list if …`, as often as it stands there: the scopes that they make. */
  #comprehension(): (scope: Scope) => readonly Scope[] {
    if (!this.#take("for")) return (scope) => [scope];
    const name = this.#name();
    this.#require("in");
    const list = this.#or();
    const conditions: ParsedExpression[] = [];
    while (this.#take("if")) conditions.push(this.#or());
    const inner = this.#comprehension();
    return (scope) =>
      membersOf(list(scope))
        .map((one): Scope => ({ data: scope.data, names: new Map([...scope.names, [name, one]]) }))
        .filter((own) => conditions.every((condition) => isTrue(condition(own))))
        .flatMap(inner);
  }
  #named(name: string): ParsedExpression {
    if (this.#take("(")) return call(name, this.#list(")"));
    if (CONSTANTS.has(name)) return () => CONSTANTS.get(name);
    return ({ data, names }) => {
      if (names.has(name)) return names.get(name);
      if (isJsonObject(data) && Object.hasOwn(data, name)) return data[name];
      throw failure(`there is no ${name} in the state of the run`);
    };
  }
}

const values = (list: readonly ParsedExpression[], scope: Scope): unknown[] => list.map((one) => one(scope));

/** `is_present` and `getattr` look at the run's data; the other functions at their arguments alone. */
function call(name: string, given: readonly ParsedExpression[]): ParsedExpression {
  const found = (scope: Scope): unknown => readPath(`$.${String(given[0]?.(scope))}`, scope.data);
  if (name === "is_present") return (scope) => found(scope) !== undefined;
  if (name === "getattr") return (scope) => found(scope) ?? given[1]?.(scope) ?? null;
  const work = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (work === undefined) throw notSimulated(`the function ${name} in expressions`);
  return (scope) => work(...values(given, scope));
}
