/** What is asked of a run of a flow. */
import { expect, test } from "vitest";
import { askedInput, hasSource } from "../../../src/controller/flows/asked-input.ts";

const SOURCE = { id: "11111111-1111-4111-8111-111111111111", path: "/a.h5" };
const DESTINATION = { id: "22222222-2222-4222-8222-222222222222", path: "/b.h5" };

const OPEN = {};
/** As PAL-XFEL's flow has it. */
const BELOW = { properties: { input: { properties: { source: {}, items: {} } } } };

test("what stands behind wins, member by member", () => {
  const layers = [
    { source: { id: "x", path: "/old" }, destination: DESTINATION, compute: { endpoint: "e", function: "f" } },
    { source: { path: "/a.h5" } },
    { compute: { function: "g" }, list: [1], recursive_tx: true },
  ];
  expect(askedInput(layers, OPEN)).toEqual({
    source: { id: "x", path: "/a.h5" },
    destination: DESTINATION,
    isFolder: true,
    others: { compute: { endpoint: "e", function: "g" }, list: [1] },
  });
});

test("where a flow takes the data's way below `input`, a layer may have it there or at the top: order decides", () => {
  const site = { input: { source: SOURCE, destination: { id: "x", path: "/old" }, speed: 1 } };
  expect(askedInput([site, { destination: DESTINATION }, { n: 2 }], BELOW)).toEqual({
    source: SOURCE,
    destination: DESTINATION,
    others: { input: { speed: 1 }, n: 2 },
  });
});

test("items move where the flow takes them, and are a word like others where it does not", () => {
  expect(askedInput([{ items: [1] }], BELOW)).toMatchObject({ items: [1], others: {} });
  expect(askedInput([{ items: [1] }], OPEN)).toEqual({ source: {}, destination: {}, others: { items: [1] } });
});

test("what nobody has said is absent", () => {
  expect(askedInput([{}, {}], OPEN)).toEqual({ source: {}, destination: {}, others: {} });
});

test.each([
  [{ source: [SOURCE] }, /^source of the input is \[.*\]: give an object with "id" and "path"$/],
  [{ destination: { id: 5 } }, /^destination.id of the input is 5: give the collection's UUID$/],
  [{ source: { id: "x", path: null } }, /^source.path of the input is null: give a path of the collection$/],
  [{ recursive_tx: "yes" }, /^recursive_tx of the input is "yes": give true or false$/],
])("%j is refused, and not replaced by something else", (layer, sentence) => {
  expect(() => askedInput([layer], OPEN)).toThrow(sentence);
});

test("a member named as every object's prototype is a member like others", () => {
  const extra = JSON.parse('{"__proto__":{"a":1},"constructor":{"b":2}}') as Record<string, unknown>;
  const { others } = askedInput([{ source: SOURCE }, extra], OPEN);
  expect(JSON.stringify(others)).toBe('{"__proto__":{"a":1},"constructor":{"b":2}}');
  expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
});

test("a flow moves data where its schema has a source, at the top or below input", () => {
  expect(hasSource({ properties: { source: {} } })).toBe(true);
  expect(hasSource({ properties: { input: { properties: { source: {} } } } })).toBe(true);
  expect(hasSource({ properties: { input: {} } })).toBe(false);
  expect(hasSource({})).toBe(false);
});
