/** The lines of the put log, of values and names as clients send them, hostile ones too. */
import { describe, expect, test } from "vitest";
import type { FieldValue } from "../../../src/database/record-type.ts";
import { jsonForm } from "../../../src/ioc/put-log/json-line.ts";
import { type LogEntry, loggedPut } from "../../../src/ioc/put-log/logged-put.ts";
import { textForm } from "../../../src/ioc/put-log/text-line.ts";
import { DEFAULT_TIME_FORMAT } from "../../../src/ioc/put-log/time-format.ts";
import { databaseOf, type RecordTexts } from "../../support/engine/test-database.ts";
import { inZone } from "../../support/in-zone.ts";

const AT = Date.UTC(2026, 2, 3, 14, 0, 0, 123);

const RECORDS: RecordTexts = {
  Double: { VAL: "1.5" },
  Long: { type: "longout", VAL: "3" },
  State: { type: "mbbo", ZRST: "Off", ONST: "On" },
  Text: { type: "stringout", VAL: "old" },
  Page: { type: "waveform", FTVL: "CHAR", NELM: "1000", "info Q:form": "String" },
  Bytes: { type: "waveform", FTVL: "UCHAR", NELM: "5" },
  Doubles: { type: "waveform", FTVL: "DOUBLE", NELM: "1000000" },
  Floats: { type: "waveform", FTVL: "FLOAT", NELM: "4" },
  Wide: { type: "waveform", FTVL: "INT64", NELM: "4" },
  Names: { type: "waveform", FTVL: "STRING", NELM: "20" },
};

/** The entry of one put. */
function entryOf(pv: string, value: FieldValue, { user = "op1", host = "ws1" } = {}): LogEntry {
  const db = databaseOf(RECORDS);
  let entry: LogEntry | undefined;
  db.database.putTrapped.add((report) => {
    const put = loggedPut(report, AT);
    entry = { put, before: put.before, burst: undefined };
  });
  db.database.put(db.address(pv), value, { by: { user, host, peer: "10.0.0.5:4000" }, isTrapped: true });
  return entry!;
}

const textOf = (pv: string, value: FieldValue, claims = {}): string =>
  textForm(DEFAULT_TIME_FORMAT)(entryOf(pv, value, claims));
const jsonOf = (pv: string, value: FieldValue, claims = {}, own = new Map<string, string>()): string =>
  jsonForm(own)(entryOf(pv, value, claims));

test("the text form: time at the facility, host, user, PV, new and old", async () => {
  await inZone("America/Chicago", () => {
    expect(textOf("Double", 2)).toBe("03-Mar-26 08:00:00 ws1 op1 Double new=2 old=1.5");
    expect(textForm("%F %T.%03f")(entryOf("Double", 2))).toBe("2026-03-03 08:00:00.123 ws1 op1 Double new=2 old=1.5");
  });
});

test("the JSON form: the same, in this order, and the site's own properties before the PV", async () => {
  await inZone("America/Chicago", () => {
    expect(jsonOf("Double", 2, {}, new Map([["ioc", "2bm"]]))).toBe(
      '{"date":"2026-03-03","time":"08:00:00.123","host":"ws1","user":"op1","ioc":"2bm","pv":"Double","new":2.0,"old":1.5}',
    );
  });
});

test("a burst has the least and the greatest, and in JSON how many puts it joined", () => {
  const entry = { ...entryOf("Double", 2), burst: { joined: 9, least: -1, greatest: 1e6 } };
  expect(textForm(DEFAULT_TIME_FORMAT)(entry)).toMatch(/ new=2 old=1\.5 min=-1 max=1e\+06$/);
  expect(jsonForm(new Map())(entry)).toMatch(/"old":1\.5,"min":-1\.0,"max":1000000\.0,"burst":9}$/);
});

describe.each([
  ["Double", 1 / 3, "new=0.333333 old=1.5", '"new":0.3333333333333333,"old":1.5'],
  ["Double", Number.NaN, "new=nan old=1.5", '"new":"Nan","old":1.5'],
  ["Double", -Infinity, "new=-inf old=1.5", '"new":"-Infinity","old":1.5'],
  ["Double", 1e21, "new=1e+21 old=1.5", '"new":1e+21,"old":1.5'],
  ["Long", -7, "new=-7 old=3", '"new":-7,"old":3'],
  ["State", 1, "new=1 old=0", '"new":1,"old":0'],
  ["Double.SCAN", "1 second", 'new="1 second" old="Passive"', '"new":"1 second","old":"Passive"'],
  ["Text", "new", 'new="new" old="old"', '"new":"new","old":"old"'],
  ["Text.VAL$", "new", 'new="new" old="old"', '"new":["new"],"new-size":4,"old":["old"],"old-size":4'],
  ["Page", "words", 'new="words" old=""', '"new":["words"],"new-size":6,"old":[""],"old-size":0'],
  ["Bytes", Uint8Array.of(1, 255), 'new=1 old=""', '"new":[1,255],"new-size":2,"old":[],"old-size":0'],
  ["Floats", Float32Array.of(0.1, 2), 'new=0.1 old=""', '"new":[0.1,2.0],"new-size":2,"old":[],"old-size":0'],
  [
    "Wide",
    BigInt64Array.of(-(2n ** 60n)),
    `new=${-(2n ** 60n)} old=""`,
    `"new":[${-(2n ** 60n)}],"new-size":1,"old":[],"old-size":0`,
  ],
  ["Names", ["a", "b"], 'new="a" old=""', '"new":["a","b"],"new-size":2,"old":[],"old-size":0'],
])("%s put", (pv, value, text, json) => {
  test("as text", () => expect(textOf(pv, value)).toContain(` ${pv} ${text}`));
  test("as JSON", () => {
    const line = jsonOf(pv, value);
    expect(line).toContain(`"pv":"${pv}",${json}}`);
    expect(() => JSON.parse(line) as unknown).not.toThrow();
  });
});

describe("whatever a client puts and calls itself", () => {
  const claims = { user: `o p\n1 new=7 "${"x".repeat(500)}`, host: "w\0s\x1b[31m\u00e9" };

  test("is one line of ASCII as text, and its words stay apart", () => {
    const line = textOf("Text", 'a"\n\\\xff new=9', claims);
    expect(line).toMatch(/^[\x20-\x7e]{1,1000}$/);
    const [, , host, user, pv, ...rest] = line.split(" ");
    expect([host, user?.length, pv]).toEqual(["w?s?[31m?", 64, "Text"]);
    expect(rest.join(" ")).toBe(String.raw`new="a\"\n\\\xff new=9" old="old"`);
  });

  test("can be read again as JSON", () => {
    const line = jsonOf("Text", 'a"\n\\\xff\u0085', claims);
    expect(line).not.toMatch(/[\n\r\0\x1b]/);
    const read = JSON.parse(Buffer.from(line, "latin1").toString("utf8")) as Record<string, string>;
    expect(read["new"]).toBe('a"\n\\\xff\u0085');
    expect(read["user"]?.length).toBe(64);
    expect(read["host"]).toBe("w\0s\x1b[31m\u00e9");
  });

  test("is bounded, an array of a million elements too, and a cut text still ends with its quotation mark", () => {
    const million = new Float64Array(1_000_000).fill(1 / 3);
    expect(textOf("Doubles", million)).toContain('new=0.333333 old=""');
    const json = jsonOf("Doubles", million);
    expect(json.length).toBeLessThan(2000);
    const read = JSON.parse(json) as { readonly new: readonly number[]; readonly "new-size": number };
    expect([read.new.length, read["new-size"]]).toEqual([50, 1_000_000]);
    const page = "\n".repeat(900);
    expect(textOf("Page", page)).toMatch(/new="(?:\\n){100}" old=""$/);
    expect(jsonOf("Page", page).length).toBeLessThan(4000);
  });

  test("a client that has no name is shown as unknown, one that names no host with its address", () => {
    expect(textOf("Double", 2, { user: "", host: "" })).toContain(" 10.0.0.5 unknown Double ");
  });

  test("accents are UTF-8 in JSON, whether they came as UTF-8 or as Latin-1", () => {
    for (const text of ["Gr\u00c3\u00bc\u00c3\u009fe", "Gr\u00fc\u00dfe"])
      expect(Buffer.from(jsonOf("Text", text), "latin1").toString("utf8")).toContain('"new":"Grüße"');
  });
});
