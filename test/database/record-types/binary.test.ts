/** bi, bo and busy. */
import { expect, test } from "vitest";
import { bi } from "../../../src/database/record-types/bi.ts";
import { bo } from "../../../src/database/record-types/bo.ts";
import { busy } from "../../../src/database/record-types/busy.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { fakeRecord } from "../../support/fakes/fake-record.ts";

test("bi reads its link", () => {
  const record = fakeRecord(bi, { links: { INP: { value: 1 } } });
  expect(record.run().fields).toMatchObject({ VAL: 1, UDF: 0 });
  expect(record.posts).toEqual(["VAL 3"]);
  expect(record.run().posts).toEqual([]);
});

test("a raw bi is 1 when a bit of its mask is set", () => {
  const link = { value: 6 };
  const record = fakeRecord(bi, { fields: { DTYP: 1, MASK: 4 }, links: { INP: link } });
  expect(record.run().fields).toMatchObject({ RVAL: 4, VAL: 1 });
  link.value = 3;
  expect(record.run().fields).toMatchObject({ RVAL: 0, VAL: 0 });
});

test("a state has a severity, and its change another", () => {
  const link = { value: 0 };
  const record = fakeRecord(bi, { fields: { OSV: "MINOR", COSV: "MAJOR" }, links: { INP: link } });
  record.run();
  link.value = 1;
  expect(record.run().alarm).toBe("COS MAJOR");
  expect(record.run().alarm).toBe("STATE MINOR");
});

test("bi whose link leads nowhere stays undefined", () => {
  const record = fakeRecord(bi, { links: { INP: { value: undefined } } });
  expect(record.run().alarm).toBe("LINK INVALID");
  expect(record.fields["UDF"]).toBe(1);
});

test("bi simulated reads SIOL, raw or not", () => {
  const links = { SIOL: { value: 3 } };
  expect(fakeRecord(bi, { fields: { SIMM: "RAW" }, links }).run().fields).toMatchObject({ RVAL: 3, VAL: 1 });
  expect(fakeRecord(bi, { fields: { SIMM: "YES" }, links }).run().fields["VAL"]).toBe(3);
});

const NAMES: readonly (readonly [zero: string, one: string, choices: readonly string[]])[] = [
  ["Off", "On", ["Off", "On"]],
  ["Off", "", ["Off"]],
  ["", "On", ["", "On"]],
  ["", "", ["", ""]],
];
for (const [ZNAM, ONAM, choices] of NAMES) {
  test(`the names "${ZNAM}" and "${ONAM}" are shown as ${choices.length} states`, () => {
    const { asRec, type } = fakeRecord(bo, { fields: { ZNAM, ONAM } });
    expect(type.support.choices?.(asRec, "VAL")).toEqual(choices);
    expect(type.support.illegalChoice?.(asRec, 1)).toBe("");
    expect(type.support.illegalChoice?.(asRec, 2)).toBe("Illegal_Value");
  });
}

const linked = { OUT: { value: 0 } };

test("bo writes VAL, a raw one its mask", () => {
  expect(fakeRecord(bo, { links: linked }).run({ VAL: 1 }).writes).toEqual([["OUT", 1]]);
  const raw = fakeRecord(bo, { fields: { DTYP: 1, MASK: 16 }, links: linked });
  expect(raw.run({ VAL: 1 }).writes).toEqual([["OUT", 16]]);
  expect(raw.posts).toEqual(["VAL 3", "RVAL 3"]);
});

test("bo in closed loop reads DOL; a constant DOL gives the first value", () => {
  const record = fakeRecord(bo, { fields: { OMSL: "closed_loop" }, links: { DOL: { value: 1 } } });
  expect(record.run().fields).toMatchObject({ VAL: 1, UDF: 0 });
  expect(fakeRecord(bo, { links: { DOL: { constant: 5 } } }).fields).toMatchObject({ VAL: 1, UDF: 0 });
});

test("bo returns to 0 after HIGH seconds, counted from the last 1", () => {
  const clock = new FakeClock();
  const record = fakeRecord(bo, { fields: { HIGH: 2 }, links: linked, clock });
  record.run({ VAL: 1 });
  clock.advance(1.9);
  expect(record.fields["VAL"]).toBe(1);
  clock.advance(0.1);
  expect(record.fields["VAL"]).toBe(0);
  expect(record.writes).toEqual([
    ["OUT", 1],
    ["OUT", 0],
  ]);
});

test("bo with IVOA writes IVOV when INVALID", () => {
  const fields = { IVOA: "Set output to IVOV", IVOV: 0, OSV: "INVALID" };
  expect(fakeRecord(bo, { fields, links: linked }).run({ VAL: 1 }).writes).toEqual([["OUT", 0]]);
});

test("clients see HIGH in seconds with two digits", () => {
  const { asRec, type } = fakeRecord(bo);
  expect(type.support.units?.(asRec, "HIGH")).toBe("s");
  expect(type.support.precision?.(asRec, "HIGH")).toBe(2);
  expect(type.support.controlLimits?.(asRec, "HIGH")).toEqual([100000, 0]);
});

test("busy is not complete before it is 0 again", () => {
  const record = fakeRecord(busy);
  const holds = (): boolean | undefined => record.type.support.holdsCompletion?.(record.asRec);
  record.run({ VAL: 1 });
  expect(holds()).toBe(true);
  record.run({ VAL: 0 });
  expect(holds()).toBe(false);
});

test("busy's states are Done and Busy", () => {
  const { asRec, type } = fakeRecord(busy);
  expect(type.support.choices?.(asRec, "VAL")).toEqual(["Done", "Busy"]);
});

test("busy with HIGH ends by itself", () => {
  const clock = new FakeClock();
  const record = fakeRecord(busy, { fields: { HIGH: 1 }, clock });
  record.run({ VAL: 1 });
  clock.advance(1);
  expect(record.fields).toMatchObject({ VAL: 0, OVAL: 0 });
});

test("busy simulated writes to SIOL at once", () => {
  const record = fakeRecord(busy, { fields: { SIMM: "YES" }, links: { SIOL: { value: 0 } } });
  expect(record.run({ VAL: 1 }).writes).toEqual([["SIOL", 1]]);
  expect(record.result).toBe("done");
});
