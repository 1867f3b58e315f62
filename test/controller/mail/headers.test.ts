import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isWebAddress, subjectProblem } from "../../../src/controller/mail/headers.ts";

test("no subject that passes can begin a second line", () => {
  const hostile = fc.string({ unit: fc.constantFrom("a", "\r", "\n", "\t", "\0", " ", "\u0085") });
  fc.assert(
    fc.property(hostile, (text) => {
      if (subjectProblem(text, "EmailSubject") === undefined) expect(text).not.toMatch(/[\r\n\t\0\u0085]/);
    }),
  );
});

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
