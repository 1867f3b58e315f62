/** What is asked of a run of a flow. */
import { expect, test } from "vitest";
import { askedInput, hasSource } from "../../../src/controller/flows/asked-input.ts";

const SOURCE = { id: "11111111-1111-4111-8111-111111111111", path: "/a.h5" };
const DESTINATION = { id: "22222222-2222-4222-8222-222222222222", path: "/b.h5" };

test("the PVs win over the site's file, and the person's JSON over both, member by member", () => {
  const parts = {
    site: { source: { id: "x", path: "/old" }, destination: DESTINATION, compute: { endpoint: "e", function: "f" } },
    source: { path: "/a.h5" },
    destination: {},
    extra: { compute: { function: "g" }, list: [1], recursive_tx: true },
  };
  expect(askedInput(parts)).toEqual({
    source: { id: "x", path: "/a.h5" },
    destination: DESTINATION,
    isFolder: true,
    others: { compute: { endpoint: "e", function: "g" }, list: [1] },
  });
});

test("what nobody has said is absent", () => {
  expect(askedInput({ site: {}, source: {}, destination: {}, extra: {} })).toEqual({
    source: {},
    destination: {},
    others: {},
  });
  const wrong = { source: [SOURCE], destination: 5, recursive_tx: "yes" };
  expect(askedInput({ site: wrong, source: {}, destination: {}, extra: {} })).toEqual({
    source: {},
    destination: {},
    others: {},
  });
});

test("a member named as every object's prototype is a member like others", () => {
  const extra = JSON.parse('{"__proto__":{"a":1},"constructor":{"b":2}}') as Record<string, unknown>;
  const { others } = askedInput({ site: {}, source: SOURCE, destination: {}, extra });
  expect(JSON.stringify(others)).toBe('{"__proto__":{"a":1},"constructor":{"b":2}}');
  expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
});

test("a flow moves data where its schema has a source, at the top or below input", () => {
  expect(hasSource({ properties: { source: {} } })).toBe(true);
  expect(hasSource({ properties: { input: { properties: { source: {} } } } })).toBe(true);
  expect(hasSource({ properties: { input: {} } })).toBe(false);
  expect(hasSource({})).toBe(false);
});
