/** How texts of errors become sentences, and pieces of longer ones. */
import { expect, test } from "vitest";
import { ActionError, asSentence, clauseOf, messageOf, pieceOf } from "../../src/base/errors.ts";

test.each([
  ["The schedule cannot be read.", "the schedule cannot be read"],
  ["There is no run.", "there is no run"],
  ["Nobody has it", "nobody has it"],
  ["Theodolite:x is not connected.", "Theodolite:x is not connected"],
  ["DM does not answer.", "DM does not answer"],
  ["It", "It"],
])("in the middle of a sentence %j is %j", (text, clause) => {
  expect(clauseOf(text)).toBe(clause);
  expect(pieceOf(text)).toBe(text.replace(/\.$/, ""));
});

test.each([
  ["there is no SSH key", "There is no SSH key."],
  ["the login is over!", "The login is over!"],
  ["no:such:PV is not connected", "no:such:PV is not connected."],
  ["2bmb:Globus:Init runs", "2bmb:Globus:Init runs."],
  ["", ""],
])("%j as a sentence is %j", (text, sentence) => {
  expect(asSentence(text)).toBe(sentence);
});

test("causes follow behind colons, each once, and begin small", () => {
  const cause = new ActionError("The known hosts file /x cannot be read.");
  expect(messageOf(new ActionError("detector cannot be used.", { cause }))).toBe(
    "detector cannot be used: the known hosts file /x cannot be read.",
  );
  const told = new ActionError("Init failed: The known hosts file /x cannot be read.", { cause });
  expect(messageOf(told)).toBe(told.message);
});
