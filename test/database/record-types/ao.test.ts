import { expect, test } from "vitest";
import { ao } from "../../../src/database/record-types/ao.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { fakeRecord } from "../../support/fakes/fake-record.ts";

const linked = { OUT: { value: 0 } };

test("VAL goes to the output", () => {
  const record = fakeRecord(ao, { links: linked });
  expect(record.run({ VAL: 2.5 }).writes).toEqual([["OUT", 2.5]]);
  expect(record.posts).toEqual(["VAL 3", "OVAL 3", "RVAL 3"]);
});

test("an equal value is written again, but not posted", () => {
  const record = fakeRecord(ao, { fields: { VAL: 2 }, links: linked });
  record.run();
  expect(record.run({ VAL: 2 }).posts).toEqual([]);
  expect(record.writes).toEqual([["OUT", 2]]);
});

test("a raw device gets RVAL, rounded half away from zero", () => {
  const record = fakeRecord(ao, { fields: { DTYP: 1 }, links: linked });
  expect(record.run({ VAL: 2.5 }).writes).toEqual([["OUT", 3]]);
  expect(record.run({ VAL: -2.5 }).writes).toEqual([["OUT", -3]]);
  expect(record.run({ VAL: 1e12 }).writes).toEqual([["OUT", 2147483647]]);
  expect(record.run({ VAL: -1e12 }).writes).toEqual([["OUT", -2147483648]]);
});

test("the conversion is undone in the opposite order of ai's", () => {
  const fields = { LINR: "SLOPE", EOFF: 0.5, ESLO: 10, AOFF: 3, ASLO: 2, ROFF: 1, VAL: 130.5 };
  expect(fakeRecord(ao, { fields }).run().fields["RVAL"]).toBe(4);
});

test("VAL is held within the drive limits, if there are any", () => {
  const record = fakeRecord(ao, { fields: { DRVH: 10, DRVL: -10 } });
  expect(record.run({ VAL: 11 }).fields["VAL"]).toBe(10);
  expect(record.run({ VAL: -11 }).fields["VAL"]).toBe(-10);
  record.set("DRVH", -10);
  expect(record.run({ VAL: 11 }).fields["VAL"]).toBe(11);
});

test("OROC limits how fast the output follows, and VAL does not wait", () => {
  const record = fakeRecord(ao, { fields: { OROC: 4 }, links: linked });
  expect(record.run({ VAL: 10 }).fields).toMatchObject({ VAL: 10, OVAL: 4 });
  expect(record.run().fields).toMatchObject({ VAL: 10, OVAL: 8 });
  expect(record.posts).toEqual(["OVAL 3", "RVAL 3"]);
  expect(record.run().writes).toEqual([["OUT", 10]]);
  expect(record.run().posts).toEqual([]);
});

test("in closed loop VAL comes from DOL, and a put to it has no effect", () => {
  const link = { value: 3 };
  const record = fakeRecord(ao, { fields: { OMSL: "closed_loop" }, links: { DOL: link } });
  expect(record.run({ VAL: 99 }).fields["VAL"]).toBe(3);
});

test("an incremental DOL is added", () => {
  const record = fakeRecord(ao, { fields: { OMSL: "closed_loop", OIF: "Incremental" }, links: { DOL: { value: 3 } } });
  record.run();
  expect(record.run().fields["VAL"]).toBe(6);
});

test("in closed loop a DOL that leads nowhere leaves the value, INVALID", () => {
  const record = fakeRecord(ao, {
    fields: { OMSL: "closed_loop", VAL: 5 },
    links: { DOL: { value: undefined }, OUT: { value: 0 } },
  });
  expect(record.run().alarm).toBe("LINK INVALID");
  expect(record.fields["VAL"]).toBe(5);
});

test("a constant DOL gives the first value and is not read again", () => {
  const record = fakeRecord(ao, { fields: { OMSL: "closed_loop" }, links: { DOL: { constant: 3 } } });
  expect(record.fields).toMatchObject({ VAL: 3, OVAL: 3, UDF: 0 });
  expect(record.run({ VAL: 8 }).fields["VAL"]).toBe(8);
});

const INVALID_ACTIONS: readonly (readonly [ivoa: string, writes: unknown[]])[] = [
  ["Continue normally", [["OUT", 5]]],
  ["Don't drive outputs", []],
  ["Set output to IVOV", [["OUT", -1]]],
];
for (const [ivoa, writes] of INVALID_ACTIONS) {
  test(`an INVALID value with IVOA "${ivoa}" writes ${JSON.stringify(writes)}`, () => {
    const fields = { IVOA: ivoa, IVOV: -1, HIHI: 1, HHSV: "INVALID" };
    expect(fakeRecord(ao, { fields, links: linked }).run({ VAL: 5 }).writes).toEqual(writes);
  });
}

test("NaN makes it undefined", () => {
  expect(fakeRecord(ao).run({ VAL: Number.NaN }).alarm).toBe("UDF INVALID");
});

test("while simulated the output goes to SIOL, raw or not", () => {
  const links = { ...linked, SIOL: { value: 0 } };
  expect(fakeRecord(ao, { fields: { SIMM: "YES" }, links }).run({ VAL: 2.5 }).writes).toEqual([["SIOL", 2.5]]);
  expect(fakeRecord(ao, { fields: { SIMM: "RAW" }, links }).run({ VAL: 2.5 }).writes).toEqual([["SIOL", 3]]);
});

test("a simulated output that takes SDLY seconds is written then, once", () => {
  const clock = new FakeClock();
  const record = fakeRecord(ao, { fields: { SIMM: "YES", SDLY: 1 }, links: { SIOL: { value: 0 } }, clock });
  expect(record.run({ VAL: 2 }).result).toBe("pending");
  expect(record.writes).toEqual([]);
  clock.advance(1);
  expect(record.writes).toEqual([["SIOL", 2]]);
});

test("control limits are the drive limits, display limits the operating range", () => {
  const { asRec, type } = fakeRecord(ao, { fields: { DRVH: 5, DRVL: 5, HOPR: 10, LOPR: 0 } });
  expect(type.support.controlLimits?.(asRec, "VAL")).toEqual([5, 5]);
  expect(type.support.controlLimits?.(asRec, "IVOV")).toBeUndefined();
  expect(type.support.displayLimits?.(asRec, "IVOV")).toEqual([10, 0]);
});
