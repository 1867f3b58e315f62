import { expect, test } from "vitest";
import { databaseOf } from "../support/engine/test-database.ts";

const set = (field: string, text: string) => {
  const db = databaseOf({ A: {} });
  db.database.setFieldText(db.record("A"), field, text);
  return db.get(`A.${field}`);
};

test.each([
  ["VAL", "0x10", "16.000000"],
  ["PHAS", "010", "8"],
  ["PHAS", " 7 ", "7"],
  ["SCAN", ".1 second", ".1 second"],
  ["SCAN", "6", "1 second"],
  ["DTYP", "Soft Channel", "Soft Channel"],
  ["DESC", "x".repeat(40), "x".repeat(40)],
  ["FLNK", "B PP", "B"],
  ["INP", "B", "B NPP NMS"],
])("field(%s, %j) reads %j", (field, text, shown) => {
  expect(set(field, text)).toBe(shown);
});

test.each([
  ["HIHO", "1", 'A: the record type probe has no field "HIHO".'],
  ["DECS", "1", 'A: the record type probe has no field "DECS". Did you mean "DESC"?'],
  ["RTYP", "ao", 'A: the record type probe has no field "RTYP".'],
  ["NAME", "B", "A: the field NAME cannot be set in a database file."],
  ["TIME", "1", "A: the field TIME cannot be set in a database file."],
  ["DESC", "x".repeat(41), `A.DESC: "${"x".repeat(41)}" has 41 bytes; at most 40 have room.`],
  ["DESC", "of $(P)", 'A.DESC: the value "of $(P)" has an unexpanded macro; define it or give a default.'],
  ["VAL", "high", 'A.VAL: "high" is not a number for a field of type DOUBLE.'],
  ["PHAS", "1.5", 'A.PHAS: "1.5" is not a number for a field of type SHORT.'],
  ["SCAN", "1 seconds", 'A.SCAN: "1 seconds" is none of its choices. Did you mean "1 second"?'],
  ["INP", "{nosuch:1}", 'A.INP: The link {nosuch:1} is not one of {const:…} and {calc:{expr:"…", args:[…]}}.'],
])("field(%s, %j) is refused", (field, text, sentence) => {
  expect(() => set(field, text)).toThrow(sentence);
});

test("a value in the file defines the record", () => {
  const db = databaseOf({ A: {} });
  db.database.setFieldText(db.record("A"), "VAL", "0");
  expect(db.get("A.UDF")).toBe("0");
});
