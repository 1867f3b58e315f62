import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { PutNotify } from "../../src/database/put-notify.ts";
import { databaseOf, type TestDatabase } from "../support/engine/test-database.ts";

test("a put-callback on an idle record is complete at once", () => {
  const db = databaseOf({ A: {} });
  const ends: string[] = [];
  db.putNotify("A", 1, ends);
  expect(ends).toEqual(["A done at once"]);
});

test("a put-callback to a field that processes nothing is complete at once", () => {
  const db = databaseOf({ A: { DLY: "2" } });
  const ends: string[] = [];
  db.putNotify("A.DESC", "x", ends);
  expect(ends).toEqual(["A.DESC done at once"]);
  expect(db.get("A.RUNS")).toBe("0");
});

test("put-callbacks wait for the one before, are applied in order, and a plain put is seen at once", () => {
  const db = databaseOf({ A: { DLY: "2" } });
  const ends: string[] = [];
  db.putNotify("A", 1, ends, "first");
  db.putNotify("A", 2, ends, "second");
  db.putNotify("A", 4, ends, "third");
  db.put("A", 3);
  expect(db.get("A")).toBe("3.000000");
  db.clock.advance(2);
  expect(ends).toEqual(["first done at 2"]);
  expect(db.get("A")).toBe("2.000000");
  db.clock.advance(2);
  expect(db.get("A")).toBe("4.000000");
  db.clock.advance(20);
  expect(ends).toEqual(["first done at 2", "second done at 4", "third done at 6"]);
});

test("a put-callback waits for every record of the chain", () => {
  const db = databaseOf({ A: { FLNK: "B", OUT: "C PP" }, B: { DLY: "5" }, C: { DLY: "3" } });
  const ends: string[] = [];
  db.putNotify("A", 1, ends);
  db.clock.advance(4.5);
  expect(ends).toEqual([]);
  db.clock.advance(1);
  expect(ends).toEqual(["A done at 5"]);
});

test("a put-callback to a record that is active without one is applied when it ends", () => {
  const db = databaseOf({ A: { DLY: "2" } });
  const ends: string[] = [];
  db.put("A", 1);
  db.putNotify("A", 9, ends);
  expect(db.get("A")).toBe("1.000000");
  db.clock.advance(2);
  expect(db.get("A")).toBe("9.000000");
  db.clock.advance(2);
  expect(ends).toEqual(["A done at 4"]);
});

test("a ring of links ends a put-callback where it comes back to the record of the put", () => {
  const db = databaseOf({ A: { DLY: "1", FLNK: "B" }, B: { DLY: "2", FLNK: "A" } });
  const ends: string[] = [];
  db.putNotify("A", 1, ends);
  db.clock.advance(20);
  expect(ends).toEqual(["A done at 3"]);
});

test("a chain does not wait for a record that was active before", () => {
  const db = databaseOf({ A: { FLNK: "B" }, B: { DLY: "5" } });
  const ends: string[] = [];
  db.put("B", 1);
  db.putNotify("A", 1, ends);
  expect(ends).toEqual(["A done at once"]);
  expect(db.get("B.RPRO")).toBe("1");
});

test("a disabled record completes the put-callback at once", () => {
  const db = databaseOf({ A: { DISA: "1" } });
  const ends: string[] = [];
  db.putNotify("A", 1, ends);
  expect(ends).toEqual(["A done at once"]);
  expect([db.get("A"), db.get("A.RUNS")]).toEqual(["1.000000", "0"]);
});

test("DISP and values that do not convert fail at once", () => {
  const db = databaseOf({ A: { DISP: "1" }, B: {} });
  const ends: string[] = [];
  db.putNotify("A", 1, ends);
  db.putNotify("B", "no number", ends);
  expect(ends).toEqual(["A disabled at once", "B failed at once"]);
});

test("a record that holds its completion answers when it is set to 0", () => {
  const db = databaseOf({ A: { HOLD: "1", FLNK: "B" }, B: {} });
  const ends: string[] = [];
  db.putNotify("A", 1, ends);
  db.clock.advance(100);
  expect([ends, db.get("A.PACT"), db.get("B.RUNS")]).toEqual([[], "0", "0"]);
  db.put("A", 0);
  expect([ends, db.get("B.RUNS")]).toEqual([["A done at 100"], "1"]);
});

test("a put-callback of 0 to a record that is held by another goes through at once", () => {
  const db = databaseOf({ A: { HOLD: "1" } });
  const ends: string[] = [];
  db.putNotify("A", 1, ends, "start");
  db.putNotify("A", 1, ends, "again");
  db.putNotify("A", 0, ends, "stop");
  expect(ends).toEqual(["start done at 0", "stop done at once"]);
  db.clock.settle();
  expect(db.get("A")).toBe("1.000000");
  db.put("A", "0");
  expect(ends.at(-1)).toBe("again done at 0");
});

test("the owner of a held record can make its put-callback fail", () => {
  const db = databaseOf({ A: { HOLD: "1" } });
  const ends: string[] = [];
  db.putNotify("A", 1, ends);
  db.record("A").failNotify();
  db.database.putInternal(db.address("A"), 0);
  expect(ends).toEqual(["A failed at 0"]);
});

test("a cancelled put-callback tells nobody and makes way for the next", () => {
  const db = databaseOf({ A: { HOLD: "1" } });
  const ends: string[] = [];
  const first = db.putNotify("A", 1, ends, "first");
  const waiting = db.putNotify("A", 2, ends, "waiting");
  db.putNotify("A", 3, ends, "third").cancel();
  waiting.cancel();
  first.cancel();
  db.clock.settle();
  expect(db.record("A").notify).toBeUndefined();
  db.putNotify("A", 5, ends, "last");
  db.put("A", 0);
  expect(ends).toEqual(["last done at 0"]);
});

test("a guard refuses a put, or takes it without storing it", () => {
  const db = databaseOf({ A: {} });
  const ends: string[] = [];
  db.record("A").guard = (_field, value) =>
    value === 1 ? { kind: "refused", reason: "It runs already." } : value === 0 ? "absorb" : "take";
  expect(db.put("A", 1)).toEqual({ kind: "refused", reason: "It runs already." });
  db.putNotify("A", 1, ends, "start");
  db.putNotify("A", 0, ends, "stop");
  expect(ends).toEqual(["start refused at once", "stop done at once"]);
  expect(db.get("A.RUNS")).toBe("0");
  db.database.putInternal(db.address("A"), 1);
  expect([db.get("A"), db.get("A.RUNS")]).toEqual(["1.000000", "1"]);
});

test("a put that the guard refuses is answered at once, though another one holds the record", () => {
  const db = databaseOf({ A: { type: "busy" } });
  const ends: string[] = [];
  db.putNotify("A", 1, ends, "first");
  db.record("A").guard = () => ({ kind: "refused", reason: "A is busy." });
  db.putNotify("A", 1, ends, "second");
  expect(ends).toEqual([expect.stringMatching(/^second/)]);
  expect(db.record("A").waiting).toBeUndefined();
});

test("clients that put to a delayed calculation are answered one after the other, as base answers them", () => {
  const db = databaseOf({ C: { type: "calcout", CALC: "A", ODLY: "2" } });
  const ends: string[] = [];
  const seen: string[] = [];
  db.database.subscribe(db.address("C.A"), 1, () => seen.push(`${db.get("C.A")} at ${db.clock.monotonic()}`));
  db.putNotify("C.A", 1, ends, "client 0");
  db.putNotify("C.A", 2, ends, "client 1");
  db.putNotify("C.A", 4, ends, "client 0 again");
  db.put("C.A", 3);
  db.clock.advance(10);
  expect(ends).toEqual(["client 0 done at 2", "client 1 done at 4", "client 0 again done at 6"]);
  expect(seen.map((value) => Number.parseFloat(value))).toEqual(expect.arrayContaining([1, 3, 2, 4]));
  expect([db.get("C"), db.get("C.DLYA")]).toEqual(["4", "0"]);
});

test("a busy record answers its put-callback when the work is over, and a second one waits for its turn", () => {
  const db = databaseOf({ X: { type: "busy", FLNK: "after" }, after: {} });
  const ends: string[] = [];
  db.putNotify("X", 1, ends, "start");
  db.putNotify("X", "Busy", ends, "again");
  db.clock.advance(3600);
  expect([ends, db.get("X"), db.get("after.RUNS")]).toEqual([[], "Busy", "0"]);
  db.database.putInternal(db.address("X"), 0);
  expect([ends, db.get("after.RUNS")]).toEqual([["start done at 3600"], "1"]);
  db.clock.settle();
  expect(db.get("X")).toBe("Busy");
  db.putNotify("X", "Done", ends, "stop");
  expect(ends.slice(1)).toEqual(["again done at 3600", "stop done at once"]);
});

test.each([
  ["its value does not convert", "A", "no number", { A: { HOLD: "1" } }],
  ["its field is read-only", "A.RUNS", 1, { A: { HOLD: "1" } }],
])("a put-callback that must fail does not wait for the record: %s", (_, pv, value, records) => {
  const db = databaseOf(records);
  const ends: string[] = [];
  db.putNotify("A", 1, ends, "first");
  db.putNotify(pv, value, ends, "second");
  expect(ends).toEqual([expect.stringMatching(/^second (failed|read-only) at once$/)]);
});

test("DISP that is set while a put-callback waits stops it in its turn, as in base, and those that come after at once", () => {
  const db = databaseOf({ A: { DLY: "2" } });
  const ends: string[] = [];
  db.putNotify("A", 1, ends, "first");
  db.putNotify("A", 2, ends, "waiting");
  db.put("A.DISP", 1);
  db.putNotify("A", 3, ends, "late");
  db.clock.advance(10);
  expect(ends).toEqual(["late disabled at once", "first done at 2", "waiting disabled at 2"]);
  expect(db.get("A")).toBe("1.000000");
});

test("a put-callback has its turn although plain puts come faster than the record processes", () => {
  const db = databaseOf({ A: { DLY: "2" }, B: { DLY: "2" } });
  const ends: string[] = [];
  db.put("A", 1);
  db.put("B", 1);
  db.putNotify("A", 5, ends, "first");
  db.putNotify("A", 6, ends, "second");
  for (let second = 0; second < 10; second++) {
    for (const pv of ["B", "A"]) db.put(pv, second);
    db.clock.advance(1);
  }
  expect(ends).toEqual(["first done at 4", "second done at 6"]);
});

test("what a plain put asked for is still processed when the put-callback that waited processes nothing", () => {
  const db = databaseOf({ A: { DLY: "2" } });
  const ends: string[] = [];
  db.put("A", 1);
  db.putNotify("A.DESC", "text", ends);
  db.put("A", 2);
  db.clock.advance(10);
  expect([ends, db.get("A.RUNS")]).toEqual([["A.DESC done at 2"], "2"]);
});

test("the guard is asked about a put-callback when it comes, and not again when its turn comes", () => {
  const db = databaseOf({ A: { DLY: "2" } });
  const [ends, asked]: [string[], unknown[]] = [[], []];
  db.record("A").guard = (_field, value) => {
    asked.push(value);
    return "take";
  };
  db.putNotify("A", 1, ends, "first");
  db.putNotify("A", 2, ends, "second");
  expect(asked).toEqual([1, 2]);
  db.clock.advance(10);
  expect([asked, ends]).toEqual([
    [1, 2],
    ["first done at 2", "second done at 4"],
  ]);
});

test("a waiting put-callback whose turn ends in a fault of the program is answered, and the next has its turn", () => {
  const db = databaseOf({ A: { DLY: "2" } });
  const ends: string[] = [];
  for (const [value, name] of [1, 2, 3].map((put) => [put, `put ${put}`] as const))
    db.putNotify("A", value, ends, name);
  db.record("A").afterPut = () => {
    if (db.get("A") === "2.000000") throw new Error("a fault");
  };
  db.clock.advance(10);
  expect(ends).toEqual(["put 1 done at 2", "put 2 failed at 2", "put 3 done at 4"]);
  expect(db.lines.join()).toContain("a fault");
});

test("thousands of put-callbacks that complete at once do not pile up on the stack", () => {
  const db = databaseOf({ A: { HOLD: "1" } });
  const ends: string[] = [];
  db.putNotify("A", 1, ends, "first");
  for (let count = 0; count < 12_000; count++) db.putNotify("A", -0.5, ends, "next");
  db.put("A.HOLD", 0);
  db.put("A", 0);
  db.clock.settle();
  expect(ends.length).toBe(12_001);
});

const WAVEFORM = { type: "waveform", FTVL: "DOUBLE", NELM: "1000" };

/** A put of an array of its own, which nothing else refers to. */
function putArray(db: TestDatabase, ends: string[], name: string): { put: PutNotify; value: WeakRef<Float64Array> } {
  const value = new Float64Array(1000);
  return { put: db.putNotify("W", value, ends, name), value: new WeakRef(value) };
}

async function collectGarbage(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve)); // a WeakRef keeps its object until the turn has ended
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

test("a put-callback keeps its value only while it waits: neither once it is applied nor once it is given up", async () => {
  const db = databaseOf({
    W: { ...WAVEFORM, SIMM: "YES", SIOL: "S", SDLY: "1000" },
    S: WAVEFORM,
  });
  const ends: string[] = [];
  const [begun, waiting, alsoWaiting, givenUp] = ["begun", "waiting", "also waiting", "given up"].map((name) =>
    putArray(db, ends, name),
  );
  givenUp!.put.cancel();
  await collectGarbage();
  const isKept = [begun, waiting, alsoWaiting, givenUp].map((put) => put!.value.deref() !== undefined);
  expect([isKept, ends]).toEqual([[false, true, true, false], []]);
});

/** One step of a random history. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant("notify" as const),
    pv: fc.constantFrom("A", "B", "C", "X"),
    value: fc.nat(2),
    sender: fc.constantFrom("one", "two", undefined),
  }),
  fc.record({ kind: fc.constant("put" as const), pv: fc.constantFrom("A", "B", "C", "X"), value: fc.nat(2) }),
  fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(100) }),
  fc.record({ kind: fc.constant("process" as const), pv: fc.constantFrom("A", "B", "C", "X") }),
  fc.record({
    kind: fc.constant("disable" as const),
    pv: fc.constantFrom("A.DISP", "A.DISA", "X.DISP"),
    value: fc.nat(1),
  }),
  fc.record({ kind: fc.constant("advance" as const), seconds: fc.constantFrom(0, 0.5, 1, 3) }),
);

test("in any history each put-callback ends exactly once, in its sender's order, or never if it was given up, and no record stays taken", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const db = databaseOf({
        A: { DLY: "1", FLNK: "B" },
        B: { FLNK: "C" },
        C: { DLY: "2", FLNK: "A" },
        X: { type: "busy", FLNK: "A" },
      });
      const [notifies, ends, cancelled]: [PutNotify[], number[], Set<number>] = [[], [], new Set()];
      /** By sender and PV: the puts that were not done at once, in order, and those of them that have ended. */
      const sent = new Map<string, { readonly begun: number[]; readonly ended: number[] }>();
      for (const one of steps) {
        if (one.kind === "notify") {
          const index = notifies.length;
          const key = `${one.sender ?? index} ${one.pv}`;
          const own = sent.get(key) ?? { begun: [], ended: [] };
          sent.set(key, own);
          const ended = (): void => {
            ends.push(index);
            own.ended.push(index);
          };
          const leader = notifies[own.begun.at(-1) ?? -1];
          const put = db.database.putNotify(db.address(one.pv), one.value, ended, {}, leader);
          if (put.isDone) ends.push(index);
          else own.begun.push(index);
          notifies.push(put);
        } else if (one.kind === "cancel") {
          const index = notifies.length === 0 ? undefined : one.which % notifies.length;
          if (index === undefined || ends.includes(index)) continue;
          notifies[index]!.cancel();
          cancelled.add(index);
        } else if (one.kind === "advance") db.clock.advance(one.seconds);
        else if (one.kind === "process") db.database.process(db.record(one.pv));
        else db.put(one.pv, one.value);
      }
      for (const pv of ["A.DISP", "A.DISA", "X.DISP"]) db.put(pv, 0);
      db.put("C.FLNK", ""); // else a put to X waits for the ring, in base as well
      for (let round = 0; round <= notifies.length; round++) {
        db.put("X", 0);
        db.clock.advance(10);
      }
      expect([...ends].sort((a, b) => a - b)).toEqual([...notifies.keys()].filter((index) => !cancelled.has(index)));
      for (const { begun, ended } of sent.values())
        expect(ended).toEqual(begun.filter((index) => !cancelled.has(index)));
      for (const name of ["A", "B", "C", "X"]) {
        const { notify, waiting } = db.record(name);
        expect({ name, notify, waiting }).toEqual({ name, notify: undefined, waiting: undefined });
      }
    }),
    { numRuns: 150 },
  );
});
