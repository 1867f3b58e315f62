import { expect, test } from "vitest";
import { PUT_PENDING, PUT_WAITING, type ServerPv } from "../../src/ca/server/pv-source.ts";
import { RIGHT_READ, RIGHT_WRITE } from "../../src/ca/wire/constants.ts";
import { DbrSample } from "../../src/ca/wire/dbr-codec.ts";
import { DBR, DBR_TYPES, type DbrType, NATIVES } from "../../src/ca/wire/dbr-layout.ts";
import { ECA } from "../../src/ca/wire/status.ts";
import { DatabaseSource, type FieldRights } from "../../src/ioc/database-source.ts";
import { databaseOf, type RecordTexts, type TestDatabase } from "../support/engine/test-database.ts";

const CLIENT = { user: "op1", host: "console", peer: "127.0.0.1:1" };
const typeOf = (name: string): DbrType => DBR_TYPES[DBR[name]!]!;

interface Site {
  readonly db: TestDatabase;
  readonly source: DatabaseSource;
  readonly open: (name: string) => ServerPv;
  /** Reads all there is as this type. */
  readonly read: (name: string, type: string, count?: number) => DbrSample;
  readonly write: (name: string, type: string, value: number | string | Int32Array | Uint8Array) => number;
}

function siteOf(records: RecordTexts): Site {
  const db = databaseOf(records);
  const source = new DatabaseSource({ database: db.database, clock: db.clock });
  const open = (name: string): ServerPv => {
    const pv = source.open(name, CLIENT);
    if (pv === undefined) throw new Error(`no PV ${name}`);
    return pv;
  };
  const read = (name: string, type: string, count = 0): DbrSample => {
    const sample = new DbrSample();
    expect(open(name).read(typeOf(type), count, sample)).toBe(ECA.NORMAL);
    return sample;
  };
  return { db, source, open, read, write: (name, type, value) => open(name).write(typeOf(type), sampleOf(value)) };
}

function sampleOf(value: number | string | Int32Array | Uint8Array): DbrSample {
  const sample = new DbrSample();
  if (typeof value === "number") sample.setNumber(value);
  else if (typeof value === "string") sample.setText(value);
  else sample.setArray(value);
  return sample;
}

const elementsOf = ({ array, length }: DbrSample): unknown[] =>
  Array.from(array as ArrayLike<unknown>).slice(0, length);
const WAVE = { type: "waveform", FTVL: "LONG", NELM: "8" };

test.each([
  ["A", "DOUBLE", 1],
  ["A.PHAS", "SHORT", 1],
  ["A.SCAN", "ENUM", 1],
  ["A.DTYP", "ENUM", 1],
  ["A.DISP", "CHAR", 1],
  ["A.INP", "STRING", 1],
  ["A.RTYP", "STRING", 1],
  ["A.RUNS", "LONG", 1],
  ["A.UTAG", "DOUBLE", 1],
  ["A.DESC$", "CHAR", 41],
  ["A.INP$", "CHAR", 1024],
  ["W", "LONG", 8],
  ["W.[2:4]", "LONG", 3],
  ["W.NELM", "DOUBLE", 1],
])("%s has native type %s and %i elements", (name, native, elements) => {
  const pv = siteOf({ A: {}, W: WAVE }).open(name);
  expect([NATIVES[pv.nativeType], pv.elementCount]).toEqual([native, elements]);
});

test("names are claimed if a channel can be opened, and listed with their aliases", () => {
  const { db, source } = siteOf({ A: {} });
  db.database.addAlias("A", "B");
  expect(["A", "B.DESC", "A.NOSUCH", "C"].map((name) => source.claims(name))).toEqual([true, true, false, false]);
  expect([...source.list()]).toEqual(["A", "B"]);
});

test("read-only fields have no write access, and a put to them is refused as such", () => {
  const { open, write } = siteOf({ A: {} });
  expect([open("A").rights, open("A.NAME").rights]).toEqual([RIGHT_READ | RIGHT_WRITE, RIGHT_READ]);
  expect([write("A.NAME", "STRING", "x"), write("A.RTYP", "STRING", "x")]).toEqual([ECA.NOWTACCESS, ECA.PUTFAIL]);
});

test("a value is read as any type", () => {
  const { db, read } = siteOf({ A: { VAL: "300.7" } });
  expect([read("A", "DOUBLE").number, read("A", "LONG").number, read("A", "STRING").text]).toEqual([
    300.7,
    300,
    "300.700000",
  ]);
  expect(read("A", "CHAR").number & 0xff).toBe(44);
  db.put("A", 70000);
  expect(read("A", "ENUM").number & 0xffff).toBe(4464);
  expect([read("A.SCAN", "STRING").text, read("A.SCAN", "LONG").number]).toEqual(["Passive", 0]);
  expect([read("A.RTYP", "STRING").text, read("A", "CLASS_NAME").text]).toEqual(["probe", "probe"]);
});

test("a text that is no number cannot be read as one", () => {
  const { open } = siteOf({ A: { DESC: "hello" } });
  expect(open("A.DESC").read(typeOf("CTRL_DOUBLE"), 1, new DbrSample())).toBe(ECA.GETFAIL);
});

test("time stamp and alarm travel with the value", () => {
  const { db, read } = siteOf({ A: { RAIS: "MINOR" } });
  db.put("A", 1);
  const sample = read("A", "TIME_DOUBLE");
  expect([sample.status, sample.severity, sample.seconds]).toEqual([15, 1, db.record("A").seconds]);
  expect(sample.seconds).toBeGreaterThan(0);
});

test("STSACK tells what is not acknowledged, PUT_ACKS acknowledges through any field, which stays", () => {
  const { db, read, write } = siteOf({ A: { RAIS: "MAJOR", DESC: "door" } });
  db.put("A", 1);
  const sample = read("A", "STSACK_STRING");
  expect([sample.text, sample.acknowledgeTransient, sample.acknowledgeSeverity]).toEqual(["1.000000", 1, 2]);
  expect(write("A.DESC", "PUT_ACKS", 3)).toBe(ECA.NORMAL);
  expect(read("A", "STSACK_STRING").acknowledgeSeverity).toBe(0);
  expect(write("A.DESC", "PUT_ACKT", 0)).toBe(ECA.NORMAL);
  expect([db.get("A.ACKT"), db.get("A.DESC")]).toEqual(["NO", "door"]);
});

test("metadata without a source are base's defaults", () => {
  const { read } = siteOf({ A: {} });
  const sample = read("A", "CTRL_DOUBLE");
  expect([sample.units, sample.precision]).toEqual(["", 0]);
  const { NaN: off } = Number;
  expect([...sample.limits]).toEqual([0, 0, off, off, off, off, 0, 0]);
  expect([...read("A", "CTRL_LONG").limits]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  expect(read("A.SCAN", "GR_ENUM").choices).toHaveLength(10);
});

test("an array is read as long as it is, or as the client asks, and as any type", () => {
  const { read, write } = siteOf({ W: WAVE });
  expect(write("W", "LONG", Int32Array.of(10, 20, 30, 40))).toBe(ECA.NORMAL);
  expect(elementsOf(read("W", "LONG"))).toEqual([10, 20, 30, 40]);
  expect(elementsOf(read("W", "LONG", 2))).toEqual([10, 20]);
  expect(read("W", "LONG", 7).length).toBe(4);
  expect(elementsOf(read("W", "STRING"))).toEqual(["10", "20", "30", "40"]);
  expect(elementsOf(read("W", "DOUBLE"))).toEqual([10, 20, 30, 40]);
  expect(elementsOf(read("W.[1:2]", "LONG"))).toEqual([20, 30]);
  expect(elementsOf(read("W.[0:2:-1]", "LONG"))).toEqual([10, 30]);
  expect(elementsOf(read("W.[-1]", "LONG", 1))).toEqual([40]);
});

test("an empty array is read without elements", () => {
  const { read } = siteOf({ W: WAVE });
  expect([read("W", "LONG").length, read("W", "STRING").length]).toEqual([0, 0]);
});

test("text behind $ is read as characters with their NUL, and written so", () => {
  const { db, read, write } = siteOf({ A: { DESC: "Hi" } });
  expect(elementsOf(read("A.DESC$", "CHAR"))).toEqual([72, 105, 0]);
  expect(write("A.DESC$", "CHAR", Uint8Array.of(89, 111, 0))).toBe(ECA.NORMAL);
  expect(db.get("A.DESC")).toBe("Yo");
  expect(write("A.DESC$", "LONG", Int32Array.of(89, 101, 115, 0))).toBe(ECA.NORMAL);
  expect(db.get("A.DESC")).toBe("Yes");
});

test("text behind $ ends with its NUL as plain CHAR and with a time stamp, and is the whole field as anything else", () => {
  const { read } = siteOf({ A: { DESC: "Hi" } });
  const lengths = ["CHAR", "TIME_CHAR", "STS_CHAR", "CTRL_CHAR", "SHORT", "STRING"].map(
    (type) => read("A.DESC$", type).length,
  );
  expect(lengths).toEqual([3, 3, 41, 41, 41, 41]);
  expect(elementsOf(read("A.DESC$", "CHAR", 2))).toEqual([72, 0]);
  expect(elementsOf(read("A.DESC$", "SHORT", 2))).toEqual([72, 105]);
  expect(elementsOf(read("A.DESC$[1:2]", "CHAR"))).toEqual([105, 0]);
  expect(elementsOf(read("A.DESC$[1:2]", "SHORT"))).toEqual([105, 0]);
  expect([...read("A.DESC$", "CTRL_LONG").limits]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});

test("bytes above 127 behind $ are negative as numbers, and themselves as CHAR", () => {
  const { db, read } = siteOf({ A: {} });
  db.put("A.DESC", "\xe9");
  expect(elementsOf(read("A.DESC$", "SHORT", 1))).toEqual([-23]);
  expect(new Uint8Array((read("A.DESC$", "CHAR").array as Int8Array).buffer)[0]).toBe(0xe9);
});

test("a link is one text, characters as far as asked for, and NaN as a number; RTYP is no number", () => {
  const { open, read } = siteOf({ A: { INP: "B" } });
  const status = (name: string, type: string): number => open(name).read(typeOf(type), 1, new DbrSample());
  expect([read("A.INP$", "STRING").text, read("A.INP$", "STRING").length]).toEqual(["B NPP NMS", 1]);
  expect([
    read("A.INP$", "CHAR").length,
    elementsOf(read("A.INP", "CHAR", 2)),
    elementsOf(read("A.INP", "CHAR")),
  ]).toEqual([10, [66, 0], [0]]);
  expect([read("A.INP", "CTRL_DOUBLE").number, read("A.INP$", "DOUBLE").number]).toEqual([Number.NaN, Number.NaN]);
  expect(elementsOf(read("A.RTYP$", "CHAR"))).toEqual([...Buffer.from("probe\0")]);
  expect(["FLOAT", "LONG", "ENUM"].map((type) => status("A.INP", type))).toEqual([
    ECA.GETFAIL,
    ECA.GETFAIL,
    ECA.GETFAIL,
  ]);
  expect([status("A.RTYP", "DOUBLE"), status("A.RTYP", "CHAR")]).toEqual([ECA.GETFAIL, ECA.NORMAL]);
});

test("a single text is no ENUM, not even when it is a number", () => {
  const { db, open } = siteOf({ A: { DESC: "1" }, T: { type: "waveform", FTVL: "STRING", NELM: "3" } });
  const status = (name: string): number => open(name).read(typeOf("ENUM"), 0, new DbrSample());
  db.put("T", ["1"]);
  expect([status("A.DESC"), status("T")]).toEqual([ECA.GETFAIL, ECA.GETFAIL]);
  db.put("T", ["1", "2"]);
  expect(status("T")).toBe(ECA.NORMAL);
});

test("limits keep their low bits in a type that is too small for them", () => {
  const { read } = siteOf({ L: { type: "longout", HOPR: "1000", LOPR: "-1000", HIGH: "500", HSV: "MINOR" } });
  expect([...read("L", "GR_CHAR").limits].slice(0, 6).map((limit) => limit & 0xff)).toEqual([232, 24, 0, 244, 0, 0]);
  expect([...read("L.UTAG", "CTRL_LONG").limits].slice(0, 2)).toEqual([-(2 ** 31), 0]);
});

test("a text PV is read as the first 39 bytes by whoever asks for a STRING", () => {
  const { db, read } = siteOf({ M: { type: "waveform", FTVL: "CHAR", NELM: "100", "info Q:form": "String" } });
  db.put("M", "x".repeat(60));
  expect([read("M", "STRING").text, read("M", "CHAR").length]).toEqual(["x".repeat(39), 61]);
});

test("a text asked for as characters is read as CHAR, with its sign and the NUL", () => {
  const { read } = siteOf({ A: { DESC: "Grün" } });
  const bytes = [71, 114, -4, 110, 0]; // ü is 0xfc, and a CHAR has a sign
  expect(elementsOf(read("A.DESC$", "CHAR"))).toEqual(bytes);
  expect(elementsOf(read("A.DESC$", "LONG")).slice(0, 5)).toEqual(bytes);
});

test("a plain write that the record's owner refuses raises no error, a put-callback does", () => {
  const { db, open, write } = siteOf({ A: {} });
  db.record("A").guard = () => ({ kind: "refused", reason: "It runs already." });
  expect(write("A", "DOUBLE", 1)).toBe(ECA.NORMAL);
  expect(open("A").writeNotify(typeOf("DOUBLE"), sampleOf(1), { putBegun: () => {}, putDone: () => {} })).toBe(
    ECA.PUTFAIL,
  );
  expect(db.get("A")).toBe("0.000000");
});

test("a put-callback is answered when the processing ends, unless it is given up", () => {
  const { db, open } = siteOf({ A: { DLY: "2" } });
  const answers: number[] = [];
  const listener = { putBegun: () => {}, putDone: (status: number) => void answers.push(status) };
  const [first, second] = [open("A"), open("A")];
  expect(first.writeNotify(typeOf("DOUBLE"), sampleOf(1), listener)).toBe(PUT_PENDING);
  expect(second.writeNotify(typeOf("DOUBLE"), sampleOf(2), listener)).toBe(PUT_WAITING);
  second.close();
  db.clock.advance(10);
  expect([answers, db.get("A")]).toEqual([[ECA.NORMAL], "1.000000"]);
});

test("put-callbacks of one channel are applied in order; what is refused, or ends the put in progress, does not wait", () => {
  const { db, open } = siteOf({ A: { type: "busy" } });
  const answers: string[] = [];
  const pv = open("A");
  const put = (name: string, value: number): number =>
    pv.writeNotify(typeOf("DOUBLE"), sampleOf(value), {
      putBegun: () => {},
      putDone: (status) => void answers.push(`${name} ${status}`),
    });
  expect([put("start", 1), put("again", 1)]).toEqual([PUT_PENDING, PUT_WAITING]);
  db.record("A").guard = () => ({ kind: "refused", reason: "It runs already." });
  expect(put("refused", 1)).toBe(ECA.PUTFAIL);
  db.record("A").guard = undefined;
  expect(put("stop", 0)).toBe(ECA.NORMAL);
  expect(answers).toEqual([`start ${ECA.NORMAL}`]);
  db.clock.settle();
  expect(db.get("A")).toBe("Busy");
  expect(put("stop again", 0)).toBe(ECA.NORMAL);
  expect(answers).toEqual([`start ${ECA.NORMAL}`, `again ${ECA.NORMAL}`]);
});

test("put-callbacks of one channel are complete one after the other, also where their record is free before its chain", () => {
  const { db, open } = siteOf({ A: { FLNK: "B" }, B: { DLY: "2" } });
  const answers: string[] = [];
  const pv = open("A");
  for (const value of [1, 2, 3]) {
    const putDone = (): void => void answers.push(`${value} at ${db.clock.monotonic()}`);
    const status = pv.writeNotify(typeOf("DOUBLE"), sampleOf(value), { putBegun: () => {}, putDone });
    expect(status).toBe(value === 1 ? PUT_PENDING : PUT_WAITING);
  }
  expect(db.get("A")).toBe("1.000000");
  db.clock.advance(10);
  expect(answers).toEqual(["1 at 2", "2 at 4", "3 at 6"]);
  expect(db.get("A")).toBe("3.000000");
});

test("two put-callbacks of 0 in one breath release two of 1", () => {
  const { db, open } = siteOf({ A: { type: "busy" } });
  for (const channels of [[open("A")], [open("A"), open("A")]]) {
    const answers: string[] = [];
    [1, 1, 0, 0].forEach((value, index) => {
      const putDone = (): void => void answers.push(`${value}`);
      const pv = channels[index % channels.length]!;
      const status = pv.writeNotify(typeOf("DOUBLE"), sampleOf(value), { putBegun: () => {}, putDone });
      if (status === ECA.NORMAL) putDone();
    });
    db.clock.settle();
    expect([answers, db.get("A")]).toEqual([["1", "0", "1", "0"], "Done"]);
  }
});

test("a channel that closes gives up all its put-callbacks, and those of others go on", () => {
  const { db, open } = siteOf({ A: { DLY: "2" } });
  const answers: string[] = [];
  const [leaving, staying] = [open("A"), open("A")];
  for (const [pv, value] of [
    [leaving, 1],
    [leaving, 2],
    [staying, 3],
    [leaving, 4],
  ] as const) {
    pv.writeNotify(typeOf("DOUBLE"), sampleOf(value), {
      putBegun: () => {},
      putDone: () => void answers.push(`${value}`),
    });
  }
  leaving.close();
  db.clock.advance(10);
  expect([answers, db.get("A"), db.record("A").waiting]).toEqual([["3"], "3.000000", undefined]);
});

test("updates pass through the filters that the name asks for", () => {
  const { db, open } = siteOf({ A: { VAL: "0" } });
  const seen: Record<string, number> = {};
  for (const name of ["A", "A.{dbnd:{abs:1}}", "A.{dec:{n:3}}"]) {
    seen[name] = 0;
    open(name).subscribe(1, () => (seen[name]! += 1));
  }
  for (const value of [0.5, 1, 1.5, 2, 2.5, 3]) db.put("A", value);
  expect(seen).toEqual({ A: 6, "A.{dbnd:{abs:1}}": 2, "A.{dec:{n:3}}": 2 });
});

test("access control narrows what the field allows, and tells of changes", () => {
  const { db } = siteOf({ A: {} });
  let rights = RIGHT_READ;
  let tell = (): void => {};
  const source = new DatabaseSource({
    database: db.database,
    clock: db.clock,
    access: {
      grant: (_address, _client, changed) => {
        tell = changed;
        const grant = { close: (): void => {} };
        return Object.defineProperty(grant, "rights", { get: () => rights }) as FieldRights;
      },
    },
  });
  const pv = source.open("A", CLIENT)!;
  const told: number[] = [];
  pv.onRightsChange(() => told.push(pv.rights));
  expect(pv.rights).toBe(RIGHT_READ);
  rights = RIGHT_READ | RIGHT_WRITE;
  tell();
  expect(told).toEqual([RIGHT_READ | RIGHT_WRITE]);
});
