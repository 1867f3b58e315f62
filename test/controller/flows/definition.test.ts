import { describe, expect, test } from "vitest";
import { readJsonObject } from "../../../src/base/json-object.ts";
import { readDefinition } from "../../../src/controller/flows/definition.ts";
import { definitionOf, TEMPLATE_NAMES } from "../../support/flow-templates.ts";
import { PAL_FLOW } from "../../support/pal-flow.ts";

const FILE = "my_flow.json";
const pass = (Next: string) => ({ Type: "Pass", Next });

test.each([...TEMPLATE_NAMES, "beamline"])("the template %s is a definition", (name) => {
  expect(readDefinition(JSON.stringify(definitionOf(name)), FILE)).toEqual(definitionOf(name));
});

test("what is not known here is Flows' to judge", () => {
  const newer = {
    StartAt: "A",
    States: {
      A: { Type: "Handled", Handler: { Type: "ActionProvider", Url: "https://example.org/act" }, Next: "B" },
      B: { Type: "CreateWebInput", Parameters: {}, Next: "C" },
      C: { Type: "SomethingNew", Elsewhere: { Next: "nobody knows" } },
    },
  };
  expect(readDefinition(JSON.stringify(newer), FILE)).toEqual(newer);
});

describe("one sentence, with the line where it can be had, where a definition", () => {
  const written = (value: unknown): string => JSON.stringify(value, null, 2);
  test.each([
    [
      "is no JSON",
      '{\n  "StartAt": "A",\n  "States": {,}\n}',
      /^my_flow\.json:3 is no JSON, as a flow's definition is: /,
    ],
    ["is cut", '{\n  "StartAt":', /^my_flow\.json(:2)? is no JSON/],
    ["is empty", " \n", /^my_flow\.json(:\d)? is no JSON, as a flow's definition is: it is empty$/],
    ["is an array", "[]", /^my_flow\.json holds an array, and a flow's definition is an object: write \{ … \}$/],
    [
      "has no StartAt",
      written({ States: { A: pass("A") } }),
      /^my_flow\.json is no flow's definition: it has no StartAt/,
    ],
    [
      "has no States",
      written({ StartAt: "A", States: {} }),
      /^my_flow\.json:3 is no flow's definition: it has no States$/,
    ],
    [
      "begins nowhere",
      written({ StartAt: "Sent", States: { Send: pass("Send") } }),
      /^my_flow\.json:2 leads from "StartAt" to the state "Sent", which is not there; did you mean Send\?$/,
    ],
    [
      "leads nowhere",
      written({ StartAt: "A", States: { A: pass("B") } }),
      /^my_flow\.json:6 leads from "A" to the state "B"/,
    ],
    [
      "catches to nowhere",
      written({ StartAt: "A", States: { A: { Type: "Action", Catch: [{ Next: "B" }], End: true } } }),
      /leads from "A" to the state "B"/,
    ],
    [
      "has a state that is none",
      written({ StartAt: "A", States: { A: 1 } }),
      /^my_flow\.json:4 has a state "A" that is no object$/,
    ],
    [
      "is a flow's whole document",
      written({ id: "x", definition: PAL_FLOW }),
      /is the document of a flow: give what its member `definition` holds/,
    ],
  ])("%s", (_, text, sentence) => {
    expect(() => readDefinition(text, FILE)).toThrow(sentence);
  });
});

test("a byte order mark is no fault", () => {
  expect(readJsonObject('\uFEFF{"a":1}', FILE, "a schema")).toEqual({ a: 1 });
});
