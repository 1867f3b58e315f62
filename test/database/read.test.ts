/** How much there is to read at an address, and a text read as its characters. */
import { beforeEach, expect, test } from "vitest";
import { elementsAt, lengthAt } from "../../src/database/read.ts";
import { databaseOf, type TestDatabase } from "../support/engine/test-database.ts";

let db: TestDatabase;
beforeEach(() => {
  db = databaseOf({
    A: { type: "ai", DESC: "Beam", INP: "B" },
    W: { type: "waveform", FTVL: "LONG", NELM: "8" },
    N: { type: "waveform", FTVL: "CHAR", NELM: "8", DESC: "x".repeat(40) },
  });
  db.database.put(db.address("W"), Int32Array.of(1, 2, 3), { from: "LONG" });
});

test.each([
  ["A", 1],
  ["A.DESC", 1],
  ["A.DESC$", 5],
  ["A.EGU$", 1],
  ["A.INP$", 10], // B NPP NMS
  ["A.RTYP", 1],
  ["W", 3],
  ["N", 0],
])("%s has %d elements", (pv, length) => {
  expect(lengthAt(db.address(pv))).toBe(length);
});

test("a text behind $ has its characters and a NUL, and never more than its field has room for", () => {
  expect([...elementsAt(db.address("A.DESC$"), "CHAR", 41)]).toEqual([...Buffer.from("Beam\0")]);
  expect([...elementsAt(db.address("A.DESC$"), "CHAR", 2)]).toEqual([...Buffer.from("Be")]);
  const full = db.address("N.DESC$");
  expect([lengthAt(full), full.elements]).toEqual([41, 41]);
  expect([...elementsAt(full, "CHAR", 41)]).toEqual([...Buffer.from(`${"x".repeat(40)}\0`)]);
});
