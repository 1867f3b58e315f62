/** The table of commands and their options is complete, and fits the PVs and the settings. */
import { Command } from "commander";
import { expect, test } from "vitest";
import type { DataCommand } from "../../src/cli/data-command.ts";
import {
  DATA_COMMANDS,
  inputOptionsOf,
  inputValue,
  pvCommandOf,
  spellingsOf,
  wantedOf,
} from "../../src/cli/data-commands.ts";
import { declareOptions, settingFlags } from "../../src/cli/data-options.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { COMMAND_NAMES } from "../../src/controller/pvs/commands.ts";
import { PVS, rowOf } from "../../src/controller/pvs/index.ts";

const rows = DATA_COMMANDS.map((row): [string, DataCommand] => [row.name, row]);
const named = (name: string): DataCommand | undefined =>
  DATA_COMMANDS.find((row) => [row.name, ...spellingsOf(row)].includes(name));

test("every command PV is reached by one name", () => {
  expect(
    DATA_COMMANDS.flatMap((row) => pvCommandOf(row) ?? []).sort(),
    "a command of src/controller/pvs/commands.ts is a row of src/cli/data-commands.ts",
  ).toEqual([...COMMAND_NAMES].sort());
});

test.each([
  "config set show init create dirs list-users list_users add-user add_user remove-user remove_user email start-daq start_daq".split(
    " ",
  ),
  "daq-start stop-daq stop_daq daq-stop daq-status daq_status upload tag tag-manual create-manual delete list-esafs".split(
    " ",
  ),
])("the names of both Python programs are known", (...names) => {
  expect(names.filter((name) => named(name) === undefined)).toEqual([]);
});

test("no spelling means two commands", () => {
  const all = DATA_COMMANDS.flatMap((row) => [row.name, ...spellingsOf(row)]);
  expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([]);
});

test.each(rows)("%s: each option fills an input that exists, and none is declared twice", (_name, row) => {
  for (const { input } of inputOptionsOf(row)) expect(PVS[input].kind).not.toBe("result");
  const command = new Command(row.name);
  declareOptions(command, row); // commander refuses a second option of the same name
  const flags = command.options.map(({ long }) => long);
  expect(flags.filter((flag, index) => flags.indexOf(flag) !== index)).toEqual([]);
});

test.each(rows)("%s: its examples are understood", async (_name, row) => {
  for (const example of row.examples) {
    const [name = "", ...args] = (example.match(/"[^"]*"|\S+/g) ?? []).map((part) => part.replaceAll('"', ""));
    expect(named(name)).toBe(row);
    const command = new Command(name);
    const read = declareOptions(command, row);
    await command.action(() => {}).parseAsync(args, { from: "user" });
    expect(() => read()).not.toThrow();
  }
});

test("every key of every section is an option, by its own name where one section alone has it", () => {
  const flags = settingFlags().map(({ flag, section, key }) => `${flag}=${section}.${key}`);
  for (const [section, table] of Object.entries(SETTINGS)) {
    for (const key of Object.keys(table)) {
      const owners = Object.values(SETTINGS).filter((one) => key in one).length;
      expect(flags).toContain(`${owners === 1 ? key : `${section}-${key}`}=${section}.${key}`);
    }
  }
  expect(flags).toContain("server=globus.globus-server-name");
});

const ranged = rows.flatMap(([name, row]) =>
  inputOptionsOf(row).flatMap((option) => {
    const takes = rowOf(option.input)?.takes;
    return takes === undefined ? [] : [{ name, flag: option.flag, option, takes }];
  }),
);

test.each(ranged)("$name --$flag takes what its PV takes, and says what that is", ({ option, takes }) => {
  const { least, most, isWhole } = takes;
  for (const number of [least, most]) expect(inputValue(option, String(number))).toBe(number);
  for (const text of [String(least - 1), String(most + 1), "soon", "", "1e1", "0x10"])
    expect(inputValue(option, text), text).toBeUndefined();
  expect(inputValue(option, "0.5")).toBe(isWhole ? undefined : 0.5);
  expect(wantedOf(option)).toContain(`numbers from ${least} to ${most}`);
});

test("a word may be shortened while it is clear which is meant", () => {
  const mode = inputOptionsOf(named("email") as DataCommand).find(({ flag }) => flag === "mode");
  if (mode === undefined) throw new Error("email has no --mode");
  expect(["all", "new", "NewOnly", "test", "t", "x", ""].map((word) => inputValue(mode, word))).toEqual([
    0,
    1,
    1,
    2,
    2,
    undefined,
    undefined,
  ]);
});
