import { expect, test } from "vitest";
import { waveform } from "../../../src/database/record-types/waveform.ts";
import { fakeRecord } from "../../support/fakes/fake-record.ts";

test("the array has NELM zeros of type FTVL, and none in use", () => {
  const record = fakeRecord(waveform, { fields: { NELM: 3, FTVL: "SHORT" } });
  expect(record.array).toEqual(Int16Array.of(0, 0, 0));
  expect(record.fields["NORD"]).toBe(0);
  expect(record.type.support.servedType?.(record.asRec, "VAL")).toBe("SHORT");
});

test("NELM 0 is 1, and a type that there is none of is UCHAR", () => {
  expect(fakeRecord(waveform, { fields: { NELM: 0, FTVL: 99 } }).array).toEqual(Uint8Array.of(0));
});

test("a constant array fills it, cut to NELM", () => {
  const record = fakeRecord(waveform, { fields: { NELM: 2, FTVL: "LONG" }, links: { INP: { constant: [1, 2.7, 3] } } });
  expect(record.array).toEqual(Int32Array.of(1, 2));
  expect(record.fields).toMatchObject({ NORD: 2, UDF: 0 });
});

test("a constant array of texts fills an array of STRING", () => {
  const record = fakeRecord(waveform, { fields: { NELM: 3 }, links: { INP: { constant: ["a", "b"] } } });
  expect(record.array).toEqual(["a", "b", ""]);
});

test("its link is read at each processing, and NORD posted when it changed", () => {
  const link = { value: Float64Array.of(1.9, -2) };
  const record = fakeRecord(waveform, { fields: { NELM: 4, FTVL: "SHORT" }, links: { INP: link } });
  expect(record.run().posts).toEqual(["NORD 3", "VAL 3"]);
  expect(record.array).toEqual(Int16Array.of(1, -2, 0, 0));
  expect(record.run().posts).toEqual(["VAL 3"]);
});

test("a link that leads nowhere leaves the elements", () => {
  const record = fakeRecord(waveform, { fields: { NELM: 2, FTVL: "SHORT" }, links: { INP: { value: undefined } } });
  record.fields["NORD"] = 2;
  expect(record.run().alarm).toBe("LINK INVALID");
  expect(record.fields["NORD"]).toBe(2);
});

test("processing defines it", () => {
  expect(fakeRecord(waveform).run().fields["UDF"]).toBe(0);
});

test("on change it is posted only when its elements changed", () => {
  const link = { value: Float64Array.of(1, 2) };
  const fields = { NELM: 4, FTVL: "DOUBLE", MPST: "On Change", APST: "On Change" };
  const record = fakeRecord(waveform, { fields, links: { INP: link } });
  expect(record.run().posts).toEqual(["NORD 3", "HASH 1", "VAL 3"]);
  expect(record.run().posts).toEqual([]);
  link.value = Float64Array.of(1, 3);
  expect(record.run().posts).toEqual(["HASH 1", "VAL 3"]);
});

test.each([
  ["On Change", "Always", ["VAL 2"], ["HASH 1", "VAL 3"]],
  ["Always", "On Change", ["VAL 1"], ["HASH 1", "VAL 3"]],
  ["Always", "Always", ["VAL 3"], ["VAL 3"]],
] as const)("with MPST %s and APST %s it posts what each wants", (MPST, APST, unchanged, changed) => {
  const link = { value: Float64Array.of(1, 2) };
  const record = fakeRecord(waveform, {
    fields: { NELM: 2, FTVL: "DOUBLE", MPST, APST },
    links: { INP: link },
  });
  record.run();
  expect(record.run().posts).toEqual(unchanged);
  link.value = Float64Array.of(1, 3);
  expect(record.run().posts).toEqual(changed);
});

test.each(["STRING", "CHAR", "UCHAR", "SHORT", "USHORT", "LONG", "ULONG", "FLOAT", "DOUBLE", "ENUM"])(
  "its elements are served as the %s that FTVL says",
  (FTVL) => {
    const record = fakeRecord(waveform, { fields: { NELM: 2, FTVL } });
    expect(record.type.support.servedType?.(record.asRec, "VAL")).toBe(FTVL);
  },
);

test("monitors and archivers may be told at different times", () => {
  const record = fakeRecord(waveform, { fields: { APST: "On Change" } });
  record.run();
  expect(record.run().posts).toEqual(["VAL 1"]);
});

test("simulated it reads SIOL", () => {
  const fields = { NELM: 2, FTVL: "UCHAR", SIMM: "YES", SIMS: "MINOR" };
  const record = fakeRecord(waveform, { fields, links: { SIOL: { value: Float64Array.of(5) } } });
  expect(record.run().array).toEqual(Uint8Array.of(5, 0));
  expect(record.alarm).toBe("SIMM MINOR");
});

test("clients see unit, digits and limits", () => {
  const { asRec, type } = fakeRecord(waveform, {
    fields: { FTVL: "DOUBLE", NELM: 8, EGU: "V", PREC: 4, HOPR: 5, LOPR: -5 },
  });
  const { support } = type;
  expect([support.units?.(asRec, "VAL"), support.units?.(asRec, "NORD")]).toEqual(["V", ""]);
  expect(support.precision?.(asRec, "VAL")).toBe(4);
  expect([support.displayLimits?.(asRec, "VAL"), support.controlLimits?.(asRec, "NORD")]).toEqual([
    [5, -5],
    [8, 0],
  ]);
});

test("texts have no unit", () => {
  const { asRec, type } = fakeRecord(waveform, { fields: { FTVL: "STRING", EGU: "V" } });
  expect(type.support.units?.(asRec, "VAL")).toBe("");
});

test("a constant number fills the first element", () => {
  const record = fakeRecord(waveform, { fields: { NELM: 4, FTVL: "LONG" }, links: { INP: { constant: 5 } } });
  expect(record.array).toEqual(Int32Array.of(5, 0, 0, 0));
  expect(record.fields["NORD"]).toBe(1);
});
