import { expect, test } from "vitest";
import { order } from "../support/engine/probe-record.ts";
import { databaseOf } from "../support/engine/test-database.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

test("periodic records process at their period, in the order of PHAS", () => {
  const db = databaseOf({
    A: { SCAN: "1 second", PHAS: "2" },
    B: { SCAN: "1 second", PHAS: "1" },
    C: { SCAN: ".5 second" },
    D: {},
  });
  db.database.start();
  db.clock.advance(1);
  expect(order).toEqual(["C", "B", "A", "C"]);
  db.clock.advance(9);
  expect([db.get("A.RUNS"), db.get("C.RUNS"), db.get("D.RUNS")]).toEqual(["10", "20", "0"]);
});

/** A clock on a machine that can be made to stand still for a while: time passes, but no timer fires. */
class StallingClock extends FakeClock {
  stalledSeconds = 0;
  override monotonic(): number {
    return super.monotonic() + this.stalledSeconds;
  }
}

test("scans that are missed are counted and dropped, and the rhythm stays", () => {
  const clock = new StallingClock();
  const db = databaseOf({ A: { SCAN: "1 second" } }, clock);
  db.database.start();
  const times: number[] = [];
  db.database.subscribe(db.address("A"), 1, () => {
    times.push(clock.monotonic());
    if (times.length === 1) clock.stalledSeconds = 2.5;
  });
  clock.advance(3);
  expect(times).toEqual([1, 4, 5]);
  expect(db.database.scanLists().periodic.find((list) => list.periodSeconds === 1)?.overruns).toBe(2);
});

test("SCAN is changed at run time", () => {
  const db = databaseOf({ A: {} });
  db.database.start();
  db.put("A.SCAN", "1 second");
  db.clock.advance(3);
  expect(db.get("A.RUNS")).toBe("3");
  db.put("A.SCAN", "Passive");
  db.clock.advance(3);
  expect(db.get("A.RUNS")).toBe("3");
  expect(db.clock.pending).toBe(0);
});

test("a record that joins a scan at run time takes its place by PHAS, behind those of its own, and who is being scanned is not disturbed", () => {
  const db = databaseOf({
    A: { SCAN: "1 second", PHAS: "1" },
    B: { PHAS: "1" },
    C: { SCAN: "1 second", PHAS: "2" },
    D: { PHAS: "-1" },
  });
  db.database.start();
  db.database.subscribe(db.address("A"), 1, () => {
    db.put("B.SCAN", "1 second");
    db.put("D.SCAN", "1 second");
    db.put("C.SCAN", "Passive");
  });
  db.clock.advance(1);
  expect(order).toEqual(["A"]);
  db.put("C.SCAN", "1 second");
  db.put("C.PHAS", 0);
  order.length = 0;
  db.clock.advance(0.9999);
  db.database.stop();
  expect(db.database.scanLists().periodic.flatMap((list) => list.records.map(({ name }) => name))).toEqual(
    "D C A B".split(" "),
  );
});

test("a put to a record that scans by itself is stored, but processes nothing and posts nothing", () => {
  const db = databaseOf({ A: { SCAN: "10 second" } });
  const posted = db.posts("A");
  db.put("A", 5);
  expect([db.get("A"), db.get("A.RUNS"), posted]).toEqual(["5.000000", "0", []]);
});

test("an event processes the records that wait for it, those of high priority first", () => {
  const db = databaseOf({
    A: { SCAN: "Event", EVNT: "7", PRIO: "LOW" },
    B: { SCAN: "Event", EVNT: " 7.0 ", PRIO: "HIGH" },
    C: { SCAN: "Event", EVNT: "scan done" },
    D: { SCAN: "Event", EVNT: "0" },
  });
  db.database.postEvent(7);
  db.database.postEvent("scan done");
  db.database.postEvent("0");
  db.database.postEvent("no such event");
  expect(order).toEqual([]);
  db.clock.settle();
  expect(order).toEqual(["B", "A", "C"]);
});

test("PINI processes at start-up, in the order of PHAS", () => {
  const db = databaseOf({
    A: { PINI: "YES", PHAS: "1" },
    B: { PINI: "YES" },
    C: { PINI: "RUN" },
    D: { PINI: "RUNNING" },
  });
  expect([db.get("A.RUNS"), db.get("B.RUNS"), db.get("C.RUNS")]).toEqual(["1", "1", "0"]);
  db.database.start();
  expect(order).toEqual(["C", "D"]);
});

test("a pause ends the scans until the next start, and stop leaves no timer", () => {
  const db = databaseOf({ A: { SCAN: "1 second" }, B: { DLY: "5" } });
  db.database.start();
  db.database.pause();
  db.clock.advance(5);
  expect(db.get("A.RUNS")).toBe("0");
  db.database.start();
  db.clock.advance(2);
  expect(db.get("A.RUNS")).toBe("2");
  db.put("B", 1);
  db.database.stop();
  expect(db.clock.pending).toBe(0);
});
