/** The sections of the page: what people start and enter has its place, once. */
import { expect, test } from "vitest";
import { COMMAND_NAMES } from "../../../src/controller/pvs/commands.ts";
import { INPUTS } from "../../../src/controller/pvs/index.ts";
import { SECTIONS, type SectionItem } from "../../../src/web/page/sections.ts";

const ITEMS = SECTIONS.flatMap(({ groups }) => groups.flatMap(({ items }) => items));

/** The PV or the command of an item; undefined for what a file of its own draws. */
function shownBy(item: SectionItem): string | undefined {
  if (typeof item === "string") return item;
  if ("command" in item) return item.command;
  if ("lines" in item) return item.lines;
  return "press" in item ? item.press : undefined;
}

test("every command has its place, but for the arms: those stand beside their commands", () => {
  const commands = ITEMS.flatMap((item) => (typeof item === "object" && "command" in item ? [item.command] : []));
  expect(commands.sort()).toEqual([...COMMAND_NAMES].sort());
});

test("every input has its place, but what stands on the first screen", () => {
  const shown = new Set(ITEMS.map(shownBy));
  const missing = INPUTS.filter((suffix) => !shown.has(suffix) && !suffix.endsWith("Arm"));
  expect(missing, "an input stands in a section of src/web/page/sections.ts").toEqual(["ErrorAck", "Abort"]);
});

test("nothing stands in two places, and sections have names of their own", () => {
  const shown = ITEMS.map(shownBy).filter((suffix) => suffix !== undefined);
  expect(shown.filter((suffix, index) => shown.indexOf(suffix) !== index)).toEqual([]);
  const ids = SECTIONS.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});
