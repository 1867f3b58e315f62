import { expect, test } from "vitest";
import { type CalcError, compileCalc, evaluateCalc } from "../../src/database/calc.ts";

const INPUTS = Float64Array.from({ length: 21 }, (_, i) => i);

function calculate(expression: string, inputs = INPUTS, previous = 0): number | undefined {
  const program = compileCalc(expression);
  if ("error" in program) throw new Error(`${program.error} at ${program.position}`);
  return evaluateCalc(program, inputs, previous);
}

const RESULTS: readonly (readonly [expression: string, result: number])[] = [
  ["1+2*3", 7],
  ["2**3**2", 64],
  ["-2**2", 4],
  ["C&&D?E:F", 4],
  ["a ? 1 : b ? 2 : 3", 2],
  ["5%3", 2],
  ["1/0", Infinity],
  ["A%A", NaN],
  ["0xff & 0x0f", 15],
  ["not 0", -1],
  ["-16>>>28", 15],
  ["1 xor 3 or 4", 6],
  ["max(B,C,D) - min(B,C)", 2],
  ["atan2(1, 0)", 0],
  ["isnan(nan, 1) + finite(1, 2)", 2],
  ["nint(2.5) + nint(-2.5)", 0],
  ["U", 20],
  ["VAL+1", 43],
  ["d2r*180=pi", 1],
  ["1=1 && 2#3", 1],
  ["!0 + !B*10 + !5*100", 1],
];
for (const [expression, result] of RESULTS) {
  test(`${expression} is ${result}`, () => {
    expect(calculate(expression, INPUTS, 42)).toBe(result);
  });
}

test("an assignment changes an input and leaves the other expression's value", () => {
  const inputs = Float64Array.from(INPUTS);
  expect(calculate("A:=B+1; A*10", inputs)).toBe(20);
  expect(inputs[0]).toBe(2);
});

test("a program says which inputs it reads and which it changes", () => {
  expect(compileCalc("B+C*B")).toMatchObject({ reads: [1, 2], changes: [] });
  expect(compileCalc("A:=U;5")).toMatchObject({ reads: [20], changes: [0] });
});

test("a random number is between 0 and 1, and not always the same", () => {
  const numbers = Array.from({ length: 20 }, () => calculate("RNDM") ?? NaN);
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  expect(new Set(numbers).size).toBeGreaterThan(1);
});

const REFUSED: readonly (readonly [expression: string, error: RegExp, position: number])[] = [
  ["", /empty/, 0],
  ["A+", /missing/, 2],
  ["A B", /B is not expected/, 2],
  ["(A", /\( without \)/, 2],
  ["A)", /\) without \(/, 2],
  ["A,B", /comma/, 2],
  ["A?B", /\? without :/, 3],
  ["A:B", /: without \?/, 2],
  ["1;2", /missing/, 3],
  ["1;2;", /more than one result/, 4],
  ["1:=2", /only a variable/, 3],
  ["foo", /missing|expected/, 1],
  ["1e400", /not a number/, 0],
  ["0xfffffffff", /32 bits/, 0],
  ["max()", /not expected/, 4],
];
for (const [expression, error, position] of REFUSED) {
  test(`"${expression}" is refused at character ${position}`, () => {
    const result = compileCalc(expression) as CalcError;
    expect(result.error).toMatch(error);
    expect(result.position).toBe(position);
  });
}

test("more intermediate results than base has room for are refused", () => {
  const deep = "(1+".repeat(90) + "1" + ")".repeat(90);
  expect(compileCalc(deep)).toHaveProperty("error");
});
