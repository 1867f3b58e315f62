import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isWebAddress, subjectProblem } from "../../../../src/controller/email/letter/checks.ts";

/** Each of them ends a line, or is shown by nobody. */
const CONTROLS = ["\r", "\n", "\t", "\0", "\x1b", "\x7f", "\u0085"];
const hostile = fc.string({ unit: fc.constantFrom("a", "é", " ", ...CONTROLS) });

test("a subject is refused exactly when it could begin a second line or holds what nobody can see", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const isRefused = subjectProblem(text, "EmailSubject") !== undefined;
      expect(isRefused).toBe(CONTROLS.some((one) => text.includes(one)));
    }),
  );
});

test.each(CONTROLS)("a subject that holds %j alone among letters is refused", (control) => {
  expect(subjectProblem(`a${control}b`, "EmailSubject")).toMatch(
    /^EmailSubject ".*" holds a line end or another control/,
  );
});

test.each(["", " ", "Important information", "Données de l'expérience", "データ", "a=?utf-8?q?b?="])(
  "the subject %j passes",
  (subject) => {
    expect(subjectProblem(subject, "EmailSubject")).toBeUndefined();
  },
);

test("a subject with a line end is refused with a sentence that names the PV and shows it", () => {
  expect(subjectProblem("Hello\nBcc: x@y.example", "EmailSubject")).toMatch(
    /^EmailSubject "Hello\\nBcc: x@y\.example" holds a line end/,
  );
});

test("only web addresses are links", () => {
  expect(isWebAddress("https://docs.example/p/1?x#y")).toBe(true);
  for (const text of ["javascript:alert(1)", "docs.example", 'https://a.example/"x', "https://a b"])
    expect(isWebAddress(text)).toBe(false);
});
