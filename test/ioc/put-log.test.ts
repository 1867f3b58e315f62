/** What the log says of who wrote what. */
import { expect, test } from "vitest";
import { createLog } from "../../src/base/log.ts";
import { DbrSample } from "../../src/ca/wire/dbr-codec.ts";
import { DBR, DBR_TYPES } from "../../src/ca/wire/dbr-layout.ts";
import { DatabaseSource } from "../../src/ioc/database-source.ts";
import { LocalPvs } from "../../src/ioc/local-pvs.ts";
import { logPuts } from "../../src/ioc/put-log.ts";
import { databaseOf, type RecordTexts, type TestDatabase } from "../support/engine/test-database.ts";

const CLIENT = { user: "op1", host: "ws1", peer: "10.0.0.5:51234" };
const WHO = "op1@ws1:51234 (10.0.0.5)";

interface Site {
  readonly db: TestDatabase;
  readonly lines: readonly string[];
  /** A plain put by the client; the array's type is CHAR. */
  readonly write: (name: string, value: number | string | Uint8Array) => void;
  readonly writeNotify: (name: string, value: number) => void;
  readonly stop: () => void;
}

function siteOf(records: RecordTexts): Site {
  const db = databaseOf(records);
  const { database, clock } = db;
  const lines: string[] = [];
  const log = createLog("globus", (line) => lines.push(line));
  const stop = logPuts({ database, clock, log, isLogged: ({ name }) => name !== "Other" });
  const source = new DatabaseSource({ database, clock });
  const channel = (name: string) => source.open(name, CLIENT)!;
  return {
    db,
    lines,
    write: (name, value) => {
      const type = typeof value === "number" ? "DOUBLE" : typeof value === "string" ? "STRING" : "CHAR";
      channel(name).write(DBR_TYPES[DBR[type]!]!, sampleOf(value));
    },
    writeNotify: (name, value) =>
      void channel(name).writeNotify(DBR_TYPES[DBR["DOUBLE"]!]!, sampleOf(value), {
        putBegun: () => {},
        putDone: () => {},
      }),
    stop,
  };
}

function sampleOf(value: number | string | Uint8Array): DbrSample {
  const sample = new DbrSample();
  if (typeof value === "number") sample.setNumber(value);
  else if (typeof value === "string") sample.setText(value);
  else sample.setArray(value);
  return sample;
}

test("each put by a client is one line: who, what, where, and what became of it", () => {
  const { db, lines, write, writeNotify } = siteOf({ A: {}, Text: { type: "stringin" } });
  write("A", 1.5);
  writeNotify("A", 2);
  write("Text", "some\nwords");
  write("A.DISP", 1);
  write("A", 3);
  db.record("Text").guard = () => ({ kind: "refused", reason: "Text is guarded now." });
  write("Text", "others");
  expect(lines).toEqual([
    `globus: ${WHO} wrote 1.5 to A.`,
    `globus: ${WHO} wrote 2 to A.`,
    `globus: ${WHO} wrote "some words" to Text.`,
    `globus: ${WHO} wrote 1 to A.DISP.`,
    `warn: globus: ${WHO} wrote 3 to A, which was refused: A takes no puts: its DISP is not 0.`,
    `warn: globus: ${WHO} wrote "others" to Text, which was refused: Text is guarded now.`,
  ]);
});

test("a text is written as text, in UTF-8, and a long one or an array by its beginning", () => {
  const { lines, write } = siteOf({
    Long: { type: "waveform", FTVL: "CHAR", NELM: "300", "info Q:form": "String" },
    Array: { type: "waveform", FTVL: "LONG", NELM: "10" },
  });
  write("Long", Buffer.from("Grüße\0"));
  write("Long", Buffer.from("x".repeat(200)));
  write("Array", Uint8Array.from([1, 2, 3]));
  write("Array", Uint8Array.from([1, 2, 3, 4, 5, 6]));
  expect(lines.map((line) => line.replace(`globus: ${WHO} wrote `, ""))).toEqual([
    '"Grüße" to Long.',
    `"${"x".repeat(80)}…" to Long.`,
    "[1, 2, 3] to Array.",
    "[1, 2, 3, 4, 5, …] to Array.",
  ]);
});

test("a put that waits for its turn is written down once, when it is made or when it is refused", () => {
  const { db, lines, writeNotify } = siteOf({ A: { DLY: "2" } });
  for (const value of [1, 2]) writeNotify("A", value);
  expect(lines).toEqual([`globus: ${WHO} wrote 1 to A.`]);
  db.clock.advance(10);
  expect(lines.slice(1)).toEqual([`globus: ${WHO} wrote 2 to A.`]);
  writeNotify("A", 3);
  db.record("A").guard = () => ({ kind: "refused", reason: "A runs." });
  writeNotify("A", 4);
  expect(lines.slice(2)).toEqual([
    `globus: ${WHO} wrote 3 to A.`,
    `warn: globus: ${WHO} wrote 4 to A, which was refused: A runs.`,
  ]);
});

test("what other records and the program itself write, and puts to records that are not logged, are not written down", () => {
  const { db, lines, write } = siteOf({
    A: { FLNK: "B" },
    B: { type: "ao", OMSL: "closed_loop", DOL: "7", OUT: "C PP" },
    C: {},
    Other: {},
  });
  new LocalPvs(db.database, "").put("A", 5);
  write("Other", 1);
  write("A.PROC", 1);
  expect([db.get("C"), lines]).toEqual(["7.000000", [`globus: ${WHO} wrote 1 to A.PROC.`]]);
});

test("whoever listens to a PV's puts is told who makes them, and a refusal says why", () => {
  const { db, lines, write } = siteOf({ A: {} });
  const seen: unknown[] = [];
  new LocalPvs(db.database, "").puts$("A").subscribe((put) => {
    seen.push(put.by);
    if (put.value === 1) put.refuse("A does not take 1.");
    else put.absorb();
  });
  write("A", 1);
  write("A", 2);
  expect(seen).toEqual([CLIENT, CLIENT]);
  expect(lines).toEqual([
    `warn: globus: ${WHO} wrote 1 to A, which was refused: A does not take 1.`,
    `globus: ${WHO} wrote 2 to A.`,
  ]);
});

test("who writes without end does not fill the disk, and after the end nothing is written down", () => {
  const { db, lines, write, stop } = siteOf({ A: {} });
  for (let i = 0; i < 5000; i++) write("A", i);
  expect(lines.length).toBe(300);
  db.clock.advance(10);
  write("A", 1);
  expect(lines.at(-2)).toContain("4700 more lines like these were left out");
  stop();
  write("A", 2);
  expect(lines.length).toBe(302);
});
