/**
 * The expressions of calc and calcout records, calc links and access security: compiled once into steps for a stack,
 * then evaluated without allocation. Operators, priorities and results are base's (channel-access.md §5.5; epics-base:
 * postfix.c, calcPerform.c), compared with it in test/interop/calc-softioc.test.ts. The table of elements is
 * calc-elements.ts. Compiler and stack machine stand together because each step that the compiler makes is a case of
 * the machine.
 */
import {
  BINARY,
  CALC_VARIABLES,
  CONSTANTS,
  type Fold,
  LISTS,
  OPERANDS,
  OPERATORS,
  PAIRS,
  UNARY,
} from "./calc-elements.ts";
import { parseFloating } from "./convert/texts.ts";

export interface CalcError {
  /** A sentence for the operator. */
  readonly error: string;
  /** Characters from the start of the expression. */
  readonly position: number;
}

/** A compiled expression. */
export interface CalcProgram {
  readonly steps: readonly Step[];
  /** Inputs that the expression reads, and inputs that it changes: indices of A … U. */
  readonly reads: readonly number[];
  readonly changes: readonly number[];
}

type Step =
  | { readonly kind: "literal"; readonly value: number }
  | { readonly kind: "variable" | "store"; readonly index: number }
  | { readonly kind: "previous" | "random" | "end" }
  | { readonly kind: "unary"; readonly apply: (a: number) => number }
  | { readonly kind: "binary"; readonly apply: (a: number, b: number) => number }
  | { readonly kind: "list"; readonly count: number; readonly fold: Fold }
  /** `target`: the step after which evaluation goes on when the condition is false, or after the first branch. */
  | { readonly kind: "if" | "else"; target: number };

/** Priority of prefix operators and functions on the stack of pending operators. */
const PREFIX = 7;
/** Most intermediate results, as in base. */
const STACK_SIZE = 80;

/** An operator that waits for what is to its right. */
interface PendingOperator {
  readonly name: string;
  readonly priority: number;
  /** undefined: an open parenthesis. */
  readonly step: Step | undefined;
  readonly position: number;
  /** Of a function of any number of arguments. */
  readonly fold?: Fold;
  /** How many results the operator adds to the stack; negative: takes from it. */
  effect: number;
}

class CalcSyntaxError extends Error {}

/** Reads an expression from left to right into steps in the order of evaluation (shunting yard). */
class Compiler {
  readonly #text: string;
  readonly #upper: string;
  readonly #steps: Step[] = [];
  readonly #pending: PendingOperator[] = [];
  /** Results on the stack so far. */
  #depth = 0;
  /** `?` without its `:` yet. */
  #conditions = 0;
  position = 0;

  constructor(text: string) {
    this.#text = text;
    this.#upper = text.toUpperCase();
  }

  compile(): CalcProgram {
    let needsOperand = true;
    for (;;) {
      this.#skipBlanks();
      if (this.position >= this.#text.length) break;
      needsOperand = needsOperand ? this.#operand() : this.#operator();
      if (this.#depth < 0) this.#fail("an operand is missing");
      if (this.#depth >= STACK_SIZE) this.#fail(`more than ${STACK_SIZE} intermediate results`);
    }
    this.#endExpression();
    if (this.#conditions !== 0) this.#fail("? without :");
    if (needsOperand || this.#depth !== 1) this.#fail("an operand or an operator is missing");
    const steps = withTargets(this.#steps);
    return { steps, reads: indicesOf(steps, "variable"), changes: indicesOf(steps, "store") };
  }

  /** @returns whether another operand is needed */
  #operand(): boolean {
    const literal = this.#literal();
    if (literal !== undefined) {
      this.#push({ kind: "literal", value: literal });
      return false;
    }
    const name = this.#word(OPERANDS);
    const constant = CONSTANTS[name];
    if (constant !== undefined) this.#push({ kind: "literal", value: constant });
    else if (name === "VAL") this.#push({ kind: "previous" });
    else if (name === "RNDM") this.#push({ kind: "random" });
    else if (name.length === 1 && CALC_VARIABLES.includes(name)) {
      this.#push({ kind: "variable", index: CALC_VARIABLES.indexOf(name) });
    } else {
      this.#prefix(name);
      return true;
    }
    return false;
  }

  #prefix(name: string): void {
    const position = this.position;
    const unary = UNARY[name];
    const pair = PAIRS[name];
    const fold = LISTS[name];
    if (name === "(") this.#pending.push({ name, priority: 0, step: undefined, position, effect: 0 });
    else if (unary !== undefined) {
      this.#pending.push({ name, priority: PREFIX, step: { kind: "unary", apply: unary }, position, effect: 0 });
    } else if (pair !== undefined) {
      this.#pending.push({ name, priority: PREFIX, step: { kind: "binary", apply: pair }, position, effect: -1 });
    } else if (fold !== undefined) {
      this.#pending.push({ name, priority: PREFIX, step: undefined, fold, position, effect: 0 });
    }
  }

  /** @returns whether an operand is needed next */
  #operator(): boolean {
    const name = this.#word(OPERATORS);
    const binary = BINARY[name];
    if (binary !== undefined) {
      const [priority, apply] = binary;
      this.#release(priority);
      this.#pending.push({ name, priority, step: { kind: "binary", apply }, position: this.position, effect: -1 });
      return true;
    }
    switch (name) {
      case ")":
        this.#closeParenthesis();
        return false;
      case ",":
        this.#openParenthesis("a comma outside parentheses").effect -= 1;
        return true;
      case "?":
        this.#release(1);
        this.#conditions += 1;
        this.#push({ kind: "if", target: 0 }, -1);
        return true;
      case ":":
        this.#release(1);
        this.#conditions -= 1;
        if (this.#conditions < 0) this.#fail(": without ?");
        this.#push({ kind: "else", target: 0 }, -1);
        this.#pending.push({ name, priority: 0, step: { kind: "end" }, position: this.position, effect: 0 });
        return true;
      case ":=":
        this.#store();
        return true;
      default:
        this.#endExpression();
        if (this.#conditions !== 0) this.#fail("? without :");
        if (this.#depth > 1) this.#fail("more than one result: all sub-expressions but one must assign theirs");
        return true;
    }
  }

  /** The variable just read becomes the target of what follows. */
  #store(): void {
    const target = this.#steps.pop();
    if (target?.kind !== "variable" || this.#pending.length > 0) this.#fail("only a variable can be assigned to");
    const step: Step = { kind: "store", index: target.index };
    this.#pending.push({ name: ":=", priority: 0, step, position: this.position, effect: -1 });
    this.#depth -= 1;
  }

  #push(step: Step, effect = 1): void {
    this.#steps.push(step);
    this.#depth += effect;
  }

  /** Moves pending operators of at least this priority to the steps. */
  #release(priority: number): void {
    for (
      let last = this.#pending.at(-1);
      last !== undefined && last.priority >= priority;
      last = this.#pending.at(-1)
    ) {
      this.#emit();
    }
  }

  #emit(): void {
    const last = this.#pending.pop();
    if (last === undefined) return;
    if (last.fold !== undefined) this.#steps.push({ kind: "list", count: 1 - last.effect, fold: last.fold });
    else if (last.step !== undefined) this.#steps.push(last.step);
    this.#depth += last.effect;
  }

  /** Moves what stands behind the last open parenthesis to the steps, and returns the parenthesis. */
  #openParenthesis(reason: string): PendingOperator {
    for (let last = this.#pending.at(-1); last !== undefined; last = this.#pending.at(-1)) {
      if (last.name === "(") return last;
      this.#emit();
    }
    this.#fail(reason);
  }

  #closeParenthesis(): void {
    const { effect } = this.#openParenthesis(") without (");
    this.#pending.pop();
    const before = this.#pending.at(-1);
    if (before?.fold !== undefined) before.effect = effect;
  }

  #endExpression(): void {
    while (this.#pending.length > 0) {
      if (this.#pending.at(-1)?.name === "(") this.#fail("( without )");
      this.#emit();
    }
  }

  #skipBlanks(): void {
    while (/[ \t\n\v\f\r]/.test(this.#text.charAt(this.position))) this.position += 1;
  }

  /** A number, which begins with a digit or a point, or INF or NAN. */
  #literal(): number | undefined {
    const rest = this.#text.slice(this.position);
    const hexadecimal = /^0[xX]([0-9a-fA-F]+)/.exec(rest);
    if (hexadecimal !== null) {
      const value = Number.parseInt(hexadecimal[1] ?? "", 16);
      if (value > 0xffffffff) this.#fail("a hexadecimal number of more than 32 bits");
      this.position += hexadecimal[0].length;
      return value | 0;
    }
    if (!/^(?:[\d.]|inf|nan)/i.test(rest)) return undefined;
    const parsed = parseFloating(rest);
    if (parsed === undefined) this.#fail("not a number");
    this.position = this.#text.length - parsed.rest.length;
    return parsed.value;
  }

  #word(names: readonly string[]): string {
    const found = names.find((name) => this.#upper.startsWith(name, this.position));
    if (found === undefined) this.#fail(`${this.#text.charAt(this.position)} is not expected here`);
    this.position += found.length;
    return found;
  }

  #fail(reason: string): never {
    throw new CalcSyntaxError(reason);
  }
}

const indicesOf = (steps: readonly Step[], kind: "variable" | "store"): readonly number[] => [
  ...new Set(steps.flatMap((step) => (step.kind === kind ? [(step as { index: number }).index] : []))),
];

/** Finds where each condition goes on. */
function withTargets(steps: readonly Step[]): readonly Step[] {
  for (const [at, step] of steps.entries()) {
    if (step.kind === "if") step.target = matching(steps, at, "else");
    else if (step.kind === "else") step.target = matching(steps, at, "end");
  }
  return steps;
}

function matching(steps: readonly Step[], from: number, kind: "else" | "end"): number {
  let open = 1;
  for (let at = from + 1; at < steps.length; at++) {
    if (steps[at]?.kind === "if") open += 1;
    else if (steps[at]?.kind === kind) open -= 1;
    if (open === 0) return at;
  }
  return steps.length;
}

/** @returns the program, or what is wrong and where */
export function compileCalc(expression: string): CalcProgram | CalcError {
  if (expression === "") return { error: "the expression is empty", position: 0 };
  const compiler = new Compiler(expression);
  try {
    return compiler.compile();
  } catch (error) {
    if (!(error instanceof CalcSyntaxError)) throw error;
    return { error: error.message, position: compiler.position };
  }
}

const stack = new Float64Array(STACK_SIZE + 1);

/**
 * @param inputs A … U; assignments in the expression change them
 * @param previous the value of VAL
 * @returns undefined when not exactly one result is left
 */
export function evaluateCalc(program: CalcProgram, inputs: Float64Array, previous: number): number | undefined {
  const { steps } = program;
  let top = 0;
  for (let at = 0; at < steps.length; at++) {
    const step = steps[at]!;
    switch (step.kind) {
      case "literal":
        stack[++top] = step.value;
        break;
      case "variable":
        stack[++top] = inputs[step.index]!;
        break;
      case "store":
        inputs[step.index] = stack[top--]!;
        break;
      case "previous":
        stack[++top] = previous;
        break;
      case "random":
        stack[++top] = Math.random();
        break;
      case "unary":
        stack[top] = step.apply(stack[top]!);
        break;
      case "binary":
        top -= 1;
        stack[top] = step.apply(stack[top]!, stack[top + 1]!);
        break;
      case "list":
        top -= step.count - 1;
        stack[top] = foldStack(step.fold, top, step.count);
        break;
      case "if":
        if (stack[top--] === 0) at = step.target;
        break;
      case "else":
        at = step.target;
        break;
      case "end":
        break;
    }
  }
  return top === 1 ? stack[1] : undefined;
}

function foldStack(fold: Fold, first: number, count: number): number {
  let at = first + count - 1;
  let sum = fold.first(stack[at]!);
  for (at -= 1; at >= first; at--) sum = fold.next(sum, stack[at]!);
  return sum;
}
