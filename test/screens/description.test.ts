/** What descriptions of screens mean, and what is told of one that means nothing. */
import { describe, expect, test } from "vitest";
import { phoebusScreens } from "../../tools/screens/bob-screens.ts";
import { readScreen } from "../../tools/screens/description.ts";
import { globusDatabase } from "../support/globus-database.ts";

const screen = (...rows: readonly string[]): string =>
  ["title: Users", "groups:", "  - title: Change", "    rows:", ...rows.map((row) => `      ${row}`)].join("\n");
const rowsOf = (...rows: readonly string[]): unknown => readScreen("users", screen(...rows)).groups[0]?.rows;

test("a screen has a title, and groups with their rows in order", () => {
  const { topic, title, groups } = readScreen(
    "users",
    screen("- Badges: EditUserBadge", "- Each: [A, B]", "  Errors: C"),
  );
  expect([topic, title, groups[0]?.title]).toEqual(["users", "Users", "Change"]);
  expect(groups[0]?.rows).toEqual([
    { kind: "values", parts: [{ label: "Badges", suffixes: ["EditUserBadge"] }], at: "screens/users.yaml:5" },
    {
      kind: "values",
      parts: [
        { label: "Each", suffixes: ["A", "B"] },
        { label: "Errors", suffixes: ["C"] },
      ],
      at: "screens/users.yaml:6",
    },
  ]);
});

test("a command is called by its name where it has no label", () => {
  expect(rowsOf("- command: Init")).toEqual([
    expect.objectContaining({ command: "Init", label: "Init", stops: false }),
  ]);
  expect(rowsOf("- command: Email", "  label: Send", "  arm: EmailArm", "  question: Send it?")).toEqual([
    expect.objectContaining({ command: "Email", label: "Send", arm: "EmailArm", question: "Send it?" }),
  ]);
});

test("a table has a row a stem, or an array a column", () => {
  expect(rowsOf("- table: Scans", "  of: [Scan0, Scan1]", "  columns: {Name: Name}")).toEqual([
    expect.objectContaining({ of: ["Scan0", "Scan1"], columns: [["Name", "Name"]], lines: 2 }),
  ]);
  expect(rowsOf("- table: Users", "  columns: {Name: UserNames}", "  lines: 8")).toEqual([
    expect.objectContaining({ columns: [["Name", "UserNames"]], lines: 8 }),
  ]);
});

describe("a description that cannot be meant is told, with its line:", () => {
  test.each<readonly [string, string, RegExp]>([
    ["text that is not YAML", "title: [", /^screens\/users\.yaml:1: /],
    ["a screen without groups", "title: Users", /^screens\/users\.yaml:1: a screen has a title and groups$/],
    [
      "a group without rows",
      "title: Users\ngroups:\n  - title: Change",
      /^screens\/users\.yaml:3: a group has a title and rows$/,
    ],
    ["a row that is a word", screen("- EditUserBadge"), /^screens\/users\.yaml:5: a row is `- Label: Suffix`/],
    ["a title that is a map", "title: {a: b}\ngroups: []", /:1: a screen, and a group, has a title/],
    ["a command that is a map", screen("- command: {a: b}"), /:5: command: Invalid input: expected string/],
    ["a PV that is a map", screen("- Label: {a: b}"), /:5: Label: /],
    ["a PV that is a number", screen("- Label: 3"), /:5: Label: /],
    ["a count that is a word", screen("- block: Log", "  lines: many"), /:5: lines: Invalid input: expected number/],
    ["yes in words", screen("- command: Init", "  stops: yes please"), /:5: stops: Invalid input: expected boolean/],
    ["columns that are a word", screen("- table: Users", "  columns: Name"), /:5: columns: Invalid input/],
    ["columns without their titles", screen("- table: Users", "  columns: [A]"), /:5: columns: Invalid input/],
    [
      "a key that a command does not have",
      screen("- command: Init", "  lines: 3"),
      /:5: lines does not go with command: label, state, arm, question, stops do$/,
    ],
  ])("%s", (_, text, sentence) => {
    expect(() => readScreen("users", text)).toThrow(sentence);
  });

  test("PVs that there are not, all of them", () => {
    const database = globusDatabase("");
    const text = screen("- Badges: EditUserBadges", "- command: AddUsers", "- Users: UserCount");
    expect(() => phoebusScreens([readScreen("users", text)], database)).toThrow(
      [
        "screens/users.yaml:5: EditUserBadges is no PV of src/controller/pvs/",
        "screens/users.yaml:6: AddUsers is no PV of src/controller/pvs/",
      ].join("\n"),
    );
  });
});
