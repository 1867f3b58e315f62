/** mbbi and mbbo. */
import { expect, test } from "vitest";
import { mbbi } from "../../../src/database/record-types/mbbi.ts";
import { mbbo } from "../../../src/database/record-types/mbbo.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { fakeRecord } from "../../support/fakes/fake-record.ts";

const STATES = { ZRST: "Off", ONST: "Slow", THST: "Fast", ZRVL: 0, ONVL: 4, TWVL: 6, THVL: 9, ONSV: "MINOR" };
const linked = { OUT: { value: 0 } };

test("mbbi reads the number of its state", () => {
  const record = fakeRecord(mbbi, { fields: STATES, links: { INP: { value: 1 } } });
  expect(record.run().fields).toMatchObject({ VAL: 1, UDF: 0, SDEF: 1 });
  expect(record.alarm).toBe("STATE MINOR");
});

test("a raw mbbi finds the state of the raw value, shifted and masked", () => {
  const link = { value: 4 * 8 + 3 };
  const record = fakeRecord(mbbi, { fields: { ...STATES, DTYP: 1, NOBT: 4, SHFT: 3 }, links: { INP: link } });
  expect(record.fields["MASK"]).toBe(0x78);
  expect(record.run().fields).toMatchObject({ RVAL: 32, VAL: 1 });
});

test("a raw value of no state is 65535, with the severity UNSV", () => {
  const record = fakeRecord(mbbi, { fields: { ...STATES, DTYP: 1, UNSV: "MAJOR" }, links: { INP: { value: 5 } } });
  expect(record.run().fields["VAL"]).toBe(65535);
  expect(record.alarm).toBe("STATE MAJOR");
  expect(record.type.support.illegalChoice?.(record.asRec, 65535)).toBe("Illegal Value");
});

test("without states the raw value is the value", () => {
  const record = fakeRecord(mbbi, { fields: { DTYP: 1 }, links: { INP: { value: 11 } } });
  expect(record.run().fields).toMatchObject({ VAL: 11, SDEF: 0 });
});

test("mbbi's alarm filter lets a new severity come late", () => {
  const clock = new FakeClock();
  const link = { value: 3 };
  const fields = { ...STATES, AFTC: 10, ZRSV: "MINOR", THSV: "MAJOR" };
  const record = fakeRecord(mbbi, { fields, links: { INP: link }, clock });
  link.value = 0;
  record.run();
  link.value = 3;
  clock.advance(1);
  expect(record.run().alarm).toBe("STATE MINOR");
  clock.advance(100);
  expect(record.run().alarm).toBe("STATE MAJOR");
});

test("the names up to the last one are shown to clients", () => {
  const { asRec, type } = fakeRecord(mbbo, { fields: STATES });
  expect(type.support.choices?.(asRec, "VAL")).toEqual(["Off", "Slow", "", "Fast"]);
});

test("mbbo writes the state's number, a raw one its raw value", () => {
  expect(fakeRecord(mbbo, { fields: STATES, links: linked }).run({ VAL: 3 }).writes).toEqual([["OUT", 3]]);
  const raw = fakeRecord(mbbo, { fields: { ...STATES, DTYP: 1, NOBT: 4, SHFT: 1 }, links: linked });
  expect(raw.run({ VAL: 3 }).writes).toEqual([["OUT", 18]]);
});

test("a state that there is none of is INVALID", () => {
  expect(fakeRecord(mbbo, { fields: STATES }).run({ VAL: 16 }).alarm).toBe("SOFT INVALID");
});

test("mbbo without states is a number for clients, and takes any", () => {
  const record = fakeRecord(mbbo, { links: linked });
  expect(record.type.support.servedType?.(record.asRec, "VAL")).toBe("USHORT");
  expect(record.run({ VAL: 100 }).writes).toEqual([["OUT", 100]]);
  record.put("ONST", "One");
  expect(record.type.support.servedType?.(record.asRec, "VAL")).toBe("ENUM");
});

test("mbbo does nothing but show its alarm while it is undefined", () => {
  const record = fakeRecord(mbbo, { fields: { ...STATES, IVOA: "Don't drive outputs" }, links: linked });
  expect(record.run().alarm).toBe("UDF INVALID");
  expect(record.writes).toEqual([]);
});

test("mbbo in closed loop reads DOL", () => {
  const record = fakeRecord(mbbo, { fields: { ...STATES, OMSL: "closed_loop" }, links: { DOL: { value: 3 } } });
  expect(record.run().fields).toMatchObject({ VAL: 3, RVAL: 9, UDF: 0 });
});

test("mbbo with IVOA writes IVOV when INVALID", () => {
  const fields = { ...STATES, THSV: "INVALID", IVOA: "Set output to IVOV", IVOV: 1 };
  expect(fakeRecord(mbbo, { fields, links: linked }).run({ VAL: 3 }).writes).toEqual([["OUT", 1]]);
});

test("a new name is posted as a property, and as a value where it is the present state's", () => {
  const record = fakeRecord(mbbo, { fields: { ...STATES, VAL: 3 } });
  record.put("ZRST", "None");
  record.put("THST", "Very fast");
  expect(record.posts).toEqual(["VAL 8", "VAL 11"]);
});

test("a change of state has the severity COSV", () => {
  const record = fakeRecord(mbbo, { fields: { ...STATES, COSV: "MAJOR" } });
  expect(record.run({ VAL: 3 }).alarm).toBe("COS MAJOR");
});
