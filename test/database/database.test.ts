import v8 from "node:v8";
import vm from "node:vm";
import { expect, test } from "vitest";
import { Database } from "../../src/database/database.ts";
import { DatabaseError } from "../../src/database/database-error.ts";
import { probe } from "../support/engine/probe-record.ts";
import { databaseOf } from "../support/engine/test-database.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

const emptyDatabase = (): Database => new Database({ clock: new FakeClock(), recordTypes: [probe] });

test("a record of the same name and type is the same record", () => {
  const database = emptyDatabase();
  expect(database.createRecord("probe", "A")).toBe(database.createRecord("probe", "A"));
  expect(database.recordCount).toBe(1);
});

test("what cannot be a record is refused with a sentence", () => {
  const database = new Database({ clock: new FakeClock() });
  database.createRecord("ao", "A");
  expect(() => database.createRecord("stringoot", "B")).toThrow(
    'There is no record type "stringoot". Did you mean "stringout"?',
  );
  expect(() => database.createRecord("bo", "A")).toThrow("The record A exists as ao and cannot become bo.");
  expect(() => database.createRecord("bo", "a b")).toThrow('The record name "a b" contains a blank');
  expect(() => database.createRecord("bo", "")).toThrow(DatabaseError);
});

test("an alias finds its record, and must not be a name already", () => {
  const db = databaseOf({ A: { VAL: "3" } });
  db.database.addAlias("A", "B");
  db.database.addAlias("B", "C");
  expect([db.get("B"), db.get("C.NAME"), db.record("A").aliases]).toEqual(["3.000000", "A", ["B", "C"]]);
  expect(() => db.database.addAlias("A", "A")).toThrow("The alias A of A names a record already.");
  expect(() => db.database.addAlias("nobody", "D")).toThrow("which does not exist");
});

test("a record is deleted with its aliases, but not while the database runs", () => {
  const database = emptyDatabase();
  database.createRecord("probe", "A");
  database.addAlias("A", "B");
  database.deleteRecord("B");
  expect([...database.records()]).toEqual([]);
  expect(database.find("B")).toBeUndefined();
  expect(() => database.deleteRecord("A")).toThrow("does not exist");
  database.createRecord("probe", "A");
  database.initialize();
  expect(() => database.deleteRecord("A")).toThrow("while the database runs");
});

test.each([
  ["A", "number"],
  ["A.", "number"],
  ["A.DESC", "text"],
  ["A.INP", "link"],
  ["A.SCAN", "menu"],
  ["A.DTYP", "menu"],
  ["A.RTYP", "text"],
  ["A.VERS", "text"],
])("%s is a PV that holds a %s", (name, kind) => {
  expect(databaseOf({ A: {} }).address(name).kind).toBe(kind);
});

test.each(["B", "A.NOSUCH", "A.TIME", "A.VAL$", "A.SCAN$", "A.VAL ", "A[2]", "A.{nosuch:{}}", ""])(
  "%j is no PV",
  (name) => {
    expect(databaseOf({ A: {} }).database.find(name)).toBeUndefined();
  },
);

test("every record seems to have a type and a version, which no put changes", () => {
  const db = databaseOf({ A: {} });
  expect([db.get("A.RTYP"), db.get("A.VERS"), db.address("A.RTYP").isWritable]).toEqual([
    "probe",
    "none specified",
    true,
  ]);
  expect(db.put("A.RTYP", "ao")?.kind).toBe("failed");
});

test("a record without a value is undefined and INVALID at start, one with a value is not", () => {
  const db = databaseOf({ A: {}, B: { VAL: "1" }, C: { UDFS: "MINOR" } });
  expect([db.get("A.UDF"), db.get("A.STAT"), db.get("A.SEVR")]).toEqual(["1", "UDF", "INVALID"]);
  expect([db.get("B.UDF"), db.get("B.STAT"), db.get("B.SEVR")]).toEqual(["0", "UDF", "NO_ALARM"]);
  expect(db.get("C.SEVR")).toBe("MINOR");
});

test("values are listed as the shell shows them", () => {
  const db = databaseOf({ A: { VAL: "1.5", DESC: "x" } });
  const shown = (pv: string): unknown => [db.database.dbfName(db.address(pv)), db.get(pv)];
  expect(shown("A")).toEqual(["DBF_DOUBLE", "1.500000"]);
  expect(shown("A.DESC")).toEqual(["DBF_STRING", "x"]);
  expect(shown("A.SCAN")).toEqual(["DBF_STRING", "Passive"]);
  expect(shown("A.PHAS")).toEqual(["DBF_SHORT", "0"]);
});

test("records of one type share one fast shape, so that a read is an offset and no search", () => {
  v8.setFlagsFromString("--allow-natives-syntax");
  const isFast = vm.runInThisContext("(object) => %HasFastProperties(object)") as (object: object) => boolean;
  const isSame = vm.runInThisContext("(a, b) => %HaveSameMap(a, b)") as (a: object, b: object) => boolean;
  const database = new Database({ clock: new FakeClock() });
  for (const { name } of database.recordTypes()) {
    const records = Array.from({ length: 20 }, (_, n) => database.createRecord(name, `${name}:${n}`));
    const [a, b] = [records.at(-2)!, records.at(-1)!]; // V8 may settle the shape with the first few
    database.setFieldText(b, "PHAS", "3");
    expect([name, isFast(a.fields), isSame(a.fields, b.fields)]).toEqual([name, true, true]);
  }
});
