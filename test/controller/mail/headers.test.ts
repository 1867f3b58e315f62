import * as fc from "fast-check";
import { expect, test } from "vitest";
import { addressProblem, isWebAddress, subjectProblem } from "../../../src/controller/mail/headers.ts";

test.each(["a@b", "CS.Wu@Example.ORG", "o'neil+x@mail.example.org", "x@10.example"])("%s is an address", (address) => {
  expect(addressProblem(address)).toBeUndefined();
});

test.each([
  ["a@b.example\r\nBcc: all@c.example", "holds a control character"],
  ["a@b.example\u2028x", "holds a control character"],
  ["", "is not an e-mail address"],
  ["a", "is not an e-mail address"],
  ["a b@c.example", "is not an e-mail address"],
  ["a@b@c.example", "is not an e-mail address"],
  ["<a@b.example>", "is not an e-mail address"],
  ["a@b.example, c@d.example", "is not an e-mail address"],
  ["a@-b.example", "is not an e-mail address"],
  [`${"a".repeat(65)}@b.example`, "is too long for an e-mail address"],
])("%j is no address, and it is said why", (address, problem) => {
  expect(addressProblem(address)).toBe(problem);
});

test("no address and no subject that passes can begin a second line or name a second address", () => {
  const hostile = fc.string({
    unit: fc.constantFrom("a", "@", ".", ",", ";", "<", ">", "\r", "\n", "\t", "\0", " ", "\u0085", '"'),
  });
  fc.assert(
    fc.property(hostile, (text) => {
      if (addressProblem(text) === undefined) expect(text).toMatch(/^[a.]+@[a.]+$/);
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
