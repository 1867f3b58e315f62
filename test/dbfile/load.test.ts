/**
 * Database texts against the real database: what is taken, what is refused and where, and that text survives being
 * written and read.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMacros } from "../../src/base/macros.ts";
import { Database } from "../../src/database/database.ts";
import { loadRecords } from "../../src/dbfile/load.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { ACCEPTED, REFUSED, REFUSED_BY_US_ALONE } from "./snippets.ts";

/** A text as a string of a .db file that reads back as it; NUL cannot be written. */
function quoteText(text: string): string {
  const escaped = text.replace(/["\\]/g, "\\$&");
  const hex = (character: string): string => character.charCodeAt(0).toString(16).padStart(2, "0");
  return `"${escaped.replace(/[\x01-\x1f]/g, (character) => `\\x${hex(character)}`)}"`;
}

/** Loads a text, in UTF-8 bytes as a file has it, and others that it may include. */
function load(text: string, { macros = "P=x:", files = {} }: { macros?: string; files?: Record<string, string> } = {}) {
  const database = new Database({ clock: new FakeClock() });
  const defined = parseMacros(macros);
  const bytes = (one: string): string => Buffer.from(one, "utf8").toString("latin1");
  const result = loadRecords(
    database,
    { file: "test.db", text: bytes(text) },
    {
      macros: (name) => defined.get(name),
      readInclude: (name, path) => {
        const found = ["", ...path.map((folder) => `${folder}/`)]
          .map((folder) => folder + name)
          .find((one) => one in files);
        return found === undefined ? undefined : { file: found, text: bytes(files[found] ?? "") };
      },
    },
  );
  return { database, ...result, messages: result.errors.map((error) => error.message) };
}

const info = (value: string): string | undefined =>
  load(`record(ao,a){info(q,${value})}`).database.record("a")?.info.get("q");

describe("a text that softIoc loads is loaded", () => {
  test.each(ACCEPTED)("%s", (text) => expect(load(text).messages).toEqual([]));
});
describe("a text that softIoc refuses is refused", () => {
  test.each(REFUSED)("%s", (text) => expect(load(text).messages).not.toEqual([]));
});
describe("a text that only this program refuses is refused", () => {
  test.each(REFUSED_BY_US_ALONE)("%s", (text) => expect(load(text).messages).not.toEqual([]));
});

test("each refusal says what is wrong with the text", async () => {
  const told = [...REFUSED, ...REFUSED_BY_US_ALONE].map(
    (text) => `${text}\n    ${load(text).messages.join("\n    ")}\n`,
  );
  await expect(told.join("")).toMatchFileSnapshot("refused.txt");
});

describe("a value is read as softIoc reads it", () => {
  test.each([
    ["1.5e3", "1.5e3"],
    ["true", "true"],
    ["bare-word.x", "bare-word.x"],
    [String.raw`"\a\b\f\n\r\t\v\\\'\"\/"`, "\x07\b\f\n\r\t\v\\'\"/"],
    [String.raw`"\x41g\e"`, "Age"],
    [String.raw`"a\0b"`, "a"],
    [`'say "x"'`, 'say "x"'],
    ['"a\\\nb"', "a\nb"],
    ["{ a:1, b : [1,2,], }", "{a:1,b:[1,2,]}"],
    ['{"a":[1,\n# c\n2]}', '{"a":[1,2]}'],
    ["{a:b, c-d:null}", '{a:"b","c-d":null}'],
    [
      "[017,5.,1e,NaN,-Infinity,0x,1_0,.5,+.5,1.e3,00,0,-0,1e+5,-x,0X1f,Infinity,+NaN,1.5.2]",
      '["017",5.,"1e",NaN,-Infinity,"0x","1_0",.5,+.5,1.e3,"00",0,-0,1e+5,"-x",0X1f,Infinity,"+NaN","1.5.2"]',
    ],
  ])("%s", (written, read) => expect(info(written)).toBe(read));

  test("\\u gives UTF-8", () =>
    expect(info(String.raw`"\u00b5\ud83d\ude00"`)).toBe(Buffer.from("µ😀").toString("latin1")));
});

describe("everything wrong is reported at once, with its place", () => {
  test("errors of the grammar and of the database, in the order of the file", () => {
    const { messages, database } = load(
      [
        'record(ao, "$(P)good") { field(PREC, "3") }',
        'record(ao, "$(P)b") {',
        '  field(PRECC, "3")',
        '  field(EGU "mm")',
        '  field(HIHI, "abc")',
        "}",
        'record(aoo, "$(P)c") { field(VAL, 1) }',
        "record(bo) {}",
        'record(bo, "$(P)d") { field(ZNAM, "open }',
        'record(bo, "$(P)e") { field(ZNAM, "Off") }',
      ].join("\n"),
    );
    expect(messages.map((one) => one.slice(0, 14).trim())).toEqual(
      ["test.db:3:9: x", "test.db:4:13:", "test.db:5:9: x", "test.db:7:8: t", "test.db:8:10:", "test.db:9:35:"].map(
        (one) => one.trim(),
      ),
    );
    expect(messages[0]).toMatch(/PRECC.*Did you mean "PREC"\?$/);
    expect([...database.records()].map((record) => record.name)).toEqual(["x:good", "x:b", "x:d", "x:e"]);
    expect(database.record("x:e")?.textOf("ZNAM")).toBe("Off");
  });

  test("the place counts in the line as it is written, before macros", () => {
    const { errors } = load('record(ao,"$(P)$(N)"){field(XX,1)}', { macros: "P=a-long-prefix-that-shifts:,N=1" });
    expect(errors[0]).toMatchObject({ line: 1, column: 29, file: "test.db" });
    expect(errors[0]?.describe()).toBe(
      [
        errors[0]?.message.replace("29: ", "29: error: "),
        ' 1 | record(ao,"$(P)$(N)"){field(XX,1)}',
        `   | ${" ".repeat(28)}^`,
      ].join("\n"),
    );
  });

  test("an undefined macro is a warning where it stands, and an error where it gets into a field", () => {
    const { messages, warnings } = load('# $(NOT)\nrecord(ao,a){field(DESC,"$(U)")}', { macros: "" });
    expect(warnings.map((one) => one.message)).toEqual(["test.db:2:26: macro U is undefined"]);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain("$(U,undefined)");
  });
});

describe("include", () => {
  test("goes on behind the line that names the file", () => {
    const files = { "inc.db": "field(PREC,7)" };
    const { database, messages } = load('record(ao,a){ include "inc.db" field(EGU,mm)\n}', { files });
    expect(messages).toEqual([]);
    expect(database.record("a")?.fields["PREC"]).toBe(7);
    expect(database.record("a")?.textOf("EGU")).toBe("mm");
  });
  test("looks in the folders of path and addpath, with the same macros", () => {
    const files = { "one/a.db": 'record(ao,"$(P)a"){}', "two/b.db": 'record(ao,"$(P)b"){field(XX,1)}' };
    const { database, messages } = load('path "one"\naddpath "zero:two"\ninclude "a.db"\ninclude "b.db"\n', { files });
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/^two\/b\.db:1:/);
    expect(database.record("x:b")).toBeDefined();
  });
  test("of a missing file, or of itself, is an error", () => {
    const files = { "self.db": 'include "self.db"\n' };
    expect(load('include "none.db"\n').messages).toEqual(["test.db:1:9: the file none.db is not found"]);
    expect(load('include "self.db"\n', { files }).messages[0]).toContain(
      "self.db:1:9: the file self.db includes itself",
    );
  });
});

test("records are amended, deleted and given aliases", () => {
  const { database, messages } = load(
    [
      'record(ao,a){alias(other) info(x,"1")} alias(other,third)',
      'record("*",a){field(PREC,2) info(x,"2")} record(ao,other){field(EGU,V)}',
      'record(bo,gone){alias(g2)} record("#",gone){field(VAL,1)}',
    ].join("\n"),
  );
  expect(messages).toEqual([]);
  expect(database.record("third")?.name).toBe("a");
  expect(database.record("a")).toMatchObject({ aliases: ["other", "third"] });
  expect([database.record("a")?.fields["PREC"], database.record("a")?.textOf("EGU")]).toEqual([2, "V"]);
  expect(database.record("a")?.info.get("x")).toBe("2");
  expect(database.record("g2")).toBeUndefined();
});

test("a JSON link and a constant array reach the record as text", () => {
  const { database, messages } = load("record(waveform,w){field(FTVL,SHORT)field(NELM,3)field(INP,[ 1,\n 2 ])}");
  expect(messages).toEqual([]);
  expect(database.record("w")?.textOf("INP")).toBe("[1,2]");
});

test("text survives being written into a file and read", () => {
  const text = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)) });
  fc.assert(
    fc.property(
      text.filter((one) => !one.includes("$")),
      (value) => {
        const database = new Database({ clock: new FakeClock() });
        const { errors } = loadRecords(database, { file: "f", text: `record(ao,a){info(q,${quoteText(value)})}` });
        expect(errors).toEqual([]);
        expect(database.record("a")?.info.get("q")).toBe(value);
      },
    ),
  );
});

test("any text gives records, or sentences with a place in the text", () => {
  const piece = fc.constantFrom(
    "record",
    "(",
    "ao",
    ",",
    '"a"',
    ")",
    "{",
    "}",
    "field",
    "info",
    "alias",
    "[",
    "]",
    ":",
    "1",
    "'",
    '"',
    "\n",
    "#",
    "$(",
    "include",
    "path",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join(" ");
      const lines = text.split("\n");
      for (const { file, line, column, reason, excerpt } of load(text).errors) {
        expect([file, excerpt, reason]).toEqual([
          "test.db",
          lines[line - 1],
          expect.stringMatching(/^[^\n]*\w[^\n]*$/),
        ]);
        expect(column).toBeGreaterThan(0);
        expect(column).toBeLessThanOrEqual(excerpt.length + 1);
      }
    }),
  );
});

test("a text that is taken has been read to its end: what cannot stand behind it is refused there, and only that", () => {
  const piece = fc.constantFrom(
    "record(ao,a)",
    "{",
    "}",
    'field(DESC,"x")',
    "alias(b)",
    "# }",
    "\n",
    "info(q,[1])",
    "'",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join(" ");
      fc.pre(load(text).errors.length === 0);
      const places = load(`${text}\n}`).errors.map(({ line, column }) => [line, column]);
      expect(places).toEqual([[text.split("\n").length + 1, 1]]);
    }),
  );
});

describe("what is no database text, or no end of it", () => {
  test("a file of something else is given up after a hundred characters that belong nowhere", () => {
    const { messages } = load("\x01 \x02\n".repeat(10_000));
    expect(messages).toHaveLength(2);
    expect(messages[1]).toMatch(/: the rest is not read; is it a database file\?$/);
  });

  test("of records that are all wrong a hundred are told", () => {
    const { messages, database } = load(`${"record(nosuch,a){}\n".repeat(200)}record(ao,b){}\n`);
    expect(messages).toHaveLength(101);
    expect(messages[100]).toBe("test.db:101:15: this and what follows is not loaded, after so many errors");
    expect(database.record("b")).toBeUndefined();
  });

  test.each([
    [100, 100, /"," is expected before \)$/],
    [101, 101, /: the rest is not read; is it a database file\?$/],
  ])("of %i records that cannot be read, what is left is told only where something is", (count, told, last) => {
    const { messages } = load("record(ao)\n".repeat(count));
    expect(messages).toHaveLength(told);
    expect(messages.at(-1)).toMatch(last);
  });

  test("where the errors are of several files, none of them is doubted", () => {
    const wrong = `${"record(ao)\n".repeat(60)}record(ao,b){}\n`; // after a record an include is read again
    const { messages } = load('include "a.db"\ninclude "b.db"\n', { files: { "a.db": wrong, "b.db": wrong } });
    expect(messages.at(-1)).toMatch(/^b\.db:\d+:\d+: the rest is not read, after so many errors$/);
  });

  test("files that include two others each are given up", () => {
    const twice = (name: string): string => `include "${name}"\n`.repeat(2);
    const names = Array.from({ length: 20 }, (_, level) => `level${level}.db`);
    const files = Object.fromEntries(names.map((name, level) => [name, twice(names[level + 1] ?? "none.db")]));
    files["none.db"] = "";
    expect(load(twice("level0.db"), { files }).messages.at(-1)).toMatch(/: more than 10000 files are included$/);
  });

  test("a long comment, string or name is read or refused in a line, however long it is", () => {
    const long = "x".repeat(2_000_000);
    expect(load(`${"#\n".repeat(2_000_000)}record(ao,a){}`).messages).toEqual([]);
    const { errors } = load(`record(ao,"${long}"){field(DESC,"${long}")}`);
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error.describe().length).toBeLessThan(1000);
  });
});
