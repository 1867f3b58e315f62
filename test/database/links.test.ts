import { expect, test } from "vitest";
import { canonicalLink, parseLink } from "../../src/database/links.ts";
import { metadataAt } from "../../src/database/metadata.ts";
import { databaseOf } from "../support/engine/test-database.ts";

test.each([
  ["rec", "INLINK", "rec NPP NMS"],
  ["  rec.VAL   PP  MS ", "INLINK", "rec.VAL PP MS"],
  ["rec CPP MSI", "INLINK", "rec CPP MSI"],
  ["rec MSS", "OUTLINK", "rec NPP MSS"],
  ["rec CP", "OUTLINK", "rec NPP NMS"],
  ["rec PP MS", "FWDLINK", "rec"],
  ["rec.PROC CA", "FWDLINK", "rec.PROC CA"],
  [" 0x1F ", "INLINK", "0x1F"],
  ["[1,2]", "INLINK", "[1,2]"],
  ["@addr", "INLINK", "@addr"],
] as const)("the link %j of an %s reads %j", (text, direction, canonical) => {
  expect(canonicalLink(text, parseLink(text, direction), direction)).toBe(canonical);
});

test.each([
  ["", undefined],
  ["3.5", { form: "plain", text: "3.5" }],
  [" -inf ", { form: "plain", text: "-inf" }],
  ["[1,2,3]", { form: "plain", text: "[1,2,3]" }],
  ['{const:"text"}', { form: "const", value: "text" }],
  ["{'const':[0x4,5,],}", { form: "const", value: [4n, 5n] }],
  ["{const:[1,2.5]}", { form: "const", value: [1, 2.5] }],
])("%j is a constant", (text, value) => {
  expect(parseLink(text, "INLINK")).toEqual({ kind: "constant", value });
});

test("a constant that does not fit its field is told, and the field keeps what it has", () => {
  const db = databaseOf({ A: { type: "longin", VAL: "7", INP: '{const:"seven"}' } });
  expect(db.lines).toEqual(['warn: db: A.INP: the constant {const:"seven"} gives no LONG value; it is not used.']);
  expect(db.get("A")).toBe("7");
});

test("constants and computations are refused where something is to be written", () => {
  expect(() => parseLink("{const:1}", "OUTLINK")).toThrow("can only be read");
});

test("JSON that is no link is refused with a sentence", () => {
  expect(() => parseLink("{pva:{pv:'x'}}", "INLINK")).toThrow(/is not one of/);
  expect(() => parseLink("{const:[1,{}]}", "INLINK")).toThrow(/neither a number/);
});

test("a link to a name that is not here raises LINK/INVALID, and the value stays", () => {
  const db = databaseOf({ A: { INP: "elsewhere", VAL: "4" } });
  db.put("A.PROC", 1);
  expect([db.get("A.STAT"), db.get("A.SEVR"), db.get("A")]).toEqual(["LINK", "INVALID", "4.000000"]);
  expect(db.record("A").linkKind("INP")).toBe("disconnected");
});

test("a link that leads nowhere is told of at the start, once, with the reason", () => {
  const db = databaseOf({
    A: { INP: "other:pv CP MS", OUT: "B.NOPE", FLNK: "B" },
    B: { INP: "C.{sync:{m:'while',s:'red'}}", OUT: "A.VAL[1:2]", TSEL: "A.TIME" },
    C: { INP: '{calc:{expr:"A+B", args:["third:pv", 5]}}' },
  });
  expect(db.lines).toEqual([
    "warn: db: A.INP: other:pv is not in this IOC, and links to other IOCs are not supported; the link stays disconnected (LINK, INVALID).",
    "warn: db: A.OUT: B.NOPE is no field of B, or has a filter that is not supported; the link stays disconnected (LINK, INVALID).",
    "warn: db: B.INP: C.{sync:{m:'while',s:'red'}} is no field of C, or has a filter that is not supported; the link stays disconnected (LINK, INVALID).",
    "warn: db: C.INP: third:pv is not in this IOC, and links to other IOCs are not supported; the link stays disconnected (LINK, INVALID).",
  ]);
  db.put("A.PROC", 1);
  expect(db.lines).toHaveLength(4);
});

test.each([
  ["NMS", "NO_ALARM", "NO_ALARM"],
  ["MS", "LINK", "MAJOR"],
  ["MSI", "NO_ALARM", "NO_ALARM"],
  ["MSS", "SOFT", "MAJOR"],
])("an input link marked %s shows the alarm of its source as %s/%s", (mode, status, severity) => {
  const db = databaseOf({ A: { INP: `B PP ${mode}` }, B: { RAIS: "MAJOR" } });
  db.put("A.PROC", 1);
  expect([db.get("A.STAT"), db.get("A.SEVR")]).toEqual([status, severity]);
});

test("an output link marked MS raises the source's alarm in its target", () => {
  const db = databaseOf({ A: { OUT: "B PP MS", RAIS: "MINOR" }, B: {} });
  db.put("A", 1);
  expect([db.get("B.STAT"), db.get("B.SEVR")]).toEqual(["LINK", "MINOR"]);
});

test("an output to a read-only field, or one that does not take the value, raises LINK/INVALID", () => {
  const db = databaseOf({ A: { OUT: "B.NAME" }, B: {}, C: { OUT: "B.REFU", VAL: "-1" } });
  db.put("A", 1);
  db.put("C.PROC", 1);
  expect([db.get("A.STAT"), db.get("C.STAT")]).toEqual(["LINK", "LINK"]);
});

test("a CP link processes its record when the source changes, once for many changes", () => {
  const db = databaseOf({ A: { INP: "B CP" }, B: {} });
  db.clock.settle();
  expect(db.get("A.RUNS")).toBe("1");
  db.put("B", 1);
  db.put("B", 2);
  db.clock.settle();
  expect([db.get("A.RUNS"), db.get("A")]).toEqual(["2", "2.000000"]);
});

test("a CP link whose record is active processes it again afterwards, so that no change is lost", () => {
  const db = databaseOf({ C: { type: "calcout", CALC: "A", INPA: "B CP", ODLY: "2" }, B: {} });
  db.clock.settle();
  db.put("B", 5);
  db.clock.advance(1);
  expect([db.get("C"), db.get("C.RPRO")]).toEqual(["0", "1"]);
  db.clock.advance(10);
  expect([db.get("C"), db.get("C.RPRO"), db.get("C.PUTF"), db.get("C.PACT")]).toEqual(["5", "0", "0", "0"]);
});

test("a CPP link does so only while its record is Passive", () => {
  const db = databaseOf({ A: { INP: "B CPP", SCAN: "10 second" }, B: {} });
  db.put("B", 1);
  db.clock.settle();
  expect(db.get("A.RUNS")).toBe("0");
});

test("a link field that is put anew leads elsewhere at once, and processes nothing", () => {
  const db = databaseOf({ A: { INP: "B" }, B: { VAL: "1" }, C: { VAL: "2" } });
  expect(db.put("A.INP", "C MS")).toBeUndefined();
  expect([db.get("A.INP"), db.get("A.RUNS")]).toEqual(["C NPP MS", "0"]);
  db.put("A.PROC", 1);
  expect(db.get("A")).toBe("2.000000");
  db.put("A.INP", "");
  db.put("A", 7);
  expect(db.get("A")).toBe("7.000000");
});

test("a link field does not take JSON that is no link", () => {
  const db = databaseOf({ A: { INP: "B" }, B: {} });
  expect(db.put("A.INP", "{nonsense}")?.kind).toBe("failed");
  expect(db.get("A.INP")).toBe("B NPP NMS");
});

test("a calc link computes from PVs and numbers", () => {
  const db = databaseOf({ A: { INP: '{calc:{expr:"A*B+1", args:["B", 10]}}' }, B: { VAL: "4" } });
  db.put("A.PROC", 1);
  expect(db.get("A")).toBe("41.000000");
});

test("a link with CA puts as a client would, in a later turn", () => {
  const db = databaseOf({ A: { OUT: "B CA" }, B: {} });
  db.put("A", 3);
  expect(db.get("B")).toBe("0.000000");
  db.clock.settle();
  expect([db.get("B"), db.get("B.RUNS")]).toEqual(["3.000000", "1"]);
});

test.each([
  ["B CA", "B CA", "B.PROC CA"],
  ["B.VAL CA", "B.VAL CA", "B.PROC CA"],
])("a forward link to %s processes nothing, as in base, and that is told at the start", (text, name, advice) => {
  const db = databaseOf({ A: { FLNK: text }, B: {} });
  expect(db.lines).toEqual([
    `warn: db: A.FLNK: ${name} processes nothing: with CA a forward link must name PROC; write ${advice}, or leave CA out.`,
  ]);
  db.put("A.PROC", 1);
  db.clock.settle();
  expect([db.get("B"), db.get("B.RUNS")]).toEqual(["0.000000", "0"]);
});

test("a link with CA that cannot write is told of: as LINK/INVALID where it is the value, else in the log", () => {
  const db = databaseOf({
    A: { type: "stringout", VAL: "text", OUT: "B CA" },
    B: { DISP: "1", VAL: "4" },
    C: { OUT: "B CA" },
  });
  db.put("A.PROC", 1);
  expect([db.get("A.STAT"), db.get("A.SEVR"), db.get("A.AMSG")]).toEqual(["LINK", "INVALID", "field OUT"]);
  const line = "warn: db: C: OUT: B takes no puts: its DISP is not 0.";
  for (const value of [3, 5]) {
    db.put("C", value);
    db.clock.settle();
  }
  expect([db.get("C.SEVR"), db.get("B"), db.lines]).toEqual(["NO_ALARM", "4.000000", [line]]);
  for (const disabled of [0, 1]) {
    db.put("B.DISP", disabled);
    db.put("C.PROC", 1);
    db.clock.settle();
  }
  expect([db.get("B"), db.lines]).toEqual(["5.000000", [line, line]]);
});

test("an input of a calculation shows the metadata of the field that it is read from", () => {
  const db = databaseOf({
    C: { type: "calc", CALC: "A", INPA: "X", PREC: "1", INPB: "D.A" },
    X: { type: "ao", EGU: "mm", PREC: "4", HOPR: "10", HIGH: "5", HSV: "MINOR" },
    D: { type: "calc", CALC: "A", INPA: "C.B", EGU: "s" },
  });
  const metadata = metadataAt(db.address("C.A"));
  expect(metadata).toMatchObject({ units: "mm", precision: 4, displayLimits: [10, 0] });
  expect(metadata.alarmLimits[1]).toBe(5);
  expect(metadataAt(db.address("C.B")).units).toBe(""); // the two ask each other
});

test("an alarm that a link raises names its field, and MSS hands the text on", () => {
  const db = databaseOf({ A: { INP: "elsewhere" }, B: { INP: "A NPP MSS" } });
  db.put("A.PROC", 1);
  db.put("B.PROC", 1);
  expect([db.get("A.AMSG"), db.get("B.AMSG"), db.get("B.STAT")]).toEqual(["field INP", "field INP", "LINK"]);
});

test("a device address is no link of a soft channel, and the other links of the record work", () => {
  const db = databaseOf({ A: { INP: "@bus 3", FLNK: "B" }, B: {} });
  expect(db.lines).toEqual([
    'error: db: A.INP: Soft Channel takes no device address such as "@bus 3"; name a PV or a constant.',
  ]);
  expect(db.put("A.OUT", "@bus 3")?.kind).toBe("failed");
  db.put("A", 1);
  expect([db.get("B.RUNS"), db.get("A.OUT")]).toEqual(["1", ""]);
});
