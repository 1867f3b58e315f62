import { expect, test } from "vitest";
import { ai } from "../../../src/database/record-types/ai.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { fakeRecord } from "../../support/fakes/fake-record.ts";

test("a constant link gives the first value", () => {
  const record = fakeRecord(ai, { links: { INP: { constant: 3 } } });
  expect(record.fields).toMatchObject({ VAL: 3, UDF: 0, MLST: 0, LALM: 0 });
});

test("the value of the link is read at each processing", () => {
  const link = { value: 1.5 };
  const record = fakeRecord(ai, { links: { INP: link } });
  expect(record.run().fields).toMatchObject({ VAL: 1.5, UDF: 0 });
  link.value = 2.5;
  expect(record.run().posts).toEqual(["VAL 3"]);
});

test("a link that leads nowhere leaves the value and is INVALID", () => {
  const record = fakeRecord(ai, { fields: { VAL: 4 }, links: { INP: { value: undefined } } });
  expect(record.run().alarm).toBe("LINK INVALID");
  expect(record.fields).toMatchObject({ VAL: 4, UDF: 0 });
});

test("SMOO mixes the old value into every new one but the first", () => {
  const link = { value: 10 };
  const record = fakeRecord(ai, { fields: { SMOO: 0.75 }, links: { INP: link } });
  expect(record.run().fields["VAL"]).toBe(10);
  link.value = 20;
  expect(record.run().fields["VAL"]).toBe(12.5);
});

test("a raw device's value is converted by ROFF, ASLO, AOFF and the slope", () => {
  const fields = { DTYP: 1, ROFF: 1, ASLO: 2, AOFF: 3, LINR: "SLOPE", ESLO: 10, EOFF: 0.5 };
  const record = fakeRecord(ai, { fields, links: { INP: { value: 4.9 } } });
  expect(record.run().fields).toMatchObject({ RVAL: 4, VAL: 130.5 });
});

test("a break table, which there are none of, is an alarm", () => {
  const record = fakeRecord(ai, { fields: { DTYP: 1, LINR: "typeKdegC" }, links: { INP: { value: 4 } } });
  expect(record.run().alarm).toBe("SOFT MAJOR");
});

test("a change within MDEL and ADEL is not posted, and adds up", () => {
  const link = { value: 10 };
  const record = fakeRecord(ai, { fields: { MDEL: 2, ADEL: 4 }, links: { INP: link } });
  record.run();
  link.value = 12;
  expect(record.run().posts).toEqual([]);
  link.value = 12.5;
  expect(record.run().posts).toEqual(["VAL 1"]);
  link.value = 14.5;
  expect(record.run().posts).toEqual(["VAL 2"]);
});

test("a negative deadband posts every processing", () => {
  const record = fakeRecord(ai, { fields: { MDEL: -1 }, links: { INP: { value: 0 } } });
  record.run();
  expect(record.run().posts).toEqual(["VAL 1"]);
});

test("going to NaN and back is posted whatever the deadband", () => {
  const link = { value: 1 };
  const record = fakeRecord(ai, { fields: { MDEL: 1000, ADEL: 1000 }, links: { INP: link } });
  record.run();
  link.value = Number.NaN;
  expect(record.run().posts).toEqual(["VAL 7"]);
  expect(record.run().posts).toEqual([]);
  link.value = 1;
  expect(record.run().posts).toEqual(["VAL 7"]);
});

test("while simulated the value comes from SIOL, with the alarm SIMM", () => {
  const record = fakeRecord(ai, {
    fields: { SIMM: "YES", SIMS: "MINOR" },
    links: { INP: { value: 1 }, SIOL: { value: 7 } },
  });
  expect(record.run().fields).toMatchObject({ VAL: 7, SVAL: 7 });
  expect(record.alarm).toBe("SIMM MINOR");
});

test("a raw simulated value is converted", () => {
  const record = fakeRecord(ai, { fields: { SIMM: "RAW", ASLO: 2 }, links: { SIOL: { value: 7.9 } } });
  expect(record.run().fields).toMatchObject({ RVAL: 7, VAL: 14 });
});

test("SVAL is the simulated value when SIOL is constant", () => {
  const record = fakeRecord(ai, { fields: { SIMM: "YES", SVAL: 12 } });
  expect(record.run().fields["VAL"]).toBe(12);
});

test("SIML says whether the value is simulated", () => {
  const mode = { value: 1 };
  const record = fakeRecord(ai, { links: { INP: { value: 1 }, SIML: mode, SIOL: { value: 7 } } });
  expect(record.run().fields["VAL"]).toBe(7);
  mode.value = 0;
  expect(record.run().fields["VAL"]).toBe(1);
});

test("a SIML that leads nowhere changes nothing", () => {
  const record = fakeRecord(ai, { links: { INP: { value: 1 }, SIML: { value: undefined } } });
  expect(record.run().fields).toMatchObject({ VAL: 1, SIMM: 0, SEVR: 0 });
});

test("SIMM without a choice is INVALID", () => {
  expect(fakeRecord(ai, { fields: { SIMM: 3 } }).run().alarm).toBe("SOFT INVALID");
});

test("a simulated device takes SDLY seconds", () => {
  const clock = new FakeClock();
  const record = fakeRecord(ai, { fields: { SIMM: "YES", SDLY: 2 }, links: { SIOL: { value: 7 } }, clock });
  expect(record.run().result).toBe("pending");
  expect(record.fields["VAL"]).toBe(0);
  clock.advance(2);
  expect(record.result).toBe("done");
  expect(record.fields["VAL"]).toBe(7);
});

test("clients see unit, digits and limits as base shows them", () => {
  const { asRec, type } = fakeRecord(ai, {
    fields: { EGU: "mm", PREC: 20, HOPR: 10, LOPR: -10, HIHI: 9, HHSV: "MAJOR" },
  });
  const { support } = type;
  expect([support.units?.(asRec, "VAL"), support.units?.(asRec, "ASLO"), support.units?.(asRec, "RVAL")]).toEqual([
    "mm",
    "",
    "",
  ]);
  expect([support.precision?.(asRec, "VAL"), support.precision?.(asRec, "HOPR")]).toEqual([20, 15]);
  expect([support.displayLimits?.(asRec, "SVAL"), support.displayLimits?.(asRec, "SMOO")]).toEqual([
    [10, -10],
    undefined,
  ]);
  expect(support.controlLimits?.(asRec, "HIHI")).toEqual([10, -10]);
  expect(support.alarmLimits?.(asRec, "VAL")).toEqual([9, Number.NaN, Number.NaN, Number.NaN]);
});
