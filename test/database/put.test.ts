import { expect, test } from "vitest";
import { acknowledge, acknowledgeTransients } from "../../src/database/alarm-transition.ts";
import { databaseOf } from "../support/engine/test-database.ts";

const VALUE_LOG = 3;

test("a put to another field is posted, also when it is equal, and processes nothing", () => {
  const db = databaseOf({ A: {} });
  const posted = db.posts("A.DESC");
  db.put("A.DESC", "x");
  db.put("A.DESC", "x");
  expect([posted, db.get("A.RUNS")]).toEqual([[VALUE_LOG, VALUE_LOG], "0"]);
});

test("a put to metadata posts DBE_PROPERTY to every subscription of the record", () => {
  const db = databaseOf({ A: {} });
  const value = db.posts("A", 8);
  const stat = db.posts("A.STAT", 8);
  const unit = db.posts("A.EGU");
  db.put("A.EGU", "mm");
  expect([value, stat, unit]).toEqual([[8], [8], [VALUE_LOG, 8]]);
});

test("any put to the value defines the record", () => {
  const db = databaseOf({ A: { SCAN: "10 second" } });
  db.put("A", 1);
  expect(db.get("A.UDF")).toBe("0");
});

test("DISP refuses puts to everything but itself", () => {
  const db = databaseOf({ A: { DISP: "1" } });
  expect(db.put("A", 1)).toEqual({ kind: "disabled", reason: "A takes no puts: its DISP is not 0." });
  expect(db.put("A.INP", "B")?.kind).toBe("disabled");
  expect(db.put("A.DISP", 0)).toBeUndefined();
  expect(db.put("A", 1)).toBeUndefined();
});

test("read-only fields are refused, but not to the program itself, for which DISP does not count either", () => {
  const db = databaseOf({ A: { DISP: "1" } });
  expect(db.put("A.RUNS", 5)).toEqual({ kind: "read-only", reason: "A.RUNS is read-only." });
  expect(db.database.putInternal(db.address("A.RUNS"), 5)).toBeUndefined();
  expect(db.database.putInternal(db.address("A"), 2)).toBeUndefined();
  expect([db.get("A.RUNS"), db.get("A")]).toEqual(["6", "2.000000"]);
});

test("what the record type does not take fails, with the PV and the value in the sentence", () => {
  const db = databaseOf({ A: {} });
  expect(db.put("A.REFU", -1)).toEqual({
    kind: "failed",
    reason: "A.REFU cannot be put: the record type does not take -1.",
  });
  expect(db.put("A.SCAN", "sometimes")?.reason).toBe('A.SCAN cannot be put: it does not take "sometimes".');
});

test("a record type is told of a new link as of any other field", () => {
  const db = databaseOf({ C: { type: "calcout", INPA: "1" }, A: {} });
  const kinds = [db.get("C.INAV")];
  for (const link of ["A", "nowhere", "7"]) {
    db.put("C.INPA", link);
    kinds.push(db.get("C.INAV"));
  }
  expect(kinds).toEqual(["Constant", "Local PV", "Ext PV NC", "Constant"]);
  expect(db.get("C.A")).toBe("1");
});

test("numbers become texts of an array with the record's precision", () => {
  const db = databaseOf({ T: { type: "waveform", FTVL: "STRING", NELM: "3", PREC: "1" } });
  db.put("T", Float64Array.of(2.75, 1));
  expect(db.database.getStrings(db.address("T"))).toEqual(["2.8", "1.0"]);
});

test.each([
  ["A", "5.5 mm", "5.500000"],
  ["A.PHAS", "5.9", "5"],
  ["A.PHAS", 70000, "4464"],
  ["A.SCAN", "Event", "Event"],
  ["A.SCAN", "1", "Event"],
  ["A.SCAN", 1, "Event"],
  ["A.SCAN", 99, "99"],
  ["A.DESC", 1.5, "1.500000"],
  ["A.DESC", "x".repeat(60), "x".repeat(40)],
  ["A.TEXT", "nul\0inside", "nul"],
  ["A.DESC$", Uint8Array.of(72, 105, 0, 120), "Hi"],
])("%s put as %j reads %j", (pv, value, shown) => {
  const db = databaseOf({ A: {} });
  expect(db.put(pv, value)).toBeUndefined();
  expect(db.get(pv.replace("$", ""))).toBe(shown);
});

test("an alarm is posted when it comes and when it goes, and VAL with it", () => {
  const db = databaseOf({ A: { VAL: "1" } });
  db.put("A", 1);
  const posts = ["A.STAT", "A.SEVR", "A.AMSG", "A.ACKS"].map((pv) => db.posts(pv));
  const alarms = db.posts("A", 4);
  db.put("A.RAIS", "MAJOR");
  db.put("A.PROC", 1);
  db.put("A.PROC", 1);
  db.put("A.RAIS", "NO_ALARM");
  db.put("A.PROC", 1);
  expect(posts).toEqual([[5, 5], [1, 1], [5, 5], [1]]);
  expect(alarms).toEqual([7, 7]);
  expect([db.get("A.SEVR"), db.get("A.ACKS")]).toEqual(["NO_ALARM", "MAJOR"]);
});

test("an alarm is acknowledged by at least its severity", () => {
  const db = databaseOf({ A: { VAL: "1", RAIS: "MAJOR" } });
  db.put("A.PROC", 1);
  const posted = db.posts("A", 4);
  acknowledge(db.record("A"), 1);
  expect([db.get("A.ACKS"), posted]).toEqual(["MAJOR", []]);
  acknowledge(db.record("A"), 2);
  expect([db.get("A.ACKS"), posted]).toEqual(["NO_ALARM", [4]]);
});

test("without transient acknowledgement, what has gone needs none", () => {
  const db = databaseOf({ A: { VAL: "1", RAIS: "MAJOR" } });
  db.put("A.PROC", 1);
  db.put("A.RAIS", 0);
  db.put("A.PROC", 1);
  expect(db.get("A.ACKS")).toBe("MAJOR");
  acknowledgeTransients(db.record("A"), 0);
  expect([db.get("A.ACKT"), db.get("A.ACKS")]).toEqual(["NO", "NO_ALARM"]);
});

test("a subscriber may cancel itself and others while it is told", () => {
  const db = databaseOf({ A: {} });
  const told: string[] = [];
  const first = db.database.subscribe(db.address("A"), 1, () => {
    told.push("first");
    first.cancel();
    second.cancel();
  });
  const second = db.database.subscribe(db.address("A"), 1, () => told.push("second"));
  db.database.subscribe(db.address("A"), 1, () => told.push("third"));
  db.put("A", 1);
  db.put("A", 2);
  expect(told).toEqual(["first", "third", "third"]);
});

test("whoever listens for puts hears of each that was stored, and of no other", () => {
  const db = databaseOf({ A: {} });
  const heard: string[] = [];
  db.record("A").afterPut = (field) => void heard.push(field);
  db.put("A", 1);
  db.put("A.DESC", "x");
  db.put("A.RUNS", 1);
  db.database.putInternal(db.address("A"), 2);
  expect(heard).toEqual(["VAL", "DESC"]);
});

test("a change of ASG is told to access security", () => {
  const db = databaseOf({ A: {} });
  const changed: string[] = [];
  db.database.accessChanged.add((record) => void changed.push(record.name));
  db.put("A.ASG", "operators");
  expect(changed).toEqual(["A"]);
});
