import { expect, test } from "vitest";
import { type PutTarget, type PutValue, preparePut } from "../../../src/ca/client/put-value.ts";
import type { Native } from "../../../src/ca/wire/dbr-layout.ts";

const target = (nativeType: Native, elementCount = 1): PutTarget => ({ name: "a:x", nativeType, elementCount });

function sent(value: PutValue, to: PutTarget, type?: number): readonly [type: string, count: number, value: unknown] {
  const { type: dbr, count, sample } = preparePut(value, to, { type });
  return [dbr.name, count, sample.array ?? (dbr.native === "STRING" ? sample.text : sample.number)];
}

test.each<[string, PutValue, PutTarget, readonly unknown[]]>([
  ["a number to a DOUBLE", 1.5, target("DOUBLE"), ["DOUBLE", 1, 1.5]],
  ["a whole number to a LONG", 7, target("LONG"), ["LONG", 1, 7]],
  ["a fraction to a LONG: the server rounds", 1.5, target("LONG"), ["DOUBLE", 1, 1.5]],
  ["a number beyond a LONG", 3e9, target("LONG"), ["DOUBLE", 1, 3e9]],
  ["a number to a SHORT", -5, target("SHORT"), ["SHORT", 1, -5]],
  ["a number beyond a SHORT", 40000, target("SHORT"), ["DOUBLE", 1, 40000]],
  ["an index to an ENUM", 2, target("ENUM"), ["ENUM", 1, 2]],
  ["a number to a string", 5, target("STRING"), ["STRING", 1, "5"]],
  ["text to a string", "hi", target("STRING"), ["STRING", 1, "hi"]],
  ["text to a number: the server parses", "0x1F", target("DOUBLE"), ["STRING", 1, "0x1F"]],
  ["text to one CHAR", "65", target("CHAR"), ["STRING", 1, "65"]],
  ["text to a CHAR array", "hi", target("CHAR", 10), ["CHAR", 3, Uint8Array.from([104, 105, 0])]],
  ["no text to a CHAR array", "", target("CHAR", 10), ["CHAR", 1, Uint8Array.from([0])]],
  ["numbers to a DOUBLE array", [1, 2], target("DOUBLE", 5), ["DOUBLE", 2, Float64Array.from([1, 2])]],
  ["whole numbers to a LONG array", [1, 2], target("LONG", 5), ["LONG", 2, Int32Array.from([1, 2])]],
  ["fractions to a LONG array", [1, 2.5], target("LONG", 5), ["DOUBLE", 2, Float64Array.from([1, 2.5])]],
  ["codes to a CHAR array", [255, -1], target("CHAR", 5), ["CHAR", 2, Uint8Array.from([255, 255])]],
  ["a typed array of another kind", Int16Array.from([3]), target("FLOAT", 5), ["FLOAT", 1, Float32Array.from([3])]],
  ["texts to a string array", ["a", "b"], target("STRING", 5), ["STRING", 2, ["a", "b"]]],
  ["texts to a DOUBLE array", ["1", "2"], target("DOUBLE", 5), ["STRING", 2, ["1", "2"]]],
  ["numbers to a string array", [1, 2], target("STRING", 5), ["STRING", 2, ["1", "2"]]],
  ["nothing to an array", [], target("DOUBLE", 5), ["DOUBLE", 0, new Float64Array(0)]],
])("%s", (_name, value, to, expected) => {
  expect(sent(value, to)).toEqual(expected);
});

test("a type that is asked for is sent", () => {
  expect(sent("12", target("DOUBLE"), 5)).toEqual(["LONG", 1, 12]);
  expect(sent(3, target("DOUBLE"), 0)).toEqual(["STRING", 1, "3"]);
  expect(sent("hi", target("CHAR", 4), 4)).toEqual(["CHAR", 3, Uint8Array.from([104, 105, 0])]);
});

test.each<[string, PutValue, PutTarget, string]>([
  ["40 bytes in a string", "x".repeat(40), target("STRING"), "the text has 40 bytes and a string PV holds 39"],
  ["text as long as the array", "abcd", target("CHAR", 4), "the text has 4 bytes and it holds 3"],
  ["too many elements", [1, 2, 3], target("DOUBLE", 2), "3 elements were given and it holds 2"],
  ["an array for a scalar", [1, 2], target("DOUBLE"), "2 elements were given and it holds 1"],
])("%s is refused with a sentence that names the PV", (_name, value, to, sentence) => {
  expect(() => preparePut(value, to, {})).toThrow(`PV a:x cannot be put: ${sentence}`);
});
