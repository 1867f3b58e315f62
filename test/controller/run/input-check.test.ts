import { expect, test } from "vitest";
import { PVS } from "../../../src/controller/pvs/index.ts";
import { inputProblem, WRITABLE } from "../../../src/controller/run/input-check.ts";

const number = (name: string, given: number) => inputProblem(name, { value: given, given, room: 0 });
const text = (name: string, given: string, room: number) => inputProblem(name, { value: given, given, room });

test.each([
  ["Set", [-400, 0, 2.5, 36_500]],
  ["BeamtimeIndex", [0, 3, 1000]],
  ["ManualGup", [0, 1_014_288, 2_147_483_647]],
  ["EmailMode", [0, 3]],
  ["EmailArm", [0, 1]],
  ["DaqRaw", [0, 1]],
  ["Init", [0, 1]],
] as const)("%s takes %j", (name, values) => {
  expect(values.map((value) => number(name, value))).toEqual(values.map(() => undefined));
});

test.each([
  ["Set", Number.NaN, "Set takes numbers from -36500 to 36500, not NaN; it stays as it was."],
  ["Set", Number.POSITIVE_INFINITY, "Set takes numbers from -36500 to 36500, not Infinity; it stays as it was."],
  ["BeamtimeIndex", 1.5, "BeamtimeIndex takes whole numbers from 0 to 1000, not 1.5; it stays as it was."],
  ["BeamtimeIndex", -1, "BeamtimeIndex takes whole numbers from 0 to 1000, not -1; it stays as it was."],
  ["EmailMode", 4, "EmailMode takes whole numbers from 0 to 3, not 4; it stays as it was."],
  ["ManualGup", 3e9, "ManualGup takes whole numbers from 0 to 2147483647, not 3000000000; it stays as it was."],
  ["DaqRec", 2, "DaqRec takes whole numbers from 0 to 1, not 2; it stays as it was."],
  ["Dirs", 5, "Dirs takes whole numbers from 0 to 1, not 5; it stays as it was."],
])("%s cannot mean %d", (name, value, sentence) => {
  expect(number(name, value)).toBe(sentence);
});

test("a text that is longer than its PV is refused, counted in bytes of UTF-8; one that just fits is not", () => {
  expect(text("EmailSubject", "x".repeat(255), 255)).toBeUndefined();
  expect(text("EmailSubject", "é".repeat(128), 255)).toBe(
    "EmailSubject holds 255 bytes, and the text has 256; nothing was written: shorten it.",
  );
});

test("a text with codes that are no characters is refused, however long it is", () => {
  const broken = "Caf\uFFFD";
  const refusal =
    "EmailSubject takes text, and character 4 of this one is none (U+FFFD), or was lost on the way; nothing was written: let the client send UTF-8, or leave that character out.";
  expect(text("EmailSubject", broken, 255)).toBe(refusal);
  expect(text("EmailSubject", broken, 2)).toBe(refusal);
  expect(text("EmailSubject", "Café 😀", 255)).toBeUndefined();
});

test("what every number input holds at the start is what it takes", () => {
  const numbers = WRITABLE.flatMap((name) => {
    const row = PVS[name as keyof typeof PVS];
    return row !== undefined && "initial" in row && typeof row.initial === "number"
      ? [[name, row.initial] as const]
      : [];
  });
  expect(numbers.length).toBeGreaterThan(10);
  expect(numbers.map(([name, value]) => number(name, value))).toEqual(numbers.map(() => undefined));
});
