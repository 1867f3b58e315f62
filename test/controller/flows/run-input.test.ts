import { expect, test } from "vitest";
import { runInput, type TransferInput } from "../../../src/controller/flows/run-input.ts";
import { schemaOf } from "../../support/flow-templates.ts";

const BASE: TransferInput = {
  source: { id: "11111111-1111-4111-8111-111111111111", path: "/~/dat/scan001" },
  destination: { id: "22222222-2222-4222-8222-222222222222", path: "/backup/scan001" },
  recursive_tx: true,
};
/** As PAL-XFEL's sample has it. */
const BELOW = {
  type: "object",
  required: ["input"],
  properties: { input: { properties: { source: {}, recursive_tx: {} } } },
};

test("a template gets the usual input, and what was given beside it", () => {
  expect(runInput(BASE, {}, schemaOf("transfer"))).toEqual(BASE);
  expect(runInput(BASE, { action: "transfer" }, schemaOf("beamline"))).toEqual({ ...BASE, action: "transfer" });
});

test("PAL-XFEL's flow gets the same below `input`", () => {
  expect(runInput(BASE, {}, BELOW)).toEqual({ input: BASE });
  const given = { input: { recursive_tx: false }, other: 1 };
  expect(runInput(BASE, given, BELOW)).toEqual({ input: { ...BASE, recursive_tx: false }, other: 1 });
});

test("a flow that takes nothing else gets nothing that it does not know, unless a person has given it", () => {
  const closed = { properties: { source: {}, destination: {} }, additionalProperties: false };
  const { recursive_tx: _, ...both } = BASE;
  expect(runInput(BASE, {}, closed)).toEqual(both);
  expect(runInput(BASE, { speed: 1 }, closed)).toEqual({ ...both, speed: 1 });
});

test("a flow without a schema gets all", () => {
  expect(runInput(BASE, {}, {})).toEqual(BASE);
});
