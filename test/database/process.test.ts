import { expect, test } from "vitest";
import { order } from "../support/engine/probe-record.ts";
import { databaseOf } from "../support/engine/test-database.ts";

test("a put to a passive record processes it and what its forward links lead to, in order", () => {
  const db = databaseOf({ A: { FLNK: "B" }, B: { FLNK: "C" }, C: {} });
  db.put("A", 1);
  expect(order).toEqual(["A", "B", "C"]);
});

test("a forward link does not process a record that scans by itself", () => {
  const db = databaseOf({ A: { FLNK: "B" }, B: { SCAN: "1 second" } });
  db.put("A", 1);
  expect(order).toEqual(["A"]);
});

test("a loop of forward links ends at the record that is already processing", () => {
  const db = databaseOf({ A: { FLNK: "B" }, B: { FLNK: "A" } });
  db.put("A", 1);
  db.clock.settle();
  expect(order).toEqual(["A", "B"]);
});

test("a chain of ten thousand forward links processes to its end", () => {
  const records = Object.fromEntries(Array.from({ length: 10000 }, (_, n) => [`R${n}`, { FLNK: `R${n + 1}` }]));
  const db = databaseOf({ ...records, R10000: {} });
  const ends: string[] = [];
  db.putNotify("R0", 1, ends);
  db.clock.settle();
  expect(db.get("R10000.RUNS")).toBe("1");
  expect(ends).toEqual(["R0 done at 0"]);
});

test("an output link marked PP processes its target, one that is not leaves it alone", () => {
  const db = databaseOf({ A: { OUT: "B PP" }, B: {}, C: { OUT: "D" }, D: {} });
  db.put("A", 5);
  db.put("C", 6);
  expect(order).toEqual(["B", "A", "C"]);
  expect([db.get("B"), db.get("D")]).toEqual(["5.000000", "6.000000"]);
});

test("an input link marked PP processes its source first", () => {
  const db = databaseOf({ A: { INP: "B PP" }, B: { VAL: "7" } });
  db.put("A.PROC", 1);
  expect(order).toEqual(["B", "A"]);
  expect(db.get("A")).toBe("7.000000");
});

test("a link to PROC processes its target whatever its SCAN is", () => {
  const db = databaseOf({ A: { OUT: "B.PROC" }, B: { SCAN: "10 second" } });
  db.put("A", 1);
  expect(order).toEqual(["B", "A"]);
});

test("a put while the record is busy is seen at once and processed once more when it ends", () => {
  const db = databaseOf({ A: { DLY: "2" } });
  db.put("A", 1);
  db.put("A", 2);
  expect(db.get("A.RPRO")).toBe("1");
  expect(db.get("A")).toBe("2.000000");
  db.clock.advance(2);
  expect(db.get("A.RUNS")).toBe("1");
  db.clock.advance(2);
  expect(db.get("A.RUNS")).toBe("2");
});

test("a record that is disabled does not process and says so", () => {
  const db = databaseOf({ A: { SDIS: "S", DISS: "MAJOR" }, S: { VAL: "1" } });
  db.put("A", 1);
  expect(order).toEqual([]);
  expect([db.get("A.STAT"), db.get("A.SEVR"), db.get("A.DISA")]).toEqual(["DISABLE", "MAJOR", "1"]);
  db.put("S", 0);
  db.put("A", 1);
  expect([db.get("A.STAT"), db.get("A.SEVR"), db.get("A.RUNS")]).toEqual(["NO_ALARM", "NO_ALARM", "1"]);
});

test("a record that stays active shows a scan alarm after ten more attempts to process it", () => {
  const db = databaseOf({ A: { DLY: "100", VAL: "0" } });
  db.put("A.PROC", 1);
  for (let attempt = 0; attempt < 10; attempt++) db.database.process(db.record("A"));
  expect([db.get("A.LCNT"), db.get("A.SEVR")]).toEqual(["10", "NO_ALARM"]);
  db.database.process(db.record("A"));
  expect([db.get("A.STAT"), db.get("A.SEVR")]).toEqual(["SCAN", "INVALID"]);
});

test("the time stamp is the clock's when the record processes, and stays 0 before", () => {
  const db = databaseOf({ A: {} });
  const record = db.record("A");
  expect([record.seconds, record.nanoseconds]).toEqual([0, 0]);
  db.clock.advance(0.25);
  db.put("A", 1);
  expect([record.seconds, record.nanoseconds]).toEqual([Date.UTC(2026, 2, 1, 12) / 1000 - 631152000, 250_000_000]);
});

test("TSEL that names another record's TIME copies its time stamp", () => {
  const db = databaseOf({ A: { TSEL: "B.TIME" }, B: {} });
  db.put("B", 1);
  db.clock.advance(10);
  db.put("A", 1);
  expect(db.record("A").seconds).toBe(db.record("B").seconds);
});

test("an exception in a record type costs that processing and shows as an alarm", () => {
  const db = databaseOf({ A: { OUT: "B" }, B: { FLNK: "A" } });
  db.record("B").guard = () => {
    throw new Error("broken");
  };
  db.put("A", 1);
  expect([db.get("A.STAT"), db.get("A.SEVR"), db.get("A.PACT")]).toEqual(["SOFT", "INVALID", "0"]);
  expect(db.lines).toEqual(["error: db: A: processing failed: broken"]);
});

test("a subscriber that throws costs neither the record nor the put-callback", () => {
  const db = databaseOf({ A: {} });
  const ends: string[] = [];
  const subscription = db.database.subscribe(db.address("A"), 1, () => {
    throw new Error("broken");
  });
  db.putNotify("A", 1, ends);
  subscription.cancel();
  db.putNotify("A", 2, ends);
  expect([ends, db.get("A.RUNS")]).toEqual([["A done at once", "A done at once"], "2"]);
  expect(db.lines).toEqual([expect.stringMatching(/^error: db: A\.VAL: a subscriber failed: .*broken/)]);
});

test("a bug in one record costs neither the others of its scan nor the scans to come", () => {
  const db = databaseOf({ A: { SCAN: "1 second", SDIS: "B" }, B: {}, C: { SCAN: "1 second" } });
  const broken = db.record("A");
  broken.readNumber = () => {
    throw new Error("broken");
  };
  db.database.start();
  db.clock.advance(2);
  expect([db.get("A.RUNS"), db.get("C.RUNS")]).toEqual(["0", "2"]);
  expect(db.lines.length).toBe(2);
  for (const line of db.lines) expect(line).toMatch(/^error: db: A: processing failed: .*broken/);
});

test("a bug in what is done later is logged, and the clock's other entries are called", () => {
  const db = databaseOf({ A: {}, B: {} });
  db.record("A").processLater(1, () => {
    throw new Error("broken");
  });
  db.record("B").processLater(1, () => {});
  db.clock.advance(2);
  expect(db.get("B.RUNS")).toBe("1");
  expect(db.lines).toEqual([expect.stringMatching(/^error: db: the database failed: .*broken/)]);
});

test("TPRO tells the log of each processing", () => {
  const db = databaseOf({ A: { TPRO: "1" } });
  db.put("A", 1);
  expect(db.lines).toEqual(["db: process A"]);
});

test("TPRO tells the log of a record that is disabled, and of no other", () => {
  const db = databaseOf({ A: { TPRO: "1", DISA: "1", DISV: "1" }, B: { DISA: "1", DISV: "1" } });
  db.put("A", 1);
  db.put("B", 1);
  expect(db.lines).toEqual(["db: A is disabled"]);
});
