/** What is kept of a value for a log, and what a trapped put tells of the value before it. */
import { describe, expect, test } from "vitest";
import type { PutReport } from "../../src/database/put.ts";
import { areEqualHeads, headAt } from "../../src/database/value-head.ts";
import { databaseOf } from "../support/engine/test-database.ts";

const RECORDS = {
  N: {},
  State: { type: "mbbo", ZRST: "Off", ONST: "On", ONVL: "1" },
  Text: { type: "stringout", VAL: "before" },
  Page: { type: "waveform", FTVL: "CHAR", NELM: "1000", "info Q:form": "String" },
  Numbers: { type: "waveform", FTVL: "DOUBLE", NELM: "100000" },
  Names: { type: "waveform", FTVL: "STRING", NELM: "100" },
};

test("a head is of the field's own type: a number, a menu's choice as text, elements as they are", () => {
  const db = databaseOf(RECORDS);
  db.put("N", 2.5);
  db.put("State", 1);
  db.put("Page", "Grüße");
  db.put("Numbers", Float64Array.of(1, Number.NaN));
  db.put("Names", ["a", "b"]);
  const headOf = (pv: string): unknown => headAt(db.address(pv));
  expect(headOf("N")).toEqual({ value: 2.5, size: 1, isWhole: true });
  expect(headOf("State")).toEqual({ value: 1, size: 1, isWhole: true });
  expect(headOf("N.SCAN")).toEqual({ value: "Passive", size: 1, isWhole: true });
  expect(headOf("Text")).toEqual({ value: "before", size: 1, isWhole: true });
  expect(headOf("Text.VAL$")).toEqual({ value: "before", size: 7, isWhole: true });
  expect(headOf("Page")).toEqual({ value: "Grüße", size: 6, isWhole: true });
  expect(headOf("Numbers")).toEqual({ value: Float64Array.of(1, Number.NaN), size: 2, isWhole: true });
  expect(headOf("Names")).toEqual({ value: ["a", "b"], size: 2, isWhole: true });
});

test("of a large value 400 bytes are kept, never half of a character, and they do not change with the field", () => {
  const db = databaseOf(RECORDS);
  db.put("Page", `${"x".repeat(399)}\u00c3\u00bc`);
  db.put("Numbers", new Float64Array(100_000).fill(7));
  db.put(
    "Names",
    Array.from({ length: 20 }, () => "n"),
  );
  const numbers = headAt(db.address("Numbers"));
  db.put("Numbers", Float64Array.of(1));
  expect(headAt(db.address("Page"))).toEqual({ value: "x".repeat(399), size: 402, isWhole: false });
  expect(numbers).toEqual({ value: new Float64Array(50).fill(7), size: 100_000, isWhole: false });
  expect(headAt(db.address("Names"))).toMatchObject({ size: 20, isWhole: false });
  expect((headAt(db.address("Names")).value as string[]).length).toBe(10);
});

test.each([
  [1, 1, true],
  [Number.NaN, Number.NaN, true],
  [1, 2, false],
  ["a", "a", true],
  [Float64Array.of(1, 2), Float64Array.of(1, 2), true],
  [Float64Array.of(1, 2), Float64Array.of(1, 3), false],
])("%j and %j are equal: %j", (a, b, isEqual) => {
  const head = (value: typeof a) => ({ value, size: 2, isWhole: true });
  expect(areEqualHeads(head(a), head(b))).toBe(isEqual);
  expect(areEqualHeads(head(a), { ...head(b), isWhole: false })).toBe(false);
  expect(areEqualHeads(head(a), { ...head(b), size: 3 })).toBe(false);
});

describe("a put that a rule with TRAPWRITE let pass", () => {
  const trapped = { by: { user: "op1", host: "ws1", peer: "10.0.0.5:4000" }, isTrapped: true } as const;

  test("tells what the field held, be it stored, refused or told to the program", () => {
    const db = databaseOf({ A: { VAL: "1" } });
    const told: PutReport[] = [];
    db.database.putTrapped.add((put) => told.push(put));
    const put = (value: number): unknown => db.database.put(db.address("A"), value, trapped);
    put(2);
    db.record("A").guard = () => "absorb";
    put(3);
    db.record("A").guard = () => ({ kind: "refused", reason: "no" });
    put(4);
    expect(told.map(({ value, before, result }) => [before?.value, value, result?.kind])).toEqual([
      [1, 2, undefined],
      [2, 3, undefined],
      [2, 4, "refused"],
    ]);
  });

  test("that waits for its turn tells what the field held when its turn came", () => {
    const db = databaseOf({ A: { VAL: "1", DLY: "2" } });
    const told: unknown[] = [];
    db.database.putTrapped.add((put) => told.push([put.before?.value, put.value]));
    for (const value of [2, 3]) db.database.putNotify(db.address("A"), value, () => {}, trapped);
    expect(told).toEqual([[1, 2]]);
    db.clock.advance(10);
    expect(told).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  test("is told to those who listen to all puts, without a look at the field", () => {
    const db = databaseOf({ A: { VAL: "1" } });
    const told: unknown[] = [];
    db.database.putMade.add(({ isTrapped, before }) => told.push([isTrapped, before]));
    db.database.put(db.address("A"), 2, trapped);
    db.database.put(db.address("A"), 3, { by: trapped.by });
    expect(told).toEqual([
      [true, undefined],
      [false, undefined],
    ]);
  });
});
