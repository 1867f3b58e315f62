/** What the commands of the Channel Access client ask of the program that runs them. */
import { Command } from "commander";
import { expect, test } from "vitest";
import { addPvCommands } from "../../src/cli/pv-program.ts";

test.each([
  ["get", false],
  ["put", false],
  ["info", false],
  ["monitor", true],
])("%s runs without an end: %s", async (name, expected) => {
  const asked: boolean[] = [];
  const program = new Command();
  addPvCommands(program, (_work, { isEndless = false } = {}) => {
    asked.push(isEndless);
    return Promise.resolve();
  });
  await program.parseAsync([name, "x", ...(name === "put" ? ["1"] : [])], { from: "user" });
  expect(asked).toEqual([expected]);
});
