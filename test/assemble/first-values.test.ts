/** Which saved values count when the IOC starts, and for what. */
import { expect, test } from "vitest";
import { nameTriggers } from "../../src/assemble/first-values.ts";
import { LocalPvs } from "../../src/ioc/local-pvs.ts";
import { globusDatabase } from "../support/globus-database.ts";

const PREFIX = "t:Globus:";
const SLOTS = [0, 1, 2, 3] as const;
type Trigger = readonly [name: string, enable: boolean];

/** What the triggers' PVs hold when autosave has put these back, a name and an enable each. */
function started(saved: readonly (readonly [name: string, enable: 0 | 1])[], triggers: readonly Trigger[]) {
  const database = globusDatabase(PREFIX);
  database.initialize();
  const pvs = new LocalPvs(database, PREFIX);
  for (const [index, [name, enable]] of saved.entries()) {
    pvs.put(`Trigger${index}Name`, name);
    pvs.put(`Trigger${index}Enable`, enable);
  }
  nameTriggers(
    pvs,
    triggers.map(([name, enable]) => ({ name, enable })),
  );
  return SLOTS.map((index) => [pvs.get(`Trigger${index}Name`), pvs.get(`Trigger${index}Enable`)]);
}

const NONE = ["", 0];

test("a trigger keeps what was saved of it when another is put before it, and the other starts as configured", () => {
  const saved = [["done", 0]] as const;
  const triggers: readonly Trigger[] = [
    ["quiet", true],
    ["done", true],
  ];
  expect(started(saved, triggers)).toEqual([["quiet", 1], ["done", 0], NONE, NONE]);
});

test("triggers of an IOC that had none start as configured", () => {
  const saved = SLOTS.map(() => ["", 0] as const);
  expect(started(saved, [["done", true]])).toEqual([["done", 1], NONE, NONE, NONE]);
});

test("what was saved of a trigger that is gone counts for none", () => {
  const saved = [
    ["done", 1],
    ["quiet", 1],
  ] as const;
  expect(started(saved, [["frames", false]])).toEqual([["frames", 0], NONE, NONE, NONE]);
});

test("a trigger whose name is longer than its PV keeps what was saved of it", () => {
  const name = "n".repeat(80);
  expect(started([[name, 0]], [[name, true]])).toEqual([[name.slice(0, 63), 0], NONE, NONE, NONE]);
});
