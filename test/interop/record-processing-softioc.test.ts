/**
 * The same puts to the same records in EPICS base's IOC and in ours: values, raw values, alarms and outputs afterwards
 * have to be equal.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startInProcessIoc } from "../support/engine/in-process-ioc.ts";
import { type PutGetStep, putAndGet, type WireType, type WireValue } from "../support/engine/put-get.ts";
import { needPeers, ROOT } from "../support/peers/real-peers.ts";
import { startSoftIoc } from "../support/peers/soft-ioc.ts";

const DB = readFileSync(join(ROOT, "test/peers/record_types.db"), "utf8");

/** A put, then what is read. */
type Move = readonly [pv: string, value: WireValue];

interface Exercise {
  readonly name: string;
  /** Read after each move, as double or, for texts, as text. */
  readonly watched: readonly string[];
  readonly moves: readonly Move[];
  /**
   * A value of softIoc's that ours has otherwise on purpose, from the first move on. docs/protocol-compliance.md says
   * the same.
   */
  readonly onPurpose?: { readonly why: string; readonly pv: string; readonly softIoc: number; readonly ours: number };
}

const ALARM = ["STAT", "SEVR"];
/** Fields of a record, and its alarm. */
const of = (record: string, ...fields: string[]): string[] =>
  [...fields, ...ALARM].map((field) => `${record}.${field}`);
/** One put after the other to one PV. */
const puts = (pv: string, ...values: WireValue[]): Move[] => values.map((value) => [pv, value]);
/** The input changes, and the record is processed. */
const inputs = (record: string, ...values: WireValue[]): Move[] =>
  values.flatMap((value): Move[] => [
    ["in", value],
    [`${record}.PROC`, 1],
  ]);
const OUTPUTS = ["VAL", "OVAL", "RVAL", "PVAL", "LALM", "UDF"];
const STATES = ["VAL", "RVAL", "LALM", "UDF"];

const EXERCISES: readonly Exercise[] = [
  {
    name: "ao: limit alarms with hysteresis",
    watched: of("ao", ...OUTPUTS),
    moves: puts("ao", 0, 80, 76, 75, 74, 95, 86, 84, -80, -85, -90, -86, -84, Number.NaN, 1),
  },
  {
    name: "ao: an INVALID value and IVOA",
    watched: [...of("ao", "VAL", "OVAL"), "ao:to"],
    moves: [
      ["ao.IVOV", 7],
      ["ao.IVOA", 1],
      ["ao", 5],
      ["ao", -95],
      ["ao.IVOA", 2],
      ["ao", -96],
      ["ao.IVOA", 0],
      ["ao", -97],
    ],
  },
  {
    name: "ao: drive limits and rate of change",
    watched: [...of("ao:limit", ...OUTPUTS, "OMOD"), "ao:to"],
    moves: [
      ...puts("ao:limit", 3, 20, 20, 20, -20, -1),
      ["ao:limit.OROC", 0],
      ["ao:limit", 9],
      ["ao:limit.DRVL", 10],
      ["ao:limit", 99],
    ],
  },
  {
    name: "ao: conversion to raw",
    watched: [...of("ao:raw", ...OUTPUTS), "lo:to"],
    moves: [...puts("ao:raw", 0, 10, 10.4, -10.6, 1e12, -1e12), ["ao:raw.ESLO", 0], ["ao:raw", 5]],
  },
  {
    name: "ao: linear conversion",
    watched: of("ao:linear", ...OUTPUTS, "EOFF", "ESLO"),
    moves: puts("ao:linear", 0, 5, -10),
  },
  {
    name: "ao: closed loop",
    watched: [...of("ao:loop", ...OUTPUTS), "ao:to"],
    moves: [...inputs("ao:loop", 2, 2, -7), ["ao:loop", 50]],
  },
  { name: "ao: a break table", watched: of("ao:table", "VAL", "UDF"), moves: puts("ao:table", 5) },
  { name: "ao: a constant DOL", watched: of("ao:const", ...OUTPUTS), moves: puts("ao:const", 5, 6) },
  {
    name: "ao: simulated",
    watched: [...of("ao:sim", ...OUTPUTS), "ao:to", "lo:to"],
    moves: [...puts("ao:sim", 5.5), ["ao:sim.SIMM", 0], ["ao:sim", 6]],
  },
  { name: "ao: simulated raw", watched: [...of("ao:simraw", ...OUTPUTS), "ao:to"], moves: puts("ao:simraw", 5, 7) },
  { name: "ai", watched: of("ai", "VAL", "UDF", "LALM"), moves: inputs("ai", 4, 8, 0, Number.NaN, 2, 4) },
  {
    name: "ai: raw",
    watched: of("ai:raw", "VAL", "RVAL", "ORAW", "INIT"),
    moves: [...inputs("ai:raw", 3, 5, -8), ["ai:raw.LINR", 0], ...inputs("ai:raw", 2)],
  },
  { name: "ai: a raw constant", watched: of("ai:const", "VAL", "RVAL", "EOFF", "UDF"), moves: [["ai:const.PROC", 1]] },
  {
    name: "ai: simulated",
    watched: of("ai:sim", "VAL", "RVAL", "SVAL", "SIMM"),
    moves: [
      ...inputs("ai:sim", 1),
      ["lo:to", 1],
      ...inputs("ai:sim", 9.7),
      ["lo:to", 2],
      ...inputs("ai:sim", -9.7),
      ["lo:to", 3],
      ...inputs("ai:sim", 4),
    ],
  },
  { name: "longin", watched: of("li", "VAL", "UDF", "LALM"), moves: inputs("li", 4.9, 5, 3, 2.9, -3e9) },
  { name: "longin without a link", watched: of("li:plain", "VAL", "UDF"), moves: [["li:plain.PROC", 1]] },
  {
    name: "longout: on change",
    watched: [...of("lo", "VAL", "PVAL"), "lo:to"],
    moves: [...puts("lo", 5), ["lo:to", 0], ...puts("lo", 5, 6, 200)],
  },
  {
    name: "longout: a new OUT is written without a change",
    watched: [...of("lo:new", "VAL", "PVAL"), "lo:new:to"],
    moves: [
      ["lo:new", 5],
      ["lo:new:to", 1],
      ["lo:new.OUT", "lo:new:to"],
      ["lo:new.PROC", 1],
    ],
  },
  {
    name: "longout: closed loop",
    watched: [...of("lo:loop", "VAL", "PVAL", "UDF"), "lo:to"],
    moves: [["lo:to", 77], ...inputs("lo:loop", 3, 0), ["lo:to", 78], ...inputs("lo:loop", 0)],
  },
  { name: "longout: IVOA", watched: [...of("lo:ivoa", "VAL"), "lo:to"], moves: puts("lo:ivoa", 4, 5, 3) },
  { name: "bi", watched: of("bi", ...STATES), moves: [...inputs("bi", 0, 1, 1, 3, 0), ["bi", 1]] },
  { name: "bi: raw", watched: of("bi:raw", ...STATES, "MASK"), moves: inputs("bi:raw", 0, 6, 0) },
  { name: "bi without a link", watched: of("bi:plain", ...STATES), moves: [["bi:plain.PROC", 1]] },
  {
    name: "bo",
    watched: [...of("bo", ...STATES), "lo:to"],
    moves: [...puts("bo", 1, 1, 0, 2), ["bo.IVOA", 2], ["bo.IVOV", 0], ["bo.OSV", 3], ["bo", 1]],
  },
  {
    name: "bo: one name",
    watched: of("bo:one", ...STATES),
    moves: [
      ["bo:one", 1],
      ["bo:one.ONAM", "On"],
      ["bo:one.ZNAM", ""],
    ],
  },
  { name: "bo: closed loop", watched: [...of("bo:loop", ...STATES), "lo:to"], moves: inputs("bo:loop", 1, 0, 7) },
  { name: "bo: a constant DOL", watched: of("bo:const", ...STATES), moves: [["bo:const.PROC", 1]] },
  {
    name: "mbbi",
    watched: of("mbbi", ...STATES, "SDEF"),
    moves: [...inputs("mbbi", 0, 1, 1, 2, 16, 0), ["mbbi.ONST", "new"], ["mbbi.UNSV", 0]],
  },
  {
    name: "mbbi: raw",
    watched: of("mbbi:raw", ...STATES, "MASK", "SDEF"),
    moves: inputs("mbbi:raw", 2, 5, 10, 11, 255, 6),
  },
  { name: "mbbi: no states", watched: of("mbbi:none", ...STATES, "MASK"), moves: inputs("mbbi:none", 2, -1, 70000) },
  {
    name: "mbbo",
    watched: [...of("mbbo", ...STATES), "lo:to"],
    moves: [["mbbo.PROC", 1], ...puts("mbbo", 1, 3, 3, 2, 16, 0)],
  },
  { name: "mbbo: raw", watched: [...of("mbbo:raw", ...STATES, "MASK"), "lo:to"], moves: puts("mbbo:raw", 1, 3, 0) },
  {
    name: "mbbo: no states",
    watched: [...of("mbbo:none", ...STATES), "lo:to"],
    moves: puts("mbbo:none", 1, 99, 65535),
  },
  {
    name: "mbbo: closed loop",
    watched: [...of("mbbo:loop", ...STATES), "lo:to"],
    moves: inputs("mbbo:loop", 0, 1, 20),
  },
  {
    name: "stringin",
    watched: of("si", "VAL", "OVAL", "UDF"),
    moves: [
      ["text", "one"],
      ["si.PROC", 1],
      ["text", "two"],
      ["si.PROC", 1],
    ],
  },
  {
    name: "stringin: constants",
    watched: [...of("si:number", "VAL", "UDF"), ...of("si:json", "VAL", "UDF")],
    moves: [
      ["si:number.PROC", 1],
      ["si:json.PROC", 1],
    ],
  },
  { name: "stringin: a number", watched: of("si:from", "VAL", "UDF"), moves: inputs("si:from", 1.5, 1e17) },
  {
    name: "stringout",
    watched: [...of("so", "VAL", "UDF"), "so:to"],
    moves: [["so.PROC", 1], ...puts("so", "a", "a")],
  },
  {
    name: "stringout: closed loop",
    watched: [...of("so:loop", "VAL", "UDF"), "so:to"],
    moves: inputs("so:loop", 2.25),
  },
  { name: "stringout: a constant DOL", watched: of("so:number", "VAL", "UDF"), moves: [["so:number.PROC", 1]] },
  {
    name: "waveform: from a link",
    watched: of("wf", "VAL", "NORD", "HASH", "UDF"),
    moves: [
      ["list", [1, 2.7, -3]],
      ["wf.PROC", 1],
      ["wf.PROC", 1],
      ["list", [1, 2, 3, 4, 5]],
      ["wf.PROC", 1],
      ["list", []],
      ["wf.PROC", 1],
    ],
  },
  {
    name: "waveform: the hash of texts",
    watched: of("wf:text", "VAL", "NORD", "HASH"),
    moves: puts("wf:text", ["a"], ["b", "cd"], ["b", "cd"]),
  },
  {
    name: "waveform: the hash of bytes",
    watched: of("wf:char", "NORD", "HASH"),
    moves: puts("wf:char", [1, 2, 3], [200, 255], [0]),
  },
  {
    name: "waveform: the hash of doubles",
    watched: of("wf:double", "VAL", "NORD", "HASH"),
    moves: puts("wf:double", [1.5], [-2, 1e300, 3]),
  },
  {
    name: "waveform: one element",
    watched: of("wf:one", "VAL", "NORD", "NELM"),
    moves: [
      ["wf:one.PROC", 1],
      ["wf:one", 5],
    ],
  },
  {
    name: "waveform: constant arrays",
    watched: [
      ...of("wf:const", "VAL", "NORD", "UDF"),
      ...of("wf:words", "VAL", "NORD"),
      ...of("wf:scalar", "VAL", "NORD", "UDF"),
    ],
    moves: [["wf:const.PROC", 1]],
  },
  {
    name: "waveform: simulated",
    watched: of("wf:sim", "VAL", "NORD"),
    moves: [
      ["list", [4, 5]],
      ["wf:sim.PROC", 1],
    ],
  },
  {
    name: "calc",
    watched: of("calc", "VAL", "A", "B", "C", "LA", "LALM", "UDF"),
    moves: [...inputs("calc", 1, 4, 5), ["calc.C", -2], ["calc.CALC", "MAX(A,B)"], ["calc.INPB", "9"]],
  },
  { name: "calc: a wrong expression", watched: ["calc.CALC", "calc.VAL"], moves: [["calc.CALC", "A+"]] },
  {
    name: "calc: an infinite result",
    watched: of("calc:bad", "VAL", "UDF"),
    moves: [
      ["calc:bad.PROC", 1],
      ["calc:bad.CALC", "0/0"],
    ],
  },
  {
    name: "calcout: another expression, on change",
    watched: [...of("co", "VAL", "OVAL", "PVAL", "POVL"), "ao:to"],
    moves: puts("co.A", 1, 1.4, 1.6, 3),
  },
  {
    name: "calcout: on transition",
    watched: [...of("co:when", "VAL", "OVAL", "PVAL"), "lo:to"],
    moves: [["lo:to", 9], ...puts("co:when.A", 1, 4), ["lo:to", 9], ...puts("co:when.A", 5, 2, 6)],
  },
  {
    name: "calcout: IVOA",
    watched: [...of("co:ivoa", "VAL", "OVAL", "UDF"), "ao:to"],
    moves: puts("co:ivoa.A", 1, 0, 3),
  },
  {
    name: "calcout: expressions put",
    watched: of("co", "VAL", "OVAL", "CLCV", "OCLV", "CALC"),
    moves: [
      ["co.CALC", "A+"],
      ["co.CALC", "A+1"],
      ["co.OCAL", "B)"],
      ["co.OCAL", "3"],
      ["co.DOPT", 0],
    ],
  },
  {
    name: "calcout: what its links lead to",
    watched: of("co:links", "VAL", "INAV", "INBV", "INCV", "OUTV"),
    moves: [["co:links.PROC", 1]],
  },
  {
    name: "calcout: what its new links lead to",
    watched: of("co:links", "VAL", "A", "INAV", "INBV", "INCV", "OUTV"),
    onPurpose: {
      why: "base looks at the new link before it has opened it, and calls every one a constant",
      pv: "co:links.INBV",
      softIoc: 3,
      ours: 2,
    },
    moves: [
      ["co:links.INPB", "in"],
      ["co:links.INPA", "4"],
      ["co:links.OUT", ""],
    ],
  },
  {
    name: "calcout: delayed",
    watched: [...of("co:delay", "VAL", "OVAL", "DLYA"), "ao:to"],
    moves: puts("co:delay.A", 3, 4),
  },
];

/** What a PV is read as. */
const TEXTS = /^(text|si|so)(:\w+)?(\.(VAL|OVAL))?$|^wf:(text|words)(\.VAL)?$|\.CALC$/;
const readAs = (pv: string): WireType => (TEXTS.test(pv) ? "STRING" : "DOUBLE");

const putAs = (value: WireValue): WireType => {
  const first = typeof value === "object" && value !== null ? value[0] : value;
  return typeof first === "string" ? "STRING" : "DOUBLE";
};

/** Links are put with the prefix of the IOC. */
const LINK_PUT = /\.(INP[A-U]?|OUT|DOL)$/;

function stepsOf(exercise: Exercise, prefix: string): PutGetStep[] {
  const reads = exercise.watched.map((pv): PutGetStep => ({ pv, put: null, get: [readAs(pv)] }));
  const moves = exercise.moves.flatMap(([pv, value]): PutGetStep[] => {
    const isLink = LINK_PUT.test(pv) && typeof value === "string" && /^[a-z]/.test(value);
    return [{ pv, put: [putAs(value), isLink ? prefix + value : value], get: [] }, ...reads];
  });
  return [...reads, ...moves];
}

type Seen = Readonly<Record<string, WireValue | undefined>>;

/** What was read, by exercise, number of the move and PV. */
async function see(ioc: {
  readonly prefix: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<Map<string, Seen[]>> {
  const steps = EXERCISES.map((exercise) => stepsOf(exercise, ioc.prefix));
  const answers = await putAndGet(ioc, steps.flat());
  const seen = new Map<string, Seen[]>();
  let at = 0;
  for (const { name, watched, moves } of EXERCISES) {
    const rounds: Seen[] = [];
    for (let round = 0; round <= moves.length; round++) {
      const put = round === 0 ? {} : { put: String(answers[at++]?.put) };
      const values = watched.map((pv) => [pv, answers[at++]?.get[0]] as const);
      rounds.push({ ...put, ...Object.fromEntries(values) });
    }
    seen.set(name, rounds);
  }
  return seen;
}

/** With our value in the place of softIoc's, which has to be there. */
function differing(seen: Seen, { why, pv, softIoc, ours: value }: NonNullable<Exercise["onPurpose"]>): Seen {
  expect(seen[pv], `softIoc does this no more: ${why}`).toBe(softIoc);
  return { ...seen, [pv]: value };
}

let reference: Promise<Map<string, Seen[]>> | undefined;
let ours: Promise<Map<string, Seen[]>> | undefined;

async function seeReference(): Promise<Map<string, Seen[]>> {
  await using ioc = await startSoftIoc({ db: DB });
  return await see(ioc);
}

async function seeOurs(): Promise<Map<string, Seen[]>> {
  await using ioc = await startInProcessIoc(DB);
  return await see(ioc);
}

describe.skipIf(needPeers("softIoc", "caproto").missing)("our records process as those of EPICS base", () => {
  for (const { name, moves, onPurpose } of EXERCISES) {
    test(name, { timeout: 120_000 }, async () => {
      const theirs = (await (reference ??= seeReference())).get(name) ?? [];
      const mine = (await (ours ??= seeOurs())).get(name) ?? [];
      const expected = theirs.map((seen, i) =>
        i === 0 || onPurpose === undefined ? seen : differing(seen, onPurpose),
      );
      const rounds = expected.map((seen, i) => ({ after: i === 0 ? "start" : moves[i - 1]?.join(" := "), ...seen }));
      expect(mine.map((seen, i) => ({ after: rounds[i]?.after, ...seen }))).toEqual(rounds);
      expect(mine.length).toBeGreaterThan(1);
    });
  }
});
