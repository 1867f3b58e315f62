import { expect, test } from "vitest";
import { experimentersOf } from "../../../src/services/scheduling/details.ts";

const person = (lastName: string, isMarkedPi: boolean) => ({ lastName, isMarkedPi });
const principals = (people: Parameters<typeof experimentersOf>[0]) =>
  experimentersOf(people).flatMap(({ lastName, isPi }) => (isPi ? [lastName] : []));

test.each([
  ["the first one marked so", [person("Curie", false), person("Noether", true), person("Mayer", true)], ["Noether"]],
  ["the first of all where nobody is marked", [person("Curie", false), person("Noether", false)], ["Curie"]],
  ["nobody where there is nobody", [], []],
])("the principal investigator is %s", (_, people, expected) => {
  expect(principals(people)).toEqual(expected);
});

test("an e-mail address is in small letters, and what is not known of a person is left out or empty", () => {
  expect(experimentersOf([{ isMarkedPi: false, email: "Emmy@Example.org" }])).toEqual([
    { badge: "", firstName: "", lastName: "", email: "emmy@example.org", isPi: true },
  ]);
});
