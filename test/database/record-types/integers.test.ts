/** longin and longout. */
import { expect, test } from "vitest";
import { longin } from "../../../src/database/record-types/longin.ts";
import { longout } from "../../../src/database/record-types/longout.ts";
import { fakeRecord } from "../../support/fakes/fake-record.ts";

test("longin reads its link as a 32-bit integer", () => {
  const record = fakeRecord(longin, { links: { INP: { value: 3.9 } } });
  expect(record.run().fields).toMatchObject({ VAL: 3, UDF: 0 });
  expect(record.posts).toEqual(["VAL 3"]);
});

test("longin whose link leads nowhere keeps its value", () => {
  const record = fakeRecord(longin, { fields: { VAL: 4 }, links: { INP: { value: undefined } } });
  expect(record.run().alarm).toBe("LINK INVALID");
  expect(record.fields["VAL"]).toBe(4);
});

test("longin without a link is defined once it has processed", () => {
  const record = fakeRecord(longin);
  expect(record.fields["UDF"]).toBe(1);
  expect(record.run().fields["UDF"]).toBe(0);
});

test("longin has limit alarms", () => {
  const record = fakeRecord(longin, { fields: { HIGH: 10, HSV: "MINOR" }, links: { INP: { value: 10 } } });
  expect(record.run().alarm).toBe("HIGH MINOR");
});

test("longin simulated reads SIOL as an integer", () => {
  const record = fakeRecord(longin, { fields: { SIMM: "YES" }, links: { SIOL: { value: 7.9 } } });
  expect(record.run().fields).toMatchObject({ VAL: 7, SVAL: 7, UDF: 0 });
});

test("an integer record does not know SIMM=RAW", () => {
  expect(fakeRecord(longin, { fields: { SIMM: 2 } }).run().alarm).toBe("SOFT INVALID");
});

test("a difference of more than 31 bits is a change", () => {
  const link = { value: -2147483648 };
  const record = fakeRecord(longin, { fields: { MDEL: 2147483647 }, links: { INP: link } });
  record.run();
  link.value = 2147483647;
  expect(record.run().posts).toEqual(["VAL 3"]);
});

const linked = { OUT: { value: 0 } };

test("longout writes VAL within its drive limits", () => {
  const record = fakeRecord(longout, { fields: { DRVH: 10, DRVL: 0 }, links: linked });
  expect(record.run({ VAL: 12 }).writes).toEqual([["OUT", 10]]);
});

test("longout in closed loop reads DOL", () => {
  const record = fakeRecord(longout, { fields: { OMSL: "closed_loop" }, links: { DOL: { value: 6.5 } } });
  expect(record.run().fields).toMatchObject({ VAL: 6, UDF: 0 });
});

test("longout with IVOA writes IVOV when INVALID", () => {
  const fields = { IVOA: "Set output to IVOV", IVOV: -1, HIHI: 1, HHSV: "INVALID" };
  expect(fakeRecord(longout, { fields, links: linked }).run({ VAL: 5 }).writes).toEqual([["OUT", -1]]);
});

const OUTPUTS: readonly (readonly [option: string, values: readonly number[], written: readonly number[]])[] = [
  ["Every Time", [1, 1, 0], [1, 1, 0]],
  ["On Change", [1, 1, 0, 0], [1, 0]],
  ["When Zero", [1, 0, 0], [0, 0]],
  ["When Non-zero", [1, 0, 2], [1, 2]],
  ["Transition To Zero", [1, 0, 0], [0]],
  ["Transition To Non-zero", [1, 2, 0, 3], [1, 3]],
];
for (const [option, values, written] of OUTPUTS) {
  test(`longout with OOPT "${option}" writes ${written.join(", ")} of ${values.join(", ")}`, () => {
    const record = fakeRecord(longout, { fields: { OOPT: option }, links: linked });
    const all = values.flatMap((VAL) => record.run({ VAL }).writes.map(([, value]) => value));
    expect(all).toEqual(written);
  });
}

test("a new OUT is written even without a change, unless OOCH says no", () => {
  const record = fakeRecord(longout, { fields: { OOPT: "On Change" }, links: linked });
  record.run({ VAL: 1 });
  record.put("OUT", "other");
  expect(record.run({ VAL: 1 }).writes).toEqual([["OUT", 1]]);
  record.set("OOCH", "NO");
  record.put("OUT", "another");
  expect(record.run({ VAL: 1 }).writes).toEqual([]);
});

test("longout shows the drive limits as control limits only when there are any", () => {
  const { asRec, type } = fakeRecord(longout, { fields: { DRVH: 5, DRVL: 1, HOPR: 10, EGU: "cts" } });
  expect(type.support.controlLimits?.(asRec, "VAL")).toEqual([5, 1]);
  asRec.fields["DRVH"] = 1;
  expect(type.support.controlLimits?.(asRec, "VAL")).toEqual([10, 0]);
  expect([type.support.units?.(asRec, "VAL"), type.support.units?.(asRec, "SDLY")]).toEqual(["cts", ""]);
  expect(type.support.precision?.(asRec, "SDLY")).toBeUndefined();
});
