/** The same .db texts to epics-base's softIoc and to our reader: both load them or both refuse them. */
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { parseMacros } from "../../src/base/macros.ts";
import { Database } from "../../src/database/database.ts";
import { loadRecords } from "../../src/dbfile/load.ts";
import { ACCEPTED, REFUSED, REFUSED_BY_US_ALONE } from "../dbfile/snippets.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { needPeers, PYTHON } from "../support/peers/real-peers.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

const MACROS = "P=x:";
const defined = parseMacros(MACROS);

/** Texts of the pieces of the grammar, most of them nonsense; the same ones every time. */
const RANDOM_TEXTS = fc.sample(randomText(), { numRuns: 400, seed: 11 });

function randomText(): fc.Arbitrary<string> {
  const word = fc.constantFrom(
    "a",
    '"b"',
    "$(P)c",
    "1",
    "-2.5",
    "0x1F",
    "true",
    '"x\\ty"',
    "'q'",
    "d:e",
    '"$(U=3)"',
    '""',
    "a b",
    "[1,2]",
    "{a:1}",
    "[",
    "1,2",
  );
  const field = fc.constantFrom("VAL", "DESC", '"EGU"', "PREC", "NOPE", "OUT", "SCAN");
  const item = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(field, word).map(([name, value]) => `field(${name},${value})`) },
    { weight: 3, arbitrary: fc.tuple(word, word).map(([name, value]) => `info(${name},${value})`) },
    { weight: 2, arbitrary: word.map((name) => `alias(${name})`) },
    { weight: 1, arbitrary: fc.constantFrom("# comment\n", "}", "field(", ";", ",", "\n") },
  );
  const record = fc
    .tuple(fc.constantFrom("ao", '"bo"', "nosuch", '"*"', '"#"'), word, fc.array(item, { maxLength: 4 }))
    .map(([type, name, items]) => `record(${type},${name}){${items.join(" ")}}`);
  return fc.array(record, { minLength: 1, maxLength: 3 }).map((records) => records.join("\n"));
}

const weLoad = (text: string): boolean =>
  loadRecords(
    new Database({ clock: new FakeClock() }),
    { file: "test.db", text: Buffer.from(text, "utf8").toString("latin1") },
    { macros: (name) => defined.get(name) },
  ).errors.length === 0;

describe.skipIf(needPeers("softIoc").missing)("softIoc", () => {
  const verdicts = new Map<string, boolean>();
  beforeAll(async () => {
    const texts = [...ACCEPTED, ...REFUSED, ...REFUSED_BY_US_ALONE, ...RANDOM_TEXTS];
    const input = JSON.stringify(texts);
    const { code, stdout, stderr } = await runPeer(PYTHON, ["test/peers/db_verdicts.py", MACROS], { input });
    if (code !== 0) throw new Error(stderr);
    const answers = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "[]") as boolean[];
    for (const [index, text] of texts.entries()) verdicts.set(text, answers[index] === true);
  }, 60_000);

  test.each(ACCEPTED)("loads, as we do: %s", (text) => expect(verdicts.get(text)).toBe(true));
  test.each(REFUSED)("refuses, as we do: %s", (text) => expect(verdicts.get(text)).toBe(false));
  test.each(REFUSED_BY_US_ALONE)("loads what we refuse: %s", (text) => expect(verdicts.get(text)).toBe(true));

  test("says the same as we to texts that nobody wrote", () => {
    expect(RANDOM_TEXTS.filter((text) => weLoad(text) !== verdicts.get(text))).toEqual([]);
    expect(RANDOM_TEXTS.filter((text) => verdicts.get(text) === true).length).toBeGreaterThan(10);
  });
});
