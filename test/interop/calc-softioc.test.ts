/**
 * Expressions evaluated by EPICS base's calc record and by calc.ts: a fixed list, and a few hundred made from seeds.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileCalc, evaluateCalc } from "../../src/database/calc.ts";
import { BINARY, LISTS, PAIRS, UNARY } from "../../src/database/calc-elements.ts";
import { numberOf, type PutGetStep, putAndGet, type WireType, type WireValue } from "../support/engine/put-get.ts";
import { needPeers } from "../support/peers/real-peers.ts";
import { startSoftIoc } from "../support/peers/soft-ioc.ts";

/** Values of A … U in the test. */
const INPUTS = [
  0, 1, -1, 2.5, -7.75, 3, 1e10, -4e9, 0.001, 255, 2147483648, 4294967295, 1e300, 5, -0.5, 32, 33, 100, 6, 7, 8,
];

/** One expression a line; among them wrong ones, an empty one and a blank. */
const FIXED = readFileSync(join(import.meta.dirname, "calc-expressions.txt"), "latin1")
  .replace(/\n$/, "")
  .split("\n");

/** Numbers from a seed, 0 to 1: the list is the same at every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function expressions(count: number): string[] {
  const random = randomNumbers(20261122);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const functions = [...Object.keys(UNARY), ...Object.keys(PAIRS), ...Object.keys(LISTS)].filter((name) =>
    /\w/.test(name),
  );
  const leaf = (): string => pick([...Array.from("ABCDEFGHIJKLMNOPQRSTU"), "1", "2", "0.5", "10", "0x10", "PI", "1e5"]);
  const make = (depth: number): string => {
    const choice = depth === 0 ? 0 : random();
    if (choice < 0.2) return leaf();
    if (choice < 0.65)
      return `${make(depth - 1)}${pick(["", " "])}${pick(Object.keys(BINARY).map(spaced))}${make(depth - 1)}`;
    if (choice < 0.75) return `(${make(depth - 1)})`;
    if (choice < 0.8) return `${pick(["-", "!", "~"])}${make(depth - 1)}`;
    if (choice < 0.88) return `(${make(depth - 1)}?${make(depth - 1)}:${make(depth - 1)})`;
    const name = pick(functions);
    const count_ = name in PAIRS ? 2 : name in LISTS ? 1 + Math.floor(random() * 3) : 1;
    return `${name}(${Array.from({ length: count_ }, () => make(depth - 1)).join(",")})`;
  };
  return Array.from({ length: count }, () => make(3)).filter((text) => text.length < 160);
}
const spaced = (operator: string): string => (/\w/.test(operator) ? ` ${operator} ` : operator);

/** What ours gives: undefined when the expression is refused. */
function ours(expression: string): number | undefined {
  const program = compileCalc(expression);
  return "error" in program ? undefined : evaluateCalc(program, Float64Array.from(INPUTS), 42);
}

/** The mathematical functions of two libraries differ in their last bits. */
function isSame(a: number, b: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  return Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b));
}

const missing = needPeers("softIoc", "caproto").missing;

test.skipIf(missing)(
  "a calc expression gives what it gives in EPICS base, or is refused where base refuses it",
  async () => {
    const letters = Array.from("ABCDEFGHIJKLMNOPQRSTU");
    const fields = letters.map((letter, i) => `field(${letter}, "${INPUTS[i]}")`).join(" ");
    await using ioc = await startSoftIoc({ db: `record(calcout, "$(P)c") { ${fields} }` });
    const list = [...FIXED, ...expressions(400)];
    const put = (field: string, type: WireType, value: WireValue): PutGetStep => ({
      pv: `c.${field}`,
      put: [type, value],
      get: [],
    });
    const restored = [put("CALC", "STRING", "0"), ...letters.map((letter, i) => put(letter, "DOUBLE", INPUTS[i] ?? 0))];
    const steps = list.flatMap((expression) => [
      put("VAL", "DOUBLE", 42),
      // The put processes the record. By CALC$, because a string of the wire has 39 characters.
      put("CALC$", "CHAR", [...Buffer.from(expression, "latin1"), 0]),
      { pv: "c.CLCV", put: null, get: ["LONG" as const] },
      { pv: "c.VAL", put: null, get: ["DOUBLE" as const] },
      ...(expression.includes(":=") ? restored : []),
    ]);
    const answers = await putAndGet(ioc, steps);
    let at = 0;
    const different: string[] = [];
    for (const expression of list) {
      const refused = answers[at + 2]?.get[0] !== 0;
      const theirs = refused ? undefined : numberOf(answers[at + 3]?.get[0]);
      at += 4 + (expression.includes(":=") ? restored.length : 0);
      const result = ours(expression);
      const agrees = theirs === undefined || result === undefined ? theirs === result : isSame(theirs, result);
      if (!agrees) different.push(`${expression}: base ${String(theirs)}, ours ${String(result)}`);
    }
    expect(list.length).toBeGreaterThan(500);
    expect(different).toEqual([]);
  },
  120_000,
);
