/** Every conversion that a client can ask for, made by EPICS base's IOC and by database/convert. */
import { describe, expect, test } from "vitest";
import { castArray, type ElementType } from "../../src/database/convert/arrays.ts";
import { numberToText } from "../../src/database/convert/number-text.ts";
import { castNumber } from "../../src/database/convert/numbers.ts";
import {
  enumFromText,
  menuFromDbText,
  menuToText,
  parseDbText,
  parseNumber,
} from "../../src/database/convert/texts.ts";
import { menuAlarmSevr, menuScan } from "../../src/database/menus.ts";
import type { ArrayValue, NumericFieldType } from "../../src/database/record-type.ts";
import {
  numberOf,
  type PutGetAnswer,
  type PutGetStep,
  putAndGet,
  type WireType,
  type WireValue,
} from "../support/engine/put-get.ts";
import { needPeers } from "../support/peers/real-peers.ts";
import { startSoftIoc } from "../support/peers/soft-ioc.ts";

/** The field type that a wire type is when it is read. */
const READ: Readonly<Record<WireType, ElementType>> = {
  STRING: "STRING",
  INT: "SHORT",
  FLOAT: "FLOAT",
  ENUM: "ENUM",
  CHAR: "CHAR",
  LONG: "LONG",
  DOUBLE: "DOUBLE",
};
/** The field type that a wire type is when it is put. */
const PUT: Readonly<Record<WireType, ElementType>> = { ...READ, CHAR: "UCHAR" };
const NUMERIC_WIRE: readonly WireType[] = ["INT", "FLOAT", "ENUM", "CHAR", "LONG", "DOUBLE"];

/** One field of each type that a client can write, with the type clients read it as. */
const FIELDS: readonly { readonly pv: string; readonly type: NumericFieldType; readonly native: WireType }[] = [
  { pv: "longout", type: "LONG", native: "LONG" },
  { pv: "ao.DISA", type: "SHORT", native: "INT" },
  { pv: "bo.IVOV", type: "USHORT", native: "LONG" },
  { pv: "ao.ROFF", type: "ULONG", native: "DOUBLE" },
  { pv: "bo.DISP", type: "UCHAR", native: "CHAR" },
  { pv: "ao.HOPR", type: "DOUBLE", native: "DOUBLE" },
];
const ARRAY_TYPES = ["CHAR", "UCHAR", "SHORT", "USHORT", "LONG", "ULONG", "FLOAT", "DOUBLE", "STRING"] as const;

const DB = `
record(longout, "$(P)longout") {}
record(ao, "$(P)ao") { field(PREC, "3") }
record(bo, "$(P)bo") { field(ZNAM, "Done") field(ONAM, "Busy") }
record(mbbo, "$(P)mbbo") { field(ZRST, "zero") field(ONST, "one") field(THST, "three") }
record(stringout, "$(P)stringout") {}
${ARRAY_TYPES.map(
  (type) => `record(waveform, "$(P)wf${type}") { field(FTVL, "${type}") field(NELM, "5") field(PREC, "2") }`,
).join("\n")}
`;

const TEXTS = [
  "0|1|-1|+7|5.9|-5.9|0x10|0X1f|010|08|1e3|1E3|2.7e2|1.5 mm|12 mm| 42 |\t9|99999|32767|32768|-32768",
  "-32769|65535|65536|-65535|-65536|255|256|-255|127|128|-128|-129|2147483647|2147483648",
  "-2147483648|-2147483649|4294967295|4294967296|99999999999999999999999|-99999999999999999999999",
  "1e308|1e400|-1e400|1e-300|1e-310|1e-400|0e-999|inf|-inf|Infinity|nan|NAN(1)|0x1.8p3|0x.8|0x|1.",
  ".5|.|e5|abc|- 1|--1|1,5|",
].flatMap((line) => line.split("|"));
/** Where base leaves the old value and calls it a success, ours refuses. */
const KEPT_BY_BASE = /^(inf|-inf|infinity|nan.*|-?1e\d{2,}|-\d+\.\d+)$/i;
const NUMBERS = [
  0,
  -0,
  0.5,
  -0.5,
  0.9999,
  -1,
  1,
  1.5,
  2.5,
  -2.5,
  127.9,
  128,
  200,
  255,
  256,
  300.7,
  32767,
  32768,
  -32768,
  -32769,

  65535,
  65536,
  70000,
  1e6,
  2147483647,
  2147483647.9,
  2147483648,
  -2147483648,
  -2147483648.5,
  -2147483649,
  4294967295,

  4294967296,
  5e9,
  1e15,
  -1e15,
  9.3e18,
  1e19,
  1e30,
  -1e30,
  1e39,
  -1e39,
  1e308,
  1e-39,
  -1e-39,
  1e-50,
  NaN,
  Infinity,
  -Infinity,
];
const PRECISIONS = [0, 1, 2, 3, 5, 8, 9, 12, 15, 17, 20, -1];
const FRACTIONS = [
  0,
  0.1,
  0.5,
  1.5,
  2.5,
  0.05,
  0.005,
  0.0005,
  -0.0005,
  1.005,
  2.675,
  0.125,
  0.375,
  9.995,
  99.9999,
  -1.23456789,
  123456.789,
  999999.99999999,
  9999999.5,
  1e7,
  10000000.5,
  10000001.5,
  12345678.125,
  12345678.375,
  16777216.0625,

  1e15,
  1e16,
  1.5e16,
  1.5e17,
  -2.5e17,
  1e22,
  1e100,
  1e-5,
  2 ** -15,
  3 * 2 ** -16,
  1e-300,
  5e-324,
  NaN,
  Infinity,
  -Infinity,
];

const missing = needPeers("softIoc", "caproto").missing;

/** Runs the steps in an IOC of base with these records. */
async function inBase(db: string, steps: readonly PutGetStep[]): Promise<PutGetAnswer[]> {
  await using ioc = await startSoftIoc({ db });
  return await putAndGet(ioc, steps);
}

/** What a client sees of a value of this type: CHAR is unsigned on the wire. */
const seen = (value: number, native: WireType): number => (native === "CHAR" ? value & 0xff : value);
const show = (value: unknown): string =>
  Object.is(value, -0) ? "0" : JSON.stringify(value) === "null" ? String(value) : JSON.stringify(value);

describe.skipIf(missing)("the conversion gives what EPICS base gives", () => {
  test("for a text put to a number of each type", { timeout: 120_000 }, async () => {
    const cases = FIELDS.flatMap((field) => TEXTS.map((text) => ({ ...field, text })));
    const steps = cases.flatMap(({ pv, native, text }): PutGetStep[] => [
      { pv, put: ["DOUBLE", 7], get: [] },
      { pv, put: ["STRING", text], get: [native] },
    ]);
    const answers = await inBase(DB, steps);
    const different = cases.flatMap(({ pv, type, native, text }, i) => {
      const answer = answers[2 * i + 1];
      const kept = type === "ULONG" && KEPT_BY_BASE.test(text);
      const theirs = answer?.put === true && !kept ? numberOf(answer.get[0]) : undefined;
      const parsed = parseNumber(text, type);
      const result = parsed === undefined ? undefined : seen(parsed, native);
      return show(theirs) === show(result) ? [] : [`"${text}" to ${pv}: base ${show(theirs)}, ours ${show(result)}`];
    });
    expect(different).toEqual([]);
  });

  test("for a number of each wire type put to a number of each type", { timeout: 120_000 }, async () => {
    const cases = FIELDS.flatMap((field) =>
      NUMERIC_WIRE.flatMap((wire) => NUMBERS.map((number) => ({ ...field, wire, number }))),
    );
    const sent = cases.map((one) => ({
      ...one,
      value: castNumber(one.number, PUT[one.wire] as NumericFieldType),
    }));
    const steps = sent.map(
      ({ pv, native, wire, value }): PutGetStep => ({ pv, put: [wire, seen(value, wire)], get: [native] }),
    );
    const answers = await inBase(DB, steps);
    const different = sent.flatMap(({ pv, type, native, wire, value }, i) => {
      const theirs = numberOf(answers[i]?.get[0]);
      const result = seen(castNumber(value, type, PUT[wire] as NumericFieldType), native);
      return show(theirs) === show(result)
        ? []
        : [`${wire} ${value} to ${pv}: base ${show(theirs)}, ours ${show(result)}`];
    });
    expect(different).toEqual([]);
  });

  test("for a double read as each wire type", { timeout: 120_000 }, async () => {
    const steps = NUMBERS.map((number): PutGetStep => ({ pv: "ao", put: ["DOUBLE", number], get: NUMERIC_WIRE }));
    const answers = await inBase(DB, steps);
    const different = NUMBERS.flatMap((number, i) =>
      NUMERIC_WIRE.flatMap((wire, w) => {
        const theirs = numberOf(answers[i]?.get[w]);
        const result = seen(castNumber(number, READ[wire] as NumericFieldType), wire);
        return show(theirs) === show(result)
          ? []
          : [`${number} as ${wire}: base ${show(theirs)}, ours ${show(result)}`];
      }),
    );
    expect(different).toEqual([]);
  });

  test("for a double and a float read as text with each precision", { timeout: 120_000 }, async () => {
    const cases = PRECISIONS.flatMap((precision) => FRACTIONS.map((number) => ({ precision, number })));
    const steps = cases.flatMap(({ precision, number }): PutGetStep[] => [
      { pv: "ao.PREC", put: ["LONG", precision], get: [] },
      { pv: "ao", put: ["DOUBLE", number], get: ["STRING"] },
      { pv: "wfFLOAT.PREC", put: ["LONG", precision], get: [] },
      { pv: "wfFLOAT", put: ["DOUBLE", [number]], get: ["STRING"] },
    ]);
    const answers = await inBase(DB, steps);
    const different = cases.flatMap(({ precision, number }, i) => {
      const [double, float] = [answers[4 * i + 1]?.get[0], answers[4 * i + 3]?.get[0]];
      const ours = [
        numberToText(number, "DOUBLE", precision),
        numberToText(castNumber(number, "FLOAT"), "FLOAT", precision),
      ];
      const compared: [WireValue | undefined, string | undefined][] = [
        [double, ours[0]],
        [float, ours[1]],
      ];
      return compared
        .filter(([theirs, result]) => String(theirs).replace("-nan", "nan") !== result)
        .map(([theirs, result]) => `${number} with ${precision} digits: base "${String(theirs)}", ours "${result}"`);
    });
    expect(different).toEqual([]);
  });

  test("for arrays of each type read and written as each wire type", { timeout: 120_000 }, async () => {
    const lists: readonly (readonly [WireType, readonly (number | string)[]])[] = [
      ["DOUBLE", [0.5, -1.5, 300.7, 3e9, -1e30]],
      ["FLOAT", [0.5, -1.5, 300.75, 32768.5, -2]],
      ["LONG", [0, -1, 200, 70000, -2147483648]],
      ["INT", [1, -2, 300, -32768]],
      ["CHAR", [1, 127, 128, 255]],
      ["ENUM", [0, 1, 65535]],
      ["STRING", ["1", "2.5", " 33 mm", "0x10", "-4"]],
      ["STRING", ["1", "text"]],
    ];
    const cases = ARRAY_TYPES.flatMap((type) => lists.map(([wire, list]) => ({ type, wire, list })));
    const reads: readonly WireType[] = [...NUMERIC_WIRE, "STRING"];
    const steps = cases.map(({ type, wire, list }): PutGetStep => ({ pv: `wf${type}`, put: [wire, list], get: reads }));
    const answers = await inBase(DB, steps);
    const different = cases.flatMap(({ type, wire, list }, i) => {
      const answer = answers[i];
      const stored = castArray({ values: list, length: list.length, type: PUT[wire], precision: 2 }, type);
      const name = `${wire} [${list.join(", ")}] to ${type}`;
      if ((stored !== undefined) !== answer?.put) return [`${name}: base ${answer?.put}, ours ${stored !== undefined}`];
      if (stored === undefined) return [];
      return reads.flatMap((read, r) => compareRead(`${name} as ${read}`, stored, type, read, answer.get[r]));
    });
    expect(different).toEqual([]);
  });

  test("for texts put to states and menus, and menus read as text", { timeout: 60_000 }, async () => {
    const boTexts = ["Done", "Busy", "done", "0", "1", "2", " 1", "1 ", "1x", "-1", "0x1", "Busy "];
    const mbbTexts = ["zero", "one", "three", "2", "3", "4", "15", "16", "One"];
    const menuTexts = ["MINOR", "minor", "3", "4", "NO_ALARM", " 2 ", "2x", "-1"];
    const put = (pv: string, text: string): PutGetStep => ({ pv, put: ["STRING", text], get: ["LONG"] });
    const cases = [
      ...boTexts.map((text) => ({ step: put("bo", text), ours: enumFromText(text, ["Done", "Busy"]) })),
      ...mbbTexts.map((text) => ({ step: put("mbbo", text), ours: enumFromText(text, ["zero", "one", "", "three"]) })),
      ...menuTexts.map((text) => ({ step: put("ao.HHSV", text), ours: enumFromText(text, menuAlarmSevr.choices) })),
    ];
    const answers = await inBase(DB, [
      ...cases.map(({ step }) => step),
      { pv: "ao.SSCN", put: null, get: ["STRING"] },
      { pv: "ao.SSCN", put: ["LONG", 10], get: ["STRING"] },
    ]);
    const different = cases.flatMap(({ step, ours }, i) => {
      const theirs = answers[i]?.put === true ? numberOf(answers[i]?.get[0]) : undefined;
      return theirs === ours ? [] : [`${String(step.put?.[1])} to ${step.pv}: base ${theirs}, ours ${ours}`];
    });
    expect(different).toEqual([]);
    const [none, ten] = answers.slice(-2).map((answer) => answer.get[0]);
    expect([menuToText(65535, menuScan.choices), menuToText(10, menuScan.choices)]).toEqual([none, ten]);
  });

  test("for values in a database file", { timeout: 60_000 }, async () => {
    const texts = [
      "",
      "0",
      "12",
      "-12",
      "0x1F",
      "010",
      "0b1",
      "1.5",
      "1e3",
      "70000",
      "5000000000",
      "-1",
      " 4 ",
      "4 mm",
      "300",
      "1e400",
      "nan",
    ];
    const fields = [
      ["longout", "VAL", "LONG", "LONG"],
      ["ao", "DISA", "SHORT", "INT"],
      ["bo", "IVOV", "USHORT", "LONG"],
      ["ao", "ROFF", "ULONG", "DOUBLE"],
      ["bo", "DISP", "UCHAR", "CHAR"],
      ["ao", "HOPR", "DOUBLE", "DOUBLE"],
      ["bo", "VAL", "ENUM", "ENUM"],
    ] as const;
    const cases = fields.flatMap(([type, field, fieldType, native]) =>
      texts.map((text) => ({ type, field, fieldType, native, text })),
    );
    const named = cases.map((one, i) => ({ ...one, ours: parseDbText(one.text, one.fieldType), name: `r${i}` }));
    const accepted = named.filter(({ ours }) => ours !== undefined);
    const db = accepted
      .map(({ type, field, name, text }) => `record(${type}, "$(P)${name}") { field(${field}, "${text}") }`)
      .join("\n");
    const answers = await inBase(
      db,
      accepted.map(({ name, field, native }): PutGetStep => ({ pv: `${name}.${field}`, put: null, get: [native] })),
    );
    const different = accepted.flatMap(({ text, fieldType, native, ours }, i) => {
      const theirs = numberOf(answers[i]?.get[0]);
      const result = ours === undefined ? undefined : seen(ours, native);
      return show(theirs) === show(result)
        ? []
        : [`"${text}" as ${fieldType}: base ${show(theirs)}, ours ${show(result)}`];
    });
    expect(different).toEqual([]);
    // Base refuses a file with a field it refuses: one file for each
    for (const { type, field, text } of named.filter(({ ours }) => ours === undefined).filter((_, i) => i % 6 === 0)) {
      const refused = inBase(`record(${type}, "$(P)x") { field(${field}, "${text}") }`, []);
      await expect(refused, `${field} = "${text}"`).rejects.toThrow(/softioc.py: /);
    }
    expect(menuFromDbText("closed", menuScan.choices)).toBeUndefined();
  });
});

function compareRead(
  name: string,
  stored: ArrayValue,
  type: ElementType,
  wire: WireType,
  got: WireValue | undefined,
): string[] {
  const source = { values: stored, length: stored.length, type, precision: 2 };
  const cast = castArray(source, READ[wire]);
  const result =
    cast === undefined
      ? null
      : Array.from<number | string | bigint, number | string>(cast, (value) =>
          typeof value === "string" ? value : seen(Number(value), wire),
        );
  const list: readonly (number | string)[] | null =
    got === null || got === undefined ? null : typeof got === "object" ? got : [got];
  // A read that fails comes with no elements
  const failed = list === null || list.length === 0;
  if (failed && cast === undefined) return [];
  const theirs = wire === "STRING" ? list : (list?.map(numberOf) ?? null);
  return show(theirs) === show(result) ? [] : [`${name}: base ${show(theirs)}, ours ${show(result)}`];
}
