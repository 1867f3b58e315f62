/** Which puts are joined to one entry of the put log, when it is logged, and what it then says. */
import { expect, test } from "vitest";
import { BurstRule, type LogMode } from "../../../src/ioc/put-log/burst.ts";
import { type LogEntry, loggedPut, pvName } from "../../../src/ioc/put-log/logged-put.ts";
import { databaseOf } from "../../support/engine/test-database.ts";

const OP1 = { user: "op1", host: "ws1", peer: "10.0.0.5:4000" };
const OP2 = { user: "op2", host: "ws1", peer: "10.0.0.5:4001" };

const entryText = ({ put, before, burst }: LogEntry): string => {
  const range = burst === undefined ? "" : ` ${burst.joined} more, ${burst.least} to ${burst.greatest}`;
  return `${put.user} ${pvName(put.address)} ${String(before.value)}→${String(put.after.value)}${range}`;
};

function siteOf(mode: LogMode) {
  const db = databaseOf({
    A: { VAL: "1" },
    B: {},
    Text: { type: "stringout", VAL: "old" },
    Page: { type: "waveform", FTVL: "CHAR", NELM: "100", "info Q:form": "String" },
  });
  const entries: string[] = [];
  const rule = new BurstRule({ clock: db.clock, log: (entry) => entries.push(entryText(entry)) });
  rule.mode = mode;
  db.database.putTrapped.add((put) => rule.add(loggedPut(put, db.clock.now())));
  const put = (pv: string, value: number | string, by = OP1): void =>
    void db.database.put(db.address(pv), value, { by, isTrapped: true });
  return { clock: db.clock, rule, entries, put, db };
}

test("a put is logged when its field was left alone for five seconds", () => {
  const { clock, entries, put } = siteOf("changes");
  put("A", 2);
  clock.advance(4.9);
  expect(entries).toEqual([]);
  clock.advance(0.1);
  expect(entries).toEqual(["op1 A 1→2"]);
  expect(clock.pending).toBe(0);
});

test("a put to another field logs what waits at once", () => {
  const { clock, entries, put } = siteOf("changes");
  put("A", 2);
  put("A.PHAS", 3);
  put("B", 7);
  expect(entries).toEqual(["op1 A 1→2", "op1 A.PHAS 0→3"]);
  clock.advance(5);
  expect(entries.at(-1)).toBe("op1 B 0→7");
});

test("a burst tells the value before it, the last, the least and the greatest, and how many it joined", () => {
  const { clock, entries, put } = siteOf("changes");
  for (const value of [5, -2, 9, 3]) {
    put("A", value);
    clock.advance(4);
  }
  expect(entries).toEqual([]);
  clock.advance(1);
  expect(entries).toEqual(["op1 A 1→3 3 more, -2 to 9"]);
  put("A", 4);
  clock.advance(5);
  expect(entries.at(-1)).toBe("op1 A 3→4");
});

test("puts of two clients are no burst: each is named with what it did", () => {
  const { clock, entries, put } = siteOf("changes");
  put("A", 2);
  put("A", 3, OP2);
  clock.advance(5);
  expect(entries).toEqual(["op1 A 1→2", "op2 A 2→3"]);
});

test("a field between two puts belongs to the burst of neither", () => {
  const { db, clock, entries, put } = siteOf("changes");
  put("A", 2);
  clock.advance(5);
  db.database.put(db.address("A"), 8, { origin: "program" });
  put("A", 9);
  clock.advance(5);
  expect(entries).toEqual(["op1 A 1→2", "op1 A 8→9"]);
});

test("with changes alone, what changes nothing is left out, and a burst that came back is not", () => {
  const { clock, entries, put } = siteOf("changes");
  put("A", 1);
  put("A", 1);
  clock.advance(5);
  expect(entries).toEqual([]);
  put("A", 2);
  put("A", 1);
  put("A", 1);
  clock.advance(5);
  put("Text", "new");
  put("Text", "new");
  clock.advance(5);
  expect(entries).toEqual(["op1 A 1→1 2 more, 1 to 2", "op1 Text old→new"]);
});

test("with all puts, what changes nothing is logged too", () => {
  const { clock, entries, put } = siteOf("all");
  put("A", 1);
  clock.advance(5);
  expect(entries).toEqual(["op1 A 1→1"]);
});

test("with each put, none is joined and none waits", () => {
  const { clock, entries, put } = siteOf("each");
  put("A", 1);
  put("A", 2);
  expect(entries).toEqual(["op1 A 1→1", "op1 A 1→2"]);
  expect(clock.pending).toBe(0);
});

test("texts of characters are not joined: nothing would tell what was between", () => {
  const { clock, entries, put } = siteOf("all");
  for (const page of ["one", "two"]) put("Page", page);
  for (const text of ["one", "two"]) put("Text", text);
  clock.advance(5);
  expect(entries).toEqual(["op1 Page →one", "op1 Page one→two", "op1 Text old→two"]);
});

test("a refused put shows the value that stayed, and one that the program took for itself what was put", () => {
  const { db, clock, entries, put } = siteOf("all");
  db.record("A").guard = () => ({ kind: "refused", reason: "no" });
  put("A", 5);
  clock.advance(5);
  db.record("A").guard = () => "absorb";
  put("A", 6);
  clock.advance(5);
  expect(entries).toEqual(["op1 A 1→1", "op1 A 1→6"]);
});

test("another mode logs what waits first, and with none nothing is logged or waits", () => {
  const { clock, rule, entries, put } = siteOf("changes");
  put("A", 2);
  rule.mode = "none";
  put("A", 3);
  expect([entries, clock.pending]).toEqual([["op1 A 1→2"], 0]);
});

test("the burst may be of another length", () => {
  const { clock, rule, entries, put } = siteOf("changes");
  rule.seconds = 0.5;
  put("A", 2);
  clock.advance(0.5);
  expect(entries).toEqual(["op1 A 1→2"]);
});
