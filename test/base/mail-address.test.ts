import * as fc from "fast-check";
import { expect, test } from "vitest";
import { addressProblem } from "../../src/base/mail-address.ts";
import { KINDS } from "../../src/config/settings.ts";

test.each(["a@b", "CS.Wu@Example.ORG", "o'neil+x@mail.example.org", "x@10.example"])("%s is an address", (address) => {
  expect(addressProblem(address)).toBeUndefined();
  expect(KINDS.email.parse(address)).toBe(address);
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
  // Nor is it taken at the start, to be refused at Email
  if (address !== "") expect(KINDS.email.parse(address)).toBeUndefined();
});

test("no address that passes can begin a second line or name a second address", () => {
  const hostile = fc.string({
    unit: fc.constantFrom("a", "@", ".", ",", ";", "<", ">", "\r", "\n", "\t", "\0", " ", "\u0085", '"'),
  });
  fc.assert(
    fc.property(hostile, (text) => {
      if (addressProblem(text) === undefined) expect(text).toMatch(/^[a.]+@[a.]+$/);
    }),
  );
});
