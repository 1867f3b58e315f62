/** calc and calcout. */
import { expect, test } from "vitest";
import { calc } from "../../../src/database/record-types/calc.ts";
import { calcout } from "../../../src/database/record-types/calcout.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { fakeRecord } from "../../support/fakes/fake-record.ts";

test("calc computes its expression of what its links give", () => {
  const links = { INPA: { value: 3 }, INPB: { constant: 4 } };
  const record = fakeRecord(calc, { fields: { CALC: "A*B+C", C: 0.5 }, links });
  expect(record.run().fields).toMatchObject({ VAL: 12.5, UDF: 0 });
  expect(record.posts).toEqual(["VAL 3", "A 3", "B 3", "C 3"]);
  expect(record.run().posts).toEqual([]);
});

test("an input that leads nowhere leaves the value, INVALID", () => {
  const record = fakeRecord(calc, { fields: { CALC: "A+1", VAL: 8 }, links: { INPA: { value: undefined } } });
  expect(record.run().alarm).toBe("LINK INVALID");
  expect(record.fields["VAL"]).toBe(8);
});

test("a wrong expression is an alarm, and one in the log", () => {
  const record = fakeRecord(calc, { fields: { CALC: "A+" } });
  expect(record.run().alarm).toBe("CALC INVALID");
  expect(record.warnings).toEqual([
    expect.stringMatching(/CALC "A\+" is no valid expression: .* \(at character 3\)\./),
  ]);
});

test("calc refuses a wrong expression, and takes a right one at once", () => {
  const record = fakeRecord(calc, { fields: { CALC: "1" } });
  expect(record.put("CALC", "2+")).toBe(false);
  expect(record.put("CALC", "2+2")).toBe(true);
  expect(record.run().fields["VAL"]).toBe(4);
});

test("the last value can be part of the expression", () => {
  const record = fakeRecord(calc, { fields: { CALC: "VAL+1" } });
  record.run();
  expect(record.run().fields["VAL"]).toBe(2);
});

test("an assignment changes the field", () => {
  const record = fakeRecord(calc, { fields: { CALC: "A:=A+1;A*10" } });
  expect(record.run().fields).toMatchObject({ A: 1, VAL: 10 });
});

test("a result that is no number makes it undefined", () => {
  expect(fakeRecord(calc, { fields: { CALC: "A/A" } }).run().alarm).toBe("UDF INVALID");
});

test("calc has limit alarms, and posts all inputs when the alarm changes", () => {
  const record = fakeRecord(calc, { fields: { CALC: "5", HIGH: 5, HSV: "MINOR" } });
  expect(record.run().alarm).toBe("HIGH MINOR");
  expect(record.posts).toHaveLength(22);
});

test("inputs that no link feeds have neither unit nor range", () => {
  const { asRec, type } = fakeRecord(calc, { fields: { EGU: "mm", HOPR: 5, PREC: 3 } });
  expect([type.support.units?.(asRec, "VAL"), type.support.units?.(asRec, "A")]).toEqual(["mm", ""]);
  expect(type.support.displayLimits?.(asRec, "LB")).toEqual([0, 0]);
  expect(type.support.precision?.(asRec, "A")).toBe(3);
});

const linked = { OUT: { value: 0 } };

test("calcout writes its result", () => {
  const record = fakeRecord(calcout, { fields: { CALC: "A+1", A: 2 }, links: linked });
  expect(record.run().writes).toEqual([["OUT", 3]]);
  expect(record.posts).toContain("OVAL 3");
});

test("calcout writes its other expression where DOPT says so", () => {
  const fields = { CALC: "A", OCAL: "A*10", DOPT: "Use OCAL", A: 2 };
  const record = fakeRecord(calcout, { fields, links: linked });
  expect(record.run().writes).toEqual([["OUT", 20]]);
  expect(record.fields).toMatchObject({ VAL: 2, OVAL: 20 });
});

const OUTPUTS: readonly (readonly [option: string, values: readonly number[], written: readonly number[]])[] = [
  ["Every Time", [1, 1, 0], [1, 1, 0]],
  ["On Change", [1, 1.4, 2, 2], [1, 2]],
  ["When Zero", [1, 0, 0], [0, 0]],
  ["When Non-zero", [1, 0, 2], [1, 2]],
  ["Transition To Zero", [1, 0, 0], [0]],
  ["Transition To Non-zero", [1, 2, 0, 3], [1, 3]],
];
for (const [option, values, written] of OUTPUTS) {
  test(`calcout with OOPT "${option}" writes ${written.join(", ")} of ${values.join(", ")}`, () => {
    const record = fakeRecord(calcout, { fields: { CALC: "A", OOPT: option, MDEL: 0.5 }, links: linked });
    const all = values.flatMap((A) => record.run({ A }).writes.map(([, value]) => value));
    expect(all).toEqual(written);
  });
}

test("calcout waits ODLY seconds before it writes, and shows it", () => {
  const clock = new FakeClock();
  const record = fakeRecord(calcout, { fields: { CALC: "A", ODLY: 2, A: 5 }, links: linked, clock });
  expect(record.run().result).toBe("pending");
  expect(record.fields["DLYA"]).toBe(1);
  expect(record.writes).toEqual([]);
  clock.advance(2);
  expect(record.writes).toEqual([["OUT", 5]]);
  expect(record.fields["DLYA"]).toBe(0);
  expect(record.result).toBe("done");
});

const INVALID_ACTIONS: readonly (readonly [ivoa: string, writes: unknown[], events: string[]])[] = [
  ["Continue normally", [["OUT", 5]], ["go"]],
  ["Don't drive outputs", [], []],
  ["Set output to IVOV", [["OUT", -1]], ["go"]],
];
for (const [IVOA, writes, events] of INVALID_ACTIONS) {
  test(`an INVALID calcout with IVOA "${IVOA}" writes ${JSON.stringify(writes)}`, () => {
    const fields = { CALC: "5", IVOA, IVOV: -1, HIHI: 1, HHSV: "INVALID", OEVT: "go" };
    const record = fakeRecord(calcout, { fields, links: linked }).run();
    expect(record.writes).toEqual(writes);
    expect(record.events).toEqual(events);
  });
}

test("calcout shows what its links lead to", () => {
  const links = {
    INPA: { value: 1 },
    INPB: { value: 1, kind: "external" as const },
    INPC: { value: undefined },
    OUT: { value: 0 },
  };
  const record = fakeRecord(calcout, { links });
  expect(record.fields).toMatchObject({ INAV: 2, INBV: 1, INCV: 0, INDV: 3, OUTV: 2 });
  delete record.links["INPA"];
  record.put("INPA", "");
  expect(record.fields["INAV"]).toBe(3);
  expect(record.posts).toEqual(["INAV 1"]);
});

test("calcout takes a wrong expression and shows it by CLCV", () => {
  const record = fakeRecord(calcout, { fields: { CALC: "1" } });
  expect(record.put("CALC", "1+")).toBe(true);
  expect(record.fields["CLCV"]).toBe(-1);
  expect(record.put("OCAL", "2")).toBe(true);
  expect(record.fields["OCLV"]).toBe(0);
  expect(record.posts).toEqual(["CLCV 1", "OCLV 1"]);
});

test("a constant put to an input link leaves the input as it is", () => {
  const record = fakeRecord(calcout, { fields: { CALC: "A", A: 5 }, links: { INPA: { value: 1 } } });
  record.links["INPA"] = { constant: 9 };
  record.put("INPA", "9");
  expect(record.fields).toMatchObject({ A: 5, INAV: 3 });
});
