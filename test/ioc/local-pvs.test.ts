import { beforeEach, expect, test } from "vitest";
import { DBE_PROPERTY } from "../../src/epics/facts.ts";
import { LocalPvError, LocalPvs } from "../../src/ioc/local-pvs.ts";
import { databaseOf, type TestDatabase } from "../support/engine/test-database.ts";

let db: TestDatabase;
let pvs: LocalPvs;
beforeEach(() => {
  db = databaseOf({
    "t:Names": { type: "waveform", FTVL: "STRING", NELM: "3", DISP: "1" },
    "t:Badges": { type: "waveform", FTVL: "LONG", NELM: "3", DISP: "1" },
    "t:Text": { type: "waveform", FTVL: "CHAR", NELM: "8", "info Q:form": "String" },
    "t:Number": { type: "longin" },
    "t:Short": { type: "stringin" },
    "t:Choice": { type: "mbbo", ZRST: "None", ONVL: "1", TWVL: "2" },
  });
  pvs = new LocalPvs(db.database, "t:");
});
const names = (): string[] =>
  db.database.getStrings(db.address("t:Names")).map((text) => Buffer.from(text, "latin1").toString("utf8"));

test("an array of texts stands in a STRING array, in Unicode, and a shorter one replaces it", () => {
  pvs.put("Names", ["Lévy", "Wu"]);
  expect(names()).toEqual(["Lévy", "Wu"]);
  pvs.put("Names", ["Curie"]);
  expect(names()).toEqual(["Curie"]);
});

test("an array of numbers stands in a LONG array", () => {
  pvs.put("Badges", [208112, 0, -1]);
  expect(db.get("t:Badges")).toBe("208112 0 -1");
});

test.each([
  ["Names", []],
  ["Badges", []],
] as const)("an empty array empties %s", (suffix, none) => {
  pvs.put(suffix, suffix === "Names" ? ["x"] : [1]);
  pvs.put(suffix, none);
  expect(db.get(`t:${suffix}`)).toBe("");
  expect(db.get(`t:${suffix}.NORD`)).toBe("0");
});

test("an array that is longer than the record is cut at its end", () => {
  pvs.put("Badges", [1, 2, 3, 4]);
  expect(db.get("t:Badges")).toBe("1 2 3");
});

test("a text that is longer than an element is cut between two characters", () => {
  pvs.put("Names", [`${"a".repeat(38)}é`, "b".repeat(50)]);
  expect(names()).toEqual(["a".repeat(38), "b".repeat(39)]);
});

test("a text that is longer than a text record is cut between two characters", () => {
  pvs.put("Short", `${"a".repeat(38)}é`);
  expect(pvs.get("Short")).toBe("a".repeat(38));
});

test("a text that is longer than a CHAR array is cut between two characters", () => {
  pvs.put("Text", "aaaaaaé");
  expect(pvs.get("Text")).toBe("aaaaaa");
});

test("bytes that a client put and that are no UTF-8 are told as Latin-1, and codes beyond Unicode as U+FFFD", () => {
  const told: unknown[] = [];
  for (const suffix of ["Short", "Text"]) pvs.puts$(suffix).subscribe(({ given }) => told.push(given));
  db.put("t:Short", "Caf\xE9");
  db.put("t:Text", "\xE9t\xE9");
  db.database.put(db.address("t:Text"), Int32Array.of(0x35, 0x110041), { from: "LONG" });
  expect(told).toEqual(["Café", "été", "5\uFFFD"]);
});

test("a put of an array is posted to monitors", () => {
  const posts = db.posts("t:Badges");
  pvs.put("Badges", [1]);
  expect(posts).toHaveLength(1);
});

test("a text for a number, and a PV that does not exist, are errors of ours", () => {
  expect(() => pvs.put("Number", "many")).toThrow(LocalPvError);
  expect(() => pvs.put("Nothing", 1)).toThrow(LocalPvError);
});

test("states are named anew, cut between two characters, and clients are told of each that changed", () => {
  const told: number[] = [];
  db.database.subscribe(db.address("t:Choice"), DBE_PROPERTY, (mask) => told.push(mask & DBE_PROPERTY));
  const choices = (): readonly string[] => db.address("t:Choice").choices ?? [];
  pvs.nameStates("Choice", ["None", "Yes", `${"a".repeat(24)}é`]);
  expect(choices()).toEqual(["None", "Yes", "a".repeat(24)]);
  expect(told.length).toBeGreaterThanOrEqual(2);
  told.length = 0;
  pvs.nameStates("Choice", ["None", "Yes", `${"a".repeat(24)}é`]);
  expect(told).toEqual([]);
  pvs.nameStates("Choice", ["None"]);
  expect(choices()).toEqual(["None"]);
});
