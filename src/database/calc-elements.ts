/**
 * The one table of what an expression may consist of: operators with their priorities, functions, constants, variables,
 * and what each does to numbers as base's C code does it (channel-access.md §5.5; epics-base: calcPerform.c). How they
 * are put together is calc.ts.
 */
import { toInt32, toUint32 } from "./convert/numbers.ts";

/** The variables A … U. Base has had 21 variables since 7.0.10, 12 before. */
export const CALC_VARIABLES = "ABCDEFGHIJKLMNOPQRSTU";

/** How a function of any number of arguments goes through its arguments, last first. */
export interface Fold {
  readonly first: (a: number) => number;
  readonly next: (sum: number, a: number) => number;
}

/** C's `!x` and conditions: NaN is true. */
const isTrue = (a: number): boolean => a !== 0;
const bool = (a: boolean): number => (a ? 1 : 0);
/** Operands of bit operators: positive numbers up to 2³² are taken as unsigned, results are signed. */
const bits = (a: number): number => (a < 0 ? toInt32(a) : toUint32(a) | 0);

function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1; // C says 1 where JavaScript says NaN
  return base ** exponent;
}

function modulo(a: number, b: number): number {
  const divisor = toInt32(b);
  return divisor === 0 ? NaN : (toInt32(a) % divisor) + 0; // + 0: an integer has no −0
}

/** Prefix operators and functions of one argument. */
export const UNARY: Readonly<Record<string, (a: number) => number>> = {
  "-": (a) => -a,
  "!": (a) => bool(!isTrue(a)),
  "~": (a) => ~bits(a),
  NOT: (a) => ~bits(a),
  ABS: Math.abs,
  ACOS: Math.acos,
  ASIN: Math.asin,
  ATAN: Math.atan,
  CEIL: Math.ceil,
  COS: Math.cos,
  COSH: Math.cosh,
  EXP: Math.exp,
  FLOOR: Math.floor,
  ISINF: (a) => (a === Infinity ? 1 : a === -Infinity ? -1 : 0),
  LN: Math.log,
  LOG: Math.log10,
  LOGE: Math.log,
  NINT: (a) => toInt32(a >= 0 ? a + 0.5 : a - 0.5),
  SIN: Math.sin,
  SINH: Math.sinh,
  SQR: Math.sqrt,
  SQRT: Math.sqrt,
  TAN: Math.tan,
  TANH: Math.tanh,
};

/** Functions of two arguments. */
export const PAIRS: Readonly<Record<string, (a: number, b: number) => number>> = {
  ATAN2: (a, b) => Math.atan2(b, a), // the other way round than in C
  FMOD: (a, b) => a % b,
};

/** Functions of any number of arguments. */
export const LISTS: Readonly<Record<string, Fold>> = {
  MAX: { first: (a) => a, next: (sum, a) => (a < sum || Number.isNaN(sum) ? sum : a) },
  MIN: { first: (a) => a, next: (sum, a) => (a > sum || Number.isNaN(sum) ? sum : a) },
  FINITE: { first: (a) => bool(Number.isFinite(a)), next: (sum, a) => bool(isTrue(sum) && Number.isFinite(a)) },
  ISNAN: { first: (a) => bool(Number.isNaN(a)), next: (sum, a) => bool(isTrue(sum) || Number.isNaN(a)) },
};

export const CONSTANTS: Readonly<Record<string, number>> = { PI: Math.PI, D2R: Math.PI / 180, R2D: 180 / Math.PI };

/** Binary operators: priority and function. All are left-associative. */
export const BINARY: Readonly<Record<string, readonly [priority: number, apply: (a: number, b: number) => number]>> = {
  "**": [6, power],
  "^": [6, power],
  "*": [5, (a, b) => a * b],
  "/": [5, (a, b) => a / b],
  "%": [5, modulo],
  "+": [4, (a, b) => a + b],
  "-": [4, (a, b) => a - b],
  "=": [3, (a, b) => bool(a === b)],
  "==": [3, (a, b) => bool(a === b)],
  "#": [3, (a, b) => bool(a !== b)],
  "!=": [3, (a, b) => bool(a !== b)],
  "<": [3, (a, b) => bool(a < b)],
  "<=": [3, (a, b) => bool(a <= b)],
  ">": [3, (a, b) => bool(a > b)],
  ">=": [3, (a, b) => bool(a >= b)],
  "&": [2, (a, b) => bits(a) & bits(b)],
  AND: [2, (a, b) => bits(a) & bits(b)],
  "&&": [2, (a, b) => bool(isTrue(a) && isTrue(b))],
  "<<": [2, (a, b) => bits(a) << bits(b)],
  ">>": [2, (a, b) => bits(a) >> bits(b)],
  ">>>": [2, (a, b) => bits(a) >>> bits(b)],
  "|": [1, (a, b) => bits(a) | bits(b)],
  OR: [1, (a, b) => bits(a) | bits(b)],
  XOR: [1, (a, b) => bits(a) ^ bits(b)],
  "||": [1, (a, b) => bool(isTrue(a) || isTrue(b))],
};

const longestFirst = (...names: readonly (readonly string[])[]): readonly string[] =>
  names.flat().toSorted((a, b) => b.length - a.length);
/** What may stand where an operand is needed, and where an operator is. */
export const OPERANDS = longestFirst(
  [UNARY, PAIRS, LISTS, CONSTANTS].flatMap((table) => Object.keys(table)),
  ["(", "VAL", "RNDM", "INF", "NAN"],
  Array.from(CALC_VARIABLES),
);
export const OPERATORS = longestFirst(Object.keys(BINARY), [")", ",", "?", ":", ":=", ";"]);
